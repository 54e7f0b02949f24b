"""The checks of silver, thin: schemas, the row account, and readable sources; each stops the day before enrichment."""

import dagster as dg

from feedback_assets.checks import days_of, result
from feedback_assets.contracts.bronze import SOURCES, bronze_table
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, RAW_TEXT, REVISIONS
from feedback_assets.resources import SEAMS, schema_check, seams_of


def silver_checks(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """Schema of each table; row account of the stage; no source broken as a whole, however the run was started."""
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

        lake, days = seams_of(context).lake, days_of(context)
        rows_in = rows_by_batch(lake, [bronze_table(s) for s in SOURCES], days)
        rows_out = rows_by_batch(lake, [EVENTS], days)
        return result(stage_verdict(lake, "silver", days, rows_in=rows_in, rows_out=rows_out), check="row_account")

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

        return result(readable_verdict(seams_of(context).lake, SOURCES, days_of(context)), check="readable")

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
        schema_check(DUPLICATE_GROUPS),
        row_account,
        readable,
    ]
