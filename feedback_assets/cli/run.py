"""`feedback run`: materializes what is new through the two Dagster jobs, as sensors and schedules do, with progress."""

import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli.refusals import refuse_nothing_to_run
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.ground.home import prepare_home, run_lock
from feedback_assets.ground.settings import PURPOSE_TAG, PURPOSES, Settings

if TYPE_CHECKING:
    import dagster as dg

    from feedback_assets.wiring.services import Services

BACKFILL = "backfill"
RUN_TAG = "feedback/launched_by"
LARGEST_GAP = 14
"""Days without anything new that a range may span: a run of its own costs more than some empty days of a range."""
CLEAR_LINE = "\r\x1b[K"
MOST_IN_A_ROW = 3
"""When the steps of this many single days in a row fail, the fault is not a day's: the rest of the range is not tried. Days that a
check stopped are not counted: a source that is broken for a week is the days' own fault, and the days after it are to go on."""


@dataclasses.dataclass
class RunReport:
    """What one `feedback run` did."""

    purpose: str
    days: int = 0
    runs: int = 0
    failed_days: list[str] = dataclasses.field(default_factory=list)
    days_outside: list[str] = dataclasses.field(default_factory=list)
    failed_checks: list[str] = dataclasses.field(default_factory=list)
    gold: str = "up to date"
    new_rows: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.failed_days and not self.failed_checks and self.gold != "failed"


@click.command("run")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First feed date; all that is new by default.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last feed date.")
@click.option(
    "--purpose", type=click.Choice(PURPOSES), default="live", show_default=True, help="Only live runs publish tickets and alerts."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def run(first: datetime | None, last: datetime | None, purpose: str, as_json: bool) -> None:
    """Materialize what is new: landing files to tickets."""
    settings = Settings.from_environment(os.environ)
    refuse_nothing_to_run(settings, first.date() if first else None, last.date() if last else None)
    prepare_home(settings)
    bounds = (first.date() if first else date.min, last.date() if last else date.max)
    with run_lock(settings):
        report = _materialize(settings, bounds, purpose, quiet=as_json)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(report), "ok": report.ok}))
    else:
        _say(f"{report.days} days in {report.runs} runs, gold {report.gold}, {report.seconds:.1f} s")
    if report.failed_days:
        raise FeedbackError(
            f"{len(report.failed_days)} days failed: {', '.join(report.failed_days[:5])}",
            expected="every day green",
            mend=f"`make dev`, open the runs of {report.failed_days[0]}, follow the failed check's runbook, then `feedback run` again",
        )
    if report.gold == "failed":
        raise FeedbackError(
            "the gold job failed", expected="green", mend=f"`make dev`, open the last run of {_gold_job()}, then `feedback run` again"
        )
    if report.failed_checks:
        raise FeedbackError(
            f"{len(report.failed_checks)} checks failed that hold nothing: {', '.join(report.failed_checks[:5])}",
            expected="no check with an error",
            mend=f"docs/runbooks/{report.failed_checks[0].rpartition(' ')[2]}.md, then `feedback status`",
        )


def _gold_job() -> str:
    from feedback_assets.graph.jobs import GOLD_JOB

    return GOLD_JOB


