"""Characterization of Dagster: these test upstream, not us. Each holds a behaviour that the graph leans on."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-01-10")

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def graph_with_check(severity: dg.AssetCheckSeverity, *, blocking: bool) -> dg.Definitions:
    """first -> second, with a failing check on first."""

    @dg.asset
    def first() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    @dg.asset_check(asset=first, blocking=blocking)
    def bad() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, severity=severity)

    @dg.asset(deps=[first])
    def second() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    job = dg.define_asset_job("both", selection="*")
    return dg.Definitions(assets=[first, second], asset_checks=[bad], jobs=[job], executor=dg.in_process_executor)


@pytest.mark.parametrize(
    ("severity", "blocking", "green", "downstream"),
    [
        (dg.AssetCheckSeverity.ERROR, True, False, False),
        (dg.AssetCheckSeverity.WARN, True, True, True),
        (dg.AssetCheckSeverity.ERROR, False, True, True),
    ],
)
def test_only_a_blocking_error_stops_what_follows(
    instance: dg.DagsterInstance, severity: dg.AssetCheckSeverity, blocking: bool, green: bool, downstream: bool
) -> None:
    result = (
        graph_with_check(severity, blocking=blocking).resolve_job_def("both").execute_in_process(instance=instance, raise_on_error=False)
    )
    assert result.success is green
    assert (
        bool(result.asset_materializations_for_node("second")) is downstream
        if green
        else "second" not in str(result.get_asset_materialization_events())
    )


def test_a_range_run_materializes_each_partition_with_its_own_metadata(instance: dg.DagsterInstance) -> None:
    @dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.multi_run(5))
    def daily(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        for key in context.partition_keys:
            context.add_asset_metadata({"day": key}, asset_key="daily", partition_key=key)
        return dg.MaterializeResult()

    job = dg.Definitions(assets=[daily], jobs=[dg.define_asset_job("job", selection="*")], executor=dg.in_process_executor).resolve_job_def(
        "job"
    )
    tags = {"dagster/asset_partition_range_start": "2025-01-02", "dagster/asset_partition_range_end": "2025-01-04"}
    assert job.execute_in_process(instance=instance, tags=tags).success
    records = instance.fetch_materializations(dg.AssetKey("daily"), limit=10).records
    found = {r.partition_key: r.asset_materialization.metadata["day"].value for r in records if r.asset_materialization is not None}
    assert found == {d: d for d in ("2025-01-02", "2025-01-03", "2025-01-04")}


def test_a_check_with_partitions_records_its_partition_on_a_single_day_and_none_on_a_range(instance: dg.DagsterInstance) -> None:
    @dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.multi_run(5))
    def daily() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    @dg.asset_check(asset=daily, partitions_def=DAYS)
    def seen(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True, metadata={"days": len(context.partition_keys)})

    defs = dg.Definitions(
        assets=[daily], asset_checks=[seen], jobs=[dg.define_asset_job("job", selection="*")], executor=dg.in_process_executor
    )
    job = defs.resolve_job_def("job")
    one = job.execute_in_process(instance=instance, partition_key="2025-01-03").get_asset_check_evaluations()
    assert [e.partition for e in one] == ["2025-01-03"]
    tags = {"dagster/asset_partition_range_start": "2025-01-02", "dagster/asset_partition_range_end": "2025-01-04"}
    many = job.execute_in_process(instance=instance, tags=tags).get_asset_check_evaluations()
    assert [(e.partition, e.metadata["days"].value) for e in many] == [(None, 3)]


def test_selecting_an_asset_selects_its_checks(instance: dg.DagsterInstance) -> None:
    defs = graph_with_check(dg.AssetCheckSeverity.WARN, blocking=True)
    result = defs.resolve_job_def("both").execute_in_process(instance=instance, asset_selection=[dg.AssetKey("first")])
    assert [e.check_name for e in result.get_asset_check_evaluations()] == ["bad"]


def test_evaluations_by_day_that_an_op_yields_are_recorded_so_and_a_broken_one_skips_what_follows(
    instance: dg.DagsterInstance,
) -> None:
    @dg.multi_asset(
        specs=[dg.AssetSpec("daily", partitions_def=DAYS)],
        check_specs=[dg.AssetCheckSpec("sound", asset="daily", blocking=True, partitions_def=DAYS)],
        backfill_policy=dg.BackfillPolicy.multi_run(5),
    )
    def op(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        yield dg.MaterializeResult(asset_key="daily")
        for day in context.partition_keys:
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("daily"), check_name="sound", passed=day != "2025-01-03", metadata={}, blocking=True, partition=day
            )
        yield dg.Output(None, output_name=dg.AssetCheckSpec("sound", asset="daily").get_python_identifier())

    @dg.asset(deps=["daily"], partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.multi_run(5))
    def after() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    job = dg.Definitions(
        assets=[op, after], jobs=[dg.define_asset_job("job", selection="*")], executor=dg.in_process_executor
    ).resolve_job_def("job")

    def run(first: str, last: str) -> dg.ExecuteInProcessResult:
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)

    good, bad = run("2025-01-01", "2025-01-02"), run("2025-01-02", "2025-01-04")
    assert (good.success, bad.success) == (True, False)
    assert len(good.asset_materializations_for_node("after")) == 2
    assert "after" not in {e.asset_key.to_user_string() for e in bad.get_asset_materialization_events() if e.asset_key}
    history = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("daily"), "sound"), limit=20)
    assert [(r.partition, r.status.value) for r in reversed(history) if r.run_id == bad.run_id] == [
        ("2025-01-02", "SUCCEEDED"),
        ("2025-01-03", "FAILED"),
        ("2025-01-04", "SUCCEEDED"),
    ]


def test_a_run_of_an_assets_key_takes_every_check_of_the_asset_along_also_those_of_no_job(instance: dg.DagsterInstance) -> None:
    """Why the standing checks are checks of an asset of their own."""

    @dg.asset
    def first() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    @dg.asset_check(asset=first)
    def apart() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    selection = dg.AssetSelection.assets("first").without_checks()
    defs = dg.Definitions(
        assets=[first], asset_checks=[apart], jobs=[dg.define_asset_job("job", selection=selection)], executor=dg.in_process_executor
    )
    job = defs.resolve_job_def("job")
    assert job.execute_in_process(instance=instance).get_asset_check_evaluations() == []
    chosen = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("first")])
    assert [e.check_name for e in chosen.get_asset_check_evaluations()] == ["apart"]


def test_freshness_goes_by_materializations_also_of_an_asset_that_nothing_here_runs(instance: dg.DagsterInstance) -> None:
    """An observation would not do: the evaluator looks at the last materialization."""
    import inspect

    from dagster._core.definitions.freshness_evaluator import TimeWindowFreshnessPolicyEvaluator

    assert "last_materialization" in inspect.getsource(TimeWindowFreshnessPolicyEvaluator.evaluate_freshness)
    outside = dg.AssetSpec("outside", freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=2)))

    @dg.asset(deps=["outside"])
    def inside(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        del context
        yield dg.AssetMaterialization("outside", metadata={"files": 1})
        yield dg.MaterializeResult()

    defs = dg.Definitions(
        assets=[outside, inside], jobs=[dg.define_asset_job("job", selection=["inside"])], executor=dg.in_process_executor
    )
    assert defs.resolve_job_def("job").execute_in_process(instance=instance).success
    found = instance.get_latest_materialization_event(dg.AssetKey("outside"))
    assert found is not None
    assert found.asset_materialization is not None
    assert found.asset_materialization.metadata["files"].value == 1
