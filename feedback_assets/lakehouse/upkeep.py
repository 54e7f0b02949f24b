"""Keep a local Delta table small: few files, a short log, no superseded bytes. No row changes, and nothing is taken from under a reader.

    sweep       data files that no kept version names              no commit; only what is older than the time that versions are kept
    trim log    commits that a checkpoint stands for               no commit; likewise
    compact     many small files of a partition become few        a commit, under the write lock, a portion at a time
    checkpoint  so that opening reads a few commits, not all       no commit

Whoever opened a version less than that time ago can still read all of it. Each step can be cut off at any moment: the next upkeep goes on.
"""

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.interface import TableUpkeep
from feedback_assets.lakehouse.lock import table_lock
from feedback_assets.lakehouse.log import commit_of, is_checkpoint, log_files

if TYPE_CHECKING:
    from deltalake import DeltaTable

MANY_FILES = 48
"""A table, or a partition of one, with more small files than this is compacted by the write that finds it so."""
FEW_FILES = 4
"""The same for upkeep, which has time: a read opens this many files for nothing worth naming, and a late record does not rewrite a day."""
FILE_BYTES = 64 << 20
"""What compaction makes files grow to. A file of half of this is not small."""
PORTION_BYTES = 128 << 20
"""Compacted under one hold of the lock: about a second, for which a writer may wait."""
OPEN_COMMITS = 10
"""A checkpoint is made when opening the table would read more commits than this."""
_BREATH = 0.02
"""Seconds between two holds of the lock, so that a writer who waits gets it."""


@dataclass(frozen=True)
class _Superfluous:
    """Files that can go, each with its size."""

    data: dict[Path, int]
    log: dict[Path, int]


class TableKeeper:
    """Upkeep of one table of a lakehouse folder. `keep`: how long a version that was replaced stays readable."""

    def __init__(self, root: Path, table: Table, *, keep: timedelta, now: datetime) -> None:
        self.root = root
        self.table = table
        self.folder = root / table.name
        self.log = self.folder / "_delta_log"
        self.cutoff = (now - keep).timestamp()
        self.longest_hold = 0.0

    def run(self, *, dry_run: bool = False) -> TableUpkeep:
        """Does all steps; with `dry_run` says what they would free now, and does none. Raises FeedbackError for a table that cannot be
        opened or kept."""
        from deltalake.exceptions import DeltaError

        started = time.perf_counter()
        if not log_files(self.log):
            return TableUpkeep(self.table.name)
        try:
            dt = self._open()
            before = len(dt.get_add_actions()["path"])
            crowded = sum(crowded_partitions(dt.get_add_actions(flatten=True), self.table, FEW_FILES).values())
            superfluous = self._superfluous(dt)
            freed = self._estimate(superfluous) if dry_run else self._remove(superfluous)  # first: compaction needs room on the disk
            commits, made = (0, False) if dry_run else (self._compact(dt), self._checkpoint(dt))
        except (DeltaError, OSError, json.JSONDecodeError) as e:
            raise FeedbackError(f"upkeep of {self.table.name} failed ({type(e).__name__}: {e})"[:300], mend="feedback doctor") from e
        return TableUpkeep(
            self.table.name,
            files_before=before,
            files_after=len(dt.get_add_actions()["path"]),
            files_to_compact=crowded,
            commits=commits,
            checkpoint=made,
            data_files_freed=freed[0],
            log_files_freed=freed[1],
            bytes_freed=freed[2],
            bytes_left=sum(about.st_size for about in _data_files(self.folder).values()),
            log_bytes_left=sum(about.st_size for about in _stats(log_files(self.log)).values()),
            longest_hold=round(self.longest_hold, 3),
            seconds=round(time.perf_counter() - started, 3),
        )

    def _open(self) -> "DeltaTable":
        from deltalake import DeltaTable

        return DeltaTable(str(self.folder))

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with table_lock(self.root, self.table.name):
            began = time.perf_counter()
            try:
                yield
            finally:
                self.longest_hold = max(self.longest_hold, time.perf_counter() - began)

    def _compact(self, dt: "DeltaTable") -> int:
        tried: set[Any] = set()
        commits = 0
        while True:
            with self._lock():
                dt.update_incremental()
                files = dt.get_add_actions(flatten=True)
                crowded = [value for value in crowded_partitions(files, self.table, FEW_FILES) if value not in tried]
                portion = _portion(files, self.table, sorted(crowded, key=str))
                if not portion:
                    return commits
                version = dt.version()
                compact(dt, self.table, portion)
                commits += dt.version() - version
            tried.update(portion)  # files that do not fit beside each other stay: asking again would not change that
            time.sleep(_BREATH)

    def _checkpoint(self, dt: "DeltaTable") -> bool:
        """Under the lock: writers make one every hundred commits, and the later one must be the one that the log points to."""
        dt.update_incremental()
        newest = max((commit_of(p) for p in log_files(self.log) if is_checkpoint(p)), default=-1)
        if dt.version() - newest <= OPEN_COMMITS:
            return False
        with self._lock():
            dt.update_incremental()
            dt.create_checkpoint()
        return True

    def _superfluous(self, dt: "DeltaTable") -> _Superfluous:
        """What no kept version needs. Under the lock, because a file that is written but not yet committed is named by no version."""
        with self._lock():
            dt.update_incremental()
            named = {unquote(p) for p in dt.get_add_actions()["path"].to_pylist()} | self._removed_lately()
            data = {
                path: about.st_size
                for path, about in _data_files(self.folder).items()
                if about.st_mtime < self.cutoff and path.relative_to(self.folder).as_posix() not in named
            }
        return _Superfluous(data, self._old_log())

    def _removed_lately(self) -> set[str]:
        """Data files that versions name which were replaced after the cutoff. Their commits are there: the log is trimmed by the same
        cutoff."""
        paths = set()
        for path, about in _stats(log_files(self.log)).items():
            if path.suffix == ".json" and about.st_mtime >= self.cutoff:
                for line in path.read_text(encoding="utf-8").splitlines():
                    if '"remove"' in line and (removed := json.loads(line).get("remove")):
                        paths.add(unquote(removed["path"]))
        return paths

    def _old_log(self) -> dict[Path, int]:
        """Log files before the newest checkpoint that was there at the cutoff: whoever opened the table since began at it or later."""
        about = _stats(log_files(self.log))
        base = max((commit_of(p) for p, s in about.items() if is_checkpoint(p) and s.st_mtime < self.cutoff), default=-1)
        old = {p: s.st_size for p, s in about.items() if commit_of(p) < base and s.st_mtime < self.cutoff}
        leftovers = _stats(list(self.log.glob("_commit_*.tmp")))
        return old | {p: s.st_size for p, s in leftovers.items() if s.st_mtime < self.cutoff}

    def _remove(self, superfluous: _Superfluous) -> tuple[int, int, int]:
        """(data files, log files, bytes). The log from its beginning on, so that a cut leaves no gap in what is kept."""
        bytes_freed = 0
        for path in (*superfluous.data, *sorted(superfluous.log, key=lambda p: p.name)):
            path.unlink(missing_ok=True)  # another upkeep may have been faster
            bytes_freed += superfluous.data.get(path, 0) + superfluous.log.get(path, 0)
        return len(superfluous.data), len(superfluous.log), bytes_freed

    @staticmethod
    def _estimate(superfluous: _Superfluous) -> tuple[int, int, int]:
        return len(superfluous.data), len(superfluous.log), sum(superfluous.data.values()) + sum(superfluous.log.values())


