"""The checks of signals, thin: schemas."""

import dagster as dg

from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.resources import schema_check


def signal_checks() -> list[dg.AssetChecksDefinition]:
    """Schema of each table."""
    return [schema_check(t) for t in (DAILY_COUNTS, TRENDS, SENTIMENT, KPIS)]