def _materialize(settings: Settings, bounds: tuple[date, date], purpose: str, *, quiet: bool) -> RunReport:
    started = time.monotonic()
    report = RunReport(purpose=purpose)
    from feedback_assets.compute.workers import close_workers
    from feedback_assets.graph.partitions import first_partition, is_partition
    from feedback_assets.wiring.pending import gold_is_behind, pending_days
    from feedback_assets.wiring.services import Services

    services = Services(settings)
    before = row_counts(services)
    days = pending_days(services, bounds)
    first = first_partition(settings, services.now().date())
    report.days_outside = [d.isoformat() for d in sorted(days) if not is_partition(d, first, services.now())]
    days = {d: sources for d, sources in days.items() if d.isoformat() not in report.days_outside}
    if report.days_outside:
        _say(f"files under {_some(report.days_outside)} wait: before FEEDBACK_FIRST_DAY {settings.first_day} or after today", error=True)
    with _instance(settings, os.environ) as instance:
        if not days and not gold_is_behind(services, purpose):
            _tell_failures(instance, services, bounds, days)
            report.seconds = time.monotonic() - started
            return report
        runs = _Runs(instance, purpose)
        try:
            for chunk in chunks(sorted(days), settings.days_per_run):
                _run_days(runs, chunk, days, report, quiet=quiet)
            close_workers()  # gold has nothing for them, and each holds some 400 MB
            began = time.monotonic()
            report.gold = "followed" if runs.gold() else "failed"
            report.runs += 1
            if not quiet:
                _say(f"gold: duplicates, themes, signals, priority, tickets, alerts  {time.monotonic() - began:5.1f} s")
            report.failed_checks = sorted(runs.failed_checks)
            _tell_failures(instance, services, bounds, days)
        finally:
            services.compute.close()
    after = row_counts(services)
    report.new_rows = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    report.seconds = time.monotonic() - started
    return report


def _tell_failures(instance: "dg.DagsterInstance", services: "Services", bounds: tuple[date, date], days: Mapping[date, set[str]]) -> None:
    """What the failure sensor does, for a machine without a daemon. days: those that had something to do when this run began."""
    from feedback_assets.effects.purpose import LIVE
    from feedback_assets.wiring.failure_sensor import tell_failures
    from feedback_assets.wiring.pending import gold_is_behind

    def idle(asked: Collection[str]) -> list[str]:
        idle_days = [d for d in asked if d and bounds[0] <= date.fromisoformat(d) <= bounds[1] and date.fromisoformat(d) not in days]
        return idle_days + [d for d in asked if not d and not gold_is_behind(services, LIVE)]

    tell_failures(instance, services.lake, services.alert_channel, services.now(), idle=idle)


def _run_days(runs: "_Runs", chunk: Sequence[date], days: Mapping[date, set[str]], report: RunReport, *, quiet: bool) -> None:
    """A range in one run; when it fails, its halves, and so on, so that one bad day does not hold up the others."""
    began = time.monotonic()
    sources = set().union(*(days.get(d, set()) for d in chunk))
    report.days += len(chunk)
    failed_in_a_row = 0

    def run(part: Sequence[date]) -> None:
        nonlocal failed_in_a_row
        if failed_in_a_row < MOST_IN_A_ROW:
            report.runs += 1
            if runs.days(part[0], part[-1], set().union(*(days.get(d, set()) for d in part))):
                failed_in_a_row = 0
                return
            if len(part) > 1:
                middle = len(part) // 2
                run(part[:middle])
                run(part[middle:])
                return
            failed_in_a_row = 0 if runs.stopped_by_check else failed_in_a_row + 1
        report.failed_days += [day.isoformat() for day in part]

    run(chunk)
    if not quiet:
        span = f"{chunk[0]}" if len(chunk) == 1 else f"{chunk[0]} .. {chunk[-1]}"
        failed = [d for d in report.failed_days if chunk[0].isoformat() <= d <= chunk[-1].isoformat()]
        _say(
            f"{span}  {len(chunk):>3} days  {len(sources)} sources  {time.monotonic() - began:5.1f} s"
            + (f"  failed: {', '.join(failed)}" if failed else "")
        )


