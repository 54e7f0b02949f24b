"""The chain through Dagster, from files to tickets: a million records over 30 days and three sources by `feedback run`, and what each stage
takes of it.

CHAIN_RECORDS names another number; CHAIN_HOME keeps the home for a look afterwards.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.command import feedback, feedback_json
from benchmarks.measure import table
from feedback_assets.demo.generator import generate

SOURCES = ("zendesk", "google_play", "survey")
DAYS = 30
RECORDS = 1_000_000
_SAMPLE = 20_000


def main() -> int:
    """Prints seconds, records a second and peak memory of `feedback run`, and seconds by stage."""
    records = int(os.environ.get("CHAIN_RECORDS", RECORDS))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("CHAIN_HOME") or Path(folder) / "home")
        landed = _land(home / "landing", records)
        run = feedback(home, "run")
        status = feedback_json(home, "status")
        stages = _stages(home)
        rows = [["feedback run", landed, f"{run.seconds:.0f}", f"{landed / run.seconds:,.0f}", f"{run.peak_mb:,.0f}"]]
        table(["what", "records", "seconds", "records/s", "peak MB of all its processes"], rows)
        print()
        total = sum(stages.values())
        table(["step", "seconds", "share"], [[step, f"{s:.1f}", f"{s / total:.0%}"] for step, s in Counter(stages).most_common(14)])
        table(["stage", "rows"], list(status["stages"].items()))
    return 0


def _land(landing: Path, records: int) -> int:
    """Demo deliveries of SOURCES alone, so many records in all. Returns how many were landed."""
    with tempfile.TemporaryDirectory() as folder:
        share = _of_sources(generate(Path(folder) / "landing", records=_SAMPLE, days=DAYS, seed=5).by_source) / _SAMPLE
    report = generate(landing, records=round(records / share), days=DAYS, seed=5)
    for folder_of in landing.iterdir():
        if folder_of.name not in SOURCES:
            shutil.rmtree(folder_of)
    return _of_sources(report.by_source)


def _of_sources(by_source: Mapping[str, int]) -> int:
    return sum(by_source[s] for s in SOURCES)


def _stages(home: Path) -> dict[str, float]:
    """Step -> seconds over all runs of the home."""
    import dagster as dg

    seconds: Counter[str] = Counter()
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        for run in instance.get_runs():
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time and step.end_time:
                    seconds[step.step_key] += step.end_time - step.start_time
    return dict(seconds)
