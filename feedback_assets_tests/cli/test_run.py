"""`feedback run` on demo feedback through a real Dagster instance: again, in another order, as a backfill, and what publishes it.

Killed, stopped and started twice at once: test_run_killed.py.
"""

import json
import uuid
import warnings
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets.cli.run import RUN_TAG, chunks, reap_dead_runs
from feedback_assets.graph.jobs import GOLD_JOB
from feedback_assets.ground.settings import PURPOSE_TAG, Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.wiring.build import build_defs
from feedback_assets_tests.cli.conftest import DEMO, Call, landed_copy
from feedback_assets_tests.cli.feedback import feedback, start
from feedback_assets_tests.snapshot import commits, differences, files, snapshot

OF_A_PURPOSE = ("bronze/manifest", "themes/touches")
"""Tables that say by a run of which purpose their rows came."""


def lake_of(home: Path) -> LocalLakehouse:
    return LocalLakehouse(home / "lake")


def force_gold(home: Path) -> None:
    """Every step of gold, as materializing all of it in the UI does: `feedback run` leaves it out when it has read all there is."""
    defs = build_defs(Settings(home=home))
    with dg.DagsterInstance.ephemeral() as instance, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        assert defs.resolve_job_def(GOLD_JOB).execute_in_process(instance=instance, run_config=quiet, tags={PURPOSE_TAG: "live"}).success


def test_the_demo_reaches_every_stage(done: Path, call_with_key: Call) -> None:
    stages = call_with_key(done, "status", "--json").json["stages"]
    assert stages["bronze"] >= 300
    assert all(stages[s] > 0 for s in ("dead_letters", "silver", "enriched", "review", "themes", "tickets")), stages


def test_a_second_run_adds_no_row_makes_no_commit_and_touches_no_ticket(done: Path, call_with_key: Call) -> None:
    lake = lake_of(done)
    before, count, tickets = snapshot(lake), commits(lake), files(done / "tickets")
    assert call_with_key(done, *DEMO).code == 0
    report = json.loads(feedback(done, "run", "--json"))  # a process of its own remembers nothing of the first
    assert report["days"] == 0
    assert report["gold"] == "up to date"
    assert commits(lake) == count
    assert differences(before, snapshot(lake)) == []
    assert files(done / "tickets") == tickets


def test_forcing_gold_again_commits_nothing(done: Path, call_with_key: Call) -> None:
    """Gold is idempotent by itself, not only because it is skipped."""
    count = commits(lake_of(done))
    force_gold(done)
    assert commits(lake_of(done)) == count
    published = call_with_key(done, "tickets", "apply", "--json").json
    assert published["tickets"] == published["tickets_before"] > 0
    assert commits(lake_of(done)) == count


@pytest.mark.slow
def test_days_in_reverse_order_give_the_same_tables(done: Path, tmp_path: Path, call_with_key: Call) -> None:
    home = landed_copy(done, tmp_path / "home")
    days = sorted({p.name for p in (home / "landing").glob("*/20*")}, reverse=True)
    for day in days:
        assert call_with_key(home, "run", "--from", day, "--to", day, "--purpose", "backfill").code == 0
    assert call_with_key(home, "tickets", "apply").code == 0
    ours, theirs = snapshot(lake_of(home)), snapshot(lake_of(done))
    for history in ("themes/checkpoints", "tickets/outbox", *OF_A_PURPOSE):
        ours.pop(history), theirs.pop(history)
    ours["themes/themes"] = [r for r in ours["themes/themes"] if "('status', 'retired')" not in r]
    theirs["themes/themes"] = [r for r in theirs["themes/themes"] if "('status', 'retired')" not in r]
    assert differences(ours, theirs) == []


def test_a_home_writes_nothing_outside_itself(done: Path) -> None:
    kept = {"landing", "lake", "dagster", "tickets", "alerts", "models", "run.lock", "demo_truth.jsonl"}
    assert {p.name for p in done.iterdir()} <= kept


def test_what_a_backfill_brought_is_published_when_somebody_applies_it_and_not_by_the_next_live_run(
    done: Path, tmp_path: Path, call_with_key: Call
) -> None:
    home = landed_copy(done, tmp_path / "home")
    assert call_with_key(home, "run", "--purpose", "backfill").code == 0
    stages = call_with_key(home, "status", "--json").json["stages"]
    assert stages["themes"] > 0
    assert stages["tickets"] == 0
    assert call_with_key(home, "run").code == 0
    assert files(home / "tickets") == {}
    assert call_with_key(home, "tickets", "apply").code == 0
    assert files(home / "tickets") == files(done / "tickets")
    ours, theirs = snapshot(lake_of(home)), snapshot(lake_of(done))
    for told_apart in OF_A_PURPOSE:
        ours.pop(told_apart), theirs.pop(told_apart)
    assert differences(ours, theirs) == []


def test_a_broken_setting_is_one_line_that_names_it(tmp_path: Path) -> None:
    process = start(tmp_path / "home", "run", "--from", "nonsense")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "nonsense" in err


@pytest.mark.parametrize(
    ("days", "ranges"),
    [
        ([1, 2, 3], [[1, 2, 3]]),
        ([1, 3], [[1, 2, 3]]),
        ([1, 20], [[1], [20]]),
        (list(range(1, 13)), [list(range(1, 11)), [11, 12]]),
        ([], []),
    ],
)
def test_ranges_hold_every_day_once_and_no_more_than_the_longest(days: list[int], ranges: list[list[int]]) -> None:
    made = chunks([date(2025, 1, d) for d in days], 10)
    assert made == [[date(2025, 1, d) for d in r] for r in ranges]


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE])
def test_the_pool_slot_of_a_dead_run_is_freed_whether_it_was_marked_as_failed_already_or_not(status: dg.DagsterRunStatus) -> None:
    with dg.DagsterInstance.local_temp() as instance:
        storage = instance.event_log_storage
        storage.set_concurrency_slots("silver_events", 1)
        dead, next_one = str(uuid.uuid4()), str(uuid.uuid4())
        instance.run_storage.add_run(dg.DagsterRun("feedback_day", run_id=dead, status=status, tags={RUN_TAG: "feedback run, process 1"}))
        assert storage.claim_concurrency_slot("silver_events", dead, "silver_events").is_claimed
        reap_dead_runs(instance)
        assert storage.claim_concurrency_slot("silver_events", next_one, "silver_events").is_claimed
        run = instance.get_run_by_id(dead)
        assert run is not None
        assert run.status == dg.DagsterRunStatus.FAILURE
