"""What a lakehouse adapter must do. Adapters: local.py (delta-rs on a folder); Databricks by Delta SQL joins behind the same tests."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.contracts.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

Where = Mapping[str, Collection[Any]]
"""Column -> the values that are wanted. Several columns are and-ed. An empty collection selects nothing."""


@dataclass(frozen=True)
class WriteResult:
    """What a write did. `committed` is False when every row stood there already, equal: then Delta has no new version."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    committed: bool = False


class Lakehouse(Protocol):
    """Reads and writes of contract tables. All writes are idempotent: the same call again commits nothing."""

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        """Rows with the contract's types; no rows when the table does not exist yet."""
        ...

    def slices(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "Iterator[pa.Table]":
        """The rows of read(), a part at a time: for what is too much to hold at once."""
        ...

    def count(self, table: Table, where: Where | None = None) -> int:
        """Number of rows."""
        ...

    def counts(self, table: Table) -> dict[Any, int]:
        """Rows of each partition, from statistics alone; under None for a table without partitions. Nothing for a missing table."""
        ...

    def sample(self, table: Table, *, rows: int, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        """At most so many of the rows that read() would give, out of one data file at most."""
        ...

    def fingerprint(self, table: Table, partitions: Sequence[Any] | None = None) -> str:
        """Changes when a write changes the table, or these partitions of it. Read from the log alone. "" for what is not there."""
        ...

    def append_new(self, table: Table, rows: "pa.Table") -> WriteResult:
        """Adds the rows whose key is not there yet; never changes a row. In a partitioned table keys are compared within each
        partition. The first of several new rows with one key wins."""
        ...

    def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
        """Adds new keys and updates rows that differ in a non-volatile column. Raises ContractError for a key twice in `rows`."""
        ...

    def replace(self, table: Table, rows: "pa.Table", *, where: Where | None = None) -> WriteResult:
        """Makes the rows selected by `where` (all of them without it) exactly `rows`. Commits nothing when they are equal but for
        volatile columns. Raises ContractError for a row outside `where` or a key twice."""
        ...

    def version(self, table: Table) -> int:
        """Delta version; -1 when the table does not exist."""
        ...

    def location(self, table: Table) -> str:
        """Where the table is: a path or a name that a person can open."""
        ...
