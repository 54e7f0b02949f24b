"""The ticket asset: intents in the outbox, applied to the tracker. Thin. Only a live run writes or sends anything."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import DAILY_COUNTS, TRENDS
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES, TOUCHES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.resources import SEAMS, asset_spec, plain, purpose_of, seams_of, whole_result


def ticket_assets() -> Sequence[dg.AssetsDefinition]:
    """Outbox and tickets are one step."""

    @dg.multi_asset(
        name="tickets",
        specs=[
            asset_spec(t, group="tickets", deps=[SCORES, THEMES, TRENDS, DAILY_COUNTS, ISSUE_FACTS, TOUCHES], kinds=["python"])
            for t in (OUTBOX, TICKETS)
        ],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def tickets(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.tickets.process import update_tickets

        seams, purpose = seams_of(context), purpose_of(context)
        report = update_tickets(seams.lake, seams.tracker, purpose=purpose, weights=seams.weights, now=seams.now())
        did = {"purpose": purpose or "none: nothing was published", **plain(report)}
        yield from [whole_result(seams, t, did) for t in (OUTBOX, TICKETS)]

    return [tickets]
