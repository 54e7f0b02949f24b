"""Row accounts of bronze, counted in the tables themselves: records in = bronze rows + dead letters."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, bronze_table
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.verdict import SAMPLE, Verdict


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


def dead_letter_verdict(lake: Lakehouse, source: str, days: Sequence[date]) -> Verdict:
    """How many records are dead letters, by reason. Any is worth a look; none stops a run."""
    rows = lake.read(
        DEAD_LETTERS, columns=["file", "start", "end", "reason"], where={"feed_date": list(days), "source": [source]}
    ).to_pylist()
    rows.sort(key=lambda r: (r["reason"], r["file"], r["start"]))
    reasons = Counter(r["reason"] for r in rows)
    told = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items())) or "none"
    return Verdict(
        passed=not rows,
        rule=f"Records of {source} can be read (dead letters: {told}).",
        number=len(rows),
        threshold="0 dead letters",
        owner="data-platform",
        next_command=f"feedback dead-letters --source {source}",
        sample=[dict(r) for r in rows[:SAMPLE]],
    )
