"""What a ticket can show of a theme: representative quotes and the segments that it is told in. Reads tables, decides nothing."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from feedback_assets.contracts.interpretation import SUMMARY, THEME_NOTES, TRANSLATIONS
from feedback_assets.contracts.signals import DAILY_COUNTS
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.content import LONGEST_QUOTE, MOST_QUOTES, MOST_SEGMENTS, ModelNotes, Quote, Segment, one_line

_NOTED = ("cause", "next_action", "suggested_owner")
SHOWN = ("version", "product_area", "locale", "tier", "source")


@dataclass(frozen=True)
class Said:
    """One issue in force that could be quoted."""

    issue_id: str
    event_id: str
    source: str
    day: date
    text: str
    similarity: float
    confidence: float


def issues_in_force(lake: Lakehouse, issues: Collection[tuple[str, str]]) -> dict[str, str]:
    """Which of these issues, given as (issue id, ISO day), still count, and the theme of each."""
    days = sorted({date.fromisoformat(day) for _, day in issues})
    where: dict[str, list[Any]] = {"event_day": days, "issue_id": sorted({issue for issue, _ in issues})}
    rows = lake.read(ISSUE_FACTS, columns=["issue_id", "theme_id"], where=where)
    return dict(zip(rows["issue_id"].to_pylist(), rows["theme_id"].to_pylist(), strict=True))


def said_by_theme(lake: Lakehouse, themes: Collection[str]) -> dict[str, list[Said]]:
    """Theme -> its issues in force that can be quoted, as the registry keeps them."""
    rows = lake.read(THEMES, columns=["theme_id", "evidence"], where={"theme_id": sorted(themes)}).to_pylist()
    return {row["theme_id"]: [_said(q) for q in json.loads(row["evidence"] or "[]")] for row in rows}


def _said(quotable: dict[str, Any]) -> Said:
    return Said(
        issue_id=quotable["issue_id"],
        event_id=quotable["event_id"],
        source=quotable["source"],
        day=date.fromisoformat(quotable["event_day"]),
        text=quotable["quote"],
        similarity=quotable["similarity"],
        confidence=quotable["confidence"],
    )


def representative(said: Collection[Said], first_issue: str, translated: Mapping[str, str] | None = None) -> tuple[Quote, ...]:
    """Up to MOST_QUOTES different texts: the theme's own quote, then the best of each other source, then the next best.

    Best: nearest to the theme, then most confident, then earliest, then by id. translated: issue -> its quote in the team's language.
    """
    ranked = sorted(said, key=lambda s: (s.issue_id != first_issue, -s.similarity, -s.confidence, s.day, s.issue_id))
    texts: set[str] = set()
    different: list[tuple[Said, str]] = []
    for one in ranked:
        text = one_line(one.text, LONGEST_QUOTE)
        if text and text.casefold() not in texts:
            texts.add(text.casefold())
            different.append((one, text))
    sources: set[str] = set()
    leaders: list[tuple[Said, str]] = []
    others: list[tuple[Said, str]] = []
    for pair in different:
        (others if pair[0].source in sources else leaders).append(pair)
        sources.add(pair[0].source)
    return tuple(
        Quote(
            text=text,
            issue_id=one.issue_id,
            event_id=one.event_id,
            source=one.source,
            day=one.day.isoformat(),
            translation=one_line((translated or {}).get(one.issue_id, ""), LONGEST_QUOTE),
        )
        for one, text in (leaders + others)[:MOST_QUOTES]
    )


def notes_by_theme(lake: Lakehouse, themes: Collection[str]) -> dict[str, ModelNotes]:
    """Theme -> what the language model said of it last. Nothing that was made of an issue which the theme no longer has."""
    found: dict[str, ModelNotes] = {}
    for row in _noted(lake, themes):
        theme, made_of = row["theme_id"], zip(row["issue_ids"], row["issue_days"], strict=True)
        if row["task"] == TRANSLATIONS:
            continue
        before = found.get(theme, ModelNotes())
        told = {"summary": row["summary"]} if row["task"] == SUMMARY else {name: row[name] for name in _NOTED}
        by = f"{row['prompt_version']}, {row['model_returned'] or row['model']}"
        found[theme] = replace(before, **told, by=by, shown=tuple(sorted({*before.shown, *made_of})))
    return {theme: notes for theme, notes in found.items() if notes.summary or any(getattr(notes, name) for name in _NOTED)}


def translated_quotes(lake: Lakehouse, themes: Collection[str]) -> dict[str, str]:
    """Issue -> its quote in the team's language, by the language model."""
    found = (row for row in _noted(lake, themes) if row["task"] == TRANSLATIONS)
    return {issue: text for row in found for issue, text in zip(row["issue_ids"], row["translations"], strict=False) if text}


def _noted(lake: Lakehouse, themes: Collection[str]) -> list[dict[str, Any]]:
    """Rows of answers about these themes, oldest first, of which every issue is still the theme's."""
    rows = [r for r in lake.read(THEME_NOTES, where={"theme_id": sorted(themes)}).to_pylist() if r["outcome"] == "ok"]
    theme_of = issues_in_force(lake, {one for r in rows for one in zip(r["issue_ids"], r["issue_days"], strict=True)})
    stand = [r for r in rows if all(theme_of.get(issue) == r["theme_id"] for issue in r["issue_ids"])]
    return sorted(stand, key=lambda r: (r["asked_at"], r["request_key"]))


def segments_by_theme(lake: Lakehouse, themes: Collection[str]) -> dict[str, dict[str, tuple[Segment, ...]]]:
    """Theme -> dimension -> its most frequent known values, over all event days."""
    import polars as pl

    rows: pl.DataFrame = pl.DataFrame(
        lake.read(
            DAILY_COUNTS,
            columns=["theme_id", "dimension", "value", "issues"],
            where={"theme_id": sorted(themes), "dimension": list(SHOWN)},
        )
    )
    totals = (
        rows.filter(pl.col("value") != "")
        .group_by("theme_id", "dimension", "value")
        .agg(pl.col("issues").sum())
        .sort(["theme_id", "dimension", "issues", "value"], descending=[False, False, True, False])
    )
    found: dict[str, dict[str, tuple[Segment, ...]]] = {}
    for theme, dimension, value, issues in totals.iter_rows():
        values = found.setdefault(theme, {})
        if len(values.get(dimension, ())) < MOST_SEGMENTS:
            values[dimension] = (*values.get(dimension, ()), Segment(value=value, issues=issues))
    return found
