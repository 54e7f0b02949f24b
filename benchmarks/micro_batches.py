"""A file of 1,000 records into 10 thousand and into a million records of history: bronze, silver, revisions, duplicates.

Marks: at most 1.3 times the time. Both histories have 1,000 records a day and went through the product; the stages run in this process,
without Dagster, after one batch that does not count. FEEDBACK_BENCH_HISTORY: records of the longer history.
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks import records
from benchmarks.measure import table

SHORT = 10_000
PER_DAY = 1_000
BATCH = 1_000
EDITS, AGAIN = 50, 10
BATCHES = 7
MARK = 1.3
_DAYS_AT_ONCE = 40


class Home:
    """A lakehouse and a landing zone with so many records of history."""

    def __init__(self, folder: Path, count: int) -> None:
        from feedback_assets.bronze.landing import LandingZone
        from feedback_assets.compute.sail import SailCompute
        from feedback_assets.lakehouse.local import LocalLakehouse
        from feedback_assets.silver.personal.masker import Policy, masker_of

        self.count = count
        self.zone = LandingZone(folder / "landing")
        self.lake = LocalLakehouse(folder / "lake")
        self.compute = SailCompute()
        self.masker = masker_of(Policy(bytes(32)))
        self.batches = 0

    def build(self) -> float:
        """Lands the history day by day and takes it through the stages; the seconds it took. Done at once where it was done before."""
        days = [self._day(n) for n in range(0, self.count, PER_DAY)]
        started = time.perf_counter()
        for number, day in enumerate(days):
            path = self.zone.root / "forum" / day.isoformat() / "history.jsonl"
            if not path.exists():
                records.write(path, records.lines(number * PER_DAY, PER_DAY, per_day=PER_DAY))
        for at in range(0, len(days), _DAYS_AT_ONCE):
            self.stages(days[at : at + _DAYS_AT_ONCE])
        return time.perf_counter() - started

    def batch(self) -> dict[str, tuple[float, float]]:
        """Lands the next batch and takes it through: stage -> (wall seconds, seconds of processor time)."""
        first = self.count + self.batches * BATCH
        day = self._day(first)
        records.write(self.zone.root / "forum" / day.isoformat() / f"batch{self.batches}.jsonl", self._batch(first))
        self.batches += 1
        return self.stages([day])

    def stages(self, days: list[date]) -> dict[str, tuple[float, float]]:
        """What the assets of these days and of revisions and duplicate groups call."""
        from feedback_assets.bronze.ingest import ingest_days
        from feedback_assets.silver.duplicates.update import update_duplicates
        from feedback_assets.silver.process import process_days
        from feedback_assets.silver.revisions import update_revisions

        now = datetime(2026, 1, 1, tzinfo=UTC)
        steps: dict[str, Callable[[], object]] = {
            "bronze": lambda: ingest_days(self.lake, self.zone, "forum", days, now=now, workers=self.compute.kernel_workers),
            "silver": lambda: process_days(self.lake, self.compute, days, masker=self.masker, now=now),
            "revisions": lambda: update_revisions(self.lake, self.compute),
            "duplicates": lambda: update_duplicates(self.lake),
        }
        return {name: _timed(step) for name, step in steps.items()}

    def _batch(self, first: int) -> Iterator[bytes]:
        """New posts, edits of posts of the last eight days, and some of the day before delivered again."""
        chance = random.Random(first)
        yield from records.lines(first, BATCH - EDITS - AGAIN, per_day=PER_DAY)
        for number in sorted(chance.sample(range(first - 8 * PER_DAY, first - PER_DAY), EDITS)):
            yield records.post(number, chance, per_day=PER_DAY, edited=records.FIRST + timedelta(days=first // PER_DAY))
        yield from records.lines(first - first % PER_DAY - PER_DAY, AGAIN, per_day=PER_DAY)

    @staticmethod
    def _day(number: int) -> date:
        return (records.FIRST + timedelta(days=number // PER_DAY)).date()


def main() -> int:
    """Returns 1 when a batch into the longer history takes more than the mark."""
    long = int(os.environ.get("FEEDBACK_BENCH_HISTORY", "1000000"))
    kept = os.environ.get("FEEDBACK_BENCH_HOME")
    with tempfile.TemporaryDirectory() as folder:
        homes = {n: Home(Path(kept or folder) / f"history{n}", n) for n in (SHORT, long)}
        built = {n: home.build() for n, home in homes.items()}
        print(f"Histories built in {', '.join(f'{s:.0f} s ({n:,} records)' for n, s in built.items())}.\n")
        for home in homes.values():
            home.batch()
        measured: dict[int, list[dict[str, tuple[float, float]]]] = {n: [] for n in homes}
        for _ in range(BATCHES):
            for n, home in homes.items():  # in turns, so that both meet the same machine
                measured[n].append(home.batch())
        next(iter(homes.values())).compute.close()
    return _report(measured, long)


def _report(measured: dict[int, list[dict[str, tuple[float, float]]]], long: int) -> int:
    rows: list[list[object]] = []
    ratio = 0.0
    for stage in (*measured[SHORT][0], "all"):
        told: dict[int, tuple[float, float]] = {}
        for n, batches in measured.items():
            sums = [[sum(v[i] for k, v in b.items() if stage in (k, "all")) for i in (0, 1)] for b in batches]
            told[n] = statistics.median(s[0] for s in sums), statistics.median(s[1] for s in sums)
        ratio = told[long][0] / told[SHORT][0]
        rows.append(
            [stage, *(f"{told[n][0]:.3f} ({told[n][1]:.3f})" for n in (SHORT, long)), f"{ratio:.2f} ({told[long][1] / told[SHORT][1]:.2f})"]
        )
    rows[-1][-1] = f"{rows[-1][-1]}, mark {MARK}"
    table(["stage", f"s into {SHORT:,}, median of {BATCHES} (processor)", f"s into {long:,} (processor)", "ratio (processor)"], rows)
    return int(ratio > MARK)


def _timed(step: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and seconds of processor time of this process and its workers."""
    wall, used = time.perf_counter(), _processor()
    step()
    return time.perf_counter() - wall, _processor() - used


def _processor() -> float:
    me = psutil.Process()
    return float(sum(sum(p.cpu_times()[:2]) for p in (me, *me.children(recursive=True))))
