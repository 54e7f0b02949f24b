"""What a ticket can show of a theme: representative quotes and the segments that it is told in. Reads tables, decides nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.signals import DAILY_COUNTS
from feedback_assets.contracts.themes import ASSIGNMENTS
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


def issues_in_force(lake: Lakehouse) -> frozenset[str]:
    """Ids of the issues that count, of all themes."""
    return frozenset(lake.read(ASSIGNMENTS, columns=["issue_id"], where={"superseded": [False]})["issue_id"].to_pylist())


def said_by_theme(lake: Lakehouse, themes: Collection[str]) -> dict[str, list[Said]]:
    """Theme -> its issues in force."""
    import polars as pl

    assigned: pl.DataFrame = pl.DataFrame(
        lake.read(
            ASSIGNMENTS,
            columns=["issue_id", "theme_id", "event_id", "source", "feed_date", "event_day", "similarity"],
            where={"theme_id": sorted(themes), "superseded": [False]},
        )
    )
    found: pl.DataFrame = pl.DataFrame(lake.read(ISSUES, columns=["issue_id", "feed_date", "quote", "confidence"]))
    joined = assigned.join(found, on=["issue_id", "feed_date"], how="inner").select(
        "theme_id", "issue_id", "event_id", "source", "event_day", "quote", "similarity", "confidence"
    )
    said: dict[str, list[Said]] = {}
    for theme, *values in joined.iter_rows():
        said.setdefault(theme, []).append(Said(*values))
    return said


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
