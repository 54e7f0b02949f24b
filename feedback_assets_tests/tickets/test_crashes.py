"""A run that is killed at any step, or twice at once, then run again: exactly one ticket a theme, as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import Weights
from feedback_assets.tickets.process import update_tickets
from feedback_assets.tickets.trackers.local import LocalTracker
from feedback_assets_tests.gold_rows import NOW, drop_score, put_score, put_theme, put_trend, theme
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, FusedTracker, Killed

Home = tuple[LocalLakehouse, Path]


def state(home: Home) -> tuple[Any, ...]:
    """Everything that lasts, but for times."""
    lake, folder = home
    outbox = sorted(
        ({k: v for k, v in r.items() if k not in {"written_at", "applied_at"}} for r in lake.read(OUTBOX).to_pylist()),
        key=lambda r: (r["ticket_id"], r["sequence"]),
    )
    tickets = sorted(
        ({k: v for k, v in r.items() if k not in {"opened_at", "updated_at"}} for r in lake.read(TICKETS).to_pylist()),
        key=lambda r: str(r["ticket_id"]),
    )
    files = {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.md"))}
    return outbox, tickets, files


def first_wave(lake: LocalLakehouse) -> None:
    for n in (1, 2, 3):
        put_theme(lake, n)
        put_trend(lake, n)
        put_score(lake, n)


def second_wave(lake: LocalLakehouse) -> None:
    """One updated, one closed for want of feedback, one moved to a new theme, one new."""
    put_score(lake, 1, 90.0, "P1")
    put_theme(lake, 2, issues=0, events=0, customers=0)
    drop_score(lake, 2)
    put_theme(lake, 3, status="retired", successor_id=theme(4))
    drop_score(lake, 3)
    for n in (4, 5):
        put_theme(lake, n)
        put_score(lake, n)


def run(home: Home, weights: Weights, *, hour: int, at: int | None = None, batch: int = 500) -> int:
    """A live run with a fuse; its steps. A new tracker each time, as in a new process."""
    lake, folder = home
    fuse = Fuse(at)
    fused = FusedLake(lake, fuse)
    tracker = FusedTracker(LocalTracker(fused, folder), fuse, batch)
    update_tickets(fused, tracker, purpose="live", weights=weights, now=NOW + timedelta(hours=hour))
    return fuse.steps


def make_home(path: Path) -> Home:
    return LocalLakehouse(path / "lake"), path / "tickets"


def prepared(path: Path, weights: Weights, batch: int) -> tuple[Path, Path]:
    """Two homes to copy: before a first run, and before a run that updates, closes, moves and makes tickets."""
    first, second = path / "first", path / "second"
    first_wave(make_home(first)[0])
    shutil.copytree(first, second)
    run(make_home(second), weights, hour=1, batch=batch)
    second_wave(make_home(second)[0])
    return first, second


@pytest.mark.slow
@pytest.mark.parametrize(("batch", "every"), [(500, 1), (1, 5)])
def test_killed_at_each_step_then_run_again_is_as_if_it_had_not_been_killed(
    tmp_path: Path, weights: Weights, batch: int, every: int
) -> None:
    for before in prepared(tmp_path, weights, batch):
        whole = tmp_path / f"{before.name} whole"
        shutil.copytree(before, whole)
        steps = run(make_home(whole), weights, hour=2, batch=batch)
        assert steps > 10
        expected = state(make_home(whole))
        for at in range(1, steps + 1, every):
            path = tmp_path / f"{before.name} killed {at}"
            shutil.copytree(before, path)
            with pytest.raises(Killed):
                run(make_home(path), weights, hour=2, at=at, batch=batch)
            run(make_home(path), weights, hour=2, batch=batch)
            assert state(make_home(path)) == expected, f"killed at step {at} of {steps}"
            version = make_home(path)[0].version(OUTBOX)
            run(make_home(path), weights, hour=3, batch=batch)
            assert make_home(path)[0].version(OUTBOX) == version


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kills=st.lists(st.integers(1, 20), max_size=4), batch=st.sampled_from([1, 2, 500]))
def test_killed_again_and_again_while_the_themes_go_on_leaves_one_ticket_a_theme(
    tmp_path_factory: pytest.TempPathFactory, weights: Weights, data: st.DataObject, kills: list[int], batch: int
) -> None:
    home = make_home(tmp_path_factory.mktemp("kills"))
    lake, _ = home
    changes: list[Callable[[], None]] = [
        lambda: first_wave(lake),
        lambda: second_wave(lake),
        lambda: put_score(lake, 1, data.draw(st.sampled_from([50.0, 70.0, 95.0])), "P1"),
    ]
    first_wave(lake)
    hour = 0
    for at in kills:
        hour += 1
        data.draw(st.sampled_from(changes))()
        try:
            run(home, weights, hour=hour, at=at, batch=batch)
        except Killed:
            continue
    run(home, weights, hour=hour + 1, batch=batch)
    outbox, tickets, files = state(home)
    themes_open = [t["theme_id"] for t in tickets if t["status"] == "open"]
    assert len(themes_open) == len(set(themes_open))
    assert set(files) == {f"{t['ticket_id']}.md" for t in tickets}
    assert {i["status"] for i in outbox} <= {"applied", "superseded"}
    for t in tickets:
        chain = [i for i in outbox if i["ticket_id"] == t["ticket_id"]]
        assert [i["sequence"] for i in chain] == list(range(1, len(chain) + 1))
        assert chain[-1]["status"] == "applied"
        assert (chain[-1]["content_sha256"], chain[-1]["sequence"]) == (t["content_sha256"], t["revision"])
        assert all(i["attempts"] <= 1 for i in chain)


SCRIPT = """
import sys, time
from pathlib import Path
from datetime import UTC, datetime
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import load_weights
from feedback_assets.ground.settings import project_root
from feedback_assets.tickets.process import update_tickets
from feedback_assets.tickets.trackers.local import LocalTracker

