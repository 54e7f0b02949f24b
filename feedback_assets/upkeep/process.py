"""Keep tables small: upkeep of each in turn; one that fails holds up no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.interface import Lakehouse, TableUpkeep

FOREVER = timedelta(days=36_500)


@dataclass(frozen=True)
class UpkeepReport:
    """What upkeep did to each table that there is. `failed`: table -> what was wrong with it."""

    tables: tuple[TableUpkeep, ...]
    failed: dict[str, str]

    @property
    def data_files_freed(self) -> int:
        return sum(t.data_files_freed for t in self.tables)

    @property
    def log_files_freed(self) -> int:
        return sum(t.log_files_freed for t in self.tables)

    @property
    def bytes_freed(self) -> int:
        return sum(t.bytes_freed for t in self.tables)

    @property
    def bytes_left(self) -> int:
        return sum(t.bytes_left + t.log_bytes_left for t in self.tables)

    @property
    def files_before(self) -> int:
        return sum(t.files_before for t in self.tables)

    @property
    def files_after(self) -> int:
        return sum(t.files_after for t in self.tables)

    @property
    def longest_hold(self) -> float:
        return max((t.longest_hold for t in self.tables), default=0.0)

    @property
    def summary(self) -> str:
        """One line for a log or a terminal."""
        return (
            f"{len(self.tables)} tables, {self.files_before:,} data files now {self.files_after:,}; freed {megabytes(self.bytes_freed)}"
            f" ({self.data_files_freed:,} data files, {self.log_files_freed:,} log files), {megabytes(self.bytes_left)} left"
        )


def update_tables(lake: Lakehouse, tables: Sequence[Table], *, keep: timedelta, now: datetime, dry_run: bool = False) -> UpkeepReport:
    """Upkeep of the tables that exist, in the given order. `keep`: how long a version that was replaced stays readable."""
    done: list[TableUpkeep] = []
    failed: dict[str, str] = {}
    for table in tables:
        try:
            told = lake.upkeep(table, keep=FOREVER if table.lasting else keep, now=now, dry_run=dry_run)
        except FeedbackError as e:
            failed[table.name] = str(e)
        else:
            if told != TableUpkeep(table.name):
                done.append(told)
    return UpkeepReport(tuple(done), failed)


def megabytes(size: int) -> str:
    """A size as people say it."""
    return f"{size / 1e6:,.1f} MB"
