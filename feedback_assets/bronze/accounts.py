"""Row accounts of bronze, counted in the tables themselves: records in = bronze rows + dead letters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, bronze_table
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa


def bronze_verdict(lake: Lakehouse, source: str, days: Sequence[date]) -> Verdict:
    """Each ingested file's records are all in bronze or in dead letters, none twice, none lost, as the manifest says."""
    files = lake.read(MANIFEST, where={"feed_date": list(days), "source": [source]}).to_pylist()
    rows = Counter(lake.read(bronze_table(source), columns=["batch_id"], where={"feed_date": list(days)})["batch_id"].to_pylist())
    dead = Counter(
        lake.read(DEAD_LETTERS, columns=["batch_id"], where={"feed_date": list(days), "source": [source]})["batch_id"].to_pylist()
    )
    wrong: list[dict[str, Any]] = [
        {"file": f["file"], "records in": f["records_in"], "bronze": rows[f["batch_id"]], "dead letters": dead[f["batch_id"]]}
        for f in files
        if (f["bronze_rows"], f["dead_letters"]) != (rows[f["batch_id"]], dead[f["batch_id"]])
        or f["records_in"] != f["bronze_rows"] + f["dead_letters"]
    ]
    known = {f["batch_id"] for f in files}
    wrong += [
        {"file": f"batch {b}", "records in": 0, "bronze": rows[b], "dead letters": dead[b]}
        for b in sorted((rows.keys() | dead.keys()) - known)
    ]
    return Verdict(
        passed=not wrong,
        rule=f"For every landed file of {source}: records in = bronze rows + dead letters.",
        number=len(wrong),
        threshold=f"0 of {len(files)} files",
        owner="data-platform",
        next_command=f"feedback status; then materialize bronze/{source} for the day again: it adds what is missing and nothing twice",
        sample=wrong[:SAMPLE],
    )


def files_verdicts(lake: Lakehouse, source: str, manifest: "pa.Table") -> dict[date, Verdict]:
    """Manifest rows that are about to be written, held against the records that stand in bronze and dead letters, by day.

    A file whose records do not add up stays out of the manifest: the next run reads it again and meets the same rule.
    """
    files = manifest.to_pylist()
    days, batches = sorted({f["feed_date"] for f in files}), sorted({f["batch_id"] for f in files})
    where: dict[str, Sequence[Any]] = {"feed_date": days, "batch_id": batches}
    rows = Counter(lake.read(bronze_table(source), columns=["batch_id"], where=where)["batch_id"].to_pylist())
    dead = Counter(lake.read(DEAD_LETTERS, columns=["batch_id"], where={**where, "source": [source]})["batch_id"].to_pylist())
    return {day: _account(source, [f for f in files if f["feed_date"] == day], rows, dead) for day in days}


def _account(source: str, files: Sequence[Mapping[str, Any]], rows: Mapping[str, int], dead: Mapping[str, int]) -> Verdict:
    wrong = [
        {
            "file": f["file"],
            "records in": f["records_in"],
            "bronze": rows.get(f["batch_id"], 0),
            "dead letters": dead.get(f["batch_id"], 0),
        }
        for f in files
        if (f["bronze_rows"], f["dead_letters"]) != (rows.get(f["batch_id"], 0), dead.get(f["batch_id"], 0))
        or f["records_in"] != f["bronze_rows"] + f["dead_letters"]
    ]
    return Verdict(
        passed=not wrong,
        rule=f"For every landed file of {source}: records in = bronze rows + dead letters.",
        number=len(wrong),
        threshold=f"0 of {len(files)} files",
        owner="data-platform",
        next_command=f"feedback status; then materialize bronze/{source} for the day again: it adds what is missing and nothing twice",
        sample=wrong[:SAMPLE],
    )


def day_dead_letters(lake: Lakehouse, source: str, days: Sequence[date]) -> dict[date, Verdict]:
    """How many records of each day are dead letters, as the manifest counts them, with a few of them. A warning, never more."""
    files = lake.read(
        MANIFEST, columns=["feed_date", "records_in", "dead_letters"], where={"feed_date": list(days), "source": [source]}
    ).to_pylist()
    records: Counter[date] = Counter()
    dead: Counter[date] = Counter()
    for f in files:
        records[f["feed_date"]] += f["records_in"]
        dead[f["feed_date"]] += f["dead_letters"]
    return {day: _dead_letters(lake, source, day, records[day], dead[day]) for day in days}


def _dead_letters(lake: Lakehouse, source: str, day: date, records: int, dead: int) -> Verdict:
    where: dict[str, Sequence[Any]] = {"feed_date": [day], "source": [source]}
    shown = lake.sample(DEAD_LETTERS, rows=SAMPLE, columns=["file", "start", "end", "reason"], where=where).to_pylist() if dead else []
    reasons = ", ".join(sorted({row["reason"] for row in shown})) or "none"
    return Verdict(
        passed=not dead,
        rule=f"Records of {source} can be read (dead letters: {reasons}).",
        number=dead,
        threshold=f"0 of {records} records",
        owner="data-platform",
        next_command=f"feedback dead-letters --source {source} --day {day}",
        sample=shown,
        warns=True,
    )
