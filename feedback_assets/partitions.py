"""The daily partitions that bronze, silver and enrichment share: one key a feed date."""

from datetime import date, datetime

import dagster as dg

from feedback_assets.settings import Settings


def daily(first_day: date) -> dg.DailyPartitionsDefinition:
    """Feed dates from the first day to today (UTC), today included: micro-batches of a day arrive while it lasts."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1)


def is_partition(day: date, settings: Settings, now: datetime) -> bool:
    """Whether a feed date has a partition. Asking Dagster for one that has none is an error that would hold up every other day."""
    return settings.first_day <= day <= now.date()
