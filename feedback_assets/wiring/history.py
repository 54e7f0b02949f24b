"""How long Dagster's own history is kept: old finished runs are deleted with their events and logs, except those that the UI still shows.

Kept whatever its age is a run that holds, for any asset and partition, the newest materialization, observation or plan, or, for any check
and partition, the newest execution or result; the newest run of each job and outcome; and every run of a backfill that is not over. So what
is materialized, late, failed or checked reads the same before and after. The age of ticks is a matter of `retention:` in dagster.yaml.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import sqlalchemy
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES, BulkActionsFilter, BulkActionStatus
from dagster._core.storage.dagster_run import FINISHED_STATUSES, RunRecord, RunsFilter
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.runs.schema import RunTagsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from dagster._core.storage.tags import BACKFILL_ID_TAG

from feedback_assets.ground.errors import FeedbackError
from feedback_assets.wiring.event_log import EventLog
from feedback_assets.wiring.sqlite import size_of

_EVIDENCE = ("ASSET_MATERIALIZATION", "ASSET_OBSERVATION", "ASSET_MATERIALIZATION_PLANNED")
_RESULTS = ("SUCCEEDED", "FAILED")
_PAGE = 200


@dataclass(frozen=True)
class HistoryReport:
    """What one pruning did.

    deleted: runs that are gone. kept: old runs that were met and still hold something that the UI shows. freed_bytes: files of runs and
    logs of steps that were removed; room inside a database is used again, not given back. more: whether old runs may be left.
    """

    deleted: int
    kept: int
    freed_bytes: int
    more: bool


def prune_history(instance: dg.DagsterInstance, *, older_than: datetime, at_most: int) -> HistoryReport:
    """Deletes at most so many finished runs that were created and ended before a moment, the oldest first.

    Killed in between, it has deleted a run or not: its events go first, the run itself last, so the next call finds what is left.
    """
    events, runs = instance.event_log_storage, instance.run_storage
    if not isinstance(events, SqlEventLogStorage) or not isinstance(runs, SqlRunStorage):
        raise FeedbackError(
            f"the history of {type(events).__name__} cannot be pruned",
            expected="SQLite or Postgres",
            mend="use the `storage:` of the project's dagster.yaml",
        )
    protected = _newest_evidence(events)
    backfills = _unfinished_backfills(instance)
    newest_of_job: dict[str, set[str]] = {}
    victims: list[str] = []
    kept = 0
    for record in _old_runs(instance, older_than):
        run = record.dagster_run
        if run.job_name not in newest_of_job:
            newest_of_job[run.job_name] = _newest_of_job(instance, run.job_name)
        if run.run_id in protected or run.run_id in newest_of_job[run.job_name] or run.tags.get(BACKFILL_ID_TAG) in backfills:
            kept += 1
        elif len(victims) < at_most:
            victims.append(run.run_id)
        else:
            return HistoryReport(len(victims), kept, _delete(instance, events, runs, victims), more=True)
    return HistoryReport(len(victims), kept, _delete(instance, events, runs, victims), more=False)


def _old_runs(instance: dg.DagsterInstance, older_than: datetime) -> Iterator[RunRecord]:
    wanted = RunsFilter(statuses=list(FINISHED_STATUSES), created_before=older_than.astimezone(UTC))
    cursor: str | None = None
    while page := instance.get_run_records(wanted, limit=_PAGE, ascending=True, cursor=cursor):
        yield from (r for r in page if r.end_time is None or r.end_time < older_than.timestamp())
        cursor = page[-1].dagster_run.run_id


def _newest_evidence(events: SqlEventLogStorage) -> set[str]:
    """Runs that hold the newest event of an asset and partition, or of a check and partition."""
    log, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    newest_events = (
        sqlalchemy.select(sqlalchemy.func.max(log.id))
        .where(log.dagster_event_type.in_(_EVIDENCE), log.asset_key.is_not(None))
        .group_by(log.asset_key, log.partition, log.dagster_event_type)
    )
    newest_executions = sqlalchemy.select(sqlalchemy.func.max(checks.id)).group_by(checks.asset_key, checks.check_name, checks.partition)
    queries = (
        sqlalchemy.select(log.run_id).where(log.id.in_(newest_events)),
        sqlalchemy.select(checks.run_id).where(checks.id.in_(newest_executions)),
        sqlalchemy.select(checks.run_id).where(checks.id.in_(newest_executions.where(checks.execution_status.in_(_RESULTS)))),
    )
    with events.index_connection() as connection:
        return {str(run_id) for query in queries for (run_id,) in connection.execute(query.distinct())}


def _newest_of_job(instance: dg.DagsterInstance, job: str) -> set[str]:
    by_outcome = (instance.get_runs(RunsFilter(job_name=job, statuses=[status]), limit=1) for status in FINISHED_STATUSES)
    return {run.run_id for runs in by_outcome for run in runs}


def _unfinished_backfills(instance: dg.DagsterInstance) -> set[str]:
    unfinished = [status for status in BulkActionStatus if status not in BULK_ACTION_TERMINAL_STATUSES]
    return {b.backfill_id for b in instance.get_backfills(filters=BulkActionsFilter(statuses=unfinished))}


def _delete(instance: dg.DagsterInstance, events: SqlEventLogStorage, runs: SqlRunStorage, victims: list[str]) -> int:
    """The bytes of files that are gone."""
    freed = 0
    for run_id in victims:
        logs = Path(instance.storage_directory()) / run_id
        freed += sum(p.stat().st_size for p in logs.rglob("*") if p.is_file())
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        if isinstance(events, EventLog):
            freed += size_of(Path(events.path_for_shard(run_id)))
        events.delete_events(run_id)
        # Dagster leaves the next two behind.
        with events.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
        with runs.connect() as connection:
            connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id == run_id))
        runs.delete_run(run_id)
    return freed
