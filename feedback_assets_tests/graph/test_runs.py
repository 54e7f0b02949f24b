"""What a run does with a day whose source is broken as a whole, and what its check results say and do not say."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.cli.run import MOST_IN_A_ROW, RunReport, _run_days
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.graph.jobs import DAY_JOB, GOLD_JOB, STANDING
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.upkeep.assets import UPKEEP_GROUP
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.evaluation_assets import GROUP as EVALUATION_GROUP
from feedback_assets.wiring.pending import gold_is_behind, pending_days
from feedback_assets.wiring.services import Services
from feedback_assets_tests.gold_rows import put_counts, put_score, put_theme, put_trend
from feedback_assets_tests.small import FIRST, LANDED, PLANTED, garbage, land, posts
from feedback_assets_tests.story import BROKEN, GOOD_DAYS, Story, tables_without_raw_text, texts_of_files

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


def test_a_broken_day_makes_the_command_fail_and_say_which_day_and_what_to_do(story: Story) -> None:
    first = story.chapters[0]
    assert first.code == 1
    assert f"1 days failed: {BROKEN}" in first.err
    assert "follow the failed check's runbook" in first.err
    assert "bronze/forum: readable" in first.err
    assert f"failed: {BROKEN}" in first.out
    assert "Traceback" not in first.err


def test_a_broken_day_does_not_hold_up_the_days_beside_it(story: Story) -> None:
    assert [story.chapters[0].enriched[d] for d in GOOD_DAYS] == [25, 25]
    assert sorted(story.chapters[0].green.values()) == [False, False, False, True, True, True]  # range, half, broken day; two days, gold


def test_nothing_of_a_broken_day_is_enriched(story: Story) -> None:
    assert story.chapters[0].enriched[BROKEN] == 0


def test_the_next_run_does_not_go_around_the_check_that_stopped_the_day(story: Story) -> None:
    again = story.chapters[1]
    assert again.code == 1
    assert set(again.green.values()) == {False}
    assert again.enriched[BROKEN] == 0


def test_no_selection_of_assets_gets_a_broken_source_past_silver(tmp_path: Path) -> None:
    """A run that was started for another source, or by hand, has no check of the broken source's bronze asset in it."""
    from feedback_assets.bronze.ingest import ingest_days

    services = Services(Settings(home=tmp_path / "home"))
    land(services.settings.home, [*posts(2), *garbage(23)])
    ingest_days(services.lake, services.landing, "forum", [FIRST], now=LANDED)
    job = build_defs(services.settings, services).resolve_job_def(DAY_JOB)
    later = [k for k in job.asset_layer.selected_asset_keys if k.path[0] != "bronze"]
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(
            instance=instance, asset_selection=later, partition_key=f"{FIRST}", run_config=QUIET, raise_on_error=False
        )
    assert not done.success
    assert [(e.asset_key.path[0], e.check_name) for e in done.get_asset_check_evaluations() if not e.passed] == [("silver", "readable")]
    assert services.lake.count(ENRICHED_EVENTS) == 0


def test_a_mended_delivery_turns_the_day_green(story: Story) -> None:
    mended = story.chapters[2]
    assert (mended.code, set(mended.green.values())) == (0, {True}), mended.err
    assert mended.enriched[BROKEN] == 25
    assert pending_days(Services(story.settings)) == {}


def test_the_failed_check_says_all_that_on_call_needs(story: Story) -> None:
    failed = [c for c in story.chapters[0].checks if c["check"] == "readable" and not c["passed"]]
    assert len(failed) == 3  # the day in its range, in half of it, then in its own run
    assert {check["partition"] for check in failed} == {f"{BROKEN}"}
    for check in failed:
        assert (check["asset"], check["blocking"], check["severity"]) == ("bronze/forum", True, "ERROR")
        said = check["metadata"]
        assert "at most half of the records of forum are unreadable" in said["rule"]
        assert said["number"] == pytest.approx(23 / 25)
        assert said["threshold"] == "0.5 of a day's records"
        assert f"{BROKEN}" in said["sample"]
        assert "| 25 | 23 |" in said["sample"]
        assert said["owner"] == "data-platform"
        assert "feedback dead-letters --source forum" in said["next command"]
        assert (project_root() / said["runbook"]).is_file()


def test_every_check_result_has_the_same_shape_and_a_runbook_that_is_there(story: Story) -> None:
    shape = {"rule", "number", "threshold", "sample", "owner", "next command", "runbook"}
    results = [c for chapter in story.chapters for c in chapter.checks]
    assert {c["check"] for c in results} >= {"schema", "row_account", "readable", "dead_letters", "evidence", "days_finished"}
    for check in results:
        assert shape <= check["metadata"].keys(), check
        assert (project_root() / check["metadata"]["runbook"]).is_file()


def test_days_finished_names_the_broken_day_until_it_is_done(story: Story) -> None:
    def told(number: int) -> list[tuple[bool, str]]:
        return [(c["passed"], c["metadata"]["sample"]) for c in story.chapters[number].checks if c["check"] == "days_finished"]

    assert [(passed, f"{BROKEN}" in sample) for passed, sample in told(0)] == [(False, True)]
    assert told(2) == [(True, "none")]


