"""Rows that are made anew, against those that are there: what differs, and writing only that.

Not here: which rows are made anew (batches.py), what they say (the stages).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.frames import frame_of, read_frame
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

PROVENANCE = frozenset({"made_by", "taxonomy_version", "model_version"})
"""Columns that name the versions by which a row was made, and nothing of what it says."""
CAUSE = "restated_for"
"""The column with the purpose of the run that made a row what it says: of a row that says the same, it stays."""


@dataclass(frozen=True)
class Difference:
    """How new rows of one table differ from those that are there. changed: new or other rows; gone: rows that are made no more.

    batches: (feed_date, batch_id) of rows that say something else, and not only by which versions they were made.
    """

    table: Table
    changed: "pl.DataFrame"
    gone: "pl.DataFrame"
    batches: frozenset[tuple[date, str]]

    @property
    def rows(self) -> int:
        """Rows that a write would touch."""
        return self.changed.height + self.gone.height


def difference(table: Table, stored: "pl.DataFrame", rows: "pa.Table") -> Difference:
    """The new rows against the stored ones of the same events; both have all columns of the table, which has feed_date as its partition."""
    import polars as pl

    key = table.identity
    new = frame_of(rows.select(list(table.column_names)))
    stored = stored.select(table.column_names).cast(new.schema)
    both = new.join(stored, on=key, how="inner", suffix="__stored", maintain_order="left")
    says = [name for name in table.compared if name not in key and name not in PROVENANCE and name != CAUSE]
    other = _differs(says)
    stamped = _differs([name for name in new.columns if name in PROVENANCE])
    if CAUSE in new.columns:
        both = both.with_columns(pl.when(other).then(CAUSE).otherwise(f"{CAUSE}__stored").alias(CAUSE))
    came = new.join(stored, on=key, how="anti", maintain_order="left")
    gone = stored.join(new, on=key, how="anti", maintain_order="left")
    parts = [came, both.filter(other).select(new.columns), gone]
    batches = (
        {b for part in parts for b in part.select("feed_date", "batch_id").unique().iter_rows()} if "batch_id" in new.columns else set()
    )
    return Difference(table, pl.concat([came, both.filter(other | stamped).select(new.columns)]), gone, frozenset(batches))


def write(lake: Lakehouse, different: Difference) -> bool:
    """Writes what differs, in one commit a table, or in two when rows of some days go. Returns whether that was anything."""
    import polars as pl

    table, changed, gone = different.table, different.changed, different.gone
    wrote = False
    if gone.height:
        key = table.identity
        days = sorted(set(gone[table.partition_by].to_list()))
        there = read_frame(lake, table, list(table.column_names), {table.partition_by: days})
        of_days = changed.filter(pl.col(table.partition_by).is_in(days))
        kept = there.join(pl.concat([gone.select(key), of_days.select(key)]), on=key, how="anti", maintain_order="left")
        rows = pl.concat([kept, of_days.cast(kept.schema)])
        wrote = lake.replace(table, rows.to_arrow(), where={table.partition_by: days}).committed
        changed = changed.filter(~pl.col(table.partition_by).is_in(days))
    if changed.height:
        wrote |= lake.upsert(table, changed.to_arrow()).committed
    return wrote


def stored_rows(lake: Lakehouse, table: Table, days: Sequence[date], events: "pl.DataFrame") -> "pl.DataFrame":
    """The rows that a table has of these events (columns feed_date, event_id, payload_sha256)."""
    rows = read_frame(lake, table, list(table.column_names), {"feed_date": days})
    return rows.join(events, on=["feed_date", "event_id", "payload_sha256"], how="semi")


def _differs(names: Sequence[str]) -> "pl.Expr":
    import polars as pl

    return pl.any_horizontal([pl.col(n).ne_missing(pl.col(f"{n}__stored")) for n in names]) if names else pl.lit(value=False)
