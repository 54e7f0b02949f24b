"""1,000 micro-batches with upkeep every 50 and without: files, log, bytes on disk, and what a read costs at 100, 300 and 1,000.

A batch is what the stages do to their tables: rows appended to a day and to the ledger, an upsert across days, a gold table made anew.
A reader beside the writer reads all of it over and over and ends the benchmark when it meets an error or fewer rows than before. Versions
are kept for as long as a few upkeeps are apart (the product keeps a day's). FEEDBACK_BENCH_BATCHES: how many, a multiple of 20.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.measure import table

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.contracts import Table
    from feedback_assets.lakehouse.local import LocalLakehouse

UPKEEPS = 20
BATCHES_A_DAY = 100
ROWS = 100
KEEP = timedelta(seconds=10)
READS = 5


def tables() -> "list[Table]":
    """A table of days, a ledger, a table of all days that is upserted, a table that is made anew."""
    from feedback_assets.contracts import table_named

    return [table_named(n) for n in ("enrichment/issues", "bronze/stage_batches", "silver/duplicate_groups", "silver/duplicate_counts")]


def write(lake: "LocalLakehouse", batch: int) -> None:
    """The writes of one micro-batch."""
    issues, ledger, groups, counts = tables()
    day = date(2025, 1, 1) + timedelta(days=batch // BATCHES_A_DAY)
    ids = range(batch * ROWS, (batch + 1) * ROWS)
    edited = range(max(0, batch - 1) * ROWS, max(0, batch - 1) * ROWS + ROWS // 5)
    new = [{"issue_id": f"{i:032x}", "event_id": f"{i:032x}", "feed_date": day, "owner": "team", "evidence": []} for i in ids]
    lake.append_new(issues, _rows(issues, new))
    grouped = [{"event_id": f"{i:032x}", "group_id": f"{i // 3:032x}", "similarity": batch / 1e4} for i in {*ids, *edited}]
    lake.upsert(groups, _rows(groups, grouped))
    made = [{"group_id": f"{i:032x}", "mentions": batch, "customers": batch, "is_template": False} for i in range(200)]
    lake.replace(counts, _rows(counts, made))
    done = {"stage": "enrichment", "feed_date": day, "source": "forum", "batch_id": f"{batch:032x}", "rows_in": ROWS, "rows_out": ROWS}
    lake.append_new(ledger, _rows(ledger, [done]))


def _rows(of: "Table", rows: list[dict[str, object]]) -> "pa.Table":
    from feedback_assets.contracts.arrow import to_arrow

    return to_arrow(of, rows)


def writer(root: Path, batches: int) -> None:
    """Writes batch after batch; says how many are done and its seconds of processor time, and waits to be told to go on at every stop."""
    from feedback_assets.lakehouse.local import LocalLakehouse

    lake = LocalLakehouse(root)
    for batch in range(batches):
        write(lake, batch)
        if (batch + 1) % (batches // UPKEEPS) == 0:
            print(batch + 1, time.process_time(), flush=True)


def reader(root: Path, batches: int) -> None:
    """Reads until all batches are there."""
    from feedback_assets.lakehouse.local import LocalLakehouse

    lake = LocalLakehouse(root)
    issues, ledger, groups, counts = tables()
    seen = reads = 0
    while seen < batches:
        rows = lake.read(ledger, columns=["batch_id"]).num_rows
        held = sum(s.num_rows for s in lake.slices(issues, columns=["issue_id"]))
        if rows < seen or held < rows * ROWS or lake.read(groups).num_rows < rows * ROWS or lake.read(counts).num_rows not in {0, 200}:
            sys.exit(f"rows are missing at batch {rows}")
        seen, reads = rows, reads + 1
        time.sleep(0.2)
    print(reads)


@dataclass(frozen=True)
class Size:
    """A lakehouse at one moment."""

    live: int
    live_bytes: int
    files: int
    disk: int
    log_files: int
    log: int
    open_and_read: float

    def row(self) -> list[object]:
        return [
            self.live,
            f"{self.live_bytes / 1e6:.1f}",
            self.files,
            f"{self.disk / 1e6:.1f}",
            self.log_files,
            f"{self.log / 1e6:.2f}",
            f"{self.open_and_read * 1000:.0f}",
        ]


def measure(root: Path) -> Size:
    """Files, bytes, and the processor time of opening and reading the four tables, the least of several."""
    from deltalake import DeltaTable

    from feedback_assets.lakehouse.local import LocalLakehouse

    paths = {p: p.stat().st_size for p in root.rglob("*") if p.is_file() and "_locks" not in p.parts}
    log = {p: size for p, size in paths.items() if "_delta_log" in p.parts}
    seconds = []
    for _ in range(READS):
        lake, began = LocalLakehouse(root), time.process_time()
        for t in tables():
            lake.read(t)
        seconds.append(time.process_time() - began)
    sizes = [n for t in tables() for n in DeltaTable(str(root / t.name)).get_add_actions(flatten=True)["size_bytes"].to_pylist()]
    return Size(
        len(sizes), sum(sizes), len(paths) - len(log), sum(paths.values()) - sum(log.values()), len(log), sum(log.values()), min(seconds)
    )


def run(root: Path, batches: int, *, upkeep: bool) -> tuple[dict[int, Size], dict[int, float], list[float], list[float], int]:
    """Sizes at the marks, the writer's processor time a batch before each, seconds and longest waits of each upkeep, reads."""
    from feedback_assets.lakehouse.local import LocalLakehouse

    both = [_start(name, root, batches) for name in ("writer", "reader")]
    sizes: dict[int, Size] = {}
    costs: dict[int, float] = {}
    took: list[float] = []
    waits: list[float] = []
    used = 0.0
    for line in _lines(both[0]):
        done, now = int(line.split()[0]), float(line.split()[1])
        if upkeep:
            began = time.process_time()
            told = [LocalLakehouse(root).upkeep(t, keep=KEEP, now=datetime.now(UTC)) for t in tables()]
            took.append(time.process_time() - began)
            waits.append(max(t.longest_hold for t in told))
        costs[done], used = (now - used) * UPKEEPS / batches, now
        if done in {batches // 10, batches * 3 // 10, batches}:
            sizes[done] = measure(root)
    if both[0].wait():
        both[1].kill()  # it waits for batches that do not come
    reads = both[1].communicate()[0]
    if both[0].returncode or both[1].returncode:
        raise SystemExit("the writer or the reader failed beside upkeep")
    return sizes, costs, took, waits, int(reads)


def _start(name: str, root: Path, batches: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-m", "benchmarks.upkeep", name, str(root), str(batches)], stdout=subprocess.PIPE, text=True)


def _lines(process: "subprocess.Popen[str]") -> IO[str]:
    if process.stdout is None:
        raise SystemExit("the writer has no output")
    return process.stdout


def main() -> int:
    """Returns 1 when with upkeep the log or the bytes on disk at the end are more than 1.5 times those at three tenths."""
    batches = int(os.environ.get("FEEDBACK_BENCH_BATCHES", "1000"))
    rows: list[list[object]] = []
    notes: list[str] = []
    failed = 0
    for upkeep in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            sizes, costs, took, waits, reads = run(Path(folder) / "lake", batches, upkeep=upkeep)
        name = f"every {batches // UPKEEPS}" if upkeep else "none"
        rows += [[name, done, *size.row(), f"{costs[done] * 1000:.0f}"] for done, size in sizes.items()]
        notes.append(f"upkeep {name}: {reads} reads of all rows beside the writer, none failed")
        if upkeep:
            notes.append(
                f"an upkeep of the four tables takes {sum(took) / len(took):.2f} s of processor time ({max(took):.2f} at most);"
                f" a writer waits {max(waits):.2f} s at most"
            )
            early, late = sizes[batches * 3 // 10], sizes[batches]
            failed = int(late.log > 1.5 * early.log or late.files > 1.5 * early.files)
    table(
        ["upkeep", "batches", "live files", "live MB", "data files", "MB", "log files", "log MB", "ms to read all", "ms a batch to write"],
        rows,
    )
    print("\n" + ". ".join(notes) + ".")
    return failed


if __name__ == "__main__":
    {"writer": writer, "reader": reader}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
