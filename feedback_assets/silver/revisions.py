"""silver/revisions kept up to date by what arrived: only events of new batches are numbered anew, and only their days are read.

The numbering is transform.py's; a full recompute over silver/events gives the same rows. A row of silver/revisions holds all that the
numbering needs to know of a payload, so an event's stored rows and its new ones are enough; but for events with payloads of one time of
change, which are ordered by their deliveries: their rows are read from silver/events.

Order of writes: revisions, then where events are (silver/event_days), then that the batches are done. A kill in between repeats the
batches: what was written lies in the batches' own days, which are read whatever the index says, so the repeat finds it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.interface import Compute
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.silver import EVENT_DAYS, EVENTS, REVISED_BATCHES, REVISIONS
from feedback_assets.ground.identity import EVENT_PREFIX_DIGITS
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult
from feedback_assets.silver import transform

if TYPE_CHECKING:
    import polars as pl


def update_revisions(lake: Lakehouse, compute: Compute) -> WriteResult:
    """Brings silver/revisions up to date with silver/events. Commits nothing when no batch is new."""
    import polars as pl

    batches = _pending(lake)
    if not batches:
        return WriteResult(unchanged=lake.count(REVISIONS))
    if _some_vanished(lake, batches):
        return rebuild_revisions(lake, compute)
    arrived = _arrived(lake, batches)
    written = WriteResult()
    if arrived.height:
        known = read_frame(lake, EVENT_DAYS, list(EVENT_DAYS.column_names))
        places = arrived.select("feed_date", event_prefix()).unique()
        before = known.filter(pl.col("event_prefix").is_in(places["event_prefix"].unique().implode()))
        written = _renumber(lake, compute, arrived, {*before["feed_date"].unique().to_list(), *arrived["feed_date"].unique().to_list()})
        places = places.join(before, on=["feed_date", "event_prefix"], how="anti")
        lake.append_new(EVENT_DAYS, places.sort("feed_date", "event_prefix").to_arrow())
    _record(lake, batches)
    return written


def rebuild_revisions(lake: Lakehouse, compute: Compute) -> WriteResult:
    """Makes silver/revisions exactly what all of silver/events says: for a table that was damaged, or after events were erased."""
    from feedback_assets.contracts.arrow import arrow_schema

    batches = _pending(lake)
    events = lake.read(EVENTS, columns=transform.EVENTS_NEEDED)
    rows = compute.run(transform.revisions, {"events": events}) if events.num_rows else arrow_schema(REVISIONS).empty_table()
    written = lake.replace(REVISIONS, rows)
    lake.replace(EVENT_DAYS, frame_of(events).select("feed_date", event_prefix()).unique().sort("feed_date", "event_prefix").to_arrow())
    if batches:
        _record(lake, batches)
    return written


def is_behind(lake: Lakehouse) -> bool:
    """Whether silver has done a batch that silver/revisions does not show."""
    return bool(_pending(lake))


def event_prefix() -> "pl.Expr":
    """Of the column event_id, as silver/event_days writes it: small to read in full."""
    import polars as pl

    return pl.col("event_id").str.slice(0, EVENT_PREFIX_DIGITS).str.to_integer(base=16, strict=False).alias("event_prefix")


def _renumber(lake: Lakehouse, compute: Compute, arrived: "pl.DataFrame", days: set[date]) -> WriteResult:
    """Numbers the events of `arrived` anew; `days` are all on which they have a row or get one."""
    import polars as pl

    standing = read_frame(lake, REVISIONS, list(REVISIONS.column_names), {"feed_date": sorted(days)})
    events = arrived.select("event_id").unique()
    touched = standing.join(events, on="event_id", how="semi")
    facts = _facts(lake, touched, arrived, days)
    rows = frame_of(compute.run(transform.revisions, {"events": facts.sort("feed_date", "event_id", "payload_sha256").to_arrow()}))
    rows = rows.select(REVISIONS.column_names).sort("feed_date", "event_id", "payload_sha256")
    if touched.height == 0:
        return lake.append_new(REVISIONS, rows.to_arrow())
    # One commit, so that no reader sees an event with two revisions in force; of the days in which a stored row changes, and of those
    # only that get new rows, since a commit replaces whole days.
    kept = standing.join(events, on="event_id", how="anti")
    changed = sorted({*touched["feed_date"].unique().to_list(), *rows["feed_date"].unique().to_list()})
    kept = kept.filter(pl.col("feed_date").is_in(changed))
    return lake.replace(REVISIONS, pl.concat([kept, rows.cast(kept.schema)]).to_arrow(), where={"feed_date": changed})


def _facts(lake: Lakehouse, touched: "pl.DataFrame", arrived: "pl.DataFrame", days: set[date]) -> "pl.DataFrame":
    """What numbers the events of `arrived`: columns EVENTS_NEEDED.

    Where an event's payloads were changed at different times, how they were delivered does not matter, and stored rows stand for the
    deliveries before.
    """
    import polars as pl

    needed = list(transform.EVENTS_NEEDED)
    never = {"delivered_at": pl.lit(None).cast(arrived.schema["delivered_at"]), "delivered_file": pl.lit(""), "delivered_start": pl.lit(0)}
    stood = touched.with_columns(**never).select(needed).cast(arrived.select(needed).schema)
    # What arrived stands before what is stored: a batch that silver did anew may say it otherwise.
    facts = pl.concat([arrived.select(needed), stood]).unique(["feed_date", "event_id", "payload_sha256"], keep="first")
    at_once = ["event_id", "revised_at", "is_deletion"]
    tied = facts.filter(pl.col("payload_sha256").n_unique().over(at_once) > 1).select("event_id").unique()
    if not tied.height:
        return facts
    delivered = read_frame(lake, EVENTS, needed, {"feed_date": sorted(days)}).join(tied, on="event_id", how="semi")
    return pl.concat([facts.join(tied, on="event_id", how="anti"), delivered])


def _pending(lake: Lakehouse) -> list[dict[str, Any]]:
    """Batches that silver has done, or done anew, and that silver/revisions does not show so yet, by day and id. One that brought nothing
    new may have moved what was there to a later place among the deliveries."""
    import polars as pl

    columns = ["feed_date", "batch_id", "rows_out", "reasons", "edition"]
    again = pl.col("reasons").str.contains("redelivered", literal=True) | (pl.col("edition") > 0)
    edition = pl.col("edition").fill_null(0)
    done = read_frame(lake, STAGE_BATCHES, columns, {"stage": ["silver"]}).with_columns(edition)
    done = done.filter((pl.col("rows_out") > 0) | again).drop("reasons")
    shown = read_frame(lake, REVISED_BATCHES, ["feed_date", "batch_id", "edition"]).with_columns(edition)
    return done.join(shown, on=["feed_date", "batch_id", "edition"], how="anti").sort("feed_date", "batch_id").to_dicts()


def _some_vanished(lake: Lakehouse, batches: Sequence[Mapping[str, Any]]) -> bool:
    """Whether days that silver did anew have lost an event that silver/revisions shows."""
    days = sorted({b["feed_date"] for b in batches if b["edition"]})
    if not days:
        return False
    key = ["feed_date", "event_id", "payload_sha256"]
    shown = read_frame(lake, REVISIONS, key, {"feed_date": days})
    return bool(shown.join(read_frame(lake, EVENTS, key, {"feed_date": days}), on=key, how="anti").height)


def _arrived(lake: Lakehouse, batches: Sequence[Mapping[str, Any]]) -> "pl.DataFrame":
    import polars as pl

    ids = [b["batch_id"] for b in batches]
    days = sorted({b["feed_date"] for b in batches})
    rows = read_frame(lake, EVENTS, [*transform.EVENTS_NEEDED, "batch_id", "delivered_batch"], {"feed_date": days})
    return rows.filter(pl.col("batch_id").is_in(ids) | pl.col("delivered_batch").is_in(ids)).drop("batch_id", "delivered_batch")


def _record(lake: Lakehouse, batches: Sequence[Mapping[str, Any]]) -> None:
    from feedback_assets.contracts.arrow import to_arrow

    rows = [{"feed_date": b["feed_date"], "batch_id": b["batch_id"], "events": b["rows_out"], "edition": b["edition"]} for b in batches]
    lake.upsert(REVISED_BATCHES, to_arrow(REVISED_BATCHES, rows))
