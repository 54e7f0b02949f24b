"""Real input: 45,021 posts of a support forum, 2020-10 to 2022-12, from two exports to themes and tickets. Needs ../shared/data."""

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.command import feedback, feedback_json
from benchmarks.measure import table
from feedback_assets.ground.settings import project_root

FILES = ("dev_redacted_2020-10_2022-12.csv.gz", "multilingual_dev_redacted_to2022.csv.gz")


def main() -> int:
    """FEEDBACK_BENCH_HOME keeps the home for a look afterwards; a temporary one otherwise."""
    data = project_root().parent / "shared" / "data" / "firefox_support"
    if not data.is_dir():
        print(f"skipped: {data.name} is not beside the project", file=sys.stderr)
        return 0
    kept = os.environ.get("FEEDBACK_BENCH_HOME")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(kept or folder)
        mapping = project_root() / "docs" / "examples" / "firefox_support.mapping.yaml"
        ingest = feedback(home, "ingest", "--source", "generic", "--mapping", str(mapping), *(str(data / f) for f in FILES))
        run = feedback(home, "run")
        again = feedback(home, "run")
        status = feedback_json(home, "status")
        tickets = feedback_json(home, "tickets")
        started = time.perf_counter()
        traced = feedback(home, "trace", tickets[0]["id"], "--json") if tickets else None
        traced_s = time.perf_counter() - started
        rows: list[list[object]] = [
            ["feedback ingest (two exports, split by day)", f"{ingest.seconds:.1f}", f"{ingest.peak_mb:.0f}"],
            ["feedback run", f"{run.seconds:.1f}", f"{run.peak_mb:.0f}"],
            ["feedback run again, nothing new", f"{again.seconds:.1f}", f"{again.peak_mb:.0f}"],
        ]
        if traced is not None:
            rows.append(["feedback trace of the first ticket, JSON", f"{traced_s:.2f}", f"{traced.peak_mb:.0f}"])
        table(["step", "seconds", "peak MB"], rows)
        table(["stage", "rows"], list(status["stages"].items()))
        print(f"\nDelta commits: {status['delta_commits']}\n")
        print(feedback(home, "themes", "--limit", "10").output)
    return 0
