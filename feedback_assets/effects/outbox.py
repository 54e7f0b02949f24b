"""Intents: what a live run wants to happen outside, written first, applied after, each exactly once.

The order of events for one intent:
    written as pending -> applied outside -> marked applied
A kill between any two of these, then a re-run, repeats a step that is harmless to repeat: writing adds no key twice, and every
destination is idempotent by the id that it is given. So two processes at once end in the same place too.

Intents form chains (all intents of one ticket; all alerts of one theme and reason). In a chain only the newest state matters: an older
one that is still open is superseded, never applied late.
Not here: what an intent says and who it is for (tickets/, alerts/).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.purpose import LIVE
from feedback_assets.effects.refusals import RefusedError, UnavailableError
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult

OPEN = ("pending", "refused")
_LONGEST_ERROR = 500
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Intent:
    """One row of tickets/outbox."""

    intent_id: str
    destination: str
    action: str
    ticket_id: str
    theme_id: str
    sequence: int
    content: str
    content_sha256: str
    written_at: datetime
    purpose: str = LIVE
    status: str = "pending"
    attempts: int = 0
    error: str = ""
    applied_at: datetime | None = None

    @property
    def order(self) -> tuple[int, str]:
        """Place in its chain. Two processes that wrote the same number at once are told apart by content, the same way everywhere."""
        return (self.sequence, self.content_sha256)


@dataclass(frozen=True)
class Settled:
    """What became of the open intents. waiting: not tried, because of an earlier refusal or because the destination is not there."""

    applied: int = 0
    superseded: int = 0
    refused: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


def read_intents(lake: Lakehouse, destination: str) -> list[Intent]:
    """All intents of one destination, in the order of theme, ticket and sequence."""
    rows: list[dict[str, Any]] = lake.read(OUTBOX, where={"destination": [destination]}).to_pylist()
    return sorted((Intent(**row) for row in rows), key=lambda i: (i.theme_id, i.ticket_id, i.order))


def write_intents(lake: Lakehouse, intents: Iterable[Intent]) -> WriteResult:
    """Adds the intents that are not there yet. The same intents again: no commit."""
    return lake.append_new(OUTBOX, to_arrow(OUTBOX, [asdict(i) for i in intents]))


def newest(intents: Iterable[Intent], chain_of: Callable[[Intent], str]) -> dict[str, Intent]:
    """The last intent of each chain."""
    last: dict[str, Intent] = {}
    for intent in intents:
        chain = chain_of(intent)
        if chain not in last or intent.order > last[chain].order:
            last[chain] = intent
    return last


def wait_after(attempts: int) -> timedelta:
    """How long after an intent was written it is tried again: 1, 3, 7, 15... minutes, at most a day."""
    return min(timedelta(minutes=2 ** min(attempts, 12) - 1), _LONGEST_WAIT)


def settle(
    lake: Lakehouse,
    destination: str,
    *,
    now: datetime,
    chain_of: Callable[[Intent], str],
    deliver: Callable[[Intent], None],
    flush: Callable[[], None],
    batch: int,
) -> Settled:
    """Applies the newest open intent of each chain and marks what became of it; supersedes older open ones.

    deliver: does it outside, idempotently; may gather until `flush`, which makes it last. `batch`: intents between two marks.
    Whatever else deliver or flush raise passes through, with the intents still pending: the next run repeats them.
    """
    intents = read_intents(lake, destination)
    last = newest(intents, chain_of)
    open_ones = [i for i in intents if i.status in OPEN]
    overtaken = [replace(i, status="superseded") for i in open_ones if i.intent_id != last[chain_of(i)].intent_id]
    _mark(lake, overtaken)
    wanted = sorted(
        (i for i in open_ones if i.intent_id == last[chain_of(i)].intent_id), key=lambda i: (i.ticket_id, i.theme_id, i.intent_id)
    )
    due = [i for i in wanted if now >= i.written_at + wait_after(i.attempts)]
    applied = refused = 0
    errors: list[str] = []
    for chunk in _chunks(due, batch):
        outcome, unavailable = _deliver(chunk, deliver, flush, now)
        _mark(lake, outcome)
        applied += sum(i.status == "applied" for i in outcome)
        refused += sum(i.status == "refused" for i in outcome)
        errors += [i.error for i in outcome if i.status != "applied"]
        if unavailable:
            break
    return Settled(
        applied=applied,
        superseded=len(overtaken),
        refused=refused,
        waiting=len(wanted) - applied - refused,
        errors=tuple(dict.fromkeys(errors)),
    )


def _deliver(
    chunk: Sequence[Intent], deliver: Callable[[Intent], None], flush: Callable[[], None], now: datetime
) -> tuple[list[Intent], bool]:
    """The intents of the chunk as they stand after it, and whether the destination was found to be unavailable."""
    outcome: list[Intent] = []
    unavailable = False
    for intent in chunk:
        try:
            deliver(intent)
        except RefusedError as e:
            outcome.append(_failed(intent, "refused", e))
        except UnavailableError as e:
            outcome.append(_failed(intent, "pending", e))
            unavailable = True
            break
        else:
            outcome.append(replace(intent, status="applied", attempts=intent.attempts + 1, error="", applied_at=now))
    try:
        flush()
    except UnavailableError as e:
        before = {i.intent_id: i for i in chunk}
        outcome = [_failed(before[i.intent_id], "pending", e) if i.status == "applied" else i for i in outcome]
        unavailable = True
    return outcome, unavailable


def _failed(intent: Intent, status: str, error: RefusedError | UnavailableError) -> Intent:
    return replace(intent, status=status, attempts=intent.attempts + 1, error=str(error)[:_LONGEST_ERROR])


def _mark(lake: Lakehouse, intents: Sequence[Intent]) -> None:
    """Writes new states. An intent that another process has brought to an end meanwhile stays as it is."""
    if not intents:
        return
    stored = lake.read(OUTBOX, columns=["intent_id", "status"], where={"intent_id": [i.intent_id for i in intents]}).to_pylist()
    movable = {row["intent_id"] for row in stored if row["status"] in OPEN}
    lake.upsert(OUTBOX, to_arrow(OUTBOX, [asdict(i) for i in intents if i.intent_id in movable]))


def _chunks(intents: Sequence[Intent], size: int) -> Iterator[Sequence[Intent]]:
    for start in range(0, len(intents), size):
        yield intents[start : start + size]
