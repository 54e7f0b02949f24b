"""The alert asset: tells people of themes that became urgent, once. Thin. Only a live run sends anything."""

from collections.abc import Sequence

import dagster as dg

from feedback_assets.resources import SEAMS, group_name, plain, purpose_of, seams_of


def alert_assets() -> Sequence[dg.AssetsDefinition]:
    """Alerts go through the outbox, so the asset has no table of its own."""

    @dg.asset(
        key=dg.AssetKey(["alerts", "sent"]),
        deps=[dg.AssetKey(["tickets", "tickets"]), dg.AssetKey(["tickets", "outbox"])],
        group_name=group_name("alerts"),
        owners=["team:product-support"],
        kinds={"python"},
        description="Alerts of themes that became urgent. One intent in tickets/outbox an alert; each is sent once.",
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def alerts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from feedback_assets.alerts.process import update_alerts

        seams, purpose = seams_of(context), purpose_of(context)
        report = update_alerts(seams.lake, seams.alert_channel, purpose=purpose, now=seams.now())
        return dg.MaterializeResult(
            metadata={"purpose": purpose or "none: nothing was sent", "what this run did": dg.MetadataValue.json(plain(report))}
        )

    return [alerts]
