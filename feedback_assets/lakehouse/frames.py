"""Tables as polars frames, for modules that join and group them. Nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Lakehouse, Where

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def read_frame(lake: Lakehouse, table: Table, columns: Sequence[str], where: Where | None = None) -> "pl.DataFrame":
    """The rows of a table as a frame."""
    return frame_of(lake.read(table, columns=columns, where=where))


def frame_of(data: "pa.Table") -> "pl.DataFrame":
    """Arrow rows as a frame."""
    import polars as pl

    return pl.DataFrame(data)
