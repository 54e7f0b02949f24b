"""The theme assets: vectors by day, then assignments, registry and checkpoint across days. Thin."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.checks import days_of
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENT_DAYS, EVENTS, REVISIONS
from feedback_assets.contracts.themes import (
    ASSIGNMENTS,
    CHECKPOINTS,
    EMBEDDINGS,
    ISSUE_FACTS,
    SAMPLES,
    STATES,
    THEME_DAYS,
    THEMES,
    TOUCHES,
)
from feedback_assets.resources import SEAMS, asset_spec, day_results, seams_of, whole_result

GROUP = "themes"
GROUPED = (ASSIGNMENTS, STATES, CHECKPOINTS)


def theme_assets(partitions: dg.PartitionsDefinition[str], policy: dg.BackfillPolicy) -> Sequence[dg.AssetsDefinition]:
    """Vectors belong to a day; themes look across days."""

    @dg.multi_asset(
        name="theme_embeddings",
        specs=[asset_spec(EMBEDDINGS, group=GROUP, deps=[ISSUES], kinds=["numpy"], partitions=partitions)],
        backfill_policy=policy,
        required_resource_keys={SEAMS},
        pool="theme_embeddings",
    )
    def embeddings(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.themes.embed import embed_days

        seams, days = seams_of(context), days_of(context)
        reports = embed_days(seams.lake, seams.embedder, days, now=seams.now())
        yield from day_results(context, seams, [EMBEDDINGS], days, reports)

    @dg.multi_asset(
        name="theme_assignments",
        specs=[asset_spec(t, group=GROUP, deps=[EMBEDDINGS, ISSUES, REVISIONS, EVENT_DAYS], kinds=["numpy"]) for t in GROUPED],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def assignments(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.themes.process import update_themes

        seams = seams_of(context)
        report = update_themes(seams.lake, seams.embedder)
        yield from [whole_result(seams, t, report) for t in GROUPED]

    @dg.multi_asset(
        name="issue_facts",
        specs=[
            asset_spec(
                t, group=GROUP, deps=[ASSIGNMENTS, ISSUES, EVENTS, DUPLICATE_INDEX, REVISIONS, EVENT_DAYS, MANIFEST], kinds=["polars"]
            )
            for t in (ISSUE_FACTS, TOUCHES)
        ],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def facts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.themes.facts import update_facts

        seams = seams_of(context)
        report = update_facts(seams.lake, seams.exchange_rates)
        yield from [whole_result(seams, t, report) for t in (ISSUE_FACTS, TOUCHES)]

    @dg.multi_asset(
        name="theme_days",
        specs=[asset_spec(THEME_DAYS, group=GROUP, deps=[ISSUE_FACTS], kinds=["polars"])],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def theme_days(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from feedback_assets.themes.facts import update_theme_days

        seams = seams_of(context)
        return whole_result(seams, THEME_DAYS, update_theme_days(seams.lake))

    @dg.multi_asset(
        name="themes",
        specs=[asset_spec(t, group=GROUP, deps=[STATES, ISSUE_FACTS, THEME_DAYS], kinds=["polars"]) for t in (THEMES, SAMPLES)],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def themes(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.themes.catalogue import update_registry

        seams = seams_of(context)
        report = update_registry(seams.lake, seams.embedder)
        yield from [whole_result(seams, t, report) for t in (THEMES, SAMPLES)]

    return [embeddings, assignments, facts, theme_days, themes]
