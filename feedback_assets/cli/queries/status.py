"""Counts and ages by stage and source."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.cli.queries.held import Held, held_of
from feedback_assets.cli.queries.landed import landed_files
from feedback_assets.cli.queries.reader import Reader
from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.bronze import BRONZE, DEAD_LETTERS, MANIFEST, SOURCES, STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import THEMES
from feedback_assets.contracts.tickets import TICKETS
from feedback_assets.ground.batches import UNASKED

if TYPE_CHECKING:
    import polars as pl

ASKING = "answers"
"""The stage whose accounts say what is unasked."""
STAGES = ("bronze", "dead_letters", "silver", "enriched", "review", "themes", "tickets")


@dataclass
class SourceStatus:
    """One source. files: ingested ones. pending_files: landed ones that bronze does not have yet. last_file_at: when its newest landed."""

    bronze: int = 0
    dead_letters: int = 0
    silver: int = 0
    enriched: int = 0
    review: int = 0
    files: int = 0
    pending_files: int = 0
    oldest_pending_seconds: float | None = None
    last_file_at: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    last_event_time: datetime | None = None


@dataclass
class Unasked:
    """Texts that wait for the language model: the budget was spent, it was not to be reached, or a job has not answered yet.

    texts: their number. oldest_seconds: since the oldest of their batches came into bronze; None without any. by_day: feed date -> texts.
    """

    texts: int = 0
    oldest_seconds: float | None = None
    by_day: dict[str, int] = field(default_factory=dict)


@dataclass
class Status:
    """stages: rows; bronze over all sources, review open ones, themes active ones with an issue, tickets open and closed ones.

    delta_commits: commits of all tables. last_processed: when each stage last decided something. pending_files: landed, not in bronze.
    unasked: texts that wait for the language model; nothing is held by them. held: what waits for a person, and what is quiet.
    """

    stages: dict[str, int]
    delta_commits: int
    sources: dict[str, SourceStatus]
    tickets_open: int
    last_processed: dict[str, datetime | None] = field(default_factory=dict)
    pending_files: int = 0
    unasked: Unasked = field(default_factory=Unasked)
    held: Held = field(default_factory=Held)


def status_of(reader: Reader, landing: Path, dagster_home: Path, *, now: datetime) -> Status:
    """Reads the tables of a home and its Dagster storage. `now` is what ages are counted to."""
    sources = {s: SourceStatus() for s in SOURCES}
    last: dict[str, datetime | None] = {}
    for source, table in zip(SOURCES, BRONZE, strict=True):
        sources[source].bronze = reader.count(table)
    manifest = reader.frame(MANIFEST, ["batch_id", "source", "file", "bytes", "feed_date", "received_at", "processed_at"])
    ingested = _manifest(manifest, sources, last)
    for stage, table in (("dead_letters", DEAD_LETTERS), ("silver", EVENTS), ("enriched", ENRICHED_EVENTS)):
        _count(reader, sources, last, stage, table)
    review = reader.frame(REVIEW, ["source", "status"])
    for source, n in _counted(review.filter(review["status"] == "open")).items():
        sources.setdefault(source, SourceStatus()).review = n
    landed_days = _pending(sources, landing, ingested, now)
    themes = reader.frame(THEMES, ["status", "issues"])
    tickets = reader.frame(TICKETS, ["status", "updated_at"])
    last["tickets"] = _latest(tickets, "updated_at")
    return Status(
        stages={
            "bronze": sum(s.bronze for s in sources.values()),
            "dead_letters": sum(s.dead_letters for s in sources.values()),
            "silver": sum(s.silver for s in sources.values()),
            "enriched": sum(s.enriched for s in sources.values()),
            "review": sum(s.review for s in sources.values()),
            "themes": themes.filter((themes["status"] == "active") & (themes["issues"] >= 1)).height,
            "tickets": tickets.height,
        },
        delta_commits=sum(reader.version(t) + 1 for t in ALL_TABLES),
        sources=sources,
        tickets_open=tickets.filter(tickets["status"] == "open").height,
        last_processed=last,
        pending_files=sum(s.pending_files for s in sources.values()),
        unasked=_unasked(reader, manifest, now),
        held=held_of(reader, dagster_home, manifest, landed_days, now=now),
    )


def _manifest(manifest: "pl.DataFrame", sources: dict[str, SourceStatus], last: dict[str, datetime | None]) -> dict[str, set[int]]:
    """Fills in files and days. Returns the ingested files with the sizes they had."""
    import polars as pl

    last["bronze"] = _latest(manifest, "processed_at")
    wanted = (pl.len().alias("n"), pl.min("feed_date").alias("lo"), pl.max("feed_date").alias("hi"), pl.max("received_at").alias("at"))
    for row in manifest.group_by("source").agg(*wanted).to_dicts():
        found = sources.setdefault(row["source"], SourceStatus())
        found.files, found.first_day, found.last_day, found.last_file_at = row["n"], row["lo"], row["hi"], row["at"]
    ingested: dict[str, set[int]] = {}
    for file, size in manifest.select("file", "bytes").iter_rows():
        ingested.setdefault(file, set()).add(size)
    return ingested


def _count(reader: Reader, sources: dict[str, SourceStatus], last: dict[str, datetime | None], stage: str, table: Table) -> None:
    """Rows by source, and when the stage last decided; for silver also the last event."""
    import polars as pl

    times = ["processed_at", *(["event_time"] if stage == "silver" else [])]
    data = reader.frame(table, ["source", *times])
    last[stage] = _latest(data, "processed_at")
    for row in data.group_by("source").agg(pl.len().alias("n"), *(pl.max(t) for t in times)).to_dicts():
        found = sources.setdefault(row["source"], SourceStatus())
        setattr(found, stage, row["n"])
        if stage == "silver":
            found.last_event_time = row["event_time"]


def _pending(sources: dict[str, SourceStatus], landing: Path, ingested: dict[str, set[int]], now: datetime) -> set[date]:
    """Fills in the landed files that bronze does not have. Returns their days."""
    days = set()
    for file in landed_files(landing):
        if file.bytes in ingested.get(file.file, ()):
            continue
        found = sources[file.source]
        found.pending_files += 1
        landed_at = datetime.fromtimestamp(file.modified, UTC)
        waiting = max(0.0, (now - landed_at).total_seconds())
        found.oldest_pending_seconds = max(waiting, found.oldest_pending_seconds or 0.0)
        found.last_file_at = max(landed_at, found.last_file_at or landed_at)
        days.add(file.day)
    return days


def _unasked(reader: Reader, manifest: "pl.DataFrame", now: datetime) -> Unasked:
    """From the accounts of the stage that asks. Ages count from bronze: an account is written anew at each try."""
    came = dict(manifest.select("batch_id", "processed_at").iter_rows())
    found = Unasked()
    rows = reader.frame(STAGE_BATCHES, ["feed_date", "batch_id", "reasons", "processed_at"], where={"stage": [ASKING]})
    for day, batch, reasons, written in rows.sort("feed_date", "batch_id").iter_rows():
        texts = json.loads(reasons).get(UNASKED, 0)
        if texts:
            age = max(0.0, (now - came.get(batch, written)).total_seconds())
            found.texts += texts
            found.oldest_seconds = max(age, found.oldest_seconds or 0.0)
            found.by_day[day.isoformat()] = found.by_day.get(day.isoformat(), 0) + texts
    return found


def _counted(data: "pl.DataFrame") -> dict[str, int]:
    return {str(source): int(n) for source, n in data.group_by("source").len().iter_rows()}


def _latest(data: "pl.DataFrame", column: str) -> Any:
    return data[column].max()
