"""Reads from a Dagster instance how runs and checks ended, of every job and origin, since a cursor. Looks only.

Runs are found by the time of their last change, checks in the events of finished runs and among those that belong to no run: that works
with every storage that Dagster has. What a person stopped is neither failed nor passed. Checks that warn are not failed.
Not here: what is told of it (alerts/failures.py).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from feedback_assets.alerts.failures import CHECK, NO_DAY, RUN, Facts, Outcome

VERSION = 1
OVERLAP = timedelta(seconds=60)
"""How far a reading looks back behind the last one: a change may become visible a little later than its time says."""
LOOK_BACK = timedelta(days=7)
"""How far the first reading looks back, and one whose cursor was lost."""
MOST_RUNS = 1000
"""Finished runs of one reading; the rest follows in the next."""
LAUNCHED_BY = "feedback/launched_by"
"""Tag of runs that `feedback run` executes in its own process."""
_PARTITION, _FIRST, _LAST = "dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_IMPLICIT_JOB = "__ASSET_JOB"
_CHECKS_ONLY = ("checks alone",)
_STOPPED = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt"})
_NO_RUN = ""
"""Dagster's run id of events that belong to no run."""
_LONGEST_SAMPLE = 2000
_NAMED = 3


@dataclass(frozen=True)
class Cursor:
    """Where the last reading ended. after: ISO time of the newest change of a run; seen: the runs that changed shortly before it."""

    after: str = ""
    seen: tuple[str, ...] = ()
    without_run: str = ""
    version: int = VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | None) -> "Cursor":
        """An empty cursor for one that is lost, damaged or of another version: that costs one longer reading and sends nothing twice."""
        try:
            found = json.loads(text or "{}")
            if found["version"] != VERSION:
                return cls()
            after = datetime.fromisoformat(found["after"]).isoformat() if found["after"] else ""
            return cls(after, tuple(map(str, found["seen"])), str(found["without_run"]))
        except (ValueError, KeyError, TypeError):
            return cls()


def read_outcomes(instance: dg.DagsterInstance, cursor: Cursor, *, now: datetime) -> tuple[list[Outcome], Cursor]:
    """The outcomes since the cursor, and where the next reading begins. Some of the last minute come twice."""
    records = _finished_runs(instance, cursor, now)
    ids = {r.dagster_run.run_id for r in records}
    outcomes: list[Outcome] = []
    after, seen = cursor.after, cursor.seen
    if ids - set(cursor.seen):
        for record in records:
            outcomes += _of_run(instance, record)
        newest = max(_utc(r.update_timestamp) for r in records)
        after = newest.isoformat()
        seen = tuple(sorted(r.dagster_run.run_id for r in records if _utc(r.update_timestamp) >= newest - OVERLAP))
    without_run, last = _without_run(instance, cursor.without_run)
    return [*outcomes, *without_run], Cursor(after, seen, last)


def _finished_runs(instance: dg.DagsterInstance, cursor: Cursor, now: datetime) -> Sequence[dg.RunRecord]:
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    since = datetime.fromisoformat(cursor.after) - OVERLAP if cursor.after else now - LOOK_BACK
    return instance.get_run_records(
        dg.RunsFilter(statuses=finished, updated_after=since),
        limit=MOST_RUNS,
        order_by="update_timestamp",
        ascending=bool(cursor.after),  # of a long history the newest count
    )


def _of_run(instance: dg.DagsterInstance, record: dg.RunRecord) -> Iterator[Outcome]:
    run = record.dagster_run
    kinds = {dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE}
    entries = [r.event_log_entry for r in instance.event_log_storage.get_records_for_run(run.run_id, of_type=kinds).records]
    days = _days(run.tags)
    yield from _of_checks((e for e in entries if _type_of(e) == dg.DagsterEventType.ASSET_CHECK_EVALUATION), days)
    at = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else _utc(record.update_timestamp)
    assets, subject = _assets(run), run.job_name
    if subject == _IMPLICIT_JOB:
        subject += f" of {', '.join(assets[:_NAMED])}" + (f" and {len(assets) - _NAMED} more" if len(assets) > _NAMED else "")
    if run.status == dg.DagsterRunStatus.SUCCESS:
        yield Outcome(RUN, subject, True, at, days, assets, Facts(run_id=run.run_id))
    elif run.status == dg.DagsterRunStatus.FAILURE:
        errors = dict(_errors(e for e in entries if _type_of(e) == dg.DagsterEventType.STEP_FAILURE))
        bugs = {step: name for step, name in errors.items() if name != "DagsterAssetCheckFailedError"}
        if not _STOPPED.isdisjoint(errors.values()) or (errors and not bugs):
            return  # a person stopped it; or its checks say what is wrong
        yield Outcome(RUN, subject, False, at, days, assets, _facts_of_run(run, bugs), continues=not bugs and LAUNCHED_BY in run.tags)


