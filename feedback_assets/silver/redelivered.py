"""Which delivery of a payload counts where an event was told in several payloads on one day: the last.

A row of silver/events is the first delivery of its payload that was read. Of a record that says A, then B, then A again without telling
when it changed, the row of A must count as delivered last. Only such events are looked at: where a day has one payload of an event, the
day alone says when it was delivered. What comes out depends on the deliveries, not on how they were cut into batches.

Not here: what follows for revisions (transform.py, revisions.py).
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts.bronze import bronze_table
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse, WriteResult

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_ROW = ["feed_date", "event_id", "payload_sha256"]
_PLACE = ["delivered_at", "delivered_file", "delivered_start"]
_SAME = ["delivered_file", "delivered_start", "delivered_batch"]
_IN_BRONZE = {"received_at": "delivered_at", "file": "delivered_file", "start": "delivered_start", "batch_id": "delivered_batch"}


def place_last_deliveries(lake: Lakehouse, arrived: "pa.Table") -> WriteResult:
    """Brings the delivery columns of silver/events up to date for the events of `arrived` (bronze rows: source, feed_date, event_id).

    Commits only where an event has several payloads on a day and one of them was delivered again.
    """
    import polars as pl

    events = frame_of(arrived.select(["source", "feed_date", "event_id"])).unique()
    if not events.height:
        return WriteResult()
    days = sorted(events["feed_date"].unique().to_list())
    rows = read_frame(lake, EVENTS, _ROW, {"feed_date": days}).join(events, on=["feed_date", "event_id"], how="semi")
    several = rows.filter(pl.len().over("feed_date", "event_id") > 1).join(events, on=["feed_date", "event_id"])
    if not several.height:
        return WriteResult()
    wanted = {source: sorted(days) for source, days in several.group_by("source").agg(pl.col("feed_date").unique()).iter_rows()}
    last = _last_deliveries(lake, wanted, several.select(_ROW))
    stored = read_frame(lake, EVENTS, [*_ROW, *_SAME], {"feed_date": sorted(several["feed_date"].unique().to_list())})
    moved = last.join(stored, on=[*_ROW, *_SAME], how="anti", nulls_equal=True)
    if not moved.height:
        return WriteResult()
    whole = frame_of(lake.read(EVENTS, where={"feed_date": sorted(moved["feed_date"].unique().to_list())}))
    whole = whole.drop(_IN_BRONZE.values()).join(moved, on=_ROW)
    return lake.upsert(EVENTS, whole.select(EVENTS.column_names).to_arrow())


def _last_deliveries(lake: Lakehouse, days: Mapping[str, Collection[date]], rows: "pl.DataFrame") -> "pl.DataFrame":
    """Of each of the rows (columns _ROW) the place and batch of its last delivery, as silver/events names them."""
    import polars as pl

    parts = [
        read_frame(lake, bronze_table(source), [*_ROW, *_IN_BRONZE], {"feed_date": on}).join(rows, on=_ROW, how="semi")
        for source, on in sorted(days.items())
    ]
    return pl.concat(parts).rename(_IN_BRONZE).sort(*_ROW, *_PLACE).unique(_ROW, keep="last", maintain_order=True)
