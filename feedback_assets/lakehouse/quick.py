"""Reads of local Delta tables for a person who waits: fast to import and to open, no writes.

`LocalLakehouse.read` goes through Arrow datasets, which takes longer to import than a whole trace may take. This reader lists a
table's files from the Delta log, leaves out the partitions that nobody asked for, and lets polars read only the needed columns.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.difference import file_changes
from feedback_assets.lakehouse.interface import Changes, Mark, Where
from feedback_assets.lakehouse.log import commit_name, latest_version

if TYPE_CHECKING:
    from concurrent.futures import Future

    import polars as pl
    from deltalake import DeltaTable

_PUSHED_VALUES = 16  # more values than this are matched after reading: a long list is compared anew in every file
_PATH = "__path"


def polars_schema(table: Table) -> "dict[str, pl.DataType]":
    """Column -> polars type, as the contract says."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "string": pl.String(),
        "int32": pl.Int32(),
        "int64": pl.Int64(),
        "double": pl.Float64(),
        "bool": pl.Boolean(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us", "UTC"),
        "binary": pl.Binary(),
        "list<string>": pl.List(pl.String()),
        "list<float>": pl.List(pl.Float32()),
        "list<int64>": pl.List(pl.Int64()),
        "list<span>": pl.List(pl.Struct({"start": pl.Int32(), "end": pl.Int32()})),
    }
    return {c.name: types[c.type] for c in table.columns}


