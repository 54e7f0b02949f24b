"""The checks of enrichment, thin: schemas, the row account, and how much goes to people."""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from feedback_assets.checks import day_result
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.resources import SEAMS, schema_check, seams_of
from feedback_assets.verdict import Verdict


def enrichment_checks(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetChecksDefinition]:
    """Schema of each table; row account of the stage; evidence is exact."""
    events = dg.AssetKey(["enrichment", "events"])
    issues = dg.AssetKey(["enrichment", "issues"])
    specs = [
        dg.AssetCheckSpec(
            "row_account",
            asset=events,
            blocking=True,
            partitions_def=partitions,
            description="For every batch: silver rows = events with issues + each other outcome.",
        ),
        dg.AssetCheckSpec(
            "evidence",
            asset=issues,
            blocking=True,
            partitions_def=partitions,
            description="Every issue's quote is the text at its first span.",
        ),
    ]

    @dg.multi_asset_check(name="enrichment_accounts", specs=specs, required_resource_keys={SEAMS})
    def accounts(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from feedback_assets.accounts import rows_by_batch, stage_verdict
        from feedback_assets.enrichment.evidence import evidence_verdict

        lake = seams_of(context).lake

        def account(days: Sequence[date]) -> Verdict:
            rows_out = rows_by_batch(lake, [ENRICHED_EVENTS], days, outcome=["issues"])
            return stage_verdict(lake, "enrichment", days, rows_in=rows_by_batch(lake, [EVENTS], days), rows_out=rows_out)

        yield day_result(context, account, check="row_account", asset=events)
        yield day_result(context, lambda days: evidence_verdict(lake, days), check="evidence", asset=issues)

    return [*(schema_check(t, partitions) for t in (ENRICHED_EVENTS, ISSUES, REVIEW)), accounts]
