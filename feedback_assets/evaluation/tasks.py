"""The tasks of `feedback evaluate`: their names, what a row of each must hold, and how one is run. Each measures in its own module."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from feedback_assets.evaluation.outcome import LabelError, Outcome, Row

TASKS = {
    "language": '{"text", "language"}',
    "pii": '{"text", "spans": [{"start", "end", "type"}]}',
    "duplicates": '{"id", "text"}, and --pairs FILE of {"a", "b"}',
    "classify": '{"text", "label", "split"}: train and test, and calibration if there is one',
    "cascade": "as for classify: what a cascade of the local tier and an oracle, here the labels, would save",
    "severity": '{"text", "severity"}: a number, higher is worse',
}
"""Task -> what its rows hold."""


def run_task(task: str, rows: Sequence[Row], pairs: Sequence[tuple[str, str]] | None) -> dict[str, Any]:
    """The figures of one task: always task, records, records_per_s, peak_mb, then the task's own.

    records: of the file. records_per_s: records that the component answered (classify, cascade: the test part) by its own seconds.
    peak_mb: the most memory that this process held, in units of 10^6 bytes.
    Raises LabelError.
    """
    if task == "duplicates" and pairs is None:
        raise LabelError("duplicates: the pairs that are known to be duplicates are missing", expected='--pairs FILE, JSONL of {"a", "b"}')
    if task != "duplicates" and pairs is not None:
        raise LabelError(f"{task}: --pairs is for duplicates alone", mend="leave --pairs out")
    module = import_module(f"feedback_assets.evaluation.{task}")
    outcome: Outcome = module.measure(rows) if pairs is None else module.measure(rows, pairs)
    return {
        "task": task,
        "records": len(rows),
        "records_per_s": round(outcome.records / max(outcome.seconds, 1e-9), 1),
        "peak_mb": peak_mb(),
        **outcome.figures,
    }


def peak_mb() -> float:
    """The most memory that this process held so far, in 10^6 bytes."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)  # Linux says kilobytes, macOS bytes
