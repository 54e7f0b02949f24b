"""What is held or quiet in a home: days, runs, intents, broken files, silent sources. Reads tables and the home's Dagster storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from feedback_assets.cli.queries.reader import Reader
from feedback_assets.cli.queries.runs import failed_checks, run_outcomes
from feedback_assets.contracts.bronze import SOURCES, STAGE_BATCHES
from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.outbox import OPEN
from feedback_assets.ground.accounts import LEDGER_EDITIONS, STAGES, unfinished_stages
from feedback_assets.ground.batches import decided_counts
from feedback_assets.tickets.rules import AGE_LIMIT

if TYPE_CHECKING:
    import polars as pl

    from feedback_assets.contracts.table import Table
    from feedback_assets.lakehouse.interface import Lakehouse, Where

HELD_AFTER = timedelta(hours=1)
"""A day may be between two stages for so long; then it is held."""
SILENT_GAPS = 3
"""A source is silent when it has delivered nothing for more than so many of its usual gaps, at least a day each."""
_MOST_DAYS = 500
"""Unfinished days whose failed checks are looked up."""
REGULAR_DAYS = 5
"""A source that delivered on fewer days has no usual gap."""


@dataclass(frozen=True)
class HeldDay:
    """A day with batches in bronze that a later daily stage has not done. why: checks that failed on it. since: the oldest such batch.

    is_held: a check or a run of it failed, or it has been so for longer than HELD_AFTER; else it may be in work.
    """

    day: date
    sources: list[str]
    stages: list[str]
    since: datetime
    why: list[str]
    is_held: bool


@dataclass(frozen=True)
class FailedRun:
    """A run that failed, and what it was for has not succeeded since. days: its partitions, none where it has none."""

    job: str
    days: list[str]
    run_id: str
    ended: datetime


@dataclass(frozen=True)
class WaitingIntent:
    """An effect that has not reached its destination. is_overdue: over the outbox's age limit."""

    destination: str
    action: str
    ticket_id: str
    status: str
    age_seconds: float
    attempts: int
    error: str
    is_overdue: bool


@dataclass(frozen=True)
class SilentSource:
    """A source that delivered regularly and does not now. usual_gap_days: the median gap between days with a file."""

    source: str
    last_day: date
    last_file_at: datetime
    usual_gap_days: int


@dataclass
class Held:
    """All of it. are_runs_known: False when Dagster's storage is elsewhere or cannot be read, so that failed runs are not known."""

    days: list[HeldDay] = field(default_factory=list)
    failed_runs: list[FailedRun] = field(default_factory=list)
    intents: list[WaitingIntent] = field(default_factory=list)
    broken_files: list[dict[str, Any]] = field(default_factory=list)
    silent: list[SilentSource] = field(default_factory=list)
    are_runs_known: bool = True

    @property
    def is_held(self) -> bool:
        """Whether anything waits for a person. A silent source and an intent that is tried again are only named."""
        return bool(self.failed_runs or self.broken_files) or any(d.is_held for d in self.days) or any(i.is_overdue for i in self.intents)


def held_of(reader: Reader, dagster_home: Path, manifest: "pl.DataFrame", landed_days: set[date], *, now: datetime) -> Held:
    """manifest: batch_id, source, feed_date, received_at, processed_at of every ingested file. landed_days: days with files that wait."""
    from feedback_assets.ground.readable import broken_files

    unfinished = _unfinished(reader, manifest)
    outcomes = run_outcomes(dagster_home)
    busy = {d.isoformat() for d in landed_days | set(unfinished)}
    failed = _failed_runs(outcomes or [], busy)
    # The rule asks a lakehouse for rows of some columns alone, which a reader has too.
    broken, _ = broken_files(cast("Lakehouse", _ColumnsOf(reader)), SOURCES)
    return Held(
        days=_held_days(unfinished, dagster_home, {d for run in failed for d in run.days}, now),
        failed_runs=failed,
        intents=_waiting(reader, now),
        broken_files=broken,
        silent=silent_sources(manifest, now),
        are_runs_known=outcomes is not None or not dagster_home.is_dir(),
    )


class _Rows:
    """Rows as the rule reads them. Arrow itself would cost more time than all the rest of a status."""

    def __init__(self, frame: "pl.DataFrame") -> None:
        self.to_pylist = frame.to_dicts


