"""The signal assets, the gold tables: counts, trends, sentiment, KPIs. Thin: only the event days that changed are rewritten."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ISSUE_FACTS, THEME_DAYS, THEMES
from feedback_assets.resources import SEAMS, asset_spec, seams_of, whole_result

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse, WriteResult

GROUP = "signals"


def signal_assets() -> Sequence[dg.AssetsDefinition]:
    """One asset a gold table."""
    return [
        _signal(DAILY_COUNTS, [ISSUE_FACTS], "update_daily_counts"),
        _signal(SENTIMENT, [ENRICHED_EVENTS, EVENTS, REVISIONS], "update_sentiment"),
        _signal(TRENDS, [THEME_DAYS, SENTIMENT, THEMES], "update_trends"),
        _signal(KPIS, [MANIFEST, EVENTS, ENRICHED_EVENTS, REVISIONS, DUPLICATE_INDEX], "update_kpis"),
    ]


def _signal(table: Table, deps: Sequence[Table], update: str) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=table.name.replace("/", "_"),
        specs=[asset_spec(table, group=GROUP, deps=deps, kinds=["polars"])],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def signal(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from feedback_assets.signals import process

        seams = seams_of(context)
        run: Callable[[Lakehouse], WriteResult] = getattr(process, update)
        return whole_result(seams, table, run(seams.lake))

    return signal
