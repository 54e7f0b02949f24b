"""The checks of themes, thin: schemas."""

import dagster as dg

from feedback_assets.contracts.themes import EMBEDDINGS, TABLES
from feedback_assets.resources import schema_check


def theme_checks(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """Schema of each table."""
    return [schema_check(EMBEDDINGS, partitions), *(schema_check(t) for t in TABLES if t is not EMBEDDINGS)]
