"""A small graph whose runs write every kind of event that the UI asks a storage for."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import dagster as dg

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-01-11")
FIRST, LAST = "2025-01-02", "2025-01-05"
RANGE = {"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": LAST}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ALL = "all"


@cache
def graph() -> dg.Definitions:
    """raw and clean by day, with a check each; total over all days, observed, with a check that fails; broken raises."""
    single = dg.BackfillPolicy.single_run()

    @dg.asset(partitions_def=DAYS, backfill_policy=single, pool="tables", check_specs=[dg.AssetCheckSpec("adds_up", asset="raw")])
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        for day in context.partition_keys:
            context.add_asset_metadata({"rows": int(day[-2:]), "day": day}, partition_key=day)
        context.log.info("read %d days", len(context.partition_keys))
        yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, metadata={"rows": 14})])

    @dg.asset(partitions_def=DAYS, backfill_policy=single, deps=[raw], pool="tables")
    def clean() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"note": "🙂 "}, tags={"kept": "yes"})

    @dg.asset_check(asset=clean, partitions_def=DAYS)
    def masked() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    @dg.asset(deps=[clean], check_specs=[dg.AssetCheckSpec("fresh", asset="total")])
    def total(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        context.log_event(dg.AssetObservation("total", metadata={"seen": 3}))
        failed = dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="late")
        yield dg.MaterializeResult(data_version=dg.DataVersion("7"), check_results=[failed])

    @dg.asset(deps=[total])
    def broken() -> None:
        raise ValueError("no such column")

    checks: list[Any] = [masked]
    return dg.Definitions(
        assets=[raw, clean, total, broken],
        asset_checks=checks,
        jobs=[dg.define_asset_job("days", selection=["raw", "clean"]), dg.define_asset_job(ALL, selection=["total", "broken"])],
        executor=dg.in_process_executor,
    )


def run_range(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """raw and clean over four days, in one run."""
    return graph().resolve_job_def("days").execute_in_process(instance=instance, tags=RANGE, run_config=QUIET)


def run_day(instance: dg.DagsterInstance, day: str) -> dg.ExecuteInProcessResult:
    """raw and clean of one day."""
    return graph().resolve_job_def("days").execute_in_process(instance=instance, partition_key=day, run_config=QUIET)


def run_rest(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """total, and broken, which fails."""
    return graph().resolve_job_def(ALL).execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET)