class _ColumnsOf:
    """A reader as a lakehouse that can only read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, table: "Table", *, columns: Sequence[str], where: "Where | None" = None) -> _Rows:
        return _Rows(self._reader.frame(table, columns, where=where))


def _unfinished(reader: Reader, manifest: "pl.DataFrame") -> dict[date, list[tuple[str, str, datetime]]]:
    """Day -> (source, stage, when bronze read it) for each batch that the stage has not done, or not as it is now."""
    batches = manifest.select("batch_id", "source", "feed_date", "processed_at").to_dicts()
    ledger = reader.frame(STAGE_BATCHES, LEDGER_EDITIONS).iter_rows(named=True)
    found: dict[date, list[tuple[str, str, datetime]]] = {}
    for batch, stage in unfinished_stages(batches, ledger, decided_counts(_ColumnsOf(reader))):
        found.setdefault(batch["feed_date"], []).append((batch["source"], stage, batch["processed_at"]))
    return found


def _held_days(
    unfinished: Mapping[date, Sequence[tuple[str, str, datetime]]], dagster_home: Path, failed_days: set[str], now: datetime
) -> list[HeldDay]:
    days = sorted(unfinished)
    why: dict[str, list[str]] = {}
    for check in failed_checks(dagster_home, days[:_MOST_DAYS]) if days else ():
        why.setdefault(check.day, []).append(f"{check.asset} {check.check}")
    made = []
    for day in days:
        since = min(read_at for _, _, read_at in unfinished[day])
        failed = why.get(day.isoformat(), [])
        made.append(
            HeldDay(
                day=day,
                sources=sorted({source for source, _, _ in unfinished[day]}),
                stages=[s for s in STAGES if any(stage == s for _, stage, _ in unfinished[day])],
                since=since,
                why=failed,
                is_held=bool(failed) or day.isoformat() in failed_days or now - since > HELD_AFTER,
            )
        )
    return made


def _failed_runs(outcomes: Sequence[Any], busy: set[str]) -> list[FailedRun]:
    """As the alerts count them: a later success of the same job and days for no fewer assets ends a failure."""
    from feedback_assets.alerts.failures import end_idle, fold

    incidents = fold([], outcomes)
    for incident in incidents:
        end_idle(incident, lambda days: [d for d in days if d not in busy])
    return sorted(
        (FailedRun(i.subject, sorted(d for d in i.open if d), i.facts.run_id, i.began) for i in incidents if i.open),
        key=lambda r: (r.ended, r.run_id),
    )


def _waiting(reader: Reader, now: datetime) -> list[WaitingIntent]:
    columns = ["destination", "action", "ticket_id", "status", "written_at", "attempts", "error", "intent_id"]
    rows = reader.frame(OUTBOX, columns, where={"status": OPEN}).sort("written_at", "intent_id").to_dicts()
    return [
        WaitingIntent(
            r["destination"],
            r["action"],
            r["ticket_id"],
            r["status"],
            (now - r["written_at"]).total_seconds(),
            r["attempts"],
            r["error"],
            now - r["written_at"] > AGE_LIMIT,
        )
        for r in rows
    ]


def silent_sources(manifest: "pl.DataFrame", now: datetime) -> list[SilentSource]:
    """Sources whose last day is more than SILENT_GAPS usual gaps behind the newest day of any source, and whose last file is as old.

    Both, because history that was loaded just now is old by its days, and a home at rest is old by its clock.
    """
    newest = max(manifest["feed_date"].to_list(), default=None)
    found = []
    for source in SOURCES:
        of_source = manifest.filter(manifest["source"] == source)
        days = sorted(set(of_source["feed_date"].to_list()))
        if newest is None or len(days) < REGULAR_DAYS:
            continue
        gaps = sorted((b - a).days for a, b in pairwise(days))
        usual = max(1, gaps[len(gaps) // 2])
        last_file_at = max(of_source["received_at"].to_list())
        longest = timedelta(days=SILENT_GAPS * usual)
        if newest - days[-1] > longest and now - last_file_at > longest:
            found.append(SilentSource(source, days[-1], last_file_at, usual))
    return found
