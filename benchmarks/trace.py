"""`feedback trace` on every ticket of a demo home: from a ticket to byte ranges. Mark: under a second each."""

import statistics
import tempfile
from pathlib import Path

from benchmarks.command import feedback, feedback_json
from benchmarks.measure import spread, table

MARK = 1.0


def main() -> int:
    """Returns 1 when a trace took longer than the mark."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        feedback(home, "demo-data", "--records", "5000", "--days", "14", "--seed", "7")
        feedback(home, "run")
        seconds = [feedback(home, "trace", t["id"], "--json").seconds for t in feedback_json(home, "tickets")]
        table(["tickets", "seconds of one trace, median (least to most)"], [[len(seconds), f"{spread(seconds)} (mark {MARK:.0f})"]])
        return int(statistics.median(seconds) > MARK)