class QuickReader:
    """Reads the tables of one lakehouse folder: <root>/<room>/<table>."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open_tables: dict[str, DeltaTable | None] = {}
        self._opening: dict[str, Future[DeltaTable | None]] = {}
        self._listings: dict[str, tuple[DeltaTable, int, Any, list[str], list[Any]]] = {}

    def version(self, table: Table) -> int:
        """Delta version, -1 when there is no table: the highest number in the log."""
        return latest_version(self.root / table.name / "_delta_log")

    def count(self, table: Table) -> int:
        """Number of rows, from the Delta log where it tells."""
        dt = self._table(table)
        if dt is None:
            return 0
        actions = dt.get_add_actions(flatten=True)
        if "num_records" in actions.schema.names:
            counts = actions["num_records"].to_pylist()
            if all(n is not None for n in counts):
                return int(sum(counts))
        return self.frame(table, [table.key[-1]]).height

    def frame(self, table: Table, columns: Sequence[str], *, where: Where | None = None) -> "pl.DataFrame":
        """Rows with the contract's types; no rows when the table does not exist.

        Raises KeyError for a column that the contract does not have, FeedbackError for a table that cannot be read.
        """
        import polars as pl

        where = dict(where or {})
        for name in (*columns, *where):
            table.column(name)
        schema = polars_schema(table)
        empty = pl.DataFrame(schema={n: schema[n] for n in columns})
        dt = self._table(table)
        if dt is None or any(len(v) == 0 for v in where.values()):
            return empty
        files = self._files(dt, table, where)
        try:
            return self._collected(table, columns, files, where) if files else empty
        except FeedbackError:
            # A version that was opened long ago may have lost files to upkeep; the present one has the rows.
            if all(Path(path).exists() for path in files):
                raise
            self._open_tables[table.name] = dt = self._opened(table)
            files = self._files(dt, table, where) if dt is not None else {}
            return self._collected(table, columns, files, where) if files else empty

    def slices(self, table: Table, columns: Sequence[str], *, where: Where | None = None) -> "Iterator[pl.DataFrame]":
        """The rows of frame(), a data file at a time, for what is too much to hold at once. Files without such rows are left out."""
        where = dict(where or {})
        for name in (*columns, *where):
            table.column(name)
        dt = self._table(table)
        if dt is None or any(len(v) == 0 for v in where.values()):
            return
        for path, value in self._files(dt, table, where).items():
            data = self._collected(table, columns, {path: value}, where)
            if data.height:
                yield data

    def counts(self, table: Table) -> dict[Any, int]:
        """Rows of each partition, None where there are none, as the log tells them; a file that it tells nothing of is read."""
        dt = self._table(table)
        if dt is None:
            return {}
        actions, paths, values = self._listing(dt, table)
        told = actions["num_records"].to_pylist() if "num_records" in actions.schema.names else [None] * len(paths)
        found: dict[Any, int] = {}
        for path, value, rows in zip(paths, values, told, strict=True):
            known = self._collected(table, [table.key[-1]], {path: value}, {}).height if rows is None else int(rows)
            found[value] = found.get(value, 0) + known
        return found

    def sample(self, table: Table, columns: Sequence[str], *, rows: int, where: Where | None = None) -> "pl.DataFrame":
        """The first of the wanted rows in the first data file that can hold any, when it is read in that file's order."""
        import polars as pl

        where = dict(where or {})
        for name in (*columns, *where):
            table.column(name)
        schema = polars_schema(table)
        dt = self._table(table)
        files = {} if dt is None or any(len(v) == 0 for v in where.values()) else self._files(dt, table, where)
        if not files:
            return pl.DataFrame(schema={n: schema[n] for n in columns})
        path = min(files)
        return self._collected(table, columns, {path: files[path]}, where, rows).head(rows)

    def files(self, table: Table, partitions: Sequence[Any] | None = None) -> list[str]:
        """The data files of the table, or of these partitions."""
        dt = self._table(table)
        if dt is None:
            return []
        _, paths, values = self._listing(dt, table)
        wanted = None if partitions is None else frozenset(partitions)
        return [path for path, value in zip(paths, values, strict=True) if wanted is None or value in wanted]

    def _collected(
        self, table: Table, columns: Sequence[str], files: dict[str, Any], where: Where, most: int | None = None
    ) -> "pl.DataFrame":
        """The wanted rows of these data files; where nothing but partitions is asked for, no more than `most` are read."""
        import polars as pl

        needed = list(dict.fromkeys([*columns, *where]))
        schema = polars_schema(table)
        partition = table.partition_by if table.partition_by in needed else ""
        stored = {n: t for n, t in schema.items() if n != table.partition_by}
        lazy = pl.scan_parquet(
            list(files),
            schema=stored,
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
            hive_partitioning=False,
            include_file_paths=_PATH if partition else None,
        )
        rest = {n: list(v) for n, v in where.items() if n != partition}
        pushed = {n: v for n, v in rest.items() if len(v) <= _PUSHED_VALUES}
        for name, values in pushed.items():
            lazy = lazy.filter(pl.any_horizontal([pl.col(name) == v for v in values]))
        lazy = lazy.select([n for n in needed if n != partition] + ([_PATH] if partition else []))
        if most is not None and len(pushed) == len(rest):
            lazy = lazy.head(most)
        try:
            data = lazy.collect()
        except (OSError, pl.exceptions.PolarsError) as e:
            raise FeedbackError(
                f"the table {table.name} cannot be read ({type(e).__name__})", expected="a whole Delta table", mend="feedback doctor"
            ) from e
        if partition:
            values_of = pl.DataFrame(
                {_PATH: list(files), partition: list(files.values())}, schema={_PATH: pl.String(), partition: schema[partition]}
            )
            data = data.join(values_of, on=_PATH, how="left", maintain_order="left")
        for name, values in rest.items():
            if name not in pushed:
                wanted = pl.DataFrame({name: values}, schema={name: schema[name]}).unique()
                data = data.join(wanted, on=name, how="semi", maintain_order="left")
        return data.select(columns)

    def prepare(self, tables: Sequence[Table]) -> None:
        """Starts to open tables in the background, for a reader that is about to use them. Reading a Delta log does not hold the
        interpreter, so the caller can import what it needs meanwhile. A table that cannot be opened raises where it is read."""
        from concurrent.futures import ThreadPoolExecutor

        import deltalake  # noqa: F401 - imported here once, not by several threads at a time

        pool = ThreadPoolExecutor(max_workers=4)
        self._opening.update({t.name: pool.submit(self._opened, t) for t in tables if t.name not in self._open_tables})
        pool.shutdown(wait=False)

    def _table(self, table: Table) -> "DeltaTable | None":
        if table.name not in self._open_tables:
            opening = self._opening.pop(table.name, None)
            self._open_tables[table.name] = self._opened(table) if opening is None else opening.result()
        return self._open_tables[table.name]

    def _opened(self, table: Table) -> "DeltaTable | None":
        if self.version(table) < 0:
            return None
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable(str(self.root / table.name))
        except (DeltaError, OSError) as e:
            raise FeedbackError(f"the table {table.name} cannot be opened ({type(e).__name__})", mend="feedback doctor") from e

    def _files(self, dt: "DeltaTable", table: Table, where: Where) -> dict[str, Any]:
        """Path of each data file that can hold wanted rows -> its partition's value, None when the table has no partitions.

        Files are left out by partition, and by the least and greatest values that the Delta log tells of their columns.
        """
        actions, paths, values = self._listing(dt, table)
        known = set(actions.schema.names)
        kept = [True] * len(paths)
        for name, wanted in where.items():
            if name == table.partition_by:
                days = frozenset(wanted)
                kept = [k and v in days for k, v in zip(kept, values, strict=True)]
            elif f"min.{name}" in known and f"max.{name}" in known:
                sought = sorted(wanted)
                lows, highs = actions[f"min.{name}"].to_pylist(), actions[f"max.{name}"].to_pylist()
                kept = [k and _may_hold(sought, lo, hi) for k, lo, hi in zip(kept, lows, highs, strict=True)]
        return {path: value for path, value, keep in zip(paths, values, kept, strict=True) if keep}

    def _listing(self, dt: "DeltaTable", table: Table) -> tuple[Any, list[str], list[Any]]:
        """The table's data files: what the log tells of them, their paths, and the values of their partitions. Kept for each version."""
        known = self._listings.get(table.name)
        if known is None or known[0] is not dt or known[1] != dt.version():
            actions = dt.get_add_actions(flatten=True)
            folder = str(self.root / table.name)
            paths = [f"{folder}/{unquote(p)}" for p in actions["path"].to_pylist()]
            values = list(actions[f"partition.{table.partition_by}"].to_pylist()) if table.partition_by else [None] * len(paths)
            self._listings[table.name] = known = dt, dt.version(), actions, paths, values
        return known[2:]


