"""What queries read through: columns of a table as a polars frame. One reader for a local folder, one for any lakehouse adapter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Lakehouse, Where

if TYPE_CHECKING:
    import polars as pl


class Reader(Protocol):
    """Reads of contract tables; tables that do not exist have no rows and version -1."""

    def frame(self, table: Table, columns: Sequence[str], *, where: Where | None = None) -> "pl.DataFrame": ...

    def count(self, table: Table) -> int: ...

    def version(self, table: Table) -> int: ...

    def prepare(self, tables: Sequence[Table]) -> None: ...


class LakeReader:
    """A reader over any lakehouse adapter."""

    def __init__(self, lake: Lakehouse) -> None:
        self._lake = lake

    def frame(self, table: Table, columns: Sequence[str], *, where: Where | None = None) -> "pl.DataFrame":
        import polars as pl

        needed = list(dict.fromkeys(columns))
        return pl.DataFrame(self._lake.read(table, columns=needed, where=where))

    def count(self, table: Table) -> int:
        return self._lake.count(table)

    def version(self, table: Table) -> int:
        return self._lake.version(table)

    def prepare(self, tables: Sequence[Table]) -> None:
        """Nothing to prepare: an adapter opens its tables as they are read."""


Row = dict[str, Any]


def rows_by(frame: "pl.DataFrame", *keys: str) -> dict[Any, list[Row]]:
    """The rows as dictionaries, grouped by one column's value or several columns' tuple, in the frame's order."""
    grouped: dict[Any, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        key = row[keys[0]] if len(keys) == 1 else tuple(row[k] for k in keys)
        grouped.setdefault(key, []).append(row)
    return grouped


def row_by(frame: "pl.DataFrame", *keys: str) -> dict[Any, Row]:
    """The first row of each key."""
    return {key: rows[0] for key, rows in rows_by(frame, *keys).items()}
