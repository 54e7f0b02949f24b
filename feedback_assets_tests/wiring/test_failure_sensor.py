"""Failures of real runs on a real instance: every origin is heard, once; warnings and what people stopped are not."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets.alerts.channels.local import LocalChannel
from feedback_assets.alerts.failures import FailuresReport
from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.graph.resources import SERVICES
from feedback_assets.ground.accounts import STAGES
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.failure_sensor import STORED_CURSOR, tell_failures
from feedback_assets.wiring.outcomes import LAUNCHED_BY
from feedback_assets.wiring.services import Services
from feedback_assets_tests.small import FIRST, land, posts

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PARTITIONS = dg.DailyPartitionsDefinition("2025-02-01", end_date="2025-02-10")
SECRET = "hannelore.quist77@example.org"


class Mood:
    """What the graph of this test does next."""

    raises = False
    check_passes = True
    warning_passes = True


def graph(mood: Mood) -> dg.Definitions:
    """One daily asset with a step that may raise, an ERROR check, a WARN check; and an asset without partitions."""

    @dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.single_run())
    def daily() -> None:
        if mood.raises:
            raise ValueError(SECRET)

    @dg.asset_check(asset=daily, partitions_def=PARTITIONS)
    def heard() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=mood.check_passes, metadata={"rule": "All is well.", "number": 3.0, "threshold": "0 rows"})

    @dg.asset_check(asset=daily, partitions_def=PARTITIONS)
    def warned() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=mood.warning_passes, severity=dg.AssetCheckSeverity.WARN)

    @dg.asset
    def whole() -> None:
        if mood.raises:
            raise KeyboardInterrupt

    jobs = [dg.define_asset_job("days", selection=["daily"]), dg.define_asset_job("gold", selection=["whole"])]
    return dg.Definitions(assets=[daily, whole], asset_checks=[heard, warned], jobs=jobs, executor=dg.in_process_executor)


class World:
    """A home with an instance on files, and what was told in it."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance, self.mood = settings, instance, Mood()
        self.defs = graph(self.mood)
        self.lake = LocalLakehouse(settings.lake)

    def execute(self, job: str = "days", *, day: str | None = None, days: tuple[str, str] | None = None, purpose: str = "live") -> None:
        """One run; a job named __ASSET_JOB is what the UI starts when assets are selected there, or backfilled."""
        span = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[1]} if days else {}
        implicit = job == "__ASSET_JOB"
        found = self.defs.resolve_implicit_global_asset_job_def() if implicit else self.defs.resolve_job_def(job)
        found.execute_in_process(
            instance=self.instance,
            partition_key=day,
            asset_selection=[dg.AssetKey("daily")] if implicit else None,
            tags={**span, "feedback/purpose": purpose},
            run_config=QUIET,
            raise_on_error=False,
        )

    def tell(self, hours: float = 0) -> FailuresReport:
        now = datetime.now(UTC) + timedelta(hours=hours)
        return tell_failures(self.instance, self.lake, LocalChannel(self.settings.local_alerts), now)

    def messages(self) -> list[str]:
        found = [json.loads(p.read_text(encoding="utf-8")) for p in self.settings.local_alerts.glob("*.json")]
        return sorted(f"{m['state']} {m['subject']} {','.join(m['days'])}".strip() for m in found)


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    (tmp_path / "instance").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "instance"), overrides={"telemetry": {"enabled": False}}) as instance:
        yield World(settings, instance)


def test_a_failed_step_is_told_once_with_its_run_and_without_what_it_raised(world: World) -> None:
    world.mood.raises = True
    for _ in range(2):
        world.execute(day="2025-02-03", purpose="backfill")
        world.tell()
    assert world.messages() == ["failed days 2025-02-03"]
    (path,) = world.settings.local_alerts.glob("*.json")
    said = json.loads(path.read_text(encoding="utf-8"))
    assert "daily (ValueError)" in said["message"]
    assert said["run_path"] == f"/runs/{world.instance.get_runs(limit=2)[1].run_id}"
    assert SECRET not in path.read_text(encoding="utf-8") + json.dumps(world.lake.read(OUTBOX).to_pylist(), default=str)
    world.mood.raises = False
    world.execute(day="2025-02-04")
    assert world.tell().failing
    world.execute(day="2025-02-03")
    assert not world.tell().failing
    assert world.messages() == ["all_clear days 2025-02-03", "failed days 2025-02-03"]


