"""Alerts over real Delta tables: told once when something begins, never by a run that is not live, never twice after a kill."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from feedback_assets.alerts.channels.local import LocalChannel
from feedback_assets.alerts.channels.registry import channel_named
from feedback_assets.alerts.content import AlertContent
from feedback_assets.alerts.process import AlertsReport, update_alerts
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.refusals import UnavailableError
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.gold_rows import DAY, NOW, drop_score, put_score, put_theme, put_trend, theme
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.home / "alerts"


def add(lake: LocalLakehouse, n: int, band: str, trend: str = "steady", *, as_of: date = DAY, score: float = 80.0) -> None:
    put_theme(lake, n)
    put_trend(lake, n, trend, as_of=as_of)
    put_score(lake, n, score, band, as_of=as_of)


def run(lake: LocalLakehouse, folder: Path, hour: int = 1) -> AlertsReport:
    return update_alerts(lake, LocalChannel(folder), purpose="live", now=NOW + timedelta(hours=hour))


def told(folder: Path) -> list[tuple[str, str, str]]:
    return sorted(
        (a["as_of"], a["theme_id"], a["reason"]) for a in (json.loads(p.read_text(encoding="utf-8")) for p in folder.glob("*.json"))
    )


def test_a_theme_in_p1_and_a_rising_theme_in_p2_are_told_once(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    add(lake, 2, "P2", "rising")
    add(lake, 3, "P2", "new")
    add(lake, 4, "P3", "rising")
    add(lake, 5, "P2")
    report = run(lake, folder)
    assert (report.intents_written, report.applied) == (3, 3)
    day = DAY.isoformat()
    assert told(folder) == sorted([(day, theme(1), "band_p1"), (day, theme(2), "trend_rising"), (day, theme(3), "trend_new")])
    version = lake.version(OUTBOX)
    assert run(lake, folder, 2).due == ()
    assert lake.version(OUTBOX) == version


def test_a_theme_that_stays_urgent_is_not_told_again_on_later_days(lake: LocalLakehouse, folder: Path) -> None:
    for n in range(5):
        add(lake, 1, "P1", "rising", as_of=DAY + timedelta(days=n), score=80.0 + n)
        run(lake, folder, n + 1)
    assert len(told(folder)) == 2


def test_a_theme_that_becomes_urgent_again_is_told_again_but_not_on_the_same_day(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    run(lake, folder)
    add(lake, 1, "P2")
    run(lake, folder, 2)
    add(lake, 1, "P1")
    run(lake, folder, 3)
    assert len(told(folder)) == 1
    add(lake, 1, "P1", as_of=DAY + timedelta(days=1))
    run(lake, folder, 4)
    assert len(told(folder)) == 2
    version = lake.version(OUTBOX)
    assert not run(lake, folder, 5).due
    assert lake.version(OUTBOX) == version


def test_a_theme_that_is_gone_ends_its_alert_quietly(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    run(lake, folder)
    drop_score(lake, 1)
    report = run(lake, folder, 2)
    assert (report.due, report.applied, report.intents_written) == ((), 0, 1)
    assert run(lake, folder, 3).intents_written == 0
    assert len(told(folder)) == 1


@pytest.mark.parametrize("purpose", ["backfill", "replay", "canary", "", None])
def test_only_live_tells_and_the_rest_see_a_preview(lake: LocalLakehouse, folder: Path, purpose: str | None) -> None:
    add(lake, 1, "P1")
    report = update_alerts(lake, LocalChannel(folder), purpose=purpose, now=NOW)
    assert (report.published, len(report.due)) == (False, 1)
    assert lake.version(OUTBOX) == -1
    assert not folder.exists()


def test_killed_at_each_step_then_run_again_tells_each_once(tmp_path: Path) -> None:
    for at in range(1, 6):
        lake, folder = LocalLakehouse(tmp_path / f"{at}" / "lake"), tmp_path / f"{at}" / "alerts"
        add(lake, 1, "P1", "rising")
        fuse = Fuse(at)
        try:
            update_alerts(FusedLake(lake, fuse), LocalChannel(folder), purpose="live", now=NOW)
        except Killed:
            run(lake, folder)
        assert len(told(folder)) == 2
        assert [(r["status"], r["attempts"]) for r in lake.read(OUTBOX).to_pylist()] == [("applied", 1)] * 2


class Away(LocalChannel):
    """A channel that cannot be reached."""

    def send(self, intent_id: str, alert: AlertContent) -> None:
        raise UnavailableError(f"no answer to {intent_id[:8]} of {alert.reason}")


def test_an_alert_that_ended_before_it_could_be_told_is_never_told(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    assert update_alerts(lake, Away(folder), purpose="live", now=NOW).waiting == 1
    add(lake, 1, "P3")
    run(lake, folder, 2)
    assert {r["status"] for r in lake.read(OUTBOX).to_pylist()} == {"superseded"}
    assert not folder.exists()


def test_an_alert_waits_for_a_channel_that_is_away(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    update_alerts(lake, Away(folder), purpose="live", now=NOW)
    assert run(lake, folder, 2).applied == 1
    assert len(told(folder)) == 1


def test_an_alert_waits_for_a_folder_that_can_be_written(lake: LocalLakehouse, folder: Path) -> None:
    add(lake, 1, "P1")
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    assert run(lake, folder).waiting == 1
    assert [(r["status"], r["attempts"]) for r in lake.read(OUTBOX).to_pylist()] == [("pending", 1)]
    folder.unlink()
    assert run(lake, folder, 2).applied == 1
    assert len(told(folder)) == 1


def test_an_unknown_channel_is_refused_with_the_names_there_are(folder: Path) -> None:
    assert channel_named("local", folder=folder).name == "local"
    with pytest.raises(SettingError, match="one of: local"):
        channel_named("pager", folder=folder)