class _Runs:
    """Runs of this command: launched one after the other, and what of them a person is told."""

    def __init__(self, instance: "dg.DagsterInstance", purpose: str) -> None:
        from feedback_assets.wiring.launch import Launcher

        self.launcher = Launcher(instance)
        self.failed_checks: set[str] = set()
        """Checks that failed with an error and stopped nothing."""
        self.stopped_by_check = False
        """Whether the last run failed because a blocking check did."""
        self.tags = {PURPOSE_TAG: purpose, RUN_TAG: f"feedback run, process {os.getpid()}"}

    def days(self, first: date, last: date, sources: set[str]) -> bool:
        """Runs the day job on a range for these sources and every later stage of the days. True when it succeeded."""
        return self._on_range(lambda key: key.path[0] != "bronze" or key.path[1] in sources, first, last)

    def stages(self, rooms: Collection[str], first: date, last: date, tags: Mapping[str, str]) -> bool:
        """Runs the daily assets of these rooms, and no other, on a range. True when it succeeded."""
        return self._on_range(lambda key: key.path[0] in rooms, first, last, tags)

    def _on_range(self, wanted: "Callable[[dg.AssetKey], bool]", first: date, last: date, tags: Mapping[str, str] | None = None) -> bool:
        """Runs those assets of the day job on a range."""
        from feedback_assets.graph.jobs import DAY_JOB
        from feedback_assets.wiring.launch import PARTITION, RANGE_END, RANGE_START

        job = self.launcher.job(DAY_JOB).get_definition()
        selected = sorted(k for k in job.asset_layer.selected_asset_keys if wanted(k))
        span = {PARTITION: first.isoformat()} if first == last else {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
        return self._execute(DAY_JOB, selected, {**span, **(tags or {})})

    def gold(self) -> bool:
        """Runs the gold job. True when it succeeded."""
        from feedback_assets.graph.jobs import GOLD_JOB

        return self._execute(GOLD_JOB, None, {})

    def apply(self) -> bool:
        """Publishes what waits, by a run of the steps that publish. True when it succeeded."""
        import dagster as dg

        from feedback_assets.graph.jobs import GOLD_JOB
        from feedback_assets.ground.settings import APPLY_TAG

        published = [dg.AssetKey(["tickets", "outbox"]), dg.AssetKey(["tickets", "tickets"]), dg.AssetKey(["alerts", "sent"])]
        return self._execute(GOLD_JOB, published, {APPLY_TAG: "true"})

    def _execute(self, job: str, selection: "Sequence[dg.AssetKey] | None", tags: Mapping[str, str]) -> bool:
        import warnings

        import dagster as dg

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=dg.BetaWarning)
            warnings.filterwarnings("ignore", category=dg.PreviewWarning)
            run = self.launcher.create(job, selection, {**self.tags, **tags})
            if sys.stderr.isatty():
                self.launcher.instance.add_event_listener(run.run_id, _tell_step)
            result = self.launcher.execute(run)
        if sys.stderr.isatty():
            click.echo(CLEAR_LINE, nl=False, err=True)
        failed = [e for e in result.get_asset_check_evaluations() if not e.passed and e.severity == dg.AssetCheckSeverity.ERROR]
        self.stopped_by_check = any(e.blocking for e in failed)
        self.failed_checks |= {f"{e.asset_key.to_user_string()} {e.check_name}" for e in failed if not e.blocking}
        for key, found in {e.asset_check_key: e for e in failed}.items():
            _say(f"{key.asset_key.to_user_string()}: {key.name}: {(found.description or '').partition(chr(10))[0]}", error=True)
        errors = {e.step_key: e.step_failure_data.error for e in result.all_node_events if e.is_step_failure}
        for step, error in errors.items():
            cause = (error.cause or error) if error else None
            if cause and cause.cls_name == "DagsterExecutionInterruptedError":
                raise KeyboardInterrupt  # Dagster makes it a failed step; without this the next day would be tried
            if cause and cause.cls_name not in ("DagsterAssetCheckFailedError", "RefusedRowsError"):
                _say(f"{step}: {cause.message.strip()}", error=True)
        return bool(result.success)


