"""Deterministic ids: the same thing gets the same id in every run, on every machine, in any order.

Only id functions belong here. Every id is the first 32 hex digits (128 bits) of a SHA-256 over its parts, each part
prefixed with its length, so that no two different lists of parts hash alike. A pseudonym is keyed: what it stands for can be guessed.
"""

import hashlib
import hmac
from collections.abc import Iterable


def _digest(kind: str, parts: tuple[str, ...]) -> str:
    text = kind
    for part in parts:
        text += f"\x00{len(part)}\x00{part}"
    if text.isascii():  # most ids are, and then characters are bytes
        return hashlib.sha256(text.encode()).hexdigest()[:32]
    h = hashlib.sha256(kind.encode())
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        h.update(b"\x00%d\x00" % len(raw))
        h.update(raw)
    return h.hexdigest()[:32]


def sha256_hex(data: bytes) -> str:
    """The full SHA-256 of bytes, as 64 hex digits: payload and file hashes."""
    return hashlib.sha256(data).hexdigest()


def event_id(source: str, record_id: str) -> str:
    """An event: the source and the source's own record id (for `generic`, record_id is '<mapping name>:<id>')."""
    return _digest("event", (source, record_id))


def batch_id(source: str, file: str, content_sha256: str) -> str:
    """A landed file in one state of its content. `file` is relative to the landing zone, with forward slashes."""
    return _digest("batch", (source, file, content_sha256))


def record_key(batch: str, start: int, end: int) -> str:
    """One delivered record: a byte range (after decompression) of one batch."""
    return _digest("record", (batch, str(start), str(end)))


def dead_letter_id(batch: str, start: int, end: int, reason: str) -> str:
    """A record or file that could not be read, and why."""
    return _digest("dead_letter", (batch, str(start), str(end), reason))


def issue_id(event: str, payload_sha256: str, start: int, end: int, nth: int = 0) -> str:
    """An issue found in one revision of an event: by the span of its first evidence, whatever its labels.

    nth: its place, from 0, among the issues that have the same first evidence: the surest comes first.
    """
    return _digest("issue", (event, payload_sha256, str(start), str(end), str(nth)))


def decision_id(issue: str, decided_by: str, decided_at: str) -> str:
    """Id of a review decision. decided_at: in ISO form, UTC."""
    return _digest("decision", (issue, decided_by, decided_at))


def theme_id(founder_issue_id: str) -> str:
    """A theme, named for the issue that founded it."""
    return "T" + _digest("theme", (founder_issue_id,))[:12]


def ticket_id(tracker: str, theme: str) -> str:
    """A ticket: one for a theme in a tracker."""
    return "FB-" + _digest("ticket", (tracker, theme))[:8].upper()


def intent_id(tracker: str, ticket: str, action: str, content_sha256: str) -> str:
    """An outbox intent: the same action with the same content is the same intent."""
    return _digest("intent", (tracker, ticket, action, content_sha256))


EVENT_PREFIX_DIGITS = 15
"""Hexadecimal digits of an event's prefix, of 32: 60 bits, which an int64 holds."""


def event_prefix(event: str) -> int:
    """The beginning of an event id as a number, as silver/event_days holds it: small to read in full; two events may share it."""
    return int(event[:EVENT_PREFIX_DIGITS], 16)


def touch_id(theme: str, batch: str, issues: Iterable[str]) -> str:
    """A theme that had, got or lost these issues by a batch."""
    return _digest("touch", (theme, batch, *sorted(issues)))


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """A stable stand-in for a personal identifier (customer id, author). Without the key not even a guess of the value can be tested."""
    message = b"\x00".join((b"pseudonym", kind.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass")))
    return hmac.digest(key, message, "sha256").hex()[:16]
