"""What the second look found, as verdicts: on what a run wrote, from its notes; and, sampled, on texts that are stored.

A find is told by its event, column, kind and position, never by its value. Not here: masking, the second look itself
(second_look.py), and names or addresses, which have no structure to look for.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.silver.personal import hints
from feedback_assets.silver.personal.find import found_in_url
from feedback_assets.silver.personal.rules import PersonalData
from feedback_assets.silver.personal.second_look import WITHHELD, detected, looks_like_personal, looks_like_personal_inside

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = ("text", "title", "product", "product_area", "version", "region", "locale", "tier")
"""Columns that are scanned as text; `version` may look like anything, so the detectors alone look at it."""
COLUMNS = ("event_id", "source", "feed_date", *TEXTS, "url", "attachments", "attributes")
"""Columns of silver/events that the scan reads."""
NOTED = ("feed_date", "event_id", "text_hash", "masked", "second_look")
"""Columns of silver/events that the verdict on a run reads: no text."""
SAMPLED = 2_000
"""Rows that the standing scan looks at: 0.1 s, and a leak that stands in one of a thousand rows is found with 86 % certainty a night."""
LEAST_TEXTS = 50
"""Different texts of a day from which on masking may be called broken. A wave of one text, or of one text with other numbers, is one."""
MOST_MISSED = 0.5
"""Share of the texts with personal data of one kind that masking may leave to the second look."""
_BY_DETECTORS_ALONE = frozenset({"version"})


class Leak(NamedTuple):
    """Where something was found: which event, in which column, of which kind, from where to where. For attributes, in which value."""

    event_id: str
    column: str
    kind: str
    start: int
    end: int


def second_look_verdict(rows: "pa.Table") -> Verdict:
    """Masking left nothing to the second look, in rows with the columns NOTED. It stops a day only when masking itself is broken.

    What the second look found is masked. But where it finds most of what there is of a kind, others will be left that it cannot see.
    """
    import pyarrow.compute as pc

    noted = rows.filter(pc.greater(pc.utf8_length(rows["second_look"]), 0)).sort_by([("feed_date", "ascending"), ("event_id", "ascending")])
    kinds: Counter[str] = Counter()
    sample: list[dict[str, Any]] = []
    missed: dict[tuple[date, str], set[str]] = defaultdict(set)
    for row in noted.select(["feed_date", "event_id", "text_hash", "second_look"]).to_pylist():
        finds = json.loads(row["second_look"])
        kinds.update(kind for _, kind, _ in finds)
        for column, kind, start in finds if len(sample) < SAMPLE else ():
            sample.append({"event_id": row["event_id"], "column": column, "kind": kind, "start": start})
        for kind in {kind for _, kind, _ in finds}:
            missed[row["feed_date"], kind].add(row["text_hash"])
    broken = _broken(rows, missed)
    found = f" ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})" if kinds else ""
    return Verdict(
        passed=not noted.num_rows,
        rule="Masking leaves nothing that looks like structured personal data: the second look has nothing left to mask or withhold.",
        number=noted.num_rows,
        threshold=f"0 of {rows.num_rows} events{found}; masking is broken from {LEAST_TEXTS} different texts of a day on, "
        f"if they are over {MOST_MISSED:.0%} of those with that kind" + "".join(f"; {day}: {kind}" for day, kind in broken),
        owner="data-platform",
        next_command=f"feedback trace {sample[0]['event_id']}" if sample else "feedback status",
        sample=sample[:SAMPLE],
        warns=not broken,
    )


def second_look_verdicts(rows: "pa.Table") -> dict[date, Verdict]:
    """The same of rows of silver/events that are about to be written, by day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    noted = rows.select(list(NOTED))
    days = sorted(noted["feed_date"].unique().to_pylist())
    return {day: second_look_verdict(noted.filter(pc.equal(noted["feed_date"], pa.scalar(day, pa.date32())))) for day in days}


def _broken(rows: "pa.Table", missed: Mapping[tuple[date, str], set[str]]) -> list[tuple[date, str]]:
    """Days and kinds of which masking leaves most to the second look. missed: of each, the different texts with what it left."""
    many = {place: texts for place, texts in missed.items() if len(texts) >= LEAST_TEXTS and place[1] != WITHHELD}
    if not many:
        return []
    having: dict[tuple[date, str], set[str]] = defaultdict(set)
    for row in rows.select(["feed_date", "text_hash", "masked"]).to_pylist():
        if row["masked"] != "{}":
            for kind in json.loads(row["masked"]):
                having[row["feed_date"], kind].add(row["text_hash"])
    return sorted(place for place, texts in many.items() if len(texts) > MOST_MISSED * len(texts | having[place]))


def noted_rows(lake: Lakehouse, days: Sequence[date]) -> "pa.Table":
    """The rows of these days with the columns NOTED."""
    return lake.read(EVENTS, columns=list(NOTED), where={"feed_date": list(days)})


def leak_verdict(
    lake: Lakehouse, days: Sequence[date], rules: PersonalData | None = None, *, most: int | None = SAMPLED, seed: int = 0
) -> Verdict:
    """No stored text of the days' events looks like structured personal data. `most`: so many rows, drawn by `seed`; None for all.

    The standing scan of what is stored, under today's rules: rows that were made under other rules are seen here alone.
    """
    chosen: list[str] | None = None
    if most is not None:
        ids = sorted(set(lake.read(EVENTS, columns=["event_id"], where={"feed_date": list(days)})["event_id"].to_pylist()))
        if len(ids) > most:
            chosen = random.Random(seed).sample(ids, most)  # noqa: S311 - a sample, no secret
    where: dict[str, Any] = {"feed_date": list(days), **({"event_id": chosen} if chosen is not None else {})}
    table = lake.read(EVENTS, columns=list(COLUMNS), where=where)
    leaks = sorted(set(leaks_in_rows(table.to_pylist(), rules)))
    kinds = Counter(leak.kind for leak in leaks)
    return Verdict(
        passed=not leaks,
        rule="Nothing that is stored in silver looks like structured personal data, neither to the recognisers nor to plain detectors.",
        number=len(leaks),
        threshold=f"0 finds in {table.num_rows} events"
        + (f" ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})" if leaks else ""),
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
            if value := row[column]:
                finds = looks_like_personal(value, own, known[column][i]) if column in known else detected(value, own)
                yield from (Leak(row["event_id"], column, kind, start, end) for start, end, kind in finds)
        for column, url in (("url", row["url"]), *(("attachments", a) for a in row["attachments"] or ())):
            if url:
                yield from (Leak(row["event_id"], column, kind, start, end) for start, end, kind in found_in_url(url))
        if row["attributes"] and row["attributes"] != "{}":
            for start, end, kind in looks_like_personal_inside(json.loads(row["attributes"]), own):
                yield Leak(row["event_id"], "attributes", kind, start, end)