home, mode = Path(sys.argv[1]), sys.argv[2]
lake = LocalLakehouse(home / "lake")

class Slow(LocalTracker):
    def flush(self):
        super().flush()
        if mode == "hang" and self._stored is None and list((home / "tickets").glob("*.md")):
            print("written", flush=True)
            time.sleep(600)

tracker = Slow(lake, home / "tickets")
weights = load_weights(project_root() / "taxonomy" / "priority_weights.yaml")
if mode == "race":
    print("ready", flush=True)
    sys.stdin.readline()
update_tickets(lake, tracker, purpose="live", weights=weights, now=datetime(2024, 6, 1, 13, tzinfo=UTC))
"""


def start(home: Path, mode: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(home), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if mode != "run":
        assert process.stdout is not None
        assert process.stdout.readline().strip() in {"ready", "written"}
    return process


def finish(process: "subprocess.Popen[str]") -> None:
    process.communicate("go\n", timeout=120)
    assert process.returncode == 0


def test_a_process_killed_with_sigkill_between_applying_and_marking_is_made_good(tmp_path: Path, weights: Weights) -> None:
    home = make_home(tmp_path / "home")
    first_wave(home[0])
    process = start(tmp_path / "home", "hang")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert {i["status"] for i in home[0].read(OUTBOX).to_pylist()} == {"pending"}
    run(home, weights, hour=1)
    expected = make_home(tmp_path / "clean")
    first_wave(expected[0])
    run(expected, weights, hour=1)
    assert state(home) == state(expected)


def test_two_processes_at_once_make_one_ticket_a_theme(tmp_path: Path, weights: Weights) -> None:
    home = make_home(tmp_path / "home")
    first_wave(home[0])
    both = [start(tmp_path / "home", "race") for _ in range(2)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        finish(process)
    expected = make_home(tmp_path / "clean")
    first_wave(expected[0])
    run(expected, weights, hour=1)
    assert state(home) == state(expected)
