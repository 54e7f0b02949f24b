"""silver/duplicate_groups kept up to date by what arrived: a batch is compared with the index of the days around it, not with all history.

silver/duplicate_index holds what comparing needs of every event in force that says enough, and who leads it; groups and their counts are
read off it. The order of arrival makes no difference: rebuild_duplicates over silver/events gives the same rows.

Order of writes: that the batches are begun, the index, groups, counts, that the batches are done. A run that finds a batch begun and not
done was killed in between, and builds all three anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.silver import (
    COMPARED_BATCHES,
    DUPLICATE_COUNTS,
    DUPLICATE_GROUPS,
    DUPLICATE_INDEX,
    EVENT_DAYS,
    EVENTS,
    REVISED_BATCHES,
    REVISIONS,
)
from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult
from feedback_assets.silver.duplicates import derived
from feedback_assets.silver.duplicates.grouping import comparable
from feedback_assets.silver.duplicates.kept_texts import KeptTexts
from feedback_assets.silver.duplicates.leaders import WINDOW_DAYS, Memory
from feedback_assets.silver.duplicates.nodes import decided
from feedback_assets.silver.duplicates.normal import all_normalised, weight
from feedback_assets.silver.duplicates.shelved import compared_on_processes

if TYPE_CHECKING:
    import polars as pl

_NAMED = ("feed_date", "event_id", "payload_sha256")
_READ = (*_NAMED, "event_time", "source", "customer_key", "text", "text_hash", "minhash")
_ROWS_AT_A_TIME = 100_000
_FEW = 400  # values that a replacement names one by one


def update_duplicates(lake: Lakehouse, workers: int = 0) -> WriteResult:
    """Brings the duplicate tables up to date with silver/revisions. Commits nothing when no batch is new.

    workers: processes that compare when all is built anew (compute/workers.py)."""
    known = read_frame(lake, COMPARED_BATCHES, list(COMPARED_BATCHES.column_names))
    batches = _pending(lake, known)
    if batches.height == 0 and bool(known["done"].all()):
        return WriteResult(unchanged=lake.count(DUPLICATE_GROUPS))
    if lake.version(DUPLICATE_INDEX) < 0 or not bool(known["done"].all()):
        return rebuild_duplicates(lake, workers)
    if _some_vanished(lake, batches):
        return rebuild_duplicates(lake, workers)
    arrived = _arrived(lake, batches)
    _record(lake, batches, done=False)
    written = _apply(lake, arrived)
    _record(lake, batches, done=True)
    return written


def is_behind(lake: Lakehouse) -> bool:
    """Whether silver/revisions shows a batch that the groups do not, or a comparison was killed."""
    known = read_frame(lake, COMPARED_BATCHES, list(COMPARED_BATCHES.column_names))
    return bool(_pending(lake, known).height) or not bool(known["done"].all())


def rebuild_duplicates(lake: Lakehouse, workers: int = 0) -> WriteResult:
    """Makes the duplicate tables exactly what the events in force say."""
    import polars as pl

    known = read_frame(lake, COMPARED_BATCHES, list(COMPARED_BATCHES.column_names))
    pending = _pending(lake, known)
    shown = pl.concat([pending, known.select(pending.columns)]).unique(["feed_date", "batch_id"], keep="first", maintain_order=True)
    shown = shown.sort("feed_date", "batch_id")
    _record(lake, shown, done=False)
    current = read_frame(lake, REVISIONS, list(_NAMED), {"is_current": [True]})
    parts = [_empty()]
    with KeptTexts() as kept:
        for days in _day_ranges(current):
            rows, said = _comparable(lake, current.filter(pl.col("feed_date").is_in(days)))
            parts.append(rows)
            kept.put(said)
        elsewhere = partial(compared_on_processes, workers=workers)
        index = decided(pl.concat(parts), _empty(), _texts(lake, kept.get), elsewhere=elsewhere).index
    lake.replace(DUPLICATE_INDEX, index.to_arrow())
    written = lake.replace(DUPLICATE_GROUPS, derived.group_rows(index))
    lake.replace(DUPLICATE_COUNTS, derived.count_rows(index))
    _record(lake, shown, done=True)
    return written


def _apply(lake: Lakehouse, arrived: "pl.DataFrame") -> WriteResult:
    """Compares the events of `arrived` (column event_id) with the days around them, and writes what changed."""
    import polars as pl

    revisions = _revisions_of(lake, arrived)
    fresh, normals = _comparable(lake, revisions.filter(pl.col("is_current")).select(_NAMED))
    # What loses its leader to an early text looks for another among what was said up to a window later: a late batch needs that as well.
    days = _around(set(revisions["event_day"].to_list()), after=2 * WINDOW_DAYS)
    before = _index_of(lake, days)
    memory = Memory()
    while True:
        stay = before.join(arrived, on="event_id", how="anti")
        found = decided(pl.concat([stay, fresh.select(stay.columns)]), before, _texts(lake, lambda events: _some(normals, events)), memory)
        # What was decided anew far from the batch is decided again with all that stands around it.
        further = _around(set(found.touched_days)) - days
        more = _index_of(lake, further) if further else _empty()
        if more.height == 0:
            break
        days |= further
        before = pl.concat([before, more])
    moved = _difference(before, found.index)
    if moved.height == 0:
        return WriteResult(unchanged=lake.count(DUPLICATE_GROUPS))
    written_days = sorted(set(moved["event_day"].to_list()))
    rows = found.index.filter(pl.col("event_day").is_in(written_days)).to_arrow()
    lake.replace(DUPLICATE_INDEX, rows, where={"event_day": written_days})
    leaders = moved.select("leader_id").unique()
    old, new = (frame.join(leaders, on="leader_id", how="semi") for frame in (before, found.index))
    ids = sorted({*old["event_id"].to_list(), *new["event_id"].to_list()})
    written = _replaced(lake, DUPLICATE_GROUPS, "event_id", ids, derived.group_rows(new))
    _replaced(lake, DUPLICATE_COUNTS, "group_id", sorted(leaders["leader_id"].to_list()), derived.count_rows(new))
    return written


def _difference(before: "pl.DataFrame", after: "pl.DataFrame") -> "pl.DataFrame":
    """(event_day, leader_id) of rows that stand in one of the two alone."""
    import polars as pl

    told = ["event_day", "event_id", "payload_sha256", "feed_date", "customer_key", "leader_id", "similarity"]
    told += ["event_time", "source", "text_hash", "weight", "sketch"]
    before, after = (frame.with_columns(sketch=pl.col("minhash").list.sum()) for frame in (before, after))
    gone = before.join(after, on=told, how="anti", nulls_equal=True)
    come = after.join(before, on=told, how="anti", nulls_equal=True)
    return pl.concat([gone, come]).select("event_day", "leader_id").unique()


def _replaced(lake: Lakehouse, table: Table, column: str, values: Sequence[str], rows: Any) -> WriteResult:
    """Makes the rows with these values of the column exactly `rows`."""
    if len(values) <= _FEW:
        return lake.replace(table, rows, where={column: values})
    import polars as pl

    others = read_frame(lake, table, list(table.column_names)).join(pl.DataFrame({column: values}), on=column, how="anti")
    return lake.replace(table, pl.concat([others, frame_of(rows)]).to_arrow())


def _pending(lake: Lakehouse, known: "pl.DataFrame") -> "pl.DataFrame":
    """Batches that silver/revisions shows, or shows anew, and the groups do not."""
    import polars as pl

    edition = pl.col("edition").fill_null(0)
    shown = read_frame(lake, REVISED_BATCHES, ["feed_date", "batch_id", "edition"]).with_columns(edition)
    known = known.with_columns(edition)
    return shown.join(known, on=["feed_date", "batch_id", "edition"], how="anti").sort("feed_date", "batch_id")


def _some_vanished(lake: Lakehouse, batches: "pl.DataFrame") -> bool:
    """Whether days that silver did anew have lost an event that the index holds."""
    import polars as pl

    days = sorted(set(batches.filter(pl.col("edition") > 0)["feed_date"].to_list()))
    if not days:
        return False
    held = read_frame(lake, DUPLICATE_INDEX, list(_NAMED)).filter(pl.col("feed_date").is_in(days))
    return bool(held.join(read_frame(lake, EVENTS, list(_NAMED), {"feed_date": days}), on=list(_NAMED), how="anti").height)


def _arrived(lake: Lakehouse, batches: "pl.DataFrame") -> "pl.DataFrame":
    """Events that the batches brought, or delivered again as the last of several payloads."""
    import polars as pl

    days = sorted(set(batches["feed_date"].to_list()))
    events = read_frame(lake, EVENTS, ["feed_date", "batch_id", "delivered_batch", "event_id"], {"feed_date": days})
    ids = batches["batch_id"].to_list()
    return events.filter(pl.col("batch_id").is_in(ids) | pl.col("delivered_batch").is_in(ids)).select("event_id").unique()


def _revisions_of(lake: Lakehouse, events: "pl.DataFrame") -> "pl.DataFrame":
    """All revisions of these events, found by the days that silver/event_days knows of them."""
    from feedback_assets.silver.revisions import event_prefix

    places = read_frame(lake, EVENT_DAYS, list(EVENT_DAYS.column_names))
    days = places.join(events.select(event_prefix()).unique(), on="event_prefix", how="semi")["feed_date"].unique().to_list()
    columns = [*_NAMED, "event_day", "is_current"]
    return read_frame(lake, REVISIONS, columns, {"feed_date": sorted(days)}).join(events, on="event_id", how="semi")


def _comparable(lake: Lakehouse, named: "pl.DataFrame") -> "tuple[pl.DataFrame, dict[str, str]]":
    """Index rows of these events that say enough to be copies, with nobody leading them yet, and their normalised texts by event id."""
    import polars as pl

    days = sorted(set(named["feed_date"].to_list()))
    events = read_frame(lake, EVENTS, list(_READ), {"feed_date": days}).join(named, on=list(_NAMED), how="semi")
    normals = all_normalised(events["text"].to_list())
    said = [comparable(n) for n in normals]
    rows = events.with_columns(
        pl.Series("exact", [e for e, _ in said], dtype=pl.Boolean),
        pl.Series("near", [n for _, n in said], dtype=pl.Boolean),
        pl.Series("weight", [weight(n) for n in normals], dtype=pl.Int32),
        pl.col("event_time").dt.date().alias("event_day"),
        pl.lit("").alias("leader_id"),
        pl.lit(0.0).alias("similarity"),
    ).filter("exact")
    rows = rows.with_columns(pl.when("near").then("minhash").otherwise(pl.lit([], dtype=pl.List(pl.Int64))).alias("minhash"))
    there = [e for e, _ in said]
    return rows.select(DUPLICATE_INDEX.column_names), dict(zip(rows["event_id"].to_list(), compress(normals, there), strict=True))


def _some(normals: Mapping[str, str], events: Sequence[str]) -> dict[str, str]:
    return {e: normals[e] for e in events if e in normals}


def _texts(lake: Lakehouse, kept: Callable[[Sequence[str]], dict[str, str]]) -> Any:
    """Reads normalised texts of index rows (columns _NAMED): some are kept, by event id; the others are in silver/events."""
    import polars as pl

    def read(rows: pl.DataFrame) -> list[str]:
        there = kept(rows["event_id"].to_list())
        missing = rows.filter(~pl.col("event_id").is_in(list(there)))
        if missing.height:
            days = sorted(set(missing["feed_date"].to_list()))
            found = read_frame(lake, EVENTS, [*_NAMED, "text"], {"feed_date": days}).join(missing, on=list(_NAMED), how="semi")
            there |= dict(zip(found["event_id"].to_list(), all_normalised(found["text"].to_list()), strict=True))
        return [there[e] for e in rows["event_id"].to_list()]

    return read


def _index_of(lake: Lakehouse, days: set[date]) -> "pl.DataFrame":
    return read_frame(lake, DUPLICATE_INDEX, list(DUPLICATE_INDEX.column_names), {"event_day": sorted(days)})


def _around(days: set[date], *, after: int = WINDOW_DAYS) -> set[date]:
    reach = range(-WINDOW_DAYS, after + 1)
    return {day + timedelta(days=n) for day in days for n in reach}


def _day_ranges(current: "pl.DataFrame") -> list[list[date]]:
    """Feed dates in runs of not too many events."""
    import polars as pl

    ranges: list[list[date]] = []
    size = _ROWS_AT_A_TIME
    for day, rows in current.group_by("feed_date").agg(pl.len()).sort("feed_date").iter_rows():
        if size >= _ROWS_AT_A_TIME:
            ranges.append([])
            size = 0
        ranges[-1].append(day)
        size += rows
    return ranges


def _record(lake: Lakehouse, batches: "pl.DataFrame", *, done: bool) -> None:
    import polars as pl

    if batches.height:
        lake.upsert(COMPARED_BATCHES, batches.with_columns(pl.lit(done).alias("done")).to_arrow())


def _empty() -> "pl.DataFrame":
    from feedback_assets.contracts.arrow import arrow_schema

    return frame_of(arrow_schema(DUPLICATE_INDEX).empty_table())
