"""The enrichment assets: what was decided about each event, the issues found, what people must look at, and what they decided. Thin."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.checks import days_of
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.resources import SEAMS, asset_spec, day_results, seams_of

GROUP = "enrichment"


def enrichment_assets(partitions: dg.PartitionsDefinition[str], policy: dg.BackfillPolicy) -> Sequence[dg.AssetsDefinition | dg.AssetSpec]:
    """One step writes the three tables of a day. People's decisions are written outside of the graph, and the model learns from them."""
    tables = [ENRICHED_EVENTS, ISSUES, REVIEW]

    @dg.multi_asset(
        name="enrichment",
        specs=[asset_spec(t, group=GROUP, deps=[EVENTS], kinds=["python", "scikitlearn"], partitions=partitions) for t in tables],
        backfill_policy=policy,
        required_resource_keys={SEAMS},
        pool="enrichment",
    )
    def enrichment(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.enrichment.process import enrich_days

        seams, days = seams_of(context), days_of(context)
        reports = enrich_days(seams.lake, seams.reader, days, now=seams.now(), workers=seams.compute.kernel_workers)
        yield from day_results(context, seams, tables, days, reports)

    return [enrichment, asset_spec(DECISIONS, group=GROUP, deps=[REVIEW])]
