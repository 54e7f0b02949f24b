"""The checks of silver, thin: schemas, the row account, and readable sources; each stops the day before enrichment."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from feedback_assets.checks import day_result, result
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
from feedback_assets.resources import SEAMS, schema_check, seams_of
from feedback_assets.verdict import Verdict


def silver_checks(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """Schema of each table; row account of the stage; no source broken as a whole, however the run was started; no leak."""
    key = dg.AssetKey(["silver", "events"])

    @dg.asset_check(
        asset=key,
        name="row_account",
        blocking=True,
        partitions_def=partitions,
        required_resource_keys={SEAMS},
        description="For every batch: bronze rows = events + redelivered + unreadable.",
    )
    def row_account(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from feedback_assets.accounts import rows_by_batch, stage_verdict

        lake = seams_of(context).lake

        def judge(days: Sequence[date]) -> Verdict:
            rows_in = rows_by_batch(lake, [bronze_table(s) for s in SOURCES], days)
            return stage_verdict(lake, "silver", days, rows_in=rows_in, rows_out=rows_by_batch(lake, [EVENTS], days))

        return day_result(context, judge, check="row_account", asset=key)

    @dg.asset_check(
        asset=key,
        name="readable",
        blocking=True,
        partitions_def=partitions,
        required_resource_keys={SEAMS},
        description="No source of the day is broken as a whole. Bronze says it of each source; here no run can go around it.",
    )
    def readable(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from feedback_assets.readable import readable_verdict

        lake = seams_of(context).lake
        return day_result(context, lambda days: readable_verdict(lake, SOURCES, days), check="readable", asset=key)

    @dg.asset_check(
        asset=key,
        name="leaks",
        blocking=True,
        partitions_def=partitions,
        required_resource_keys={SEAMS},
        description="Masking left nothing to the second look. A warning: what that found is masked. Blocks when masking is broken.",
    )
    def leaks(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from feedback_assets.silver.personal.leaks import noted_rows, second_look_verdict

        lake = seams_of(context).lake
        return day_result(context, lambda days: second_look_verdict(noted_rows(lake, days)), check="leaks", asset=key)

    @dg.asset_check(
        asset=dg.AssetKey(["silver", "revisions"]),
        name="days_finished",
        required_resource_keys={SEAMS},
        description="Which days are unfinished right now, across all partitions. A later good day cannot hide an earlier bad one here.",
    )
    def days_finished(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from feedback_assets.accounts import unfinished_verdict

        return result(unfinished_verdict(seams_of(context).lake), check="days_finished")

    return [
        days_finished,
        schema_check(EVENTS, partitions),
        schema_check(RAW_TEXT, partitions),
        schema_check(REVISIONS),
        schema_check(EVENT_DAYS),
        schema_check(REVISED_BATCHES),
        schema_check(DUPLICATE_GROUPS),
        schema_check(DUPLICATE_COUNTS),
        schema_check(DUPLICATE_INDEX),
        schema_check(COMPARED_BATCHES),
        row_account,
        readable,
        leaks,
    ]
