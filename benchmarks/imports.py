"""Import of the code location against `import dagster`: every Dagster step pays it. Mark: at most 1.3 times."""

import statistics
import sys
import tempfile

from benchmarks.measure import command, spread, table

TIMES = 9
MARK = 1.3


def main() -> int:
    """Alternates the two so that both meet the same machine. Returns 1 when the mark is missed."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        environ = {"FEEDBACK_HOME": home}
        for _ in range(TIMES):
            theirs.append(command([sys.executable, "-c", "import dagster"], environ).seconds)
            ours.append(command([sys.executable, "-c", "import feedback_assets.definitions"], environ).seconds)
    ratio = statistics.median(ours) / statistics.median(theirs)
    table(
        ["process", "seconds, median of 9 (least to most)", "ratio"],
        [["import dagster", spread(theirs), "1.00"], ["import feedback_assets.definitions", spread(ours), f"{ratio:.2f} (mark {MARK})"]],
    )
    return int(ratio > MARK)
