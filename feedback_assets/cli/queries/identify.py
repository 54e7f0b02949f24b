"""What a person means by an id: a ticket, a theme, an issue or an event, in full, shortened, or in the source's own words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from feedback_assets.cli.queries.reader import Reader
from feedback_assets.contracts.bronze import BRONZE, SOURCES
from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.silver import REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS, THEMES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.ground.identity import event_id

Kind = Literal["ticket", "theme", "issue", "event"]
SHORTEST = 6
_FORMS = "a ticket (FB-…), a theme (T…), an event or issue id, their first 6 or more characters, or source:record id"
_SHOWN = 5


@dataclass(frozen=True)
class Target:
    """What an id names."""

    kind: Kind
    id: str


def identify(reader: Reader, text: str) -> Target:
    """Raises FeedbackError when nothing, or more than one thing, has this id."""
    text = text.strip()
    source, colon, record = text.partition(":")
    if colon:
        return _by_record(reader, source, record)
    if re.fullmatch(r"FB-?[0-9A-F]*", text, re.IGNORECASE):
        return _only(text, _tickets(reader, "FB-" + text[2:].removeprefix("-").upper()), least=len("FB-") + 3)
    if re.fullmatch(r"T[0-9a-f]*", text, re.IGNORECASE):
        prefix = "T" + text[1:].lower()
        return _only(text, [Target("theme", i) for i in _starting(reader, THEMES, "theme_id", prefix)])
    if re.fullmatch(r"[0-9a-f]+", text, re.IGNORECASE):
        return _only(text, _by_hash(reader, text.lower()))
    raise FeedbackError(f"{_brief(text)!r} is no id", expected=_FORMS, mend="feedback tickets, or feedback themes")


def _by_record(reader: Reader, source: str, record: str) -> Target:
    if source not in SOURCES:
        raise FeedbackError(f"{_brief(source)!r} is no source", expected=", ".join(SOURCES), mend="feedback sources")
    event = event_id(source, record)
    if not _is_event(reader, event, BRONZE[SOURCES.index(source)]):
        hint = "; for generic the record id is '<mapping name>:<id>'" if source == "generic" else ""
        raise FeedbackError(
            f"{source} has delivered no readable record {_brief(record)!r}",
            expected="a record id of the source" + hint,
            mend="feedback status, to see what was ingested",
        )
    return Target("event", event)


def _is_event(reader: Reader, event: str, bronze: Table) -> bool:
    return any(reader.frame(t, ["event_id"], where={"event_id": [event]}).height for t in (REVISIONS, bronze))


def _tickets(reader: Reader, prefix: str) -> list[Target]:
    """A ticket that is only an intent so far counts too."""
    return [Target("ticket", i) for i in _starting(reader, TICKETS, "ticket_id", prefix) or _starting(reader, OUTBOX, "ticket_id", prefix)]


def _by_hash(reader: Reader, prefix: str) -> list[Target]:
    """Small tables first; the daily ones only when a full id was not there or a shortened one could be ambiguous."""
    found: set[Target] = set()
    places: list[tuple[Kind, Table, str]] = [
        ("event", REVISIONS, "event_id"),
        ("issue", ASSIGNMENTS, "issue_id"),
        ("issue", ISSUES, "issue_id"),
        ("issue", REVIEW, "issue_id"),
    ]
    for kind, table, column in places:
        found |= {Target(kind, i) for i in _starting(reader, table, column, prefix)}
        if found and len(prefix) == 32:
            break
    if not found and len(prefix) >= SHORTEST:
        for table in BRONZE:
            found |= {Target("event", i) for i in _starting(reader, table, "event_id", prefix)}
    return sorted(found, key=lambda t: (t.kind, t.id))


def _starting(reader: Reader, table: Table, column: str, prefix: str) -> list[str]:
    import polars as pl

    if len(prefix) < SHORTEST:
        return []
    data = reader.frame(table, [column])
    return sorted(data.filter(pl.col(column).str.starts_with(prefix))[column].unique().to_list())


def _only(text: str, found: Iterable[Target], *, least: int = SHORTEST) -> Target:
    targets = list(found)
    if len(targets) == 1:
        return targets[0]
    if len(text) < least:
        raise FeedbackError(f"{_brief(text)!r} is too short", expected=f"at least {least} characters of an id")
    if not targets:
        raise FeedbackError(f"nothing has the id {_brief(text)!r}", expected=_FORMS, mend="feedback tickets, or feedback themes")
    some = ", ".join(f"{t.kind} {t.id}" for t in targets[:_SHOWN]) + (" …" if len(targets) > _SHOWN else "")
    raise FeedbackError(f"{_brief(text)!r} can mean {len(targets)} things: {some}", expected="more characters of the id")


def _brief(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
