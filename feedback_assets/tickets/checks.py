"""The checks of tickets, thin: schemas, one ticket a theme, and no intent that waits too long."""

from collections.abc import Iterator

import dagster as dg

from feedback_assets.checks import result
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.resources import SEAMS, schema_check, seams_of


def ticket_checks() -> list[dg.AssetChecksDefinition]:
    """Schema of each table; the two rules of rules.py."""
    tickets, outbox = dg.AssetKey(["tickets", "tickets"]), dg.AssetKey(["tickets", "outbox"])
    specs = [
        dg.AssetCheckSpec("one_ticket", asset=tickets, description="A theme has at most one open ticket."),
        dg.AssetCheckSpec("outbox_age", asset=outbox, description="No intent waits in the outbox for more than a day."),
    ]

    @dg.multi_asset_check(name="ticket_rules", specs=specs, required_resource_keys={SEAMS})
    def rules(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from feedback_assets.tickets.rules import one_ticket_verdict, outbox_verdict

        seams = seams_of(context)
        yield result(one_ticket_verdict(seams.lake), check="one_ticket", asset=tickets)
        yield result(outbox_verdict(seams.lake, seams.now()), check="outbox_age", asset=outbox)

    return [schema_check(OUTBOX), schema_check(TICKETS), rules]
