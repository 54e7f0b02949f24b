"""A lakehouse that notes what is read and written through it, and has rows judged before they are written.

Every step of the graph works through one of these. So what a step reads can be held against what it declares, its log line and its
metadata say what it really did, and rows that break a rule are refused before they stand anywhere. Not here: the rules (graph/gate.py).
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Changes, Lakehouse, Mark, TableUpkeep, Where, WriteResult

if TYPE_CHECKING:
    import pyarrow as pa

Guard = Callable[[Table, "pa.Table"], None]
"""Called with the rows of a write before it happens; raises to refuse them."""
KEPT_ROWS = 5
"""Rows of each table and day that are kept as a sample."""


@dataclass
class Written:
    """What was written to one table. offered: rows of all writes, some of which stood there already."""

    offered: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    commits: int = 0
    sample: dict[date | None, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, offered: int, result: WriteResult) -> None:
        self.offered += offered
        self.inserted += result.inserted
        self.updated += result.updated
        self.deleted += result.deleted
        self.commits += result.committed


class RecordingLakehouse:
    """Passes everything through to another lakehouse. `read_rows` counts the rows that were read of each table, 0 for a look at its
    version; `written` tells what was written to each. Threads may share it."""

    def __init__(self, lake: Lakehouse, guard: Guard | None = None, shown: Callable[[Table], Sequence[str]] | None = None) -> None:
        """guard: judges rows before they are written. shown: the columns of a table that samples may hold; without it there are none."""
        self.lake = lake
        self.read_rows: Counter[str] = Counter()
        self.written: dict[str, Written] = {}
        self._guard = guard
        self._shown = shown
        self._lock = threading.Lock()

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        rows = self.lake.read(table, columns=columns, where=where)
        self._note(table, rows.num_rows)
        return rows

    def slices(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "Iterator[pa.Table]":
        self._note(table, 0)
        for rows in self.lake.slices(table, columns=columns, where=where):
            self._note(table, rows.num_rows)
            yield rows

    def count(self, table: Table, where: Where | None = None) -> int:
        self._note(table, 0)
        return self.lake.count(table, where)

    def counts(self, table: Table) -> dict[Any, int]:
        self._note(table, 0)
        return self.lake.counts(table)

    def sample(self, table: Table, *, rows: int, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        found = self.lake.sample(table, rows=rows, columns=columns, where=where)
        self._note(table, found.num_rows)
        return found

    def fingerprint(self, table: Table, partitions: Sequence[Any] | None = None) -> str:
        self._note(table, 0)
        return self.lake.fingerprint(table, partitions)

    def version(self, table: Table) -> int:
        self._note(table, 0)
        return self.lake.version(table)

    def mark(self, table: Table) -> Mark:
        self._note(table, 0)
        return self.lake.mark(table)

    def changes(self, table: Table, since: Mark, *, columns: Sequence[str]) -> Changes | None:
        found = self.lake.changes(table, since, columns=columns)
        self._note(table, found.came.height + found.gone.height if found else 0)
        return found

    def changed_partitions(self, table: Table, since: Mark) -> "set[date] | None":
        self._note(table, 0)
        return self.lake.changed_partitions(table, since)

    def partitions(self, table: Table) -> "set[Any]":
        self._note(table, 0)
        return self.lake.partitions(table)

    def upkeep(self, table: Table, *, keep: timedelta, now: datetime, dry_run: bool = False) -> TableUpkeep:
        return self.lake.upkeep(table, keep=keep, now=now, dry_run=dry_run)

    def location(self, table: Table) -> str:
        return self.lake.location(table)

    def append_new(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._judge(table, rows)
        return self._wrote(table, rows, self.lake.append_new(table, rows))

    def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._judge(table, rows)
        return self._wrote(table, rows, self.lake.upsert(table, rows))

    def replace(self, table: Table, rows: "pa.Table", *, where: Where | None = None) -> WriteResult:
        self._judge(table, rows)
        return self._wrote(table, rows, self.lake.replace(table, rows, where=where))

    def __getattr__(self, name: str) -> Any:
        """Whatever else an adapter offers."""
        return getattr(self.lake, name)

    def _note(self, table: Table, rows: int) -> None:
        with self._lock:
            self.read_rows[table.name] += rows

    def _judge(self, table: Table, rows: "pa.Table") -> None:
        if self._guard is not None:
            self._guard(table, rows)

    def _wrote(self, table: Table, rows: "pa.Table", result: WriteResult) -> WriteResult:
        with self._lock:
            told = self.written.setdefault(table.name, Written())
            told.add(rows.num_rows, result)
            if self._shown is not None and result.committed:
                _keep(told.sample, rows, list(self._shown(table)))
        return result


def _keep(sample: "dict[date | None, list[dict[str, Any]]]", rows: "pa.Table", columns: list[str]) -> None:
    """The first rows of each day, or of all where there are no days, until there are enough."""
    import polars as pl

    if "feed_date" in columns:
        first = pl.DataFrame(rows.select(columns)).group_by("feed_date", maintain_order=True).head(KEPT_ROWS)
        found = ((row["feed_date"], row) for row in first.iter_rows(named=True))
    else:
        found = ((None, row) for row in rows.select(columns).slice(0, KEPT_ROWS).to_pylist())
    for day, row in found:
        kept = sample.setdefault(day, [])
        if len(kept) < KEPT_ROWS:
            kept.append(row)