def crowded_partitions(files: Any, table: Table, limit: int) -> dict[Any, int]:
    """Value of each partition (None for a table without) that has more small files than `limit` -> how many.

    files: the flattened add actions of the table.
    """
    small = Counter(value for value, size in _sizes(files, table) if size < FILE_BYTES // 2)
    return {value: count for value, count in small.items() if count > limit}


def compact(dt: "DeltaTable", table: Table, partitions: list[Any]) -> None:
    """Makes few files of the small ones of these partitions: one commit, that changes no row, or none. Its caller holds the lock."""
    dt.optimize.compact(
        partition_filters=[(table.partition_by, "in", [str(v) for v in partitions])] if table.partition_by else None,
        target_size=FILE_BYTES,
        max_concurrent_tasks=2,
    )


def _sizes(files: Any, table: Table) -> Iterator[tuple[Any, int]]:
    """The partition's value and the size of each data file."""
    sizes = files["size_bytes"].to_pylist()
    return zip(files[f"partition.{table.partition_by}"].to_pylist() if table.partition_by else [None] * len(sizes), sizes, strict=True)


def _portion(files: Any, table: Table, partitions: list[Any]) -> list[Any]:
    """The first of these partitions, as many as are compacted under one hold of the lock."""
    if not table.partition_by:
        return partitions
    sizes: defaultdict[Any, int] = defaultdict(int)
    for value, size in _sizes(files, table):
        sizes[value] += size if size < FILE_BYTES else 0
    portion: list[Any] = []
    total = 0
    for value in partitions:
        total += sizes[value]
        if portion and total > PORTION_BYTES:
            break
        portion.append(value)
    return portion


def _data_files(folder: Path) -> dict[Path, os.stat_result]:
    """The files of a table but for its log: data files, and what a killed writer left of one."""
    paths = []
    for place, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(("_", "."))]
        paths += [Path(place, name) for name in names]
    return _stats(paths)


def _stats(paths: list[Path]) -> dict[Path, os.stat_result]:
    """Size and time of each file that is still there: another upkeep may work beside this one."""
    found = {}
    for path in paths:
        try:
            found[path] = path.stat()
        except FileNotFoundError:
            continue
    return found
