"""The sensors on a real landing zone: what they ask for, how often, and what they leave alone."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.plan.objects import StepFailureData
from dagster_shared.error import SerializableErrorInfo

from feedback_assets.bronze.again import WAITS
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.graph.jobs import DAY_JOB
from feedback_assets.graph.resources import SERVICES
from feedback_assets.ground.settings import Settings
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.services import Services
from feedback_assets_tests.small import FIRST, SECOND, garbage, land, posts
from feedback_assets_tests.snapshot import commits
from feedback_assets_tests.story import Story

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


class Clocked(Services):
    """The outside of a home at a set time."""

    at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def seams(settings: Settings) -> Clocked:
    return Clocked(settings)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def tick(
    seams: Services, instance: dg.DagsterInstance, name: str = "landing_forum", cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None, str]:
    """(run requests, cursor afterwards, why it skipped) of one evaluation, as the daemon makes it."""
    defs = build_defs(seams.settings, seams)
    repository = defs.get_repository_def()
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=repository, resources={SERVICES: seams}, sensor_name=name
    )
    with context:
        found = repository.get_sensor_def(name).evaluate_tick(context)
    return list(found.run_requests or []), found.cursor if found.cursor is not None else cursor, found.skip_message or ""


def written(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_file_that_may_still_be_being_written_waits(seams: Clocked, instance: dg.DagsterInstance) -> None:
    path = land(seams.settings.home, posts(2))
    written(path, NOW - timedelta(seconds=9))
    asked, _, why = tick(seams, instance)
    assert asked == []
    assert "1 files are still being written" in why
    written(path, NOW - timedelta(seconds=11))
    assert [r.partition_key for r in tick(seams, instance)[0]] == [f"{FIRST}"]


def test_a_file_from_a_clock_that_runs_ahead_does_not_wait_for_ever(seams: Clocked, instance: dg.DagsterInstance) -> None:
    written(land(seams.settings.home, posts(2)), NOW + timedelta(days=400))
    assert [r.partition_key for r in tick(seams, instance)[0]] == [f"{FIRST}"]


def test_many_files_of_a_day_are_one_live_run_of_its_source_and_what_follows(seams: Clocked, instance: dg.DagsterInstance) -> None:
    for number in range(3):
        land(seams.settings.home, posts(2, first=2 * number), name=f"part{number}.jsonl")
    land(seams.settings.home, posts(2, day=SECOND), day=SECOND)
    asked, _, _ = tick(seams, instance)
    assert [r.partition_key for r in asked] == [f"{FIRST}", f"{SECOND}"]
    for request in asked:
        assert request.tags["feedback/purpose"] == "live"
        assert request.tags["feedback/source"] == "forum"
        selected = {k.to_user_string() for k in request.asset_selection or []}
        assert {k for k in selected if k.startswith("bronze/")} == {"bronze/forum"}
        assert {"silver/events", "enrichment/answers", "enrichment/issues", "themes/embeddings"} <= selected


def test_a_tick_asks_for_at_most_25_days_and_the_next_ones_for_the_rest(seams: Clocked, instance: dg.DagsterInstance) -> None:
    """Also when none of the first 25 gets done: they must not stand before the others for ever."""
    days = [FIRST + timedelta(days=n) for n in range(60)]
    for day in days:
        land(seams.settings.home, posts(1, day=day), day=day)
    cursor, asked = None, []
    for expected in (25, 25, 10, 0):
        requests, cursor, _ = tick(seams, instance, cursor=cursor)
        assert len(requests) == expected
        asked += [r.partition_key for r in requests]
    assert asked == [d.isoformat() for d in days]


def test_the_run_key_stays_the_same_until_the_files_change(seams: Clocked, instance: dg.DagsterInstance) -> None:
    land(seams.settings.home, posts(2))

    def key(cursor: str | None = None) -> list[str | None]:
        return [r.run_key for r in tick(seams, instance, cursor=cursor)[0]]

    first = key()
    assert key() == first  # a lost cursor: the same key, which Dagster starts once
    assert key("not json") == key(json.dumps({"version": 0, "asked": []})) == key("[1]") == first
    land(seams.settings.home, posts(2), name="more.jsonl", hour=2)
    second = key()
    assert second != first
    land(seams.settings.home, posts(3), hour=3)
    assert key() not in (first, second)


def test_the_cursor_holds_back_what_was_asked_for_until_its_files_change(seams: Clocked, instance: dg.DagsterInstance) -> None:
    land(seams.settings.home, posts(2))
    asked, cursor, _ = tick(seams, instance)
    assert len(asked) == 1
    again, cursor, why = tick(seams, instance, cursor=cursor)
    assert again == []
    assert "1 days were asked for already" in why
    land(seams.settings.home, posts(2), name="more.jsonl", hour=2)
    assert len(tick(seams, instance, cursor=cursor)[0]) == 1


def test_days_without_a_partition_are_told_and_do_not_break_the_tick(seams: Clocked, instance: dg.DagsterInstance) -> None:
    land(seams.settings.home, posts(1), day=date(2019, 12, 31))
    land(seams.settings.home, posts(1), day=NOW.date() + timedelta(days=1))
    assert f"2 files lie under days before {NOW.date()} or after today" in tick(seams, instance)[2]
    land(seams.settings.home, posts(1), day=NOW.date())
    assert [r.partition_key for r in tick(seams, instance)[0]] == [NOW.date().isoformat()]


def test_another_source_does_not_carry_a_waiting_broken_source_past_its_checks(seams: Clocked, instance: dg.DagsterInstance) -> None:
    from feedback_assets.bronze.ingest import ingest_days

    land(seams.settings.home, garbage(25), source="survey", name="scores.csv")
    ingest_days(seams.lake, seams.landing, "survey", [FIRST], now=NOW)
    land(seams.settings.home, posts(2))
    (request,) = tick(seams, instance)[0]
    assert {k.path[1] for k in request.asset_selection or [] if k.path[0] == "bronze"} == {"forum", "survey"}


def test_after_the_run_nothing_more_is_asked_for_and_a_reset_changes_nothing(
    story: Story, seams: Clocked, instance: dg.DagsterInstance
) -> None:
    shutil.copytree(story.settings.models, seams.settings.models)  # trained there already
    path = land(seams.settings.home, posts(3))
    (request,), cursor, _ = tick(seams, instance)
    job = build_defs(seams.settings, seams).resolve_job_def(DAY_JOB)
    done = job.execute_in_process(
        instance=instance,
        partition_key=request.partition_key,
        asset_selection=list(request.asset_selection or []),
        tags=dict(request.tags),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert done.success
    assert {e.check_name for e in done.get_asset_check_evaluations()} >= {"schema", "row_account", "readable", "evidence"}
    before = commits(seams.lake)  # type: ignore[arg-type]
    for reset in (cursor, None, "damaged"):
        assert tick(seams, instance, cursor=reset)[0] == []
    written(path, NOW - timedelta(days=1))  # touched, not changed
    assert tick(seams, instance)[0] == []
    assert commits(seams.lake) == before  # type: ignore[arg-type]


# --- runs that died ---------------------------------------------------------------------------------------------------------------------


def asked_run(instance: dg.DagsterInstance, request: dg.RunRequest, *raised: str) -> None:
    """The run that was asked for ends without success: killed, or with steps that raised."""
    run = dg.DagsterRun(DAY_JOB, status=dg.DagsterRunStatus.STARTED, tags={**request.tags, "dagster/partition": str(request.partition_key)})
    instance.add_run(run)
    for name in raised:
        data = StepFailureData(SerializableErrorInfo("it went wrong", [], name), user_failure_data=None)  # type: ignore[no-untyped-call]
        event = dg.DagsterEvent("STEP_FAILURE", DAY_JOB, step_key="silver_events", event_specific_data=data)
        instance.report_dagster_event(event, run_id=run.run_id)
    instance.report_run_failed(run)


@pytest.mark.parametrize("is_in_bronze", [False, True])
def test_a_day_whose_run_died_is_asked_for_again_a_few_times_and_then_held(
    seams: Clocked, instance: dg.DagsterInstance, is_in_bronze: bool
) -> None:
    """kill -9 of a worker: nothing in the landing zone changes, so nothing else would ever ask for the day again."""
    from feedback_assets.bronze.ingest import ingest_days

    seams.at = datetime.now(UTC)
    land(seams.settings.home, posts(2))
    (request,), cursor, _ = tick(seams, instance)
    if is_in_bronze:
        ingest_days(seams.lake, seams.landing, "forum", [FIRST], now=seams.at)
    keys = {request.run_key}
    for wait in WAITS:
        asked_run(instance, request)
        assert tick(seams, instance, cursor=cursor)[0] == []  # not at once
        seams.at = datetime.now(UTC) + wait + timedelta(seconds=1)
        (request,), cursor, _ = tick(seams, instance, cursor=cursor)
        assert (request.partition_key, request.tags["feedback/purpose"]) == (f"{FIRST}", "live")
        (same,), _, _ = tick(seams, instance, cursor=cursor)
        assert same.run_key == request.run_key  # Dagster starts it once
        keys.add(request.run_key)
    assert len(keys) == 1 + len(WAITS)
    asked_run(instance, request)
    seams.at = datetime.now(UTC) + timedelta(days=1)
    asked, _, why = tick(seams, instance, cursor=cursor)
    assert asked == []
    assert "held after 3 tries" in why


@pytest.mark.parametrize("raised", ["ValueError", "DagsterAssetCheckFailedError"])
def test_a_day_that_a_bug_or_a_check_stopped_is_not_asked_for_again(seams: Clocked, instance: dg.DagsterInstance, raised: str) -> None:
    land(seams.settings.home, posts(2))
    (request,), cursor, _ = tick(seams, instance)
    asked_run(instance, request, raised)
    seams.at = datetime.now(UTC) + timedelta(hours=1)
    assert tick(seams, instance, cursor=cursor)[0] == []


def test_a_day_that_was_done_or_is_running_or_has_new_files_is_not_asked_for_because_a_run_died(
    seams: Clocked, instance: dg.DagsterInstance
) -> None:
    land(seams.settings.home, posts(2))
    (request,), cursor, _ = tick(seams, instance)
    asked_run(instance, request)
    seams.at = datetime.now(UTC) + timedelta(hours=1)
    running = dg.DagsterRun(DAY_JOB, tags={**request.tags, "dagster/partition": f"{FIRST}"}, status=dg.DagsterRunStatus.STARTED)
    instance.add_run(running)
    assert tick(seams, instance, cursor=cursor)[0] == []
    instance.report_run_failed(running)
    land(seams.settings.home, posts(1, first=9), name="more.jsonl")
    (fresh,), _, _ = tick(seams, instance, cursor=cursor)
    assert "after" not in str(fresh.run_key)


# --- gold -------------------------------------------------------------------------------------------------------------------------------


def ledger_moves(seams: Services, batch: str) -> None:
    from feedback_assets.contracts.arrow import to_arrow

    row = {
        "stage": "silver", "feed_date": FIRST, "source": "forum", "batch_id": batch * 32, "rows_in": 1, "rows_out": 1, "reasons": "{}",
        "processed_at": NOW,
    }  # fmt: skip
    seams.lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, [row]))


def test_gold_runs_live_when_the_ledger_moved_and_once_for_each_state(seams: Clocked, instance: dg.DagsterInstance) -> None:
    assert tick(seams, instance, "gold_after_days")[2] == "gold has read all there is"
    ledger_moves(seams, "a")
    (first,), _, _ = tick(seams, instance, "gold_after_days")
    assert first.tags["feedback/purpose"] == "live"
    (again,), _, _ = tick(seams, instance, "gold_after_days")
    assert again.run_key == first.run_key  # Dagster starts one run for a key, whatever became of it
    ledger_moves(seams, "b")
    (second,), _, _ = tick(seams, instance, "gold_after_days")
    assert second.run_key != first.run_key


@pytest.mark.parametrize("status", ["STARTING", "STARTED", "CANCELING"])
def test_gold_waits_for_days_that_are_running(seams: Clocked, instance: dg.DagsterInstance, status: str) -> None:
    ledger_moves(seams, "a")
    run = dg.DagsterRun(job_name=DAY_JOB, status=dg.DagsterRunStatus[status])
    instance.add_run(run)
    asked, cursor, why = tick(seams, instance, "gold_after_days")
    assert (asked, cursor) == ([], None)
    assert "runs are at work" in why
    instance.report_run_failed(run)
    assert len(tick(seams, instance, "gold_after_days")[0]) == 1


def test_every_sensor_and_schedule_that_starts_runs_starts_stopped(seams: Clocked) -> None:
    repository = build_defs(seams.settings, seams).get_repository_def()
    running = {s.name for s in repository.sensor_defs if s.default_status == dg.DefaultSensorStatus.RUNNING}
    assert running == {"failures"}  # it starts no run: it only tells
    assert {s.default_status for s in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}
