"""`feedback run` killed with SIGKILL, stopped with Ctrl-C and started twice at once, each time as a process of its own: nothing is lost."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call, landed_copy
from feedback_assets_tests.cli.feedback import start
from feedback_assets_tests.snapshot import differences, files, snapshot

KILLS = int(os.environ.get("FEEDBACK_TEST_KILLS", "6"))
KILLS_A_HOME = 3


def lake_of(home: Path) -> LocalLakehouse:
    return LocalLakehouse(home / "lake")


def written(home: Path) -> int:
    """Delta commits that stand in a home, while it is being written."""
    return sum(1 for _ in (home / "lake").glob("*/*/_delta_log/*.json"))


def has_written(home: Path, commits: int) -> bool:
    return written(home) >= commits


def wait_for(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    """Until it is reached, or the process has ended."""
    while not reached() and process.poll() is None:
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_at_random_moments_and_run_again_gives_the_same_tables(done: Path, tmp_path: Path, call_with_key: Call) -> None:
    """kill -9; FEEDBACK_TEST_KILLS=30 for the long version. The first of a home is killed while the home is made, the others about a
    random commit of those that are left, however fast the machine is.
    """
    rng = random.Random(20250602)
    commits = written(done)
    undisturbed = snapshot(lake_of(done))
    undisturbed_tickets = files(done / "tickets")
    killed = 0
    while killed < KILLS:
        home = landed_copy(done, tmp_path / f"home{killed}")
        for number in range(KILLS_A_HOME):
            reached = partial(has_written, home, rng.randint(min(written(home), commits), commits)) if number else (home / "dagster").exists
            process = start(home, "run")
            wait_for(process, reached)
            time.sleep(rng.uniform(0.0, 0.2 if number else 2.0))
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            killed += 1
        assert call_with_key(home, "run").code == 0
        assert differences(snapshot(lake_of(home)), undisturbed) == []
        assert files(home / "tickets") == undisturbed_tickets
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
            assert instance.get_run_records(dg.RunsFilter(statuses=unfinished)) == []
        shutil.rmtree(home)


def test_ctrl_c_says_that_the_next_run_continues_and_it_does(done: Path, tmp_path: Path, call_with_key: Call) -> None:
    home = landed_copy(done, tmp_path / "home")
    process = start(home, "run")
    wait_for(process, partial(has_written, home, 20))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode in (0, 130)
    if process.returncode == 130:
        assert "feedback run" in err
        assert "Traceback" not in err
    assert call_with_key(home, "run").code == 0
    assert differences(snapshot(lake_of(home)), snapshot(lake_of(done))) == []


def test_two_runs_at_once_in_one_home_do_not_both_work(done: Path, tmp_path: Path) -> None:
    home = landed_copy(done, tmp_path / "home")
    first, second = start(home, "run"), start(home, "run")
    errors = [p.communicate(timeout=300)[1] for p in (first, second)]
    codes = sorted(p.returncode for p in (first, second))
    assert codes in ([0, 1], [0, 0])  # both green when one ended before the other began
    if codes == [0, 1]:
        assert any("another `feedback run`" in e for e in errors)
    assert differences(snapshot(lake_of(home)), snapshot(lake_of(done))) == []
