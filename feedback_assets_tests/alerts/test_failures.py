"""Failures as incidents: told once, silent while they go on, one all-clear; the same from a lost cursor, killed, or read in any pieces."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedback_assets.alerts.channels.local import LocalChannel
from feedback_assets.alerts.failures import CHECK, NO_DAY, RUN, Facts, FailuresReport, Incident, Outcome, fold, tell
from feedback_assets.alerts.operations import OperationsMessage
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.refusals import UnavailableError
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.gold_rows import NOW
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed

DAYS = ("2025-02-03", "2025-02-04", "2025-02-05")
SHOP, FORUM = ("bronze/shop", "silver/events"), ("bronze/forum", "silver/events")


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.home / "alerts"


def at(minute: float) -> datetime:
    return NOW + timedelta(minutes=minute)


def check(passed: bool, minute: float, *days: str, name: str = "bronze/forum readable") -> Outcome:
    facts = Facts(
        "Half can be read. 0.9 against 0.5.", "Half can be read.", 0.9, "0.5", "| day |", "data", "feedback status", "r.md", "run1"
    )
    return Outcome(CHECK, name, passed, at(minute), days or NO_DAY, facts=facts)


def run(passed: bool, minute: float, *days: str, assets: tuple[str, ...] = (), continues: bool = False) -> Outcome:
    return Outcome(RUN, "feedback_day", passed, at(minute), days or NO_DAY, assets, Facts("failed steps: silver"), continues)


def tell_now(lake: LocalLakehouse, folder: Path, *outcomes: Outcome, hour: int = 1, idle: Sequence[str] = ()) -> FailuresReport:
    return tell(lake, LocalChannel(folder), outcomes, now=NOW + timedelta(hours=hour), idle=lambda days: [d for d in days if d in idle])


def told(folder: Path) -> list[str]:
    """What people have, each message's state and days."""
    found = [json.loads(p.read_text(encoding="utf-8")) for p in folder.glob("*.json")]
    return sorted(f"{m['state']} {m['subject']} {','.join(m['days'])}".strip() for m in found)


def test_a_failure_is_told_with_all_that_on_call_needs(lake: LocalLakehouse, folder: Path) -> None:
    assert tell_now(lake, folder, check(False, 0, DAYS[0])).applied == 1
    (path,) = folder.glob("*.json")
    said = json.loads(path.read_text(encoding="utf-8"))
    wanted = {
        "kind": "check", "state": "failed", "subject": "bronze/forum readable", "rule": "Half can be read.", "number": 0.9,
        "threshold": "0.5", "sample": "| day |", "owner": "data", "next_command": "feedback status", "runbook": "r.md", "run_id": "run1",
        "run_path": "/runs/run1",
    }  # fmt: skip
    assert {k: said[k] for k in wanted} == wanted
    assert DAYS[0] in said["message"]
    (row,) = lake.read(OUTBOX).to_pylist()
    assert (row["destination"], row["action"], row["purpose"], row["status"]) == ("operations:local", "tell", "operations", "applied")


def test_it_is_silent_while_it_goes_on_and_ends_with_one_all_clear(lake: LocalLakehouse, folder: Path) -> None:
    for minute in range(5):
        report = tell_now(lake, folder, check(False, minute, DAYS[0]))
        assert len(report.failing) == 1
    assert told(folder) == [f"failed bronze/forum readable {DAYS[0]}"]
    for minute in range(5, 8):
        assert tell_now(lake, folder, check(True, minute, DAYS[0])).failing == ()
    assert told(folder) == [f"all_clear bronze/forum readable {DAYS[0]}", f"failed bronze/forum readable {DAYS[0]}"]
    tell_now(lake, folder, check(False, 9, DAYS[0]))
    assert len(told(folder)) == 3  # it began again


def test_another_partition_or_check_neither_silences_nor_ends_it(lake: LocalLakehouse, folder: Path) -> None:
    tell_now(lake, folder, check(False, 0, DAYS[0]))
    report = tell_now(lake, folder, check(True, 1, DAYS[1]), check(True, 1, DAYS[0], name="bronze/forum schema"), run(True, 1, DAYS[0]))
    assert len(report.failing) == 1
    tell_now(lake, folder, check(False, 2, DAYS[1]))
    assert len(told(folder)) == 2


def test_a_run_is_ended_only_by_one_that_was_for_no_fewer_assets(lake: LocalLakehouse, folder: Path) -> None:
    tell_now(lake, folder, run(False, 0, DAYS[0], assets=FORUM))
    assert tell_now(lake, folder, run(True, 1, DAYS[0], assets=SHOP)).failing
    assert not tell_now(lake, folder, run(True, 2, DAYS[0], assets=tuple({*SHOP, *FORUM}))).failing


def test_what_fails_and_heals_between_two_readings_is_not_told(lake: LocalLakehouse, folder: Path) -> None:
    tell_now(lake, folder, check(False, 0, DAYS[0]), check(True, 1, DAYS[0]), run(False, 0), run(True, 1))
    assert told(folder) == []
    assert lake.version(OUTBOX) == -1


