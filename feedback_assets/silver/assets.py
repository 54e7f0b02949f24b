"""The silver assets: canonical events and their restricted raw text by day; revisions and duplicate groups across days. Thin."""

from collections.abc import Iterator, Sequence

import dagster as dg

from feedback_assets.checks import days_of
from feedback_assets.contracts.bronze import SOURCES, bronze_table
from feedback_assets.contracts.silver import (
    COMPARED_BATCHES,
    DUPLICATE_COUNTS,
    DUPLICATE_GROUPS,
    DUPLICATE_INDEX,
    EVENT_DAYS,
    EVENTS,
    RAW_TEXT,
    REVISED_BATCHES,
    REVISIONS,
)
from feedback_assets.resources import SEAMS, asset_spec, day_results, seams_of, whole_result

GROUP = "silver"
_REVISIONS = (REVISIONS, EVENT_DAYS, REVISED_BATCHES)
_DUPLICATES = (DUPLICATE_GROUPS, DUPLICATE_COUNTS, DUPLICATE_INDEX, COMPARED_BATCHES)


def silver_assets(partitions: dg.PartitionsDefinition[str], policy: dg.BackfillPolicy) -> Sequence[dg.AssetsDefinition]:
    """Events and raw text of a day are one step; revisions and groups look across days and are assets of their own."""
    bronze = [bronze_table(s) for s in SOURCES]

    @dg.multi_asset(
        name="silver_events",
        specs=[asset_spec(t, group=GROUP, deps=bronze, kinds=["pyspark"], partitions=partitions) for t in (EVENTS, RAW_TEXT)],
        backfill_policy=policy,
        required_resource_keys={SEAMS},
        pool="silver_events",
    )
    def events(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.silver.process import process_days

        seams, days = seams_of(context), days_of(context)
        reports = process_days(seams.lake, seams.compute, days, masker=seams.masker, now=seams.now())
        yield from day_results(context, seams, [EVENTS, RAW_TEXT], days, reports)

    @dg.multi_asset(
        name="silver_revisions",
        specs=[asset_spec(t, group=GROUP, deps=[EVENTS], kinds=["pyspark"]) for t in _REVISIONS],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def revisions(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.silver.revisions import update_revisions

        seams = seams_of(context)
        did = update_revisions(seams.lake, seams.compute)
        yield from (whole_result(seams, t, did if t is REVISIONS else None) for t in _REVISIONS)

    @dg.multi_asset(
        name="silver_duplicate_groups",
        specs=[asset_spec(t, group=GROUP, deps=[EVENTS, *_REVISIONS], kinds=["python"]) for t in _DUPLICATES],
        required_resource_keys={SEAMS},
        pool="gold",
    )
    def duplicate_groups(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from feedback_assets.silver.duplicates.update import update_duplicates

        seams = seams_of(context)
        did = update_duplicates(seams.lake)
        yield from (whole_result(seams, t, did if t is DUPLICATE_GROUPS else None) for t in _DUPLICATES)

    return [events, revisions, duplicate_groups]
