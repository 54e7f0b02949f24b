"""The theme assets: vectors by day, then assignments, registry and checkpoint across days. Thin."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.checks import days_of
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, EMBEDDINGS, THEMES
from feedback_assets.resources import SEAMS, asset_spec, day_results, seams_of, whole_result

GROUP = "themes"


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
        name="themes",
        specs=[
            asset_spec(t, group=GROUP, deps=[EMBEDDINGS, ISSUES, REVISIONS, DUPLICATE_GROUPS], kinds=["numpy"])
            for t in (ASSIGNMENTS, THEMES, CHECKPOINTS)
        ],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def themes(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.themes.process import update_themes

        seams = seams_of(context)
        report = update_themes(seams.lake, seams.embedder, now=seams.now())
        yield from [whole_result(seams, t, report) for t in (ASSIGNMENTS, THEMES, CHECKPOINTS)]

    return [embeddings, themes]
