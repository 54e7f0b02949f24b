"""The standing checks: one asset whose job looks at every table a second time, and a check for each rule. Thin: graph/standing.py judges.

They are checks of an asset of their own and not of the tables' assets: Dagster adds every check of an asset to each run that selects the
asset by its key, so that a run of one day would judge whole tables.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from feedback_assets.graph.checks import result
from feedback_assets.graph.jobs import STANDING
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.graph.standing import rules_of, second_looks, together
from feedback_assets.graph.steps import Step

STANDING_WINDOW = timedelta(hours=24)


def standing_asset(steps: Sequence[Step]) -> dg.AssetsDefinition:
    """Materialized when every table was looked at: its newest event says when that was."""
    rules = rules_of(steps)

    @dg.multi_asset(
        name="standing_tables",
        specs=[
            dg.AssetSpec(
                key=STANDING,
                group_name="9_standing",
                description="A second look at what stands in every table, at night, sampled where it is large.",
                owners=["team:data-platform"],
                kinds={"polars"},
                freshness_policy=dg.FreshnessPolicy.cron(deadline_cron="0 6 * * *", lower_bound_delta=STANDING_WINDOW),
            )
        ],
        check_specs=[dg.AssetCheckSpec(name, asset=STANDING, description=description) for name, description in rules.items()],
        required_resource_keys={SERVICES},
        pool="standing",
    )
    def standing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        services = services_of(context)
        looks = []
        for look in second_looks(services.lake, steps, services, services.now()):
            looks.append(look)
            context.log.info(f"{look.table.name}: judged {look.rows_judged} of {look.rows} rows, {look.days_judged} of {look.days} parts")
        extent = {look.table.name: f"{look.rows_judged} of {look.rows}" for look in looks}
        yield dg.MaterializeResult(asset_key=STANDING, metadata={"rows judged": dg.MetadataValue.json(extent)})
        for name, description in rules.items():
            yield result(together(name, description, looks), check=name, asset=STANDING)

    return standing