def test_a_range_that_was_tried_again_day_by_day_is_told_by_its_bad_day_alone(lake: LocalLakehouse, folder: Path) -> None:
    outcomes = [run(False, 0, *DAYS), run(True, 1, DAYS[0]), run(False, 2, DAYS[1]), run(True, 3, DAYS[2])]
    tell_now(lake, folder, *outcomes)
    assert told(folder) == [f"failed feedback_day {DAYS[1]}"]


def test_many_days_that_fail_alike_are_one_message_and_end_when_the_last_is_well(lake: LocalLakehouse, folder: Path) -> None:
    tell_now(lake, folder, *(check(False, n, d) for n, d in enumerate(DAYS)))
    assert told(folder) == [f"failed bronze/forum readable {','.join(DAYS)}"]
    assert tell_now(lake, folder, check(True, 5, *DAYS[:2])).failing
    assert len(told(folder)) == 1
    assert not tell_now(lake, folder, check(True, 6, DAYS[2])).failing
    assert len(told(folder)) == 2


def test_a_run_that_died_is_over_when_its_days_have_nothing_to_do(lake: LocalLakehouse, folder: Path) -> None:
    """`feedback run` that was killed right after its last step: the next one has no day to run, so no pass will ever come."""
    assert not tell_now(lake, folder, run(False, 0, DAYS[0], continues=True), idle=DAYS).failing
    assert lake.version(OUTBOX) == -1
    assert tell_now(lake, folder, run(False, 1, DAYS[0]), idle=DAYS).failing  # a bug is told although the day was done before
    assert told(folder) == [f"failed feedback_day {DAYS[0]}"]


def test_a_gold_run_that_died_after_its_last_write_is_over_when_gold_is_not_behind(lake: LocalLakehouse, folder: Path) -> None:
    assert tell_now(lake, folder, run(False, 0, continues=True)).failing
    assert not tell_now(lake, folder, hour=2, idle=[""]).failing
    assert told(folder) == ["all_clear feedback_day", "failed feedback_day"]


def test_a_lost_cursor_sends_nothing_twice(lake: LocalLakehouse, folder: Path) -> None:
    history = [check(False, 0, DAYS[0]), check(False, 1, DAYS[0]), check(True, 2, DAYS[0]), check(False, 3, DAYS[0]), run(False, 4)]
    for outcome in history:
        tell_now(lake, folder, outcome)
    before, version = told(folder), lake.version(OUTBOX)
    for start in range(len(history)):
        tell_now(lake, folder, *history[start:], hour=2)
    assert (told(folder), lake.version(OUTBOX)) == (before, version)


def test_killed_at_each_step_then_again_tells_each_once(tmp_path: Path) -> None:
    for step in range(1, 6):
        lake, folder = LocalLakehouse(tmp_path / f"{step}" / "lake"), tmp_path / f"{step}" / "alerts"
        outcomes = [check(False, 0, DAYS[0]), run(False, 0)]
        try:
            tell(FusedLake(lake, Fuse(step)), LocalChannel(folder), outcomes, now=NOW)
        except Killed:
            tell_now(lake, folder, *outcomes)
        assert len(told(folder)) == 2
        assert {r["status"] for r in lake.read(OUTBOX).to_pylist()} == {"applied"}


class Away(LocalChannel):
    """A channel that cannot be reached."""

    def send_operations(self, intent_id: str, message: OperationsMessage) -> None:
        raise UnavailableError(f"no answer to {intent_id[:8]} of {message.subject}")


def test_a_message_waits_for_a_channel_that_is_away(lake: LocalLakehouse, folder: Path) -> None:
    assert tell(lake, Away(folder), [check(False, 0, DAYS[0])], now=NOW).waiting == 1
    assert tell_now(lake, folder).applied == 1
    assert len(told(folder)) == 1


def test_what_healed_before_it_could_be_told_is_never_told_nor_is_its_end(lake: LocalLakehouse, folder: Path) -> None:
    tell(lake, Away(folder), [check(False, 0, DAYS[0])], now=NOW)
    tell_now(lake, folder, check(True, 1, DAYS[0]))
    assert told(folder) == []
    assert {r["status"] for r in lake.read(OUTBOX).to_pylist()} == {"superseded"}


OUTCOMES = st.lists(
    st.builds(
        lambda passed, days, which: (passed, sorted(days), which),
        st.booleans(),
        st.sets(st.sampled_from(DAYS), min_size=1),
        st.sampled_from(["run", "readable", "schema"]),
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=300, deadline=None)
@given(OUTCOMES, st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_in_whatever_pieces_it_is_read_what_fails_last_is_open_and_nothing_else(
    drawn: list[tuple[bool, list[str], str]], pieces: list[int]
) -> None:
    outcomes = [run(p, n, *d) if w == "run" else check(p, n, *d, name=w) for n, (p, d, w) in enumerate(drawn)]
    last = {(o.subject, d): o.passed for o in outcomes for d in o.days}
    incidents: list[Incident] = []
    position = 0
    for size in pieces:
        incidents = fold(incidents, outcomes[max(0, position - 2) : position + size])  # pieces overlap, as the readings do
        position += size
    incidents = fold(incidents, outcomes)  # and a cursor may be lost
    failing = sorted((i.subject, d) for i in incidents for d in i.open)
    assert failing == sorted(k for k, passed in last.items() if not passed)
