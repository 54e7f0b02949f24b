"""Delta tables in a folder, written through delta-rs. One writer at a time a table, by a lock file beside it.

Locks hold between processes of one machine: that is what the local adapter is for.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import arrow_schema, fit
from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import ContractError
from feedback_assets.lakehouse.interface import Changes, Mark, TableUpkeep, Where, WriteResult
from feedback_assets.lakehouse.lock import table_lock
from feedback_assets.lakehouse.quick import FollowingReader
from feedback_assets.lakehouse.upkeep import MANY_FILES, TableKeeper, compact, crowded_partitions

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa
    from deltalake import DeltaTable

_ROW = "__row"


class LocalLakehouse:
    """A lakehouse in one folder: <root>/<room>/<table>."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._readers: dict[int, FollowingReader] = {}

    def location(self, table: Table) -> str:
        return str(self.root / table.name)

    def version(self, table: Table) -> int:
        dt = self._open(table)
        return -1 if dt is None else dt.version()

    def mark(self, table: Table) -> Mark:
        return self._reader.mark(table)

    def changes(self, table: Table, since: Mark, *, columns: Sequence[str]) -> Changes | None:
        return self._reader.changes(table, since, columns)

    def changed_partitions(self, table: Table, since: Mark) -> set[date] | None:
        files = self._reader.changed_files(table, since)
        return None if files is None else {value for some in files for value in some.values()}

    def partitions(self, table: Table) -> set[Any]:
        return set(self._reader.partitions(table))

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        names = list(columns) if columns is not None else list(table.column_names)
        # Not by Arrow datasets: those make an expression of every statistic of every file (seconds for a table of many days, against
        # tenths), type it string_view, and then cannot compare it with a list of strings.
        return _arrow(table, self._reader.frame(table, names, where=where))

    def slices(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "Iterator[pa.Table]":
        """The rows of read(), one data file after the other: what is too much to hold at once. The files are those of the first slice's
        time, so the caller may write other tables meanwhile."""
        names = list(columns) if columns is not None else list(table.column_names)
        for frame in self._reader.slices(table, names, where=where):
            yield _arrow(table, frame)

    def count(self, table: Table, where: Where | None = None) -> int:
        if where is not None:
            return self._reader.frame(table, [table.key[0]], where=where).height
        return self._reader.count(table)

    def counts(self, table: Table) -> dict[Any, int]:
        return self._reader.counts(table)

    def sample(self, table: Table, *, rows: int, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        names = list(columns) if columns is not None else list(table.column_names)
        return _arrow(table, self._reader.sample(table, names, rows=rows, where=where))

    def fingerprint(self, table: Table, partitions: Sequence[Any] | None = None) -> str:
        files = self._reader.files(table, partitions)
        return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()[:16] if files else ""

    def append_new(self, table: Table, rows: "pa.Table") -> WriteResult:
        new = fit(table, rows)
        if new.num_rows == 0:
            return WriteResult()
        identity = table.identity
        keys = _frame(new.select(identity))
        with self._lock(table):
            old = self._reader.frame(table, identity, where=self._scope(table, keys))
            fresh = keys.with_row_index(_ROW).unique(identity, keep="first", maintain_order=True)
            known = old.join(keys, on=identity, how="semi")  # so that what is hashed is the new keys, not all that are stored
            fresh = fresh.join(known, on=identity, how="anti", maintain_order="left")
            if fresh.height:
                # The rows themselves stay as they are: only keys are compared, and most often all are new.
                self._append(table, new if fresh.height == new.num_rows else new.take(fresh[_ROW].to_arrow()))
            return WriteResult(inserted=fresh.height, unchanged=rows.num_rows - fresh.height, committed=fresh.height > 0)

    def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
        new = _frame(fit(table, rows))
        _refuse_repeated_keys(table, new)
        if new.height == 0:
            return WriteResult()
        with self._lock(table):
            old = _frame(self.read(table, where=self._scope(table, new)))
            plan = _Difference(table, old.join(new, on=table.identity, how="semi"), new)
            if plan.updated.height:
                self._merge(table, _concat(plan.inserted, plan.updated))
            elif plan.inserted.height:
                self._append(table, _arrow(table, plan.inserted))
            return WriteResult(
                inserted=plan.inserted.height,
                updated=plan.updated.height,
                unchanged=new.height - plan.inserted.height - plan.updated.height,
                committed=plan.inserted.height + plan.updated.height > 0,
            )

    def replace(self, table: Table, rows: "pa.Table", *, where: Where | None = None) -> WriteResult:
        new = _frame(fit(table, rows))
        _refuse_repeated_keys(table, new)
        _refuse_outside(table, new, where)
        with self._lock(table):
            old = _frame(self.read(table, where=where))
            plan = _Difference(table, old, new)
            gone = plan.gone.height
            changed = plan.inserted.height + plan.updated.height + gone
            result = WriteResult(
                inserted=plan.inserted.height,
                updated=plan.updated.height,
                deleted=gone,
                unchanged=new.height - plan.inserted.height - plan.updated.height,
                committed=changed > 0,
            )
            if not changed:
                return result
            if not gone and not plan.updated.height:
                self._append(table, _arrow(table, plan.inserted))
            else:
                self._overwrite(table, new, where)
            return result

    def upkeep(self, table: Table, *, keep: timedelta, now: datetime, dry_run: bool = False) -> TableUpkeep:
        return TableKeeper(self.root, table, keep=keep, now=now).run(dry_run=dry_run)

    @property
    def _reader(self) -> FollowingReader:
        return self._readers.setdefault(threading.get_ident(), FollowingReader(self.root))

    def _open(self, table: Table) -> "DeltaTable | None":
        return self._reader.table(table)

    def _lock(self, table: Table) -> AbstractContextManager[None]:
        return table_lock(self.root, table.name)

    def _scope(self, table: Table, new: "pl.DataFrame") -> Where | None:
        """Which stored rows a write must be compared with: those of the partitions, or else of the days in the key, that it touches."""
        days = table.partition_by or next((k for k in table.key if table.column(k).type == "date"), "")
        return {days: new[days].unique().to_list()} if days else None

    def _append(self, table: Table, rows: "pa.Table") -> None:
        from deltalake import write_deltalake

        path = self.root / table.name
        path.parent.mkdir(parents=True, exist_ok=True)
        dt = self._open(table)
        write_deltalake(
            dt or str(path),
            rows,
            mode="append",
            schema_mode="merge" if _lacks_columns(dt, table) else None,
            partition_by=[table.partition_by] if table.partition_by else None,
            name=table.name,
            description=table.row,
            configuration=_configuration(table),
        )
        self._compact(table)

    def _compact(self, table: Table) -> None:
        """Makes one file of many small ones, so that reading a table of many small writes costs what its rows cost, also where upkeep
        never runs. A commit of its own, that changes no row."""
        dt = self._open(table)
        crowded = crowded_partitions(self._reader.listed(table), table, MANY_FILES) if dt is not None else {}
        if dt is not None and crowded:
            compact(dt, table, list(crowded))

    def _merge(self, table: Table, rows: "pl.DataFrame") -> None:
        dt = self._open(table)
        if dt is None:
            raise ContractError(f"{table.name} vanished during a write", mend="feedback doctor")
        condition = " AND ".join(f"t.{k} = s.{k}" for k in table.key)
        if table.partition_by:
            days = ", ".join(
                f"CAST('{v.isoformat()}' AS DATE)" if isinstance(v, date) else _literal(v)
                for v in rows[table.partition_by].unique().to_list()
            )
            condition = f"t.{table.partition_by} IN ({days}) AND t.{table.partition_by} = s.{table.partition_by} AND {condition}"
        (
            dt.merge(
                source=_arrow(table, rows),
                predicate=condition,
                source_alias="s",
                target_alias="t",
                merge_schema=_lacks_columns(dt, table),
            )
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )
        self._compact(table)

    def _overwrite(self, table: Table, rows: "pl.DataFrame", where: Where | None) -> None:
        from deltalake import write_deltalake

        predicate = None
        if where is not None:
            predicate = " AND ".join(f"{k} IN ({', '.join(_literal(v) for v in values)})" for k, values in where.items())
        dt = self._open(table)
        write_deltalake(
            dt or str(self.root / table.name),
            _arrow(table, rows),
            mode="overwrite",
            schema_mode="merge" if _lacks_columns(dt, table) else None,
            predicate=predicate,
            partition_by=[table.partition_by] if table.partition_by else None,
            configuration=_configuration(table),
        )
        self._compact(table)


class _Difference:
    """How new rows differ from old ones by key: what to insert, what to update, what is gone."""

    def __init__(self, table: Table, old: "pl.DataFrame", new: "pl.DataFrame") -> None:
        import polars as pl

        key = table.identity
        self.inserted = new.join(old, on=key, how="anti", maintain_order="left")
        self.gone = old.join(new, on=key, how="anti")
        both = new.join(old, on=key, how="inner", suffix="__old", maintain_order="left")
        compared = [name for name in table.compared if name not in key]
        differs = (
            pl.any_horizontal([pl.col(name).ne_missing(pl.col(name + "__old")) for name in compared]) if compared else pl.lit(value=False)
        )
        self.updated = both.filter(differs).select(new.columns)


def _configuration(table: Table) -> dict[str, str | None]:
    """Properties of a new table: of which columns the log keeps the least and greatest values of each file.

    Of those that rows are looked up by. Without this the log holds texts of customers, and a commit to a table of many files takes three
    times as long.
    """
    looked_up = [
        c.name
        for c in table.columns
        if c.name != table.partition_by and (c.name.endswith("_id") or c.type == "date" or (c.name in table.key and c.type != "binary"))
    ]
    return {"delta.dataSkippingStatsColumns": ",".join(looked_up)} if looked_up else {"delta.dataSkippingNumIndexedCols": "0"}


def _refuse_repeated_keys(table: Table, rows: "pl.DataFrame") -> None:
    repeated = rows.height - rows.select(table.identity).unique().height
    if repeated:
        raise ContractError(f"{table.name}: {repeated} rows repeat a key ({', '.join(table.key)})", expected="each key once")


def _refuse_outside(table: Table, rows: "pl.DataFrame", where: Where | None) -> None:
    for name, values in (where or {}).items():
        outside = (~rows[name].is_in(list(values))).sum() if len(values) else rows.height
        if outside:
            raise ContractError(f"{table.name}: {outside} rows lie outside the {name} that is being replaced")


def _frame(data: "pa.Table") -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(data)


def _lacks_columns(dt: "DeltaTable | None", table: Table) -> bool:
    """Whether the stored table was made before the contract had all its columns: rows written until then have nothing in them."""
    return dt is not None and not {f.name for f in dt.schema().fields} >= set(table.column_names)


def _concat(*frames: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    return pl.concat(frames)


def _arrow(table: Table, rows: "pl.DataFrame") -> "pa.Table":
    import pyarrow as pa

    schema = arrow_schema(table)
    return rows.to_arrow().cast(pa.schema([schema.field(n) for n in rows.columns]))


def _literal(value: object) -> str:
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
