"""The daily partitions that bronze, silver and enrichment share: one key a feed date."""

from datetime import date

import dagster as dg


def daily(first_day: date) -> dg.DailyPartitionsDefinition:
    """Feed dates from the first day to today (UTC), today included: micro-batches of a day arrive while it lasts."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1)
