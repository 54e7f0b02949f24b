"""The enrichment step: silver events of new batches -> issues, review rows, enriched events, and the batch's account.

Rows first, accounts last: a kill in between repeats the batch, and every write skips what is there. Not here: what a text says
(cascade.py), Dagster (assets.py).
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.workers import spread
from feedback_assets.contracts.arrow import arrow_schema, to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.enrichment.kernel import DECIDED, FOUND, INPUT, ReadsEvents, decided_batches
from feedback_assets.ground.identity import issue_id
from feedback_assets.ground.slices import in_slices, rows_in_parts
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = "enrichment"
_COLUMNS = (
    "event_id",
    "payload_sha256",
    "source",
    "feed_date",
    "batch_id",
    "event_time",
    "is_deletion",
    "title",
    "text",
    "rating",
    "language",
    "is_informative",
    "spam_reason",
)
_SCREEN = "intake"
"""Named as the tier of events that no tier needed to read."""


@dataclass
class DayReport:
    """What one day's step did. rows_in = the sum of outcomes."""

    batches: int = 0
    rows_in: int = 0
    issues: int = 0
    in_review: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    review_reasons: Counter[str] = field(default_factory=Counter)
    committed: bool = False


def pending_days(lake: Lakehouse) -> list[date]:
    """Days with batches that silver has done and enrichment has not, ascending."""
    return sorted({batch["feed_date"] for batch in _pending(lake, None)})


def enrich_days(lake: Lakehouse, reader: ReadsEvents, days: Collection[date], *, now: datetime, workers: int = 1) -> dict[date, DayReport]:
    """Enriches what is new on `days`, slice by slice, by so many `workers`. Nothing new: nothing is committed.

    now: stored as processed_at.
    """
    reports = {day: DayReport() for day in sorted(days)}
    for batches in in_slices(_pending(lake, sorted(days)), lambda b: int(b["rows_out"])):
        outcomes: dict[tuple[date, str], Counter[str]] = {(b["feed_date"], b["batch_id"]): Counter() for b in batches}
        committed: set[date] = set()
        for rows in rows_in_parts(lake, EVENTS, batches, _COLUMNS, sum(b["rows_out"] for b in batches)):
            written = _enriched(rows, reader, now, workers)
            results = [lake.append_new(table, data) for table, data in written.items()]
            if any(r.committed for r in results):
                committed.update(rows["feed_date"].unique().to_pylist())
            _count(written, reports, outcomes)
        accounts = [_account(batch, outcomes[batch["feed_date"], batch["batch_id"]], now) for batch in batches]
        if lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, accounts)).committed:
            committed.update(batch["feed_date"] for batch in batches)
        for batch in batches:
            reports[batch["feed_date"]].batches += 1
        for day in committed:
            reports[day].committed = True
    return reports


def _enriched(rows: "pa.Table", reader: ReadsEvents, now: datetime, workers: int) -> "dict[Table, pa.Table]":
    """The rows of the three tables for these events, in the order in which they are written."""
    import pyarrow as pa

    rows = rows.sort_by([(name, "ascending") for name in ("feed_date", "event_id", "payload_sha256")])
    screened = _screened(rows)
    decided, place = _decided(rows, [not outcome for outcome in screened], reader, workers)
    shared = {
        "taxonomy_version": pa.scalar(reader.taxonomy_version),
        "model_version": pa.scalar(reader.model_version),
        "processed_at": pa.scalar(now, pa.timestamp("us", tz="UTC")),
    }
    said = decided.select(list(DECIDED))
    events = pa.concat_tables([said.take(place), _intake(said.schema, [o for o in screened if o])])
    # Decisions of what was read, then of what was not: back to the order of the rows.
    order = [i for i, outcome in enumerate(screened) if not outcome] + [i for i, outcome in enumerate(screened) if outcome]
    back = sorted(range(len(order)), key=order.__getitem__)
    columns = {**_columns(events.take(pa.array(back, pa.int64()))), **shared}
    issues, review = _issues(rows.take(pa.array(order[: len(place)], pa.int64())), decided[FOUND].take(place), shared)
    return {ISSUES: issues, REVIEW: review, ENRICHED_EVENTS: _table(ENRICHED_EVENTS, rows, columns)}


def _decided(rows: "pa.Table", wanted: Sequence[bool], reader: ReadsEvents, workers: int) -> "tuple[pa.Table, pa.Array]":
    """(decisions, which of them is each wanted row's): rows that say the same are read once."""
    import pyarrow as pa

    numbers: dict[tuple[Any, ...], int] = {}
    first: list[int] = []
    place: list[int] = []
    said = zip(*(rows[name].to_pylist() for name in ("text", "title", "language", "rating")), wanted, strict=True)
    for i, (*key, is_wanted) in enumerate(said):
        if is_wanted:
            number = numbers.setdefault(tuple(key), len(first))
            if number == len(first):
                first.append(i)
            place.append(number)
    texts = rows.select(list(INPUT)).take(pa.array(first, pa.int64())).combine_chunks()
    kernel = partial(decided_batches, reader=reader)
    decided = list(spread(kernel, iter(texts.to_batches() or _none(texts.schema)), workers))
    return pa.Table.from_batches(decided), pa.array(place, pa.int64())