def _facts_of_run(run: dg.DagsterRun, bugs: Mapping[str, str]) -> Facts:
    named = ", ".join(f"{step} ({name})" for step, name in sorted(bugs.items())[:_NAMED])
    return Facts(
        what=f"failed steps: {named}" if bugs else "no step failed: its process died, or it could not start",
        rule="A run ends with every step done.",
        number=float(len(bugs)),
        threshold="0 failed steps",
        next_command=f"make dev, open the run {run.run_id}; mend the cause, then feedback run",
        runbook="docs/oncall.md",
        run_id=run.run_id,
    )


def _errors(entries: Iterable[dg.EventLogEntry]) -> Iterator[tuple[str, str]]:
    """(step, class of what it raised). Never the message: it may hold feedback text."""
    for entry in entries:
        event = entry.get_dagster_event()
        error = event.step_failure_data.error
        cause = (error.cause or error) if error else None
        yield event.step_key or "", (cause.cls_name or "error") if cause else "error"


def _of_checks(entries: Iterable[dg.EventLogEntry], days: tuple[str, ...]) -> Iterator[Outcome]:
    """The evaluations. One of a range that failed is left out where its days have their own."""
    found = [(e, e.get_dagster_event().asset_check_evaluation_data) for e in entries]
    by_day = {(v.asset_key, v.check_name) for _, v in found if v.partition is not None}
    for entry, evaluation in found:
        if evaluation.partition is None and not evaluation.passed and (evaluation.asset_key, evaluation.check_name) in by_day:
            continue
        name = f"{evaluation.asset_key.to_user_string()} {evaluation.check_name}"
        yield Outcome(
            CHECK,
            name,
            evaluation.passed or evaluation.severity != dg.AssetCheckSeverity.ERROR,
            datetime.fromtimestamp(entry.timestamp, UTC),
            days if evaluation.partition is None else (evaluation.partition,),
            facts=_facts_of_check(entry.run_id, evaluation),
        )


def _facts_of_check(run_id: str, evaluation: dg.AssetCheckEvaluation) -> Facts:
    said = {name: value.value for name, value in evaluation.metadata.items()}
    number = said.get("number")
    rule, threshold = str(said.get("rule", "")), str(said.get("threshold", ""))
    counted = f" {number:g} against {threshold}." if isinstance(number, int | float) else ""
    return Facts(
        what=f"{rule}{counted}".strip(),
        rule=rule,
        number=float(number) if isinstance(number, int | float) else None,
        threshold=threshold,
        sample=str(said.get("sample", ""))[:_LONGEST_SAMPLE],
        owner=str(said.get("owner", "data-platform")),
        next_command=str(said.get("next command", "feedback status")),
        runbook=str(said.get("runbook", "docs/oncall.md")),
        run_id=run_id,
    )


def _without_run(instance: dg.DagsterInstance, cursor: str) -> tuple[list[Outcome], str]:
    """Evaluations that belong to no run: of standing checks, or reported from outside."""
    found = instance.event_log_storage.get_records_for_run(
        _NO_RUN,
        cursor=cursor or None,
        of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        limit=MOST_RUNS,
        ascending=bool(cursor),
    )
    records = sorted(found.records, key=lambda r: r.storage_id)
    if not records:
        return [], cursor
    from dagster._core.event_api import EventLogCursor

    newest = EventLogCursor.from_storage_id(records[-1].storage_id).to_string()
    return list(_of_checks((r.event_log_entry for r in records), NO_DAY)), newest


def _days(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The partitions of a run, each day of a range by itself."""
    if _PARTITION in tags:
        return (tags[_PARTITION],)
    if _FIRST not in tags or _LAST not in tags:
        return NO_DAY
    try:
        first, last = date.fromisoformat(tags[_FIRST]), date.fromisoformat(tags[_LAST])
    except ValueError:
        return (f"{tags[_FIRST]} .. {tags[_LAST]}",)
    return tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))


def _assets(run: dg.DagsterRun) -> tuple[str, ...]:
    if run.asset_selection:
        return tuple(sorted(k.to_user_string() for k in run.asset_selection))
    return _CHECKS_ONLY if run.asset_check_selection else ()


def _type_of(entry: dg.EventLogEntry) -> Any:
    return entry.get_dagster_event().event_type


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
