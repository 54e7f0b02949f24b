"""One home in which `feedback run` meets a day whose source is broken, meets it again, and meets its mended delivery.

It is told once a session, because Dagster, Sail and the local model take seconds to start; tests look at what was noted on the way.
"""

import os
import shutil
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.cli.main import main
from feedback_assets.cli.run import RunReport, _run_days, _Runs
from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.wiring.pending import pending_days
from feedback_assets.wiring.services import Services
from feedback_assets_tests.cli.feedback import forget_jobs
from feedback_assets_tests.small import FIRST, SECOND, THIRD, garbage, land, posts

BROKEN, GOOD_DAYS = SECOND, (FIRST, THIRD)


@dataclass
class Chapter:
    """What one `feedback run` did and left."""

    code: int
    out: str
    err: str
    enriched: dict[date, int]
    checks: list[dict[str, Any]]
    """Each check result of its runs: run, asset, check, passed, blocking, metadata as plain values."""
    green: dict[str, bool]
    """Run id -> whether the run succeeded."""


@dataclass
class Story:
    """The chapters, and the home as it stands at the end."""

    home: Path
    settings: Settings
    chapters: list[Chapter] = field(default_factory=list)

    @property
    def lake(self) -> LocalLakehouse:
        return LocalLakehouse(self.settings.lake)

    def copy_of_tables(self, folder: Path) -> LocalLakehouse:
        """The tables as they stand at the end, for a test to damage."""
        shutil.copytree(self.settings.lake, folder / "lake")
        return LocalLakehouse(folder / "lake")


def tell(home: Path, environment: pytest.MonkeyPatch) -> Story:
    """Three chapters: a broken day among good ones; the same again; the mended delivery."""
    forget_jobs()
    environment.setenv("FEEDBACK_HOME", str(home))
    environment.setenv("DAGSTER_HOME", str(home / "dagster"))
    story = Story(home, Settings(home=home))
    land(home, posts(25, day=FIRST), day=FIRST)
    land(home, [*posts(2, day=BROKEN), *garbage(23)], day=BROKEN)
    land(home, posts(25, day=THIRD), day=THIRD)
    _chapter(story, _run)
    _chapter(story, _run_days_without_gold)
    land(home, posts(25, day=BROKEN), day=BROKEN, name="mended.jsonl", hour=1)
    _chapter(story, _run)
    return story


def _run(_: Story) -> int:
    return main(["run"])


def _run_days_without_gold(story: Story) -> int:
    """What `feedback run` does with the days that are left. Gold is left out: it takes long and is not what this chapter is about."""
    report = RunReport(purpose="live")
    with dg.DagsterInstance.from_config(str(story.settings.dagster_home)) as instance:
        days = pending_days(Services(story.settings))
        if days:
            _run_days(_Runs(instance, "live"), sorted(days), days, report, quiet=True)
    return 0 if report.ok else 1


def _chapter(story: Story, run: Any) -> None:
    earlier = {run_id for chapter in story.chapters for run_id in chapter.green}
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(story)
    checks: list[dict[str, Any]] = []
    with dg.DagsterInstance.from_config(str(story.settings.dagster_home)) as instance:
        runs = [r.dagster_run for r in instance.get_run_records(ascending=True) if r.dagster_run.run_id not in earlier]
        for one in runs:
            for entry in instance.all_logs(one.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
                found = entry.get_dagster_event().asset_check_evaluation_data
                checks.append(
                    {
                        "run": one.run_id,
                        "asset": found.asset_key.to_user_string(),
                        "check": found.check_name,
                        "partition": found.partition,
                        "passed": found.passed,
                        "blocking": found.blocking,
                        "severity": found.severity.value,
                        "metadata": {name: value.value for name, value in found.metadata.items()},
                    }
                )
        green = {r.run_id: r.status == dg.DagsterRunStatus.SUCCESS for r in runs}
    enriched = story.lake.read(ENRICHED_EVENTS, columns=["feed_date"])["feed_date"].to_pylist()
    counted = {day: enriched.count(day) for day in (FIRST, BROKEN, THIRD)}
    story.chapters.append(Chapter(code, out.getvalue(), err.getvalue(), counted, checks, green))


def tables_without_raw_text() -> "list[tuple[Any, list[str]]]":
    """Every table with the columns that may not hold raw personal data: all but bronze's record and silver/raw_text."""
    raw = {"payload", "record_id", "context"}
    return [(t, [n for n in t.column_names if not (t.room == "bronze" and n in raw)]) for t in ALL_TABLES if t.name != "silver/raw_text"]


def texts_of_files(folder: Path) -> "list[tuple[str, str]]":
    """Every file below a folder as text; a database by its rows, because its pages may cut a value in two."""
    return [(os.fspath(p.relative_to(folder)), _text(p)) for p in sorted(folder.rglob("*")) if p.is_file()]


def _text(path: Path) -> str:
    if path.suffix != ".db":
        return path.read_bytes().decode("utf-8", "replace")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return "\n".join(database.iterdump())