def test_dead_letters_warn_and_stay_after_the_day_was_mended(story: Story) -> None:
    last = [c for c in story.chapters[2].checks if c["check"] == "dead_letters"]
    assert [(c["passed"], c["severity"], c["blocking"], c["metadata"]["number"]) for c in last] == [(False, "WARN", False, 23.0)]


def test_no_event_metadata_log_or_ticket_holds_planted_personal_data(story: Story) -> None:
    """Everything that was written beside the landing zone and the tables: Dagster's databases and captured logs, tickets, models."""
    scanned = [(n, b) for n, b in texts_of_files(story.home) if not n.startswith(("landing/", "lake/"))]
    assert any(n.endswith(".db") for n, _ in scanned)
    assert any("ASSET_CHECK_EVALUATION" in b for _, b in scanned)
    for planted in PLANTED:
        assert [n for n, b in scanned if planted in b] == []
        assert [c for chapter in story.chapters for c in (chapter.out, chapter.err) if planted in c] == []


def test_no_table_but_bronze_and_raw_text_holds_planted_personal_data(story: Story) -> None:
    bronze = story.lake.read(next(t for t, _ in tables_without_raw_text() if t.name == "bronze/forum"), columns=["payload"])
    assert PLANTED[0] in str(bronze.to_pylist())  # what is looked for was there
    for table, columns in tables_without_raw_text():
        text = str(story.lake.read(table, columns=columns).to_pylist())
        assert [p for p in PLANTED if p in text] == [], table.name


# --- the range and its days -------------------------------------------------------------------------------------------------------------


class Days:
    """A launcher whose days end as they are told; it keeps what it was asked for."""

    def __init__(self, bad: set[date], *, by_check: bool) -> None:
        self.bad, self.by_check, self.stopped_by_check = bad, by_check, False
        self.asked: list[tuple[date, date]] = []

    def days(self, first: date, last: date, sources: set[str]) -> bool:  # noqa: ARG002
        self.asked.append((first, last))
        ok = not any(first <= d <= last for d in self.bad)
        self.stopped_by_check = not ok and self.by_check
        return ok


WEEK = [date(2025, 2, d) for d in range(3, 10)]


def test_a_week_of_days_that_a_check_stops_does_not_hold_up_the_days_after_it() -> None:
    launcher, report = Days(set(WEEK[:5]), by_check=True), RunReport(purpose="live")
    _run_days(launcher, WEEK, {d: set() for d in WEEK}, report, quiet=True)  # type: ignore[arg-type]
    assert report.failed_days == [d.isoformat() for d in WEEK[:5]]
    assert {(d, d) for d in WEEK[:5]} | {(WEEK[5], WEEK[6])} <= set(launcher.asked)


@settings(deadline=None)
@given(st.integers(1, 200), st.sets(st.integers(0, 199), max_size=4))
def test_bad_days_of_a_range_are_found_in_few_runs_and_every_other_day_ran(length: int, bad: set[int]) -> None:
    days = [WEEK[0] + timedelta(days=n) for n in range(length)]
    launcher, report = Days({days[n] for n in bad if n < length}, by_check=True), RunReport(purpose="live")
    _run_days(launcher, days, {d: set() for d in days}, report, quiet=True)  # type: ignore[arg-type]
    assert report.failed_days == [days[n].isoformat() for n in sorted(bad) if n < length]
    good = [(a, b) for a, b in launcher.asked if not any(a <= d <= b for d in launcher.bad)]
    assert {d for d in days if any(a <= d <= b for a, b in good)} == set(days) - launcher.bad
    assert len(launcher.asked) <= 1 + 2 * len(launcher.bad) * math.ceil(math.log2(length) if length > 1 else 0)


def test_steps_that_fail_day_after_day_end_the_range_and_every_day_left_counts_as_failed() -> None:
    launcher, report = Days(set(WEEK), by_check=False), RunReport(purpose="live")
    _run_days(launcher, WEEK, {d: set() for d in WEEK}, report, quiet=True)  # type: ignore[arg-type]
    assert [a for a, b in launcher.asked if a == b] == WEEK[:MOST_IN_A_ROW]
    assert launcher.asked[-1] == (WEEK[MOST_IN_A_ROW - 1], WEEK[MOST_IN_A_ROW - 1])
    assert report.failed_days == [d.isoformat() for d in WEEK]


