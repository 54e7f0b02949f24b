"""Row accounts between stages: rows in = rows out + each reason, held against the tables before and after the stage."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.verdict import SAMPLE, Verdict


def rows_by_batch(lake: Lakehouse, tables: Sequence[Table], days: Sequence[date], **only: Sequence[str]) -> dict[str, int]:
    """How many rows of these tables and days each batch has; `only` narrows by column values."""
    found: Counter[str] = Counter()
    for table in tables:
        found.update(lake.read(table, columns=["batch_id"], where={"feed_date": list(days), **only})["batch_id"].to_pylist())
    return dict(found)


def stage_verdict(lake: Lakehouse, stage: str, days: Sequence[date], *, rows_in: dict[str, int], rows_out: dict[str, int]) -> Verdict:
    """One stage's ledger adds up and agrees with the tables before and after it.

    rows_in: batch -> rows in the table that the stage reads. rows_out: batch -> rows in the table that it writes.
    """
    ledger = lake.read(STAGE_BATCHES, where={"feed_date": list(days), "stage": [stage]}).to_pylist()
    wrong: list[dict[str, Any]] = []
    for row in ledger:
        reasons = sum(json.loads(row["reasons"]).values())
        batch = row["batch_id"]
        if (
            row["rows_in"] != row["rows_out"] + reasons
            or row["rows_in"] != rows_in.get(batch, 0)
            or row["rows_out"] != rows_out.get(batch, 0)
        ):
            wrong.append(
                {
                    "batch": batch,
                    "ledger in": row["rows_in"],
                    "ledger out": row["rows_out"],
                    "other reasons": reasons,
                    "table in": rows_in.get(batch, 0),
                    "table out": rows_out.get(batch, 0),
                }
            )
    done = {row["batch_id"] for row in ledger}
    missing = sorted(set(rows_in) - done)
    wrong += [
        {"batch": b, "ledger in": None, "ledger out": None, "other reasons": None, "table in": rows_in[b], "table out": rows_out.get(b, 0)}
        for b in missing
    ]
    return Verdict(
        passed=not wrong,
        rule=f"For every batch of stage {stage}: rows in = rows out + each reason, as the tables themselves count.",
        number=len(wrong),
        threshold=f"0 of {len(ledger) + len(missing)} batches",
        owner="data-platform",
        next_command=f"materialize the {stage} asset for the day again; if it stays, open docs/runbooks/row_account.md",
        sample=wrong[:SAMPLE],
    )


STAGES = ("silver", "enrichment", "embeddings")


def unfinished_sources(lake: Lakehouse) -> dict[date, set[str]]:
    """Days that a later daily stage has not done -> the sources of the batches that it lacks.

    Whoever asks for such a day must select the bronze assets of these sources too: their checks decide whether the day may go on.
    """
    found: dict[date, set[str]] = {}
    for batch, _ in _unfinished(lake):
        found.setdefault(batch["feed_date"], set()).add(batch["source"])
    return found


def _unfinished(lake: Lakehouse) -> list[tuple[dict[str, Any], str]]:
    """(batch, stage) for every batch in bronze that a later daily stage has not done."""
    batches = lake.read(MANIFEST, columns=["batch_id", "source", "feed_date"]).to_pylist()
    done = {(r["stage"], r["batch_id"]) for r in lake.read(STAGE_BATCHES, columns=["stage", "batch_id"]).to_pylist()}
    return [(batch, stage) for batch in batches for stage in STAGES if (stage, batch["batch_id"]) not in done]


def unfinished_verdict(lake: Lakehouse) -> Verdict:
    """Which days are unfinished right now: batches in bronze that a later daily stage has not done. Across all days."""
    missing: dict[date, Counter[str]] = {}
    for batch, stage in _unfinished(lake):
        missing.setdefault(batch["feed_date"], Counter())[stage] += 1
    days = sorted(missing)
    span = f" --from {days[0]} --to {days[-1]}" if days else ""
    return Verdict(
        passed=not days,
        rule="Every batch in bronze has gone through silver, enrichment and embeddings.",
        number=len(days),
        threshold="0 unfinished days",
        owner="data-platform",
        next_command=f"open the failed check of the first day in the UI, mend it, then feedback run{span}",
        sample=[{"day": d.isoformat(), **{f"{s} batches missing": missing[d][s] for s in STAGES}} for d in days[:SAMPLE]],
    )
