"""What the Dagster UI asks a storage for, through the webserver's own GraphQL schema; and a recorded history to ask about."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import dagster as dg
from dagster._core.events import BATCH_WRITABLE_EVENTS, DagsterEventBatchMetadata
from dagster._core.utils import make_new_run_id

from feedback_assets_tests.wiring import graph

RUNS = """{ runsOrError { ... on Runs { results { runId status jobName startTime endTime tags { key value }
  stats { ... on RunStatsSnapshot { stepsSucceeded stepsFailed materializations expectations startTime endTime } }
  stepStats { stepKey status startTime endTime attempts { startTime endTime } }
  assetMaterializations { assetKey { path } partition } } } } }"""
LOG = """query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { hasMore events { __typename
  ... on MessageEvent { runId message timestamp level stepKey eventType }
  ... on MaterializationEvent { partition assetKey { path } metadataEntries { label ... on IntMetadataEntry { intValue } } }
  ... on StepEvent { stepKey } } } } }"""
ASSETS = """{ assetNodes { assetKey { path }
  partitionStats { numMaterialized numMaterializing numPartitions numFailed }
  assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } }
  latestMaterializationByPartition(partitions: ["2025-01-03", "2025-01-07"]) { partition runId timestamp tags { key value } }
  assetMaterializations(limit: 50) { partition runId timestamp metadataEntries { label ... on TextMetadataEntry { text } } }
  assetObservations(limit: 50) { runId timestamp metadataEntries { label } }
  assetChecksOrError { ... on AssetChecks { checks { name
    executionForLatestMaterialization { runId status evaluation { success severity description } } } } } } }"""
LATEST = """query($keys: [AssetKeyInput!]!) { assetsLatestInfo(assetKeys: $keys) { assetKey { path } unstartedRunIds inProgressRunIds
  latestRun { id status } latestMaterialization { runId timestamp partition } } }"""
CHECKS = """query($asset: AssetKeyInput!, $check: String!) { assetCheckExecutions(assetKey: $asset, checkName: $check, limit: 20) {
  runId status evaluation { success severity metadataEntries { label } } } }"""


@contextmanager
def asking(instance: dg.DagsterInstance) -> Iterator[Any]:
    """What answers the UI's questions about the small graph on this instance."""
    from dagster._core.remote_origin import InProcessCodeLocationOrigin
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
    from dagster_graphql.test.utils import execute_dagster_graphql

    origin = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(executable_path=sys.executable, module_name=graph.__name__, attribute="graph"), location_name="here"
    )
    with (
        WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as process,
        process.create_request_context() as request,
    ):

        def ask(query: str, **variables: Any) -> Any:
            answer = execute_dagster_graphql(request, query, variables)
            assert not answer.errors, answer.errors
            return answer.data

        yield ask


def pages(instance: dg.DagsterInstance) -> dict[str, Any]:
    """Runs, their logs, assets by partition and their checks, as the UI shows them."""
    keys = [{"path": [name]} for name in ("raw", "clean", "total", "broken")]
    with asking(instance) as ask:
        shown = {"runs": ask(RUNS), "assets": ask(ASSETS), "latest": ask(LATEST, keys=keys)}
        for asset, check in (("raw", "adds_up"), ("clean", "masked"), ("total", "fresh")):
            shown[check] = ask(CHECKS, asset={"path": [asset]}, check=check)
        for run in shown["runs"]["runsOrError"]["results"]:
            shown[run["runId"]] = ask(LOG, run=run["runId"])
    return shown


@dataclass(frozen=True)
class History:
    """Runs and events of the small graph, recorded once: every storage that is given them must show the same."""

    runs: list[dg.DagsterRun]
    events: list[dg.EventLogEntry]
    job_snapshots: list[Any]
    plan_snapshots: list[Any]


def record() -> History:
    """A range, a day after it, a run with a failing check and a failing step."""
    with dg.DagsterInstance.ephemeral() as instance:
        results = [graph.run_range(instance), graph.run_day(instance, "2025-01-07"), graph.run_rest(instance)]
        runs = [instance.get_run_by_id(r.run_id) for r in results]
        kept = [r for r in runs if r is not None]
        return History(
            runs=kept,
            events=[e for r in kept for e in instance.all_logs(r.run_id)],
            job_snapshots=[instance.get_job_snapshot(r.job_snapshot_id or "") for r in kept],
            plan_snapshots=[instance.get_execution_plan_snapshot(r.execution_plan_snapshot_id or "") for r in kept],
        )


def replay(history: History, instance: dg.DagsterInstance) -> None:
    """Hands a history over as a run does: what Dagster hands over together, together."""
    storage = instance.run_storage
    for snapshot in history.job_snapshots:
        storage.add_job_snapshot(snapshot)
    for snapshot in history.plan_snapshots:
        storage.add_execution_plan_snapshot(snapshot)
    for run in history.runs:
        storage.add_run(run.with_status(dg.DagsterRunStatus.NOT_STARTED))
    for (_, kind, _), group in groupby(history.events, key=lambda e: (e.run_id, e.dagster_event_type, e.step_key)):
        together = list(group)
        batch = make_new_run_id()
        for number, event in enumerate(together, 1):
            instance.handle_new_event(
                event, batch_metadata=DagsterEventBatchMetadata(batch, number == len(together)) if kind in BATCH_WRITABLE_EVENTS else None
            )
