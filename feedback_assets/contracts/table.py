"""The words that a contract is written in: Column and Table. No Arrow, no Delta, no pandera here: they are derived."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

type_names = (
    "string",
    "int32",
    "int64",
    "double",
    "bool",
    "date",
    "timestamp",
    "binary",
    "list<string>",
    "list<float>",
    "list<int64>",
    "list<span>",
)
ColumnType = Literal[
    "string",
    "int32",
    "int64",
    "double",
    "bool",
    "date",
    "timestamp",
    "binary",
    "list<string>",
    "list<float>",
    "list<int64>",
    "list<span>",
]


@dataclass(frozen=True)
class Column:
    """One column. `timestamp` is UTC in microseconds; `list<span>` is a list of {start, end} in characters.

    nullable: whether a null is allowed (a check; the Delta column itself is always nullable, see docs/decisions).
    one_of, at_least, at_most, pattern: value rules, checked by the table's schema check.
    volatile: says when or by which run a row was made, so it is left out when old and new rows are compared.
    """

    name: str
    type: ColumnType
    meaning: str
    nullable: bool = False
    one_of: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    pattern: str = ""
    volatile: bool = False


@dataclass(frozen=True)
class Table:
    """One Delta table.

    name: unique in the lakehouse, and its path as `<room>/<rest>`.
    row: what one row is, as a sentence.
    key: the columns that identify a row; in a partitioned table, within its partition.
    partition_by: the physical partition column, or "".
    restricted: holds raw personal data; only named code may read it.
    lasting: upkeep frees nothing of it, so that what came since any earlier version can always be told.
    """

    name: str
    row: str
    owner: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: str = ""
    restricted: bool = False
    lasting: bool = False

    @cached_property
    def identity(self) -> list[str]:
        """What tells rows apart: the key, within a partition. The same record delivered on two days is a row of each day."""
        return list(dict.fromkeys([*([self.partition_by] if self.partition_by else []), *self.key]))

    @property
    def room(self) -> str:
        return self.name.split("/", 1)[0]

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """The columns that decide whether a stored row and a new one are the same."""
        return tuple(c.name for c in self.columns if not c.volatile)

    def column(self, name: str) -> Column:
        """Raises KeyError for a name that the contract does not have."""
        for c in self.columns:
            if c.name == name:
                return c
        raise KeyError(f"{self.name} has no column {name!r}; it has {', '.join(self.column_names)}")