def test_a_failed_check_of_the_ui_s_own_job_and_of_a_range_is_heard_and_healed_by_any_run(world: World) -> None:
    world.mood.check_passes = world.mood.warning_passes = False
    world.execute("__ASSET_JOB", day="2025-02-03")
    assert world.tell().applied == 1
    assert world.messages() == ["failed daily heard 2025-02-03"]  # one message: the run itself ended well, the warning is not paged
    world.execute("__ASSET_JOB", days=("2025-02-04", "2025-02-05"))
    world.tell()
    assert world.messages()[-1] == "failed daily heard 2025-02-04,2025-02-05"
    world.mood.check_passes = True
    world.execute("days", days=("2025-02-02", "2025-02-06"))
    assert not world.tell().failing
    assert len(world.messages()) == 4


def test_a_lost_or_damaged_cursor_sends_nothing_twice(world: World) -> None:
    world.mood.raises = True
    world.mood.check_passes = False
    world.execute(day="2025-02-03")
    world.tell()
    before = world.messages()
    for cursor in ("", "no json", '{"version": 0}', '{"version": 1, "after": "nonsense", "seen": [], "without_run": ""}'):
        world.instance.daemon_cursor_storage.set_cursor_values({STORED_CURSOR: cursor})
        assert world.tell().applied == 0
    assert world.messages() == before != []


def test_what_a_person_stopped_is_not_told(world: World) -> None:
    world.mood.raises = True
    world.execute("gold")  # its step is interrupted
    assert world.instance.get_runs(limit=1)[0].status == dg.DagsterRunStatus.FAILURE
    stopped = dg.DagsterRun(job_name="days", status=dg.DagsterRunStatus.STARTED)
    world.instance.add_run(stopped)
    world.instance.report_run_canceled(stopped)
    world.tell()
    assert world.messages() == []


def test_a_run_whose_process_died_is_told_whatever_started_it(world: World) -> None:
    dead = dg.DagsterRun(job_name="gold", status=dg.DagsterRunStatus.STARTED, tags={LAUNCHED_BY: "feedback run, process 1"})
    world.instance.add_run(dead)
    assert world.tell().failing == ()
    world.instance.report_run_failed(dead)
    (line,) = world.tell().failing
    assert "its process died" in line
    world.execute("gold")
    assert world.tell().failing == ()


def test_a_day_that_comes_to_be_held_between_two_runs_of_gold_is_heard_and_red_in_the_ui_until_it_is_done(world: World) -> None:
    """Nobody runs gold here: the standing check is judged all the same."""
    check = dg.AssetCheckKey(dg.AssetKey(["silver", "revisions"]), "days_finished")

    def recorded() -> bool | None:
        last = world.instance.get_latest_asset_check_evaluation_record(check)
        return None if last is None or last.event is None else last.event.get_dagster_event().asset_check_evaluation_data.passed

    home = world.settings.home
    land(home, posts(2))
    now = datetime.now(UTC)
    ingest_days(world.lake, LandingZone(home / "landing"), "forum", [FIRST], now=now)
    assert world.tell().failing == ()  # between two stages
    assert recorded() is None
    (line,) = world.tell(hours=2).failing
    assert "days_finished" in line
    assert recorded() is False
    assert world.tell(hours=3).applied == 0
    (batch,) = world.lake.read(MANIFEST).to_pylist()
    row = {"feed_date": FIRST, "source": "forum", "batch_id": batch["batch_id"], "rows_in": 2, "rows_out": 2, "reasons": "{}"}
    done = [{**row, "stage": stage, "processed_at": now} for stage in STAGES]
    world.lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, done))
    assert world.tell(hours=4).applied == 1
    assert recorded() is True
    assert len(world.messages()) == 2


def test_the_sensor_runs_from_the_start_and_tells_through_the_site_s_channel(world: World) -> None:
    world.mood.raises = True
    world.execute(day="2025-02-03")
    services = Services(world.settings)
    repository = build_defs(world.settings, services).get_repository_def()
    sensor = repository.get_sensor_def("failures")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    cursor = None
    for expected in ("1 messages sent, 1 failures go on", "0 messages sent, 1 failures go on"):
        context = dg.build_sensor_context(
            instance=world.instance, cursor=cursor, repository_def=repository, resources={SERVICES: services}, sensor_name="failures"
        )
        with context:
            found = sensor.evaluate_tick(context)
        assert (found.skip_message, list(found.run_requests or [])) == (expected, [])
        cursor = found.cursor
    assert world.messages() == ["failed days 2025-02-03"]
