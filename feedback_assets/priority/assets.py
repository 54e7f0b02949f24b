"""The priority asset: one explained score a theme. Thin."""

from collections.abc import Sequence

import dagster as dg

from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEME_DAYS, THEMES
from feedback_assets.resources import SEAMS, asset_spec, seams_of, whole_result


def priority_assets() -> Sequence[dg.AssetsDefinition]:
    """The scores."""

    @dg.multi_asset(
        name="priority_scores",
        specs=[asset_spec(SCORES, group="priority", deps=[THEMES, TRENDS, THEME_DAYS], kinds=["python"])],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from feedback_assets.priority.process import update_scores

        seams = seams_of(context)
        return whole_result(seams, SCORES, update_scores(seams.lake, seams.weights))

    return [scores]