def _none(schema: "pa.Schema") -> "list[pa.RecordBatch]":
    import pyarrow as pa

    return [pa.RecordBatch.from_pylist([], schema=schema)]


def _intake(schema: "pa.Schema", outcomes: Sequence[str]) -> "pa.Table":
    """What is said of rows that need not be read."""
    import pyarrow as pa

    n = len(outcomes)
    values = {
        "outcome": list(outcomes),
        "tier": [_SCREEN] * n,
        "issues": [0] * n,
        "in_review": [0] * n,
        "sentiment": ["neutral"] * n,
        "sentiment_score": [0.0] * n,
    }
    return pa.table({name: values[name] for name in schema.names}, schema=schema)


def _issues(rows: "pa.Table", found: "pa.ChunkedArray", shared: Mapping[str, Any]) -> "tuple[pa.Table, pa.Table]":
    """Rows of enrichment/issues and of enrichment/review. found: the issues of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    of = rows.take(pc.list_parent_indices(listed))
    columns = _columns(pa.Table.from_struct_array(pc.list_flatten(listed)))
    names = (of["event_id"], of["payload_sha256"], columns["category"], columns["subcategory"])
    ids = [issue_id(*key) for key in zip(*(n.to_pylist() for n in names), strict=True)]
    columns = {**shared, **columns, "issue_id": pa.array(ids, pa.string()), "status": pa.scalar("open")}
    is_accepted = pc.equal(columns["reason"], "")
    return _table(ISSUES, of, columns).filter(is_accepted), _table(REVIEW, of, columns).filter(pc.invert(is_accepted))


def _table(table: Table, rows: "pa.Table", columns: Mapping[str, Any]) -> "pa.Table":
    """Rows of a table from columns, single values, and what is left from the rows of silver."""
    import pyarrow as pa

    arrays = []
    for column in arrow_schema(table):
        given = columns.get(column.name)
        given = rows[column.name] if given is None else given
        arrays.append(pa.repeat(given, rows.num_rows).cast(column.type) if isinstance(given, pa.Scalar) else given.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _columns(rows: "pa.Table") -> dict[str, Any]:
    return dict(zip(rows.column_names, rows.columns, strict=True))


def _count(
    written: "Mapping[Table, pa.Table]", reports: Mapping[date, DayReport], outcomes: Mapping[tuple[date, str], Counter[str]]
) -> None:
    """Adds what was written to the reports of days and the outcomes of batches."""
    for (day, batch, outcome), n in _groups(written[ENRICHED_EVENTS], "feed_date", "batch_id", "outcome"):
        outcomes[day, batch][outcome] += n
        reports[day].rows_in += n
        reports[day].outcomes[outcome] += n
    for (day, category), n in _groups(written[ISSUES], "feed_date", "category"):
        reports[day].issues += n
        reports[day].categories[category] += n
    for (day, reason), n in _groups(written[REVIEW], "feed_date", "reason"):
        reports[day].in_review += n
        reports[day].review_reasons[reason] += n


def _groups(rows: "pa.Table", *names: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    counted = rows.group_by(list(names)).aggregate([([], "count_all")]).to_pydict()
    return zip(zip(*(counted[n] for n in names), strict=True), counted["count_all"], strict=True)


def _pending(lake: Lakehouse, days: Sequence[date] | None) -> list[dict[str, Any]]:
    where: dict[str, Collection[Any]] = {"stage": ["silver", STAGE]}
    if days is not None:
        where["feed_date"] = days
    rows = lake.read(STAGE_BATCHES, columns=["stage", "feed_date", "source", "batch_id", "rows_out"], where=where).to_pylist()
    done = {(r["feed_date"], r["batch_id"]) for r in rows if r["stage"] == STAGE}
    return sorted(
        (r for r in rows if r["stage"] == "silver" and (r["feed_date"], r["batch_id"]) not in done),
        key=lambda r: (r["feed_date"], r["batch_id"]),
    )


def _screened(rows: "pa.Table") -> list[str]:
    """The outcome of each row that need not be read; empty for one that must."""
    columns = (rows[name].to_pylist() for name in ("is_deletion", "spam_reason", "is_informative", "text"))
    return [
        "deletion" if deleted else "spam" if spam else "" if informative and (text or "").strip() else "uninformative"
        for deleted, spam, informative, text in zip(*columns, strict=True)
    ]


def _account(batch: Mapping[str, Any], outcomes: Counter[str], now: datetime) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "feed_date": batch["feed_date"],
        "source": batch["source"],
        "batch_id": batch["batch_id"],
        "rows_in": outcomes.total(),
        "rows_out": outcomes["issues"],
        "reasons": json.dumps({k: n for k, n in sorted(outcomes.items()) if k != "issues" and n}, sort_keys=True),
        "processed_at": now,
    }
