"""What was asked about themes and what it cost, in interpretation/theme_notes. Not here: asking (asking.py)."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.interpretation import THEME_NOTES
from feedback_assets.contracts.themes import ISSUE_FACTS
from feedback_assets.lakehouse.frames import read_frame

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse


def spent_on(lake: "Lakehouse", day: date) -> float:
    """US dollars that questions about themes cost on a UTC day."""
    return float(read_frame(lake, THEME_NOTES, ["cost_usd"], {"asked_on": [day]})["cost_usd"].sum())


def gone_issues(lake: "Lakehouse", rows: Collection[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """(theme, issue) of the issues whose quotes were shown in these rows and that are no longer in force in that theme."""
    shown = {(row["theme_id"], issue) for row in rows for issue in row["issue_ids"]}
    days = sorted({date.fromisoformat(day) for row in rows for day in row["issue_days"]})
    where = {"event_day": days, "issue_id": sorted({issue for _, issue in shown})}
    stand = lake.read(ISSUE_FACTS, columns=["theme_id", "issue_id"], where=where)
    return shown - set(zip(stand["theme_id"].to_pylist(), stand["issue_id"].to_pylist(), strict=True))


def last_asked(lake: "Lakehouse", themes: Collection[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """(theme, task) -> the row of the last question about it."""
    columns = ["theme_id", "task", "prompt_version", "model", "category", "issues", "outcome", "asked_at", "issue_ids", "issue_days"]
    rows = read_frame(lake, THEME_NOTES, columns, {"theme_id": sorted(themes)}).sort("asked_at")
    return {(row["theme_id"], row["task"]): row for row in rows.iter_rows(named=True)}
