"""The checks of bronze, thin: schema, row account, readable share, broken files, dead letters.

The rules are in accounts.py, readable.py, contracts/.
"""

from collections.abc import Iterator

import dagster as dg

from feedback_assets.checks import day_result
from feedback_assets.contracts.bronze import SOURCES, bronze_table
from feedback_assets.resources import SEAMS, schema_check, seams_of


def bronze_checks(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """For each source: schema, row account and readable share stop the day; broken files are errors that hold nothing."""
    return [check for source in SOURCES for check in (schema_check(bronze_table(source), partitions), _account_checks(source, partitions))]


def _account_checks(source: str, partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    key = dg.AssetKey(["bronze", source])
    specs = [
        dg.AssetCheckSpec(
            "row_account", asset=key, blocking=True, partitions_def=partitions, description="Records in = bronze rows + dead letters."
        ),
        dg.AssetCheckSpec(
            "readable",
            asset=key,
            blocking=True,
            partitions_def=partitions,
            description="At most half of a day's records are unreadable: else the source is broken and the day stops before enrichment.",
        ),
        dg.AssetCheckSpec(
            "files_read",
            asset=key,
            partitions_def=partitions,
            description="Every file is whole, has a known shape and yields a record, however small it is. Holds nothing, but is heard.",
        ),
        dg.AssetCheckSpec("dead_letters", asset=key, partitions_def=partitions, description="How many records could not be read, and why."),
    ]

    @dg.multi_asset_check(name=f"bronze_{source}_accounts", specs=specs, required_resource_keys={SEAMS})
    def accounts(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from feedback_assets.bronze import accounts as rules
        from feedback_assets.readable import files_verdict, readable_verdict

        lake, warn = seams_of(context).lake, dg.AssetCheckSeverity.WARN
        yield day_result(context, lambda days: rules.bronze_verdict(lake, source, days), check="row_account", asset=key)
        yield day_result(context, lambda days: readable_verdict(lake, [source], days), check="readable", asset=key)
        yield day_result(context, lambda days: files_verdict(lake, [source], days), check="files_read", asset=key, blocking=False)
        yield day_result(
            context, lambda days: rules.dead_letter_verdict(lake, source, days), check="dead_letters", asset=key, severity=warn
        )

    return accounts
