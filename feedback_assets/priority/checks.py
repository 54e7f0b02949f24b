"""The check of priority, thin: schema."""

import dagster as dg

from feedback_assets.contracts.priority import SCORES
from feedback_assets.resources import schema_check


def priority_checks() -> list[dg.AssetChecksDefinition]:
    """Schema of the scores."""
    return [schema_check(SCORES)]
