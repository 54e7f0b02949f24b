"""What a lakehouse adapter must do. Adapters: local.py (delta-rs on a folder); Databricks by Delta SQL joins behind the same tests."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.contracts.table import Table

if TYPE_CHECKING:
    from datetime import date

    import polars as pl
    import pyarrow as pa

Where = Mapping[str, Collection[Any]]
"""Column -> the values that are wanted. Several columns are and-ed. An empty collection selects nothing."""


@dataclass(frozen=True)
class TableUpkeep:
    """What upkeep of one table did, or, when it was asked only to look, what it would do.

    files_before, files_after: data files of the current version. files_to_compact: how many of them were small and many.
    commits: those of compaction, the only ones.
    longest_hold: seconds for which writers had to wait at most.
    """

    table: str
    files_before: int = 0
    files_after: int = 0
    files_to_compact: int = 0
    commits: int = 0
    checkpoint: bool = False
    data_files_freed: int = 0
    log_files_freed: int = 0
    bytes_freed: int = 0
    bytes_left: int = 0
    log_bytes_left: int = 0
    longest_hold: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class WriteResult:
    """What a write did. `committed` is False when every row stood there already, equal: then Delta has no new version."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    committed: bool = False


@dataclass(frozen=True)
class Mark:
    """One version of one table. identity: empty for a table that does not exist, which has version -1."""

    identity: str
    version: int


@dataclass(frozen=True)
class Changes:
    """How the rows of a table differ from those of an earlier version, in the columns that were asked for, each row once."""

    came: "pl.DataFrame"
    gone: "pl.DataFrame"


class Lakehouse(Protocol):
    """Reads and writes of contract tables. All writes are idempotent: the same call again commits nothing."""

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        """Rows with the contract's types; no rows when the table does not exist yet."""
        ...

    def slices(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "Iterator[pa.Table]":
        """The rows of read(), some at a time: for what is too much to hold at once. The caller may write other tables meanwhile."""
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

    def upkeep(self, table: Table, *, keep: timedelta, now: datetime, dry_run: bool = False) -> TableUpkeep:
        """Compacts the table, shortens its log and frees what no version needs that is current or was replaced less than `keep` ago.
        Changes no row; safe beside readers and writers; the second of two does nothing. Raises FeedbackError for a table that cannot be
        opened."""
        ...

    def version(self, table: Table) -> int:
        """Delta version; -1 when the table does not exist."""
        ...

    def mark(self, table: Table) -> Mark:
        """The present version, so that changes() can be asked for from here on."""
        ...

    def changes(self, table: Table, since: Mark, *, columns: Sequence[str]) -> Changes | None:
        """Rows that the table has now and had not at `since`, and the reverse; a row whose columns are all equal is neither.

        None when it cannot be told: the table is another one, or its log or files of then are cleaned away.
        """
        ...

    def changed_partitions(self, table: Table, since: Mark) -> "set[date] | None":
        """Values of the partition column whose data files differ from those at `since`; None as for changes()."""
        ...

    def partitions(self, table: Table) -> "set[Any]":
        """Values of the partition column that have data files."""
        ...

    def location(self, table: Table) -> str:
        """Where the table is: a path or a name that a person can open."""
        ...
