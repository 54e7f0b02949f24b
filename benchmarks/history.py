"""A home with much history, made of a small one: its days again and again, with other ids. For benchmarks of what follows a batch.

Landing millions of records takes hours here, so the tables of earlier stages are copied at row level, and gold is built on them once.
Bronze and raw text stay as they are: gold reads neither.
"""

from datetime import timedelta

import polars as pl
from deltalake import write_deltalake

from feedback_assets.contracts.arrow import fit
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import COMPARED_BATCHES, DUPLICATE_INDEX, EVENT_DAYS, EVENTS, REVISED_BATCHES, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS, EMBEDDINGS
from feedback_assets.lakehouse.local import LocalLakehouse

COPIED = (
    *(MANIFEST, STAGE_BATCHES, EVENTS, REVISIONS, EVENT_DAYS, REVISED_BATCHES, COMPARED_BATCHES, DUPLICATE_INDEX),
    *(ENRICHED_EVENTS, ISSUES, REVIEW, EMBEDDINGS, ASSIGNMENTS),
)
IDS = ("event_id", "issue_id", "batch_id", "leader_id", "delivered_batch", "text_hash")
AT_ONCE = 10
"""Copies that are written in one commit."""


def lengthen(lake: LocalLakehouse, copies: int, days: int) -> int:
    """Puts `copies` earlier copies of the home's `days` days before them. Returns the number of events."""
    for table in COPIED:
        rows: pl.DataFrame = pl.DataFrame(lake.read(table))
        for first in range(1, copies + 1, AT_ONCE):
            some = [_copy(table, rows, n, days) for n in range(first, min(first + AT_ONCE, copies + 1))]
            write_deltalake(lake.location(table), fit(table, pl.concat(some).to_arrow()), mode="append")
    return lake.count(EVENTS)


def _copy(table: Table, rows: pl.DataFrame, n: int, days: int) -> pl.DataFrame:
    back = timedelta(days=n * days)
    changed = []
    for column in table.columns:
        if column.name not in rows.columns:
            continue
        if column.type in {"date", "timestamp"}:
            changed.append(pl.col(column.name) - back)
        elif column.name in IDS:
            # The same place in every table: an id keeps its joins. Eight digits of the number in front: no id of the home begins so.
            other = pl.lit(f"{n:08x}") + pl.col(column.name).str.slice(8)
            changed.append(pl.when(pl.col(column.name) == "").then(pl.col(column.name)).otherwise(other).alias(column.name))
        elif column.name == "event_prefix":
            changed.append((pl.col(column.name) & ((1 << 28) - 1)) | (n << 28))
    return rows.with_columns(changed)
