"""Row accounts between stages: rows in = rows out + each reason, held against the tables before and after the stage."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.table import Table
from feedback_assets.ground.batches import decided_counts
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse, Where

if TYPE_CHECKING:
    import pyarrow as pa


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
    return ledger_verdict(stage, ledger, rows_in=rows_in, rows_out=rows_out)


def ledger_verdict(stage: str, ledger: Sequence[Mapping[str, Any]], *, rows_in: dict[str, int], rows_out: dict[str, int]) -> Verdict:
    """The same of ledger rows that are given: all that there should be of the batches in `rows_in`."""
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


def batch_verdicts(
    lake: Lakehouse,
    stage: str,
    ledger: "pa.Table",
    *,
    before: Sequence[Table],
    after: Sequence[Table],
    only: Mapping[str, Sequence[str]] | None = None,
) -> dict[date, Verdict]:
    """Ledger rows that a stage is about to write, held against the tables before and after it: of these batches, by day.

    A batch whose account does not add up stays open: the next run does it again and meets the same rule. only: narrows the rows after.
    """
    rows = [row for row in ledger.to_pylist() if row["stage"] == stage]
    days = sorted({row["feed_date"] for row in rows})
    batches = sorted({row["batch_id"] for row in rows})
    rows_in = _rows_of_batches(lake, before, days, batches)
    rows_out = _rows_of_batches(lake, after, days, batches, **(only or {}))
    found = {}
    for day in days:
        own = [row for row in rows if row["feed_date"] == day]
        ids = {row["batch_id"] for row in own}
        found[day] = ledger_verdict(
            stage,
            own,
            rows_in={b: n for (d, b), n in rows_in.items() if d == day and b in ids},
            rows_out={b: n for (d, b), n in rows_out.items() if d == day and b in ids},
        )
    return found


def sum_verdicts(stage: str, ledger: "pa.Table") -> dict[date, Verdict]:
    """Ledger rows that a stage is about to write add up: rows in = rows out + each reason, by day."""
    found = {}
    rows = [row for row in ledger.to_pylist() if row["stage"] == stage]
    for day in sorted({row["feed_date"] for row in rows}):
        own = [row for row in rows if row["feed_date"] == day]
        rows_in = {row["batch_id"]: row["rows_in"] for row in own}
        rows_out = {row["batch_id"]: row["rows_out"] for row in own}
        found[day] = ledger_verdict(stage, own, rows_in=rows_in, rows_out=rows_out)
    return found


def _rows_of_batches(
    lake: Lakehouse, tables: Sequence[Table], days: Sequence[date], batches: Sequence[str], **only: Sequence[str]
) -> Counter[tuple[date, str]]:
    """Rows of these batches, by day and batch. Files without any of them are left out by their statistics."""
    found: Counter[tuple[date, str]] = Counter()
    for table in tables:
        where: dict[str, Sequence[Any]] = {"feed_date": days, "batch_id": batches, **only}
        rows = lake.read(table, columns=["feed_date", "batch_id"], where=where)
        counted = rows.group_by(["feed_date", "batch_id"]).aggregate([([], "count_all")]).to_pydict()
        found.update(dict(zip(zip(counted["feed_date"], counted["batch_id"], strict=True), counted["count_all"], strict=True)))
    return found


def by_day(lake: Lakehouse, days: Sequence[date], judge: Callable[[Lakehouse, date], Verdict]) -> dict[date, Verdict]:
    """A verdict for each day, each table read once for all of them: for rules over small tables that say what the day is like."""
    once = cast("Lakehouse", DaysRead(lake, days))
    return {day: judge(once, day) for day in days}


class DaysRead:
    """Reads that ask for one of these days are answered from one read of all of them. For small tables, and for reading only."""

    def __init__(self, lake: Lakehouse, days: Sequence[date]) -> None:
        self._lake = lake
        self._days = list(days)
        self._kept: dict[tuple[Any, ...], pa.Table] = {}

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = list((where or {}).get("feed_date", ()))
        if not wanted or not set(wanted) <= set(self._days):
            return self._lake.read(table, columns=columns, where=where)
        rest = {k: v for k, v in (where or {}).items() if k != "feed_date"}
        names = list(columns) if columns is not None else list(table.column_names)
        key = (table.name, *names, *((k, *v) for k, v in sorted(rest.items())))
        if key not in self._kept:
            needed = list(dict.fromkeys([*names, "feed_date"]))
            self._kept[key] = self._lake.read(table, columns=needed, where={**rest, "feed_date": self._days})
        rows = self._kept[key]
        return rows.filter(pc.is_in(rows["feed_date"], value_set=pa.array(wanted, pa.date32()))).select(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)


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
    """(batch, stage) for every batch in bronze that a later daily stage has not done, or not since the stage before did it anew."""
    batches = lake.read(MANIFEST, columns=["batch_id", "source", "feed_date"]).to_pylist()
    ledger = lake.read(STAGE_BATCHES, columns=LEDGER_EDITIONS).to_pylist()
    return unfinished_stages(batches, ledger, decided_counts(lake))


LEDGER_EDITIONS = ("stage", "batch_id", "edition", "read_edition")


def unfinished_stages(
    batches: Sequence[dict[str, Any]], ledger: Iterable[Mapping[str, Any]], decided: Mapping[tuple[date, str], int]
) -> list[tuple[dict[str, Any], str]]:
    """(batch, stage) for each of these batches of bronze that a stage has not done, or not since one before it did it anew, or people
    decided about it. ledger: columns LEDGER_EDITIONS. decided: as batches.decided_counts gives it."""
    done = {(r["stage"], r["batch_id"]): (r["edition"] or 0, r["read_edition"] or 0) for r in ledger}
    found = []
    for batch in batches:
        editions = {stage: done.get((stage, batch["batch_id"]), (0, -1)) for stage in STAGES}
        answered, _ = done.get(("answers", batch["batch_id"]), (0, 0))
        read = editions["silver"][0] + answered + decided.get((batch["feed_date"], batch["batch_id"]), 0)
        before = {"silver": 0, "enrichment": read, "embeddings": editions["enrichment"][0]}
        found += [(batch, stage) for stage in STAGES if editions[stage][1] != before[stage]]
    return found


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
