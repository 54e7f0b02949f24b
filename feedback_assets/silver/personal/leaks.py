"""The scan of what leaves silver: anything in a table that others read that still looks like structured personal data.

Two looks at every text column: the recognisers again, and detectors that share nothing with them. A leak is told by its event, column,
kind and position, never by its value. Not here: masking, and names or addresses, which have no structure to look for.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.placeholders import PATTERN
from feedback_assets.silver.personal import hints
from feedback_assets.silver.personal.detectors import seen_in
from feedback_assets.silver.personal.find import found_in, found_in_url
from feedback_assets.silver.personal.rules import PersonalData, SourceRules
from feedback_assets.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = ("text", "title", "product", "product_area", "version", "region", "locale", "tier")
"""Columns that are scanned as text; `version` may look like anything, so the detectors alone look at it."""
COLUMNS = ("event_id", "source", "feed_date", *TEXTS, "url", "attachments", "attributes")
"""Columns of silver/events that the scan reads."""
LOOKED_AT = 5_000
"""Rows that a standing check looks at."""
_BY_DETECTORS_ALONE = frozenset({"version"})
_PERSON_KEYS = frozenset(
    {"name", "first_name", "last_name", "full_name", "username", "user_name", "author", "author_name", "email", "phone", "password"}
)


class Leak(NamedTuple):
    """Where something was left: which event, in which column, of which kind, from where to where. For attributes, in which value."""

    event_id: str
    column: str
    kind: str
    start: int
    end: int


def leak_verdict(lake: Lakehouse, days: Sequence[date], rules: PersonalData | None = None) -> Verdict:
    """No text of the days' events looks like structured personal data."""
    table = lake.read(EVENTS, columns=list(COLUMNS), where={"feed_date": list(days)})
    return _verdict(sorted(leaks_in_rows(table.to_pylist(), rules)))


def leak_verdicts(events: "pa.Table", rules: PersonalData | None = None) -> dict[date, Verdict]:
    """The same of rows of silver/events that are about to be written, by day."""
    by_day: dict[date, list[dict[str, Any]]] = {}
    for row in events.select(list(COLUMNS)).to_pylist():
        by_day.setdefault(row["feed_date"], []).append(row)
    return {day: _verdict(sorted(leaks_in_rows(rows, rules))) for day, rows in sorted(by_day.items())}


def standing_leaks(lake: Lakehouse, days: Sequence[date], rules: PersonalData | None = None) -> Verdict:
    """The same of some rows of each of these days, as they stand: LOOKED_AT in all, out of one file a day."""
    each = max(1, LOOKED_AT // max(1, len(days)))
    rows = [
        row
        for day in days[:LOOKED_AT]
        for row in lake.sample(EVENTS, rows=each, columns=list(COLUMNS), where={"feed_date": [day]}).to_pylist()
    ]
    return _verdict(sorted(leaks_in_rows(rows, rules)))


def _verdict(leaks: Sequence[Leak]) -> Verdict:
    kinds = Counter(leak.kind for leak in leaks)
    return Verdict(
        passed=not leaks,
        rule="Nothing that leaves silver looks like structured personal data, neither to the recognisers nor to plain detectors.",
        number=len(leaks),
        threshold="0 finds" + (f" ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})" if leaks else ""),
        owner="data-platform",
        next_command=f"feedback trace {leaks[0].event_id}" if leaks else "feedback status",
        sample=[leak._asdict() for leak in leaks[:SAMPLE]],
    )


def leaks_in_rows(rows: Sequence[Mapping[str, Any]], rules: PersonalData | None = None) -> Iterator[Leak]:
    """The leaks of rows with COLUMNS."""
    rules = rules or PersonalData()
    known: dict[str, list[int]] = {}
    for column in TEXTS:
        if column not in _BY_DETECTORS_ALONE:
            known[column] = hints.hints_of_all([hints.view(row[column] or "") for row in rows])
    for i, row in enumerate(rows):
        own = rules.of(row["source"])
        for column in TEXTS:
            value = row[column]
            if value:
                asked = known[column][i] if column in known else 0
                for kind, start, end in _in_text(value, own, asked):
                    yield Leak(row["event_id"], column, kind, start, end)
        for column, url in (("url", row["url"]), *(("attachments", a) for a in row["attachments"] or ())):
            if url:
                yield from (Leak(row["event_id"], column, kind, start, end) for start, end, kind in found_in_url(url))
        if row["attributes"] and row["attributes"] != "{}":
            for kind, start, end in _in_value(json.loads(row["attributes"]), own):
                yield Leak(row["event_id"], "attributes", kind, start, end)


def _in_text(text: str, rules: SourceRules, asked: int | None) -> Iterator[tuple[str, int, int]]:
    if asked != 0 or rules.looks:
        yield from ((kind, start, end) for start, end, kind in found_in(text, "", asked, rules))
    standing = [m.span() for m in PATTERN.finditer(text)] if "[" in text else []
    for find in rules.without_kept(text, list(seen_in(text))):
        if not any(a < find[1] and find[0] < b for a, b in standing):
            yield find[2], find[0], find[1]


def _in_value(value: Any, rules: SourceRules) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, str):
        yield from _in_text(value, rules, None)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _in_text(key, rules, None)
            if isinstance(inner, str) and inner and key.lower() in _PERSON_KEYS and PATTERN.search(inner) is None:
                yield "name", 0, len(inner)
            else:
                yield from _in_value(inner, rules)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_value(inner, rules)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**8:
        yield from _in_text(str(value), rules, None)