def _tell_step(event: "dg.EventLogEntry") -> None:
    """Shows on a terminal which step a run is at."""
    if event.dagster_event is not None and event.dagster_event.is_step_start:
        click.echo(f"{CLEAR_LINE}  {event.step_key} ...", nl=False, err=True)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def chunks(days: Sequence[date], longest: int) -> list[list[date]]:
    """Ranges of at most `longest` calendar days that contain the given days; days inside a small gap come along."""
    ranges: list[list[date]] = []
    for day in days:
        if ranges and (day - ranges[-1][-1]).days <= LARGEST_GAP + 1 and (day - ranges[-1][0]).days < longest:
            ranges[-1] += [ranges[-1][-1] + timedelta(days=i + 1) for i in range((day - ranges[-1][-1]).days)]
        else:
            ranges.append([day])
    return ranges


@contextmanager
def _instance(settings: Settings, environ: MutableMapping[str, str]) -> "Iterator[dg.DagsterInstance]":
    """The home's Dagster instance, with what runs of dead processes left behind cleared away. The caller holds the run lock."""
    environ["DAGSTER_HOME"] = str(settings.dagster_home)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # Dagster's storage tells of each migration step otherwise
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        reap_dead_runs(instance)
        yield instance


def run_backfill(
    settings: Settings, rooms: Collection[str], days: Sequence[date], purpose: str = BACKFILL, tags: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Runs the daily assets of these rooms on these days as a backfill, then gold: {days, runs, failed, gold}. The caller holds the run
    lock."""
    from feedback_assets.compute.workers import close_workers
    from feedback_assets.wiring.services import Services

    report: dict[str, Any] = {"days": len(days), "runs": 0, "failed": [], "gold": "up to date"}
    services = Services(settings)
    with _instance(settings, os.environ) as instance:
        runs = _Runs(instance, purpose)
        try:
            for chunk in chunks(days, settings.days_per_run):
                report["runs"] += 1
                if not runs.stages(rooms, chunk[0], chunk[-1], tags or {}):
                    report["failed"].append(f"{chunk[0]} .. {chunk[-1]}")
            close_workers()  # gold has nothing for them
            if days:
                report["runs"] += 1
                report["gold"] = "followed" if runs.gold() else "failed"
        finally:
            services.compute.close()
    return report


def publish_all(settings: Settings, environ: MutableMapping[str, str]) -> tuple[int, int]:
    """Publishes what waits behind the fence, by an ordinary run. Returns the number of tickets before and after.

    Raises FeedbackError when the run failed. The caller holds the run lock.
    """
    from feedback_assets.contracts.tickets import TICKETS
    from feedback_assets.wiring.services import Services

    lake = Services(settings).lake
    before = lake.count(TICKETS)
    with _instance(settings, environ) as instance:
        if not _Runs(instance, "live").apply():
            raise FeedbackError("publishing failed", expected="a green run", mend=f"`make dev`, open the last run of {_gold_job()}")
    return before, lake.count(TICKETS)


def row_counts(services: "Services") -> dict[str, int]:
    """Rows of every table, from the Delta logs."""
    from feedback_assets.contracts import ALL_TABLES

    return {t.name: services.lake.count(t) for t in ALL_TABLES}


def reap_dead_runs(instance: "dg.DagsterInstance") -> None:
    """Frees the pool slots of runs of an earlier `feedback run` that was killed, and marks them as failed. The caller holds the run lock,
    so an unfinished run with our tag has no process.

    A slot that a finished run still holds would make every later run wait for ever: it is freed too.
    """
    import dagster as dg

    storage = instance.event_log_storage
    unfinished = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for record in instance.get_run_records(dg.RunsFilter(statuses=unfinished)):
        run = record.dagster_run
        if RUN_TAG in run.tags:
            # In this order: killed in between, the run is unfinished still, and found again.
            storage.free_concurrency_slots_for_run(run.run_id)
            instance.report_run_failed(run, "The process of this run died; the next `feedback run` continues its work.")
    for run_id in sorted(storage.get_concurrency_run_ids()):
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            storage.free_concurrency_slots_for_run(run_id)


def _say(text: str, *, error: bool = False) -> None:
    click.echo(text, err=error)
