"""The daily partitions that bronze, silver and enrichment share: one key a feed date, from the first day with data to today."""

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import dagster as dg

from feedback_assets.ground.settings import Settings


def daily(first_day: date) -> dg.DailyPartitionsDefinition:
    """Feed dates from the first day to today (UTC), today included: micro-batches of a day arrive while it lasts."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1)


def first_partition(settings: Settings, today: date) -> date:
    """The first day with data, not before FEEDBACK_FIRST_DAY: partitions that can never be filled would make a good asset read as empty.

    Read from the names of folders, of the landing zone and of bronze: a few milliseconds when the code location is loaded. A file that
    lands later under an earlier day waits until the code location is loaded again; sensors and `feedback run` say so.
    """
    landed = (day for source in _folders(settings.landing) for day in _days(folder.name for folder in _folders(source)))
    stored = (
        day
        for table in _folders(settings.lake / "bronze")
        for day in _days(folder.name.removeprefix("feed_date=") for folder in _folders(table))
    )
    days = [day for day in (*landed, *stored) if settings.first_day <= day <= today]
    return min(days, default=today)


def is_partition(day: date, first: date, now: datetime) -> bool:
    """Whether a feed date has a partition. Asking Dagster for one that has none is an error that would hold up every other day."""
    return first <= day <= now.date()


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []  # nothing has landed yet, or a folder that a run will name in its own error


def _days(names: Iterator[str]) -> Iterator[date]:
    for name in names:
        try:
            yield date.fromisoformat(name)
        except ValueError:
            continue
