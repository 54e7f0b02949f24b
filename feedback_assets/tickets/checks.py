"""The checks of tickets, thin: schemas, one ticket a theme, and no intent that waits too long."""

import dagster as dg

from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.resources import schema_check


def ticket_checks() -> list[dg.AssetChecksDefinition]:
    """Schema of each table."""
    return [schema_check(OUTBOX), schema_check(TICKETS)]
