"""What a ticket can show of a theme: representative quotes and the segments that it is told in. Reads tables, decides nothing."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from feedback_assets.contracts.signals import DAILY_COUNTS
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.content import LONGEST_QUOTE, MOST_QUOTES, MOST_SEGMENTS, Quote, Segment, one_line

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


def issues_in_force(lake: Lakehouse, quotes: Collection[Quote]) -> frozenset[str]:
    """Which issues of these quotes still count."""
    days = sorted({date.fromisoformat(q.day) for q in quotes})
    ids = sorted({q.issue_id for q in quotes})
    return frozenset(lake.read(ISSUE_FACTS, columns=["issue_id"], where={"event_day": days, "issue_id": ids})["issue_id"].to_pylist())


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


def representative(said: Collection[Said], first_issue: str) -> tuple[Quote, ...]:
    """Up to MOST_QUOTES different texts: the theme's own quote, then the best of each other source, then the next best.

    Best: nearest to the theme, then most confident, then earliest, then by id.
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
        Quote(text=text, issue_id=one.issue_id, event_id=one.event_id, source=one.source, day=one.day.isoformat())
        for one, text in (leaders + others)[:MOST_QUOTES]
    )


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
