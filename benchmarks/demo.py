"""The demo: 5,000 records over 14 days from nothing to tickets, and again with nothing new. Mark: at most 60 s."""

import tempfile
from pathlib import Path

from benchmarks.command import feedback, feedback_json
from benchmarks.measure import table

MARK = 60.0


def main() -> int:
    """Returns 1 when the mark is missed or the second round changed anything."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        data = feedback(home, "demo-data", "--records", "5000", "--days", "14", "--seed", "7")
        run = feedback(home, "run")
        first = feedback_json(home, "status")
        feedback(home, "demo-data", "--records", "5000", "--days", "14", "--seed", "7")
        again = feedback(home, "run")
        second = feedback_json(home, "status")
        total = data.seconds + run.seconds
        table(
            ["step", "seconds", "peak MB"],
            [
                ["feedback demo-data", f"{data.seconds:.1f}", f"{data.peak_mb:.0f}"],
                ["feedback run", f"{run.seconds:.1f} (both: {total:.1f}, mark {MARK:.0f})", f"{run.peak_mb:.0f}"],
                ["feedback run again, nothing new", f"{again.seconds:.1f}", f"{again.peak_mb:.0f}"],
            ],
        )
        table(["stage", "rows", "rows after the second run"], [[k, n, second["stages"][k]] for k, n in first["stages"].items()])
        table(["", "first", "second"], [["Delta commits", first["delta_commits"], second["delta_commits"]]])
        return int(total > MARK or first["stages"] != second["stages"] or first["delta_commits"] != second["delta_commits"])
