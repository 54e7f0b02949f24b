"""The nightly second look: whole tables and days, sampled where they are large. Runs judge only what they write.

Bounded: of a table that is larger than MOST_ROWS the newest days and days drawn by the date of the night are judged, so that every day
is met in time, and a night can be told again. Not here: the rules (the rooms'), Dagster (wiring/standing_assets.py).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Table
from feedback_assets.graph.steps import Judged, Step
from feedback_assets.ground.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.wiring.services import Services

MOST_ROWS = 100_000
"""Rows of a table that one night judges, but for the last file or day that goes over it."""
NEWEST_DAYS = 7


@dataclass(frozen=True)
class SecondLook:
    """What one night found on one table: a verdict for each rule, and how much of the table they are about."""

    table: Table
    verdicts: Mapping[str, Verdict]
    rows: int
    rows_judged: int
    days: int
    days_judged: int


def rules_of(steps: Sequence[Step]) -> dict[str, str]:
    """The name of every rule that is judged at night, and what it says."""
    said = {"schema": "Rows as they stand fit the contract of their table: types, nulls, values, unique key."}
    for step in steps:
        for rule in step.standing:
            said.setdefault(rule.name, rule.description)
    return said


def second_looks(lake: "Lakehouse", steps: Sequence[Step], services: "Services", now: datetime) -> Iterator[SecondLook]:
    """Every table that is an asset, one after the other."""
    for step in steps:
        for table in step.writes:
            yield _look(lake, step, table, services, now)


def together(name: str, description: str, looks: Sequence[SecondLook]) -> Verdict:
    """A rule on all its tables as one verdict; its sample names the table, then the rows at fault."""
    judged = [(look.table, look.verdicts[name]) for look in looks if name in look.verdicts]
    broken = [(table, verdict) for table, verdict in judged if not verdict.passed]
    sample = [
        {"table": table.name, "number": verdict.number, "against": verdict.threshold, "row": dict(row)}
        for table, verdict in broken
        for row in (verdict.sample or [{}])
    ]
    return Verdict(
        passed=not broken,
        rule=description,
        number=sum(verdict.number for _, verdict in broken),
        threshold=f"0 in {len(judged)} tables",
        owner=broken[0][0].owner if broken else "data-platform",
        next_command=broken[0][1].next_command if broken else "feedback status",
        sample=sample[:SAMPLE],
        warns=bool(broken) and all(verdict.warns for _, verdict in broken),
    )


def drawn_days(counts: Mapping[Any, int], night: date) -> list[Any]:
    """The days that this night judges: all when they are few rows, else the newest and some that the night draws."""
    newest = sorted(counts, reverse=True)
    others = newest[NEWEST_DAYS:]
    random.Random(night.toordinal()).shuffle(others)  # noqa: S311 - a fixed draw for each night
    drawn, rows = [], 0
    for day in [*newest[:NEWEST_DAYS], *others]:
        if rows >= MOST_ROWS:
            break
        drawn.append(day)
        rows += counts[day]
    return sorted(drawn)


def _look(lake: "Lakehouse", step: Step, table: Table, services: "Services", now: datetime) -> SecondLook:
    counts = lake.counts(table)
    days = drawn_days(counts, now.date()) if table.partition_by else []
    schema, judged = _schema(lake, table, days)
    verdicts = {"schema": schema}
    for rule in step.standing:
        if rule.on.name == table.name:
            verdicts[rule.name] = _worst(rule.judge(Judged(lake, services, days, now)))
    return SecondLook(table, verdicts, sum(counts.values()), judged, len(counts), len(days) or len(counts))


def _schema(lake: "Lakehouse", table: Table, days: Sequence[Any]) -> tuple[Verdict, int]:
    """The contract on these days, or on the table's files until there are enough. A file is in memory at a time."""
    from feedback_assets.contracts.pandera_schema import faults, faults_verdict

    found: list[dict[str, Any]] = []
    judged = 0
    for rows in lake.slices(table, where={table.partition_by: days} if table.partition_by else None):
        found += faults(table, rows)
        judged += rows.num_rows
        if judged >= MOST_ROWS:
            break
    again = f"read docs/tables.md on {table.name}; restore the former Delta version if it was changed by hand, else make it again"
    return faults_verdict(table, found, judged, next_command=again), judged


def _worst(given: Verdict | Mapping[date, Verdict]) -> Verdict:
    """One verdict, or of several that of a day that is broken with the numbers of all."""
    if isinstance(given, Verdict):
        return given
    broken = [v for v in given.values() if not v.passed]
    if not broken:
        return next(iter(given.values()), Verdict(True, "", 0, "", "data-platform", "feedback status"))
    first = broken[0]
    return Verdict(
        False,
        first.rule,
        sum(v.number for v in broken),
        f"0 on {len(given)} days",
        first.owner,
        first.next_command,
        [row for v in broken for row in v.sample],
        all(v.warns for v in broken),
    )