def test_files_under_a_day_without_a_partition_are_told_and_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from feedback_assets.cli.main import main

    home = tmp_path / "home"
    monkeypatch.setenv("FEEDBACK_HOME", str(home))
    monkeypatch.setenv("DAGSTER_HOME", "")
    land(home, posts(1), day=date(2019, 12, 31))
    land(home, posts(1), day=date(2190, 1, 1))
    with pytest.MonkeyPatch.context() as m:
        m.setattr("feedback_assets.cli.run._Runs.gold", lambda _: True)
        assert main(["run", "--json"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["days_outside"] == ["2019-12-31", "2190-01-01"]
    assert report["days"] == 0
    assert "FEEDBACK_FIRST_DAY" in said.err


def test_a_batch_that_a_later_stage_lacks_brings_its_bronze_asset_along(story: Story, tmp_path: Path) -> None:
    """Its checks stand in bronze: without them a day that a check stopped would go on at the next run."""
    lake = story.copy_of_tables(tmp_path)
    from deltalake import DeltaTable

    DeltaTable(lake.location(STAGE_BATCHES)).delete(f"feed_date = '{BROKEN}' AND stage = 'silver'")
    assert pending_days(Services(Settings(home=tmp_path))) == {BROKEN: {"forum"}}


# --- what may publish -------------------------------------------------------------------------------------------------------------------

PUBLISHING = [dg.AssetKey(["tickets", "outbox"]), dg.AssetKey(["tickets", "tickets"]), dg.AssetKey(["alerts", "sent"])]


@pytest.fixture(scope="module")
def urgent(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """A home with a theme that deserves a ticket and an alert."""
    services = Services(Settings(home=tmp_path_factory.mktemp("urgent") / "home"))
    put_theme(services.lake, 1)
    put_score(services.lake, 1, score=92.0, band="P1")
    put_trend(services.lake, 1, "rising", last_7_days=40)
    put_counts(services.lake, 1, 40)
    return services


def publish(services: Services, tags: dict[str, str]) -> None:
    job = build_defs(services.settings, services).resolve_job_def(GOLD_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, asset_selection=PUBLISHING, tags=tags, run_config=QUIET).success


def published(services: Services) -> tuple[int, int]:
    written = [p for folder in (services.settings.local_tickets, services.settings.local_alerts) for p in folder.rglob("*") if p.is_file()]
    return services.lake.count(OUTBOX), len(written)


@pytest.mark.parametrize("purpose", ["", "backfill", "replay", "canary", "Live", "live "])
def test_a_run_that_is_not_live_writes_no_intent_and_no_file(urgent: Services, purpose: str) -> None:
    before = published(urgent)
    publish(urgent, {"feedback/purpose": purpose} if purpose else {})
    assert published(urgent) == before == (0, 0)


def test_a_live_run_writes_ticket_and_alert_once(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path / "home"))
    put_theme(services.lake, 1)
    put_score(services.lake, 1, score=92.0, band="P1")
    put_trend(services.lake, 1, "rising", last_7_days=40)
    put_counts(services.lake, 1, 40)
    publish(services, {"feedback/purpose": "live"})
    intents, files = published(services)
    assert intents >= 2
    assert files >= 2
    assert {r["purpose"] for r in services.lake.read(OUTBOX, columns=["purpose"]).to_pylist()} == {"live"}
    publish(services, {"feedback/purpose": "live"})
    assert published(services) == (intents, files)


def test_an_effect_that_waits_makes_the_next_live_run_apply_the_outbox_again(story: Story, tmp_path: Path) -> None:
    from feedback_assets.contracts.arrow import to_arrow

    lake = story.copy_of_tables(tmp_path)
    services = Services(Settings(home=tmp_path))
    assert not gold_is_behind(services, "live")
    refused = {
        "intent_id": "0" * 32, "destination": "local", "action": "create", "ticket_id": "FB-00000001", "theme_id": "T" + "0" * 12,
        "sequence": 1, "content": "{}", "content_sha256": "0" * 64, "purpose": "live", "status": "refused", "attempts": 1, "error": "no",
        "written_at": datetime(2025, 1, 1, tzinfo=UTC), "applied_at": None,
    }  # fmt: skip
    lake.upsert(OUTBOX, to_arrow(OUTBOX, [refused]))
    assert gold_is_behind(services, "live")
    assert not gold_is_behind(services, "backfill")


def test_another_tracker_or_channel_or_other_weights_make_gold_due(story: Story) -> None:
    from dataclasses import replace

    assert not gold_is_behind(Services(story.settings), "live")
    for field in ("tracker", "alert_channel"):
        assert gold_is_behind(Services(replace(story.settings, **{field: "another"})), "live")  # type: ignore[arg-type]
    services = Services(story.settings)
    services.__dict__["weights"] = services.weights.model_copy(update={"floor": 0.123})
    assert gold_is_behind(services, "live")


def test_the_day_job_selects_every_daily_asset_and_gold_every_other(tmp_path: Path) -> None:
    defs = build_defs(Settings(home=tmp_path))
    graph = defs.resolve_asset_graph()
    daily = {k for k in graph.materializable_asset_keys if graph.get(k).partitions_def is not None}
    assert defs.resolve_job_def(DAY_JOB).asset_layer.selected_asset_keys == daily
    assert defs.resolve_job_def(GOLD_JOB).asset_layer.selected_asset_keys == {
        k
        for k in set(graph.materializable_asset_keys) - daily - {STANDING}
        if graph.get(k).group_name not in {UPKEEP_GROUP, EVALUATION_GROUP}
    }