class FollowingReader(QuickReader):
    """A reader that lives long and sees every commit: it opens a table once and reads on in its log. For one thread at a time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._marks: dict[str, tuple[int, _Mark]] = {}

    def table(self, table: Table) -> "DeltaTable | None":
        """The table in its present state."""
        return self._table(table)

    def mark(self, table: Table) -> Mark:
        """The present version of a table."""
        dt = self._table(table)
        return Mark("", -1) if dt is None else Mark(str(dt.metadata().id), dt.version())

    def changed_files(self, table: Table, since: Mark) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Data files that came and that went, each with its partition's value. None when it cannot be told."""
        now = self.mark(table)
        if since.identity not in {now.identity, ""} or since.version > now.version:
            return None
        folder = self.root / table.name
        found = file_changes(folder / "_delta_log", since.version, now.version, table.partition_by)
        if found is None:
            return None
        added, removed = (
            {f"{folder}/{path}": _partition_value(table, value) for path, value in files.items()} for files in (found.added, found.removed)
        )
        if not all(Path(path).exists() for path in removed):
            return None
        return added, removed

    def changes(self, table: Table, since: Mark, columns: Sequence[str]) -> Changes | None:
        """The rows of those files that are not in both."""
        files = self.changed_files(table, since)
        if files is None:
            return None
        names = list(columns)
        came, gone = (self._collected(table, names, some, {}) if some else self.frame(table, names, where={names[0]: []}) for some in files)
        if came.height and gone.height:
            both = came, gone
            came, gone = (a.join(b, on=names, how="anti", nulls_equal=True) for a, b in (both, both[::-1]))
        return Changes(came.unique(), gone.unique())

    def partitions(self, table: Table) -> list[Any]:
        """The partition's value of each data file."""
        dt = self._table(table)
        return [] if dt is None else self._listing(dt, table)[2]

    def listed(self, table: Table) -> Any:
        """What the log tells of each data file: the flattened add actions of a table that is there."""
        dt = self._table(table)
        return None if dt is None else self._listing(dt, table)[0]

    def prepare(self, tables: Sequence[Table]) -> None:
        """Nothing: tables are open already, or are opened when they are read."""

    def _table(self, table: Table) -> "DeltaTable | None":
        from deltalake.exceptions import DeltaError

        log = self.root / table.name / "_delta_log"
        known = self._open_tables.get(table.name)
        if known is not None and self._is_same(table, log, known.version()):
            if not (log / commit_name(known.version() + 1)).exists():
                return known
            try:
                known.update_incremental()
            except (DeltaError, OSError):
                known = None  # the commits in between are being trimmed
        else:
            known = None  # new to us, made anew under the same name, or so far behind that its commits were trimmed
        if known is None:
            self._open_tables[table.name] = known = self._opened(table)
        if known is not None:
            self._marks[table.name] = known.version(), _mark(log, known.version())
        return known

    def _is_same(self, table: Table, log: Path, version: int) -> bool:
        """Whether the log still holds the version that we know, as the same file. A version that we wrote has no mark yet."""
        marked, mark = self._marks.get(table.name, (version, None))
        present = _mark(log, version)
        if present is not None and marked != version:
            self._marks[table.name] = version, present
            return True
        return present is not None and present == mark


_Mark = tuple[int, int] | None


def _mark(log: Path, version: int) -> _Mark:
    """What tells a log from another one at the same place: a commit, as a file. None when that is not there."""
    try:
        found = (log / commit_name(version)).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _partition_value(table: Table, value: str | None) -> Any:
    if value is not None and table.partition_by and table.column(table.partition_by).type == "date":
        return date.fromisoformat(value)
    return value


def _may_hold(sought: Sequence[Any], low: Any, high: Any) -> bool:
    """Whether one of the sorted values lies between low and high. Unknown bounds may hold anything."""
    if low is None or high is None:
        return True
    at = bisect_left(sought, low)
    return at < len(sought) and sought[at] <= high
