"""Moves pending batches from bronze to silver. Reads and writes tables; the logic of a row is kernel.py's, of DataFrames transform.py's.
Batches that are done and are made anew by other versions are restated.py's.

Rows are written first, their batches' accounts last. A kill in between repeats the batches; rows that are there already are left alone,
and the accounts come out the same, because they count the rows that carry the batch's id.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.interface import Compute
from feedback_assets.compute.workers import spread
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES, bronze_table
from feedback_assets.contracts.silver import EVENTS, RAW_TEXT
from feedback_assets.contracts.table import Table
from feedback_assets.ground.batches import LIVE, Making, ledger_rows
from feedback_assets.ground.slices import BYTES, ROWS, in_slices, rows_in_parts
from feedback_assets.lakehouse.frames import frame_of
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.silver import transform
from feedback_assets.silver.kernel import INPUT, canonical_batches
from feedback_assets.silver.personal.masker import Masker
from feedback_assets.silver.redelivered import place_last_deliveries

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = "silver"
_DAY_KEY = ["feed_date", "event_id", "payload_sha256"]


@dataclass
class DayReport:
    """What process_days did with one day: batches done, and rows in = rows out + each reason. restated: rows of before that were written
    anew, if only for the versions that they name."""

    day: date
    batches: int = 0
    restated: int = 0
    rows_in: int = 0
    rows_out: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def pending_days(lake: Lakehouse) -> list[date]:
    """Feed dates with batches in the manifest that silver has not done, ascending."""
    days: set[date] = {row["feed_date"] for row in _pending(lake, None)}
    return sorted(days)


def process_days(
    lake: Lakehouse, compute: Compute, days: Collection[date], *, masker: Masker, now: datetime, making: Making = LIVE
) -> dict[date, DayReport]:
    """Silver of the pending batches of `days`, slice by slice: silver/raw_text, silver/events, then their accounts. A report for each
    of the days."""
    reports = {day: DayReport(day) for day in sorted(days)}
    for batches in in_slices(_pending(lake, list(reports)), batch_size):
        rows_in: Counter[tuple[Any, ...]] = Counter()
        lost: Counter[tuple[Any, ...]] = Counter()
        for bronze in bronze_rows(lake, batches):
            readable, unreadable = readable_events(compute, bronze, masker, making.made_by, now)
            _append(lake, RAW_TEXT, readable)
            _append(lake, EVENTS, readable)
            place_last_deliveries(lake, bronze)
            rows_in += counted(bronze, "feed_date", "batch_id")
            lost += lost_rows(bronze, unreadable)
        accounts = balanced(lake, batches, rows_in, lost)
        _record(lake, accounts, making.made_by, now)
        for account in accounts:
            report = reports[account["feed_date"]]
            report.batches += 1
            report.rows_in += account["rows_in"]
            report.rows_out += account["rows_out"]
            report.reasons.update(account["reasons"])
    return reports


def listed_batches(lake: Lakehouse, days: Collection[date] | None) -> list[dict[str, Any]]:
    """Manifest rows of the days, by day, source, file and id.

    Of a record delivered twice on a day the first is taken, so this order is that of _canonical.
    """
    where = None if days is None else {"feed_date": days}
    listed = lake.read(MANIFEST, columns=["batch_id", "source", "feed_date", "file", "bytes", "bronze_rows"], where=where).to_pylist()
    return sorted(listed, key=lambda r: (r["feed_date"], r["source"], r["file"], r["batch_id"]))


def batch_size(batch: Mapping[str, Any]) -> int:
    """Rows of a batch, or as many usual ones as its file is large."""
    return max(int(batch["bronze_rows"]), int(batch["bytes"]) * ROWS // BYTES)


def bronze_rows(lake: Lakehouse, batches: Sequence[Mapping[str, Any]]) -> "Iterator[pa.Table]":
    """The bronze rows of a slice: of all sources at once, or of a batch that is larger than a slice in parts."""
    import pyarrow as pa

    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for batch in batches:
        by_source.setdefault(batch["source"], []).append(batch)
    parts = [
        rows_in_parts(lake, bronze_table(source), listed, transform.BRONZE_NEEDED, sum(map(batch_size, listed)))
        for source, listed in sorted(by_source.items())
    ]
    if len(parts) == 1:
        yield from (part for part in parts[0] if part.num_rows)
        return
    together = pa.concat_tables([part for several in parts for part in several])
    if together.num_rows:
        yield together


def readable_events(
    compute: Compute, bronze: "pa.Table", masker: Masker, made_by: str, now: datetime
) -> "tuple[pa.Table, dict[tuple[Any, ...], str]]":
    """Rows of silver/events and silver/raw_text together, and the reason of each unreadable (day, event, payload)."""
    readable, unreadable = _sorted_out(_canonical(compute, bronze, masker))
    stamps = _constant(made_by, readable.num_rows), _constant(now, readable.num_rows)
    return readable.append_column("made_by", stamps[0]).append_column("processed_at", stamps[1]), unreadable


def _pending(lake: Lakehouse, days: list[date] | None) -> list[dict[str, Any]]:
    """Manifest rows that silver has not done."""
    where: dict[str, Collection[Any]] = {"stage": [STAGE]} if days is None else {"stage": [STAGE], "feed_date": days}
    done = lake.read(STAGE_BATCHES, columns=["feed_date", "batch_id", "stage"], where=where)
    seen = {(row["feed_date"], row["batch_id"]) for row in done.to_pylist()}
    return [r for r in listed_batches(lake, days) if (r["feed_date"], r["batch_id"]) not in seen]


def _canonical(compute: Compute, bronze: "pa.Table", masker: Masker) -> "pa.Table":
    """The kernel over each payload of an event on a day, in a fixed order.

    Engines that distribute get it as a DataFrame transformation. On one machine the rows take the short way to the kernel's processes:
    through the engine they would be copied six times, under one interpreter lock.
    """
    import pyarrow as pa

    if not compute.kernel_workers:
        rows = compute.run(partial(transform.canonical_events, masker=masker), {"bronze": bronze})
        return rows.sort_by([(k, "ascending") for k in _DAY_KEY])
    first = bronze.select([*_DAY_KEY, "file", "batch_id", "start"])
    order = (
        frame_of(first)
        .with_row_index("row")
        .sort(*_DAY_KEY, "file", "batch_id", "start")
        .unique(_DAY_KEY, keep="first", maintain_order=True)
    )
    rows = bronze.select(list(INPUT)).take(order["row"].to_arrow())
    kernel = partial(canonical_batches, masker=masker)
    return pa.Table.from_batches(spread(kernel, iter(rows.to_batches()), compute.kernel_workers))


def _sorted_out(canonical: "pa.Table") -> "tuple[pa.Table, dict[tuple[Any, ...], str]]":
    """Readable rows, and the reason of each unreadable (day, event, payload)."""
    import pyarrow.compute as pc

    good = pc.equal(canonical["unreadable"], "")
    if pc.all(good).as_py():
        return canonical, {}
    bad = canonical.filter(pc.invert(good)).select([*_DAY_KEY, "unreadable"]).to_pydict()
    reasons = dict(zip(zip(*(bad[k] for k in _DAY_KEY), strict=True), bad["unreadable"], strict=True))
    return canonical.filter(good), reasons


def _append(lake: Lakehouse, table: Table, rows: "pa.Table") -> None:
    """Adds rows that their day does not have yet."""
    lake.append_new(table, rows.select(list(table.column_names)))


def lost_rows(bronze: "pa.Table", unreadable: Mapping[tuple[Any, ...], str]) -> Counter[tuple[Any, ...]]:
    """How many rows of each (day, batch) could not be read."""
    lost: Counter[tuple[Any, ...]] = Counter()
    if unreadable:
        for row in bronze.select([*_DAY_KEY, "batch_id"]).to_pylist():
            if tuple(row[k] for k in _DAY_KEY) in unreadable:
                lost[row["feed_date"], row["batch_id"]] += 1
    return lost


def balanced(
    lake: Lakehouse, batches: Sequence[Mapping[str, Any]], rows_in: Counter[tuple[Any, ...]], lost: Counter[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """What became of the rows of batches, as their accounts say it. rows_in, lost: by day and batch."""
    days = sorted({b["feed_date"] for b in batches})
    stored = lake.read(EVENTS, columns=["feed_date", "batch_id"], where={"feed_date": days, "batch_id": [b["batch_id"] for b in batches]})
    rows_out = counted(stored, "feed_date", "batch_id")
    accounts = []
    for batch in batches:
        where = (batch["feed_date"], batch["batch_id"])
        reasons = {"redelivered": rows_in[where] - rows_out[where] - lost[where], "unreadable": lost[where]}
        named = {name: batch[name] for name in ("batch_id", "source", "feed_date")}
        accounts.append(
            {**named, "rows_in": rows_in[where], "rows_out": rows_out[where], "reasons": {k: n for k, n in reasons.items() if n}}
        )
    return accounts


def _record(lake: Lakehouse, accounts: list[dict[str, Any]], made_by: str, now: datetime) -> None:
    shared = {"stage": STAGE, "processed_at": now, "made_by": made_by}
    rows = [{**a, **shared, "reasons": json.dumps(a["reasons"], sort_keys=True)} for a in accounts]
    lake.append_new(STAGE_BATCHES, ledger_rows(rows))


def counted(table: "pa.Table", *columns: str) -> Counter[tuple[Any, ...]]:
    """How many rows have each combination of values."""
    grouped = table.select(list(columns)).group_by(list(columns)).aggregate([([], "count_all")]).to_pydict()
    return Counter(dict(zip(zip(*(grouped[c] for c in columns), strict=True), grouped["count_all"], strict=True)))


def _constant(value: datetime | str, length: int) -> "pa.Array":
    import pyarrow as pa

    return pa.repeat(pa.scalar(value, pa.string() if isinstance(value, str) else pa.timestamp("us", tz="UTC")), length)
