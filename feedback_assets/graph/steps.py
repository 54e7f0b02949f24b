"""What a step of the graph is: one declaration, from which assets, deps, checks, pool and code version are derived.

A room lists its steps in its assets.py; wiring/build.py puts them together. Here: the words of a declaration and what follows from
several of them. Not here: Dagster (step_assets.py), how rows are judged (gate.py), the work itself (the rooms' modules).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Table
from feedback_assets.ground.batches import Making, versions
from feedback_assets.ground.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.lakehouse.recording import RecordingLakehouse
    from feedback_assets.wiring.services import Services

GOLD_POOL = "gold"
NOT_RESTATING = ("live", "canary")
"""Purposes of runs that read what is new and leave what is there as it is."""
ROOMS = ("bronze", "silver", "enrichment", "themes", "signals", "priority", "tickets", "alerts", "upkeep")
"""In the order of the data."""


@dataclass(frozen=True)
class StepRun:
    """What a step is given when it runs.

    lake: reads and writes go through it and no other. days: the partitions of the run, none for a step across days. purpose: the run's;
    "" when it has none, and then it is not live. applies: whether it publishes what backfills changed, too. code: the version of the
    step's source. again: the outcome of answers that are asked for again; "" for none.
    """

    lake: "RecordingLakehouse"
    services: "Services"
    days: Sequence[date]
    purpose: str
    now: datetime
    applies: bool = False
    code: str = ""
    again: str = ""

    def making(self, **settings: str) -> Making:
        """How its rows are made: by this code and these versions of settings. All but live and canary runs restate."""
        return Making(versions(self.code, settings), self.purpose, restates=self.purpose not in NOT_RESTATING)


@dataclass(frozen=True)
class Judged:
    """What a rule is given: the tables, the days of the run, and the rows that are about to be written where it judges those."""

    lake: "Lakehouse"
    services: "Services"
    days: Sequence[date]
    now: datetime
    rows: "pa.Table | None" = None

    @property
    def offered(self) -> "pa.Table":
        """The rows that are about to be written. Raises for a rule that is judged when the step is done: it has none."""
        if self.rows is None:
            raise ValueError("a rule that judges rows needs `before`: the tables before whose writes it is asked")
        return self.rows


@dataclass(frozen=True)
class Rule:
    """A check of a step beside the contracts of its tables.

    on: the table whose asset shows it. before: the tables before whose writes it judges the rows; rows that break it are not written,
    and the next run meets the rule again. Without tables it is judged when the step is done.
    judge: gives a verdict on all, or one for each day. stops: whether a broken rule stops what follows; a verdict may warn instead.
    """

    name: str
    on: Table
    description: str
    judge: Callable[[Judged], "Verdict | Mapping[date, Verdict]"]
    stops: bool = True
    before: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step: what it reads, what it writes, and how it is run.

    reads: tables of other steps. A lake that records holds the step to it (test_lineage.py).
    writes: the tables that are its assets. keeps: bookkeeping that it writes beside them: ledgers, indexes, checkpoints. Those are no
    assets; what the step did to them stands in its assets' metadata.
    rules: judged on what a run writes. standing: judged at night on what stands (standing.py); `days` are those that the night draws.
    daily: one partition a feed date. code: the packages or modules whose source makes the code version; versions: the settings that do
    (see code_version.py).
    kinds: what it runs on, beside Delta. left_out: the field of its report that counts rows by what became of them; goes_on: the one of
    these that means they went on.
    fresh: how old its newest result may be. heals: whether a failure of what stands outside may pass by itself.
    """

    name: str
    room: str
    description: str
    run: Callable[[StepRun], object]
    writes: tuple[Table, ...]
    reads: tuple[Table, ...] = ()
    keeps: tuple[Table, ...] = ()
    rules: tuple[Rule, ...] = ()
    standing: tuple[Rule, ...] = ()
    kinds: tuple[str, ...] = ("python",)
    daily: bool = False
    pool: str = GOLD_POOL
    code: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    landing: str = ""
    left_out: str = ""
    goes_on: str = ""
    fresh: timedelta | None = None
    heals: bool = False
    without_table: str = ""
    """The asset of a step that writes no table of its own: `room/name`."""

    @property
    def assets(self) -> tuple[str, ...]:
        """The names of its assets, in order."""
        return tuple(t.name for t in self.writes) or (self.without_table,)


def deps_of(step: Step, steps: Iterable[Step]) -> list[str]:
    """The assets that a step's rows are made of.

    A table that is an asset stands for itself. Bookkeeping stands for the assets of the step that keeps it; the ledger of batches, which
    every stage keeps, stands for none: what a stage reads of it comes with the table that the stage before it wrote.
    """
    listed = list(steps)
    assets = {name for s in listed for name in s.assets}
    keepers: dict[str, list[Step]] = {}
    for s in listed:
        for table in s.keeps:
            keepers.setdefault(table.name, []).append(s)
    found: list[str] = [f"landing/{step.landing}"] if step.landing else []
    for table in step.reads:
        keeping = keepers.get(table.name, [])
        if table.name in assets or not keeping:
            found.append(table.name)
        elif len({s.room for s in keeping}) == 1 and all(s.name != step.name for s in keeping):
            found += [s.assets[0] for s in keeping]
    return [name for name in dict.fromkeys(found) if name not in step.assets]


def bookkeeping(steps: Iterable[Step]) -> dict[str, list[str]]:
    """Table that is no asset -> the steps that keep it."""
    listed = list(steps)
    assets = {name for s in listed for name in s.assets}
    found: dict[str, list[str]] = {}
    for s in listed:
        for table in s.keeps:
            if table.name not in assets:
                found.setdefault(table.name, []).append(s.name)
    return found


def undeclared(step: Step, read: Iterable[str]) -> set[str]:
    """Tables that were read although the step does not declare them."""
    own = {t.name for t in (*step.reads, *step.writes, *step.keeps)}
    return set(read) - own


def left_out(step: Step, report: object) -> dict[str, int]:
    """Reason -> rows, over the reports of all days."""
    reports: Sequence[Any] = list(report.values()) if isinstance(report, Mapping) else [report]
    found: dict[str, int] = {}
    for one in reports if step.left_out else ():
        for reason, rows in getattr(one, step.left_out, {}).items():
            if reason != step.goes_on:
                found[reason] = found.get(reason, 0) + rows
    return dict(sorted(found.items()))
