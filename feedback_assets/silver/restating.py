"""Days of silver brought to today's versions: batches whose rows other code or other rules of masking made are made anew from bronze.

What becomes of a payload is process.py's. A row keeps what its delivery decided when it came: its batch, its place among the
deliveries. Order of writes: raw text, events, and before both the new edition of the batches whose rows come out otherwise, so that
later stages follow also when this is killed in between; the account last.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.compute.interface import Compute
from feedback_assets.contracts.silver import EVENTS, RAW_TEXT
from feedback_assets.ground.batches import Making, account, announce, stale_batches, write_accounts
from feedback_assets.ground.restating import Difference, difference, stored_rows, write
from feedback_assets.ground.slices import in_slices
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.silver.personal.masker import Masker
from feedback_assets.silver.process import (
    STAGE,
    DayReport,
    balanced,
    batch_size,
    bronze_rows,
    counted,
    listed_batches,
    lost_rows,
    readable_events,
)

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_DAY_KEY = ["feed_date", "event_id", "payload_sha256"]
_OF_DELIVERY = ("batch_id", "received_at", "delivered_at", "delivered_file", "delivered_start", "delivered_batch")


def restate_days(
    lake: Lakehouse,
    compute: Compute,
    days: Collection[date],
    reports: Mapping[date, DayReport],
    *,
    masker: Masker,
    now: datetime,
    making: Making,
) -> None:
    """Makes the rows of batches that other versions made anew and writes those that differ; adds to the reports of the days. Nothing when
    the run does not restate."""
    stale = stale_batches(lake, STAGE, sorted(days), making)
    listed = [b for b in listed_batches(lake, sorted(days)) if (b["feed_date"], b["batch_id"]) in stale] if stale else []
    for slice_of in in_slices(listed, batch_size):
        batches = {key: stale[key] for key in ((b["feed_date"], b["batch_id"]) for b in slice_of)}
        rows_in: Counter[tuple[Any, ...]] = Counter()
        lost: Counter[tuple[Any, ...]] = Counter()
        anew: set[tuple[date, str]] = set()
        for bronze in bronze_rows(lake, slice_of):
            own = _own_deliveries(lake, bronze)
            readable, unreadable = readable_events(compute, own, masker, making.made_by, now)
            events, raw = _differences(lake, readable, own)
            announce(lake, STAGE, [batches[b] for b in events.batches - anew if b in batches], making)
            anew |= events.batches
            write(lake, raw)
            write(lake, events)
            for day in events.changed["feed_date"].to_list() + events.gone["feed_date"].to_list():
                reports[day].restated += 1
            rows_in += counted(bronze, "feed_date", "batch_id")
            lost += lost_rows(own, unreadable)
        accounts = [
            account(STAGE, batch, making, now=now, edition=batch.edition + 2 * (key in anew), **_balance(row))
            for row in balanced(lake, slice_of, rows_in, lost)
            for key in [(row["feed_date"], row["batch_id"])]
            for batch in [batches[key]]
        ]
        write_accounts(lake, accounts)


def _balance(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("rows_in", "rows_out", "reasons")}


def _own_deliveries(lake: Lakehouse, bronze: "pa.Table") -> "pa.Table":
    """The bronze rows whose batch the event's row in silver names, and those of events that have none."""
    import polars as pl

    days = sorted(set(bronze["feed_date"].to_pylist()))
    known = read_frame(lake, EVENTS, [*_DAY_KEY, "batch_id"], {"feed_date": days}).rename({"batch_id": "its_batch"})
    named = frame_of(bronze.select([*_DAY_KEY, "batch_id"])).with_row_index("row")
    kept = (
        named.join(known, on=_DAY_KEY, how="left", maintain_order="left")
        .filter(pl.col("its_batch").is_null() | (pl.col("its_batch") == pl.col("batch_id")))["row"]
        .to_arrow()
    )
    return bronze.take(kept)


def _differences(lake: Lakehouse, readable: "pa.Table", own: "pa.Table") -> tuple[Difference, Difference]:
    """How the rows of these deliveries differ in silver/events and in silver/raw_text."""
    asked = frame_of(own.select(_DAY_KEY)).unique()
    days = sorted(set(asked["feed_date"].to_list()))
    stored = stored_rows(lake, EVENTS, days, asked)
    events = _with_delivery(frame_of(readable.select(list(EVENTS.column_names))), stored).to_arrow()
    return (
        difference(EVENTS, stored, events),
        difference(RAW_TEXT, stored_rows(lake, RAW_TEXT, days, asked), readable.select(list(RAW_TEXT.column_names))),
    )


def _with_delivery(rows: "pl.DataFrame", stored: "pl.DataFrame") -> "pl.DataFrame":
    """The rows with what was decided when they were delivered."""
    import polars as pl

    of_stored = stored.select(*_DAY_KEY, *(pl.col(n).alias(f"{n}__stored") for n in _OF_DELIVERY))
    joined = rows.join(of_stored, on=_DAY_KEY, how="left", maintain_order="left")
    kept = [pl.coalesce(f"{n}__stored", n).cast(rows.schema[n]).alias(n) for n in _OF_DELIVERY]
    return joined.with_columns(kept).select(rows.columns)
