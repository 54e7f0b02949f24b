"""What a micro-batch costs in little and in much history: gold with nothing new, 1,000 records from landing to tickets, one late record,
one deletion. Processor seconds and peak memory of the processes that a person starts.

The history is copied at row level (history.py); gold is built on it once. Not here: how fast a first load is (million.py, demo.py).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.command import feedback
from benchmarks.history import lengthen
from benchmarks.measure import table
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.themes import CHECKPOINTS, ISSUE_FACTS, TOUCHES
from feedback_assets.lakehouse.local import LocalLakehouse

DAYS, A_DAY = 10, 3_000
FIRST = date(2025, 6, 2)
SIZES = (3, 33, 100)
"""Copies of 30,000 events: 120,000, a million, three million."""
GOLD = """
import os, dagster as dg
from feedback_assets.cli.run import _Runs
with dg.DagsterInstance.get() as instance:
    assert _Runs(instance, "live").gold()
"""


def main() -> int:
    """Prints the figures of each size. GOLD_COPIES names other sizes than SIZES."""
    sizes = [int(n) for n in os.environ.get("GOLD_COPIES", "").split()] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        feedback(base, "demo-data", "--records", str(DAYS * A_DAY), "--days", str(DAYS), "--seed", "5", "--first-day", FIRST.isoformat())
        feedback(base, "run")
        rows = []
        for copies in sizes:
            home = Path(folder) / f"{copies}"
            shutil.copytree(base, home)
            lake = LocalLakehouse(home / "lake")
            events = lengthen(lake, copies, DAYS)
            for name in (CURSORS, TOUCHES, ISSUE_FACTS):
                shutil.rmtree(lake.location(name), ignore_errors=True)
            _keep_grouping(lake, home)
            built = _measured(home, [sys.executable, "-c", GOLD])
            figures = [("built once", built), ("nothing new", _measured(home, [sys.executable, "-c", GOLD]))]
            last = FIRST + timedelta(days=DAYS - 1)
            for what, land in (("1,000 records", _land_batch), ("one late record", _land_late), ("one deletion", _land_deletion)):
                land(home, last)
                figures.append((what, _measured(home, [str(Path(sys.executable).with_name("feedback")), "run"])))
            rows += [(f"{events:,}", what, f"{seconds:.1f}", f"{peak:,.0f}") for what, (seconds, peak) in figures]
            table(("events", "what", "processor s", "peak MB"), rows[-len(figures) :])
            shutil.rmtree(home)
    return 0


def _keep_grouping(lake: LocalLakehouse, home: Path) -> None:
    """Notes that grouping has read the copied vectors: folding three million events anew is not what is measured."""
    from feedback_assets.contracts.silver import REVISIONS
    from feedback_assets.contracts.themes import ASSIGNMENTS, EMBEDDINGS
    from feedback_assets.ground.following import Following
    from feedback_assets.ground.settings import Settings
    from feedback_assets.themes.fold import Parameters
    from feedback_assets.wiring.services import Services

    settings = {"embedder": Services(Settings(home=home)).embedder.name, "rules": Parameters().version}
    Following(lake, ASSIGNMENTS.name, (EMBEDDINGS, REVISIONS), settings).done()
    if not lake.count(CHECKPOINTS):
        raise RuntimeError("the small home has no checkpoint of grouping")


def _measured(home: Path, arguments: Sequence[str]) -> tuple[float, float]:
    """Processor seconds of a process and its children, and the peak of the largest of them in MB."""
    probe = (
        "import json, resource, subprocess, sys; r = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps([u.ru_utime + u.ru_stime, u.ru_maxrss / 1024, r.returncode, r.stderr[-800:]]))"
    )
    environ = {"FEEDBACK_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True, env={**os.environ, **environ}
    )
    seconds, peak, code, said = json.loads(done.stdout.splitlines()[-1])
    if code:
        raise RuntimeError(said)
    return seconds, peak


def _land_batch(home: Path, day: date) -> None:
    _forum(home, day, [_post(n, day, f"The app crashes when I save note {n}, since the update to 4.3.1") for n in range(1000)], "batch")


def _land_late(home: Path, day: date) -> None:
    _forum(home, day - timedelta(days=5), [_post(5000, day - timedelta(days=5), "The app crashes on every start, nothing works")], "late")


def _land_deletion(home: Path, day: date) -> None:
    gone = json.loads(_post(7, day, "The app crashes when I save note 7")) | {
        "updated_at": f"{day}T23:59:00Z",
        "deleted_at": f"{day}T23:59:00Z",
    }
    _forum(home, day, [json.dumps(gone)], "gone")


def _post(n: int, day: date, text: str) -> str:
    return json.dumps(
        {"id": 90_000_000 + n, "created_at": f"{day}T12:{n // 60 % 60:02}:{n % 60:02}Z", "username": f"user{n}", "cooked": text}
    )


def _forum(home: Path, day: date, lines: Sequence[str], name: str) -> None:
    path = home / "landing" / "forum" / day.isoformat() / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
