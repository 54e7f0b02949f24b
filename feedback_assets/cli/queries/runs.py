"""What the home's own Dagster storage says of failed runs and checks, read from its SQLite files without importing Dagster.

A home whose storage is elsewhere, or whose files cannot be read, has no answer here: None, and the reader says so.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from feedback_assets.alerts.failures import NO_DAY, RUN, Facts, Outcome

LAUNCHED_BY = "feedback/launched_by"
_PARTITION, _FIRST, _LAST = "dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_TAGS = (LAUNCHED_BY, _PARTITION, _FIRST, _LAST)
_MOST = 2000
"""Newest finished runs that are looked at."""


@dataclass(frozen=True)
class FailedCheck:
    """The last result of a check on a day, which was a failure with severity ERROR."""

    day: str
    asset: str
    check: str


def run_outcomes(dagster_home: Path) -> list[Outcome] | None:
    """How the newest finished runs ended; None when the storage cannot be read."""
    ended = "SELECT run_id, pipeline_name, status, coalesce(end_time, strftime('%s', update_timestamp)), run_body FROM runs"
    rows = _rows(
        dagster_home / "history" / "runs.db",
        f"{ended} WHERE status IN ('SUCCESS', 'FAILURE') ORDER BY id DESC LIMIT ?",
        (_MOST,),
    )
    if rows is None:
        return None
    marks = ", ".join("?" * len(_TAGS))
    tags: dict[str, dict[str, str]] = {}
    found = _rows(dagster_home / "history" / "runs.db", f"SELECT run_id, key, value FROM run_tags WHERE key IN ({marks})", _TAGS)  # noqa: S608 - only marks
    for run_id, key, value in found or ():
        tags.setdefault(run_id, {})[key] = value
    return [_outcome(row, tags.get(row[0], {})) for row in rows]


def failed_checks(dagster_home: Path, days: Sequence[date]) -> list[FailedCheck]:
    """The checks whose last result on one of these days was an error. Empty when the storage cannot be read."""
    marks = ", ".join("?" * len(days))
    asked = f"SELECT partition, asset_key, check_name, execution_status, evaluation_event FROM asset_check_executions WHERE partition IN ({marks})"  # noqa: S608, E501 - only marks
    done = "AND evaluation_event IS NOT NULL AND execution_status IN ('SUCCEEDED', 'FAILED') ORDER BY id"
    rows = _rows(dagster_home / "history" / "runs" / "index.db", f"{asked} {done}", tuple(d.isoformat() for d in days))
    last = {(day, asset, check): (status, event) for day, asset, check, status, event in rows or ()}
    return [
        FailedCheck(day, "/".join(json.loads(asset)), check)
        for (day, asset, check), (status, event) in sorted(last.items())
        if status == "FAILED" and "AssetCheckSeverity.ERROR" in event
    ]


def _rows(database: Path, query: str, values: Sequence[Any]) -> list[Any] | None:
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.Error:
        return None


def _outcome(row: tuple[Any, ...], tags: dict[str, str]) -> Outcome:
    run_id, job, status, at, body = row
    # The process of a `feedback run` that died is continued by the next one; a bug of one leaves its day with work to do.
    continues = status == "FAILURE" and LAUNCHED_BY in tags
    return Outcome(
        RUN,
        job,
        status == "SUCCESS",
        datetime.fromtimestamp(float(at), UTC),
        tuple(_days(tags)) or NO_DAY,
        tuple(sorted(_assets(body))),
        Facts(what=f"run {run_id}", run_id=run_id),
        continues=continues,
    )


def _days(tags: dict[str, str]) -> Iterator[str]:
    if _PARTITION in tags:
        yield tags[_PARTITION]
    elif _FIRST in tags and _LAST in tags:
        try:
            first, last = date.fromisoformat(tags[_FIRST]), date.fromisoformat(tags[_LAST])
        except ValueError:
            return
        yield from ((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))


def _assets(body: str) -> Iterator[str]:
    """The assets that a run was for, from its stored form; none: all of its job."""
    try:
        chosen = json.loads(body).get("asset_selection")
    except (ValueError, AttributeError):
        return
    if isinstance(chosen, dict):
        yield from ("/".join(key["path"]) for key in chosen.get("__frozenset__") or ())
