"""The bronze assets: one daily-partitioned asset a source, and the tables that all sources share. Thin: the work is in ingest.py."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.checks import days_of
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, SOURCES, STAGE_BATCHES, bronze_table
from feedback_assets.resources import SEAMS, asset_spec, day_results, purpose_of, seams_of

GROUP = "bronze"


def bronze_assets(partitions: dg.PartitionsDefinition[str], policy: dg.BackfillPolicy) -> Sequence[dg.AssetsDefinition | dg.AssetSpec]:
    """One asset a source, and the shared tables as assets that these runs write on the way."""
    tables = [bronze_table(s) for s in SOURCES]
    shared = [
        asset_spec(DEAD_LETTERS, group=GROUP, deps=tables),
        asset_spec(MANIFEST, group=GROUP, deps=tables),
        asset_spec(STAGE_BATCHES, group=GROUP, deps=tables),
    ]
    return [*(_bronze_asset(s, partitions, policy) for s in SOURCES), *shared]


def _bronze_asset(source: str, partitions: dg.PartitionsDefinition[str], policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    table = bronze_table(source)

    @dg.multi_asset(
        name=f"bronze_{source}",
        specs=[asset_spec(table, group=GROUP, kinds=["python"], partitions=partitions)],
        backfill_policy=policy,
        required_resource_keys={SEAMS},
        pool=f"bronze_{source}",
    )
    def bronze(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.bronze.ingest import BACKFILL, ingest_days

        seams, days = seams_of(context), days_of(context)
        reports = ingest_days(
            seams.lake,
            seams.landing,
            source,
            days,
            now=seams.now(),
            purpose=purpose_of(context) or BACKFILL,
            workers=seams.compute.kernel_workers,
        )
        yield from day_results(context, seams, [table], days, reports)

    return bronze
