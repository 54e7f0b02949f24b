"""Reads what signals are made of, computes them, and replaces what differs: rebuilt for the days that changed, never incremented.

Each function computes its whole table, compares it with the stored one and replaces only event days whose rows differ (days that are gone
lose their rows). Nothing differs: no commit. Not here: the computations (counts, trends, sentiment, kpis).
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS
from feedback_assets.lakehouse.interface import Lakehouse, Where, WriteResult
from feedback_assets.signals.counts import daily_counts
from feedback_assets.signals.kpis import kpis
from feedback_assets.signals.sentiment import daily_sentiment
from feedback_assets.signals.trends import last_day, top_version, trend_of

if TYPE_CHECKING:
    import polars as pl

_REVISION = ["event_id", "payload_sha256"]
_DELIVERED = [*_REVISION, "feed_date"]
"""A revision that was delivered on several days has a row under each; REVISIONS and ASSIGNMENTS name the first."""
_SEGMENTS = ("product_area", "version", "locale", "tier")


def update_daily_counts(lake: Lakehouse) -> WriteResult:
    """Brings signals/daily_counts up to date with the issues in force (assignments that are not superseded)."""
    assigned = _frame(lake, ASSIGNMENTS, ["issue_id", "theme_id", *_DELIVERED, "source", "event_day"], {"superseded": [False]})
    found = _frame(lake, ISSUES, ["issue_id", "feed_date", "severity", "sentiment"])
    events = _frame(lake, EVENTS, [*_DELIVERED, "customer_key", "order_value", *_SEGMENTS])
    issues = assigned.join(found, on=["issue_id", "feed_date"], how="inner").join(events, on=_DELIVERED, how="left")
    return _replace_days(lake, DAILY_COUNTS, daily_counts(issues))


def update_trends(lake: Lakehouse) -> WriteResult:
    """Brings signals/trends up to date with signals/daily_counts, as of the last event day of any current event."""
    import polars as pl

    as_of, observed = _event_days(lake)
    counts = _frame(
        lake, DAILY_COUNTS, ["event_day", "theme_id", "dimension", "value", "issues"], {"dimension": ["all", "version"]}
    ).filter(pl.col("theme_id") != "")
    daily: dict[str, dict[date, int]] = {}
    for theme, day, n in counts.filter(pl.col("dimension") == "all").select("theme_id", "event_day", "issues").iter_rows():
        daily.setdefault(theme, {})[day] = n
    versions: dict[str, dict[str, int]] = {}
    named = counts.filter(pl.col("dimension") == "version").group_by("theme_id", "value").agg(pl.col("issues").sum())
    for theme, version, n in named.iter_rows():
        versions.setdefault(theme, {})[version] = n
    rows = []
    for theme in sorted(daily):
        until = as_of or max(daily[theme])
        version, share = top_version(versions.get(theme, {}))
        trend = asdict(trend_of(daily[theme], observed, until))
        rows.append({"theme_id": theme, "as_of": until, **trend, "top_version": version, "top_version_share": share})
    return lake.replace(TRENDS, to_arrow(TRENDS, rows))


def update_sentiment(lake: Lakehouse) -> WriteResult:
    """Brings signals/sentiment up to date with the current events that are enriched, by the day they were said."""
    current = _frame(lake, REVISIONS, [*_DELIVERED, "event_day"], {"is_current": [True]})
    said = _frame(lake, ENRICHED_EVENTS, [*_DELIVERED, "source", "sentiment", "sentiment_score"])
    events = _frame(lake, EVENTS, [*_DELIVERED, "rating", *_SEGMENTS])
    joined = current.join(said, on=_DELIVERED, how="inner").join(events, on=_DELIVERED, how="left")
    return _replace_days(lake, SENTIMENT, daily_sentiment(joined))


def update_kpis(lake: Lakehouse) -> WriteResult:
    """Brings signals/kpis up to date with the manifest, silver and enrichment."""
    import polars as pl

    manifest = _frame(lake, MANIFEST, ["feed_date", "source", "records_in", "bronze_rows"])
    silver = _frame(lake, EVENTS, [*_REVISION, "feed_date", "source", "spam_reason", "received_at", "processed_at"])
    current = _frame(lake, REVISIONS, _REVISION, {"is_current": [True]}).with_columns(is_current=pl.lit(value=True))
    repeats = _frame(lake, DUPLICATE_GROUPS, ["event_id"], {"is_representative": [False]}).with_columns(is_repeat=pl.lit(value=True))
    enriched = _frame(lake, ENRICHED_EVENTS, [*_DELIVERED, "issues", "in_review", "processed_at"]).with_columns(enriched=pl.lit(value=True))
    events = (
        silver.rename({"processed_at": "silver_at"})
        .join(current, on=_REVISION, how="left")
        .join(repeats, on="event_id", how="left")
        .join(enriched.rename({"processed_at": "enriched_at"}), on=_DELIVERED, how="left")
        .with_columns(pl.col("is_current", "is_repeat", "enriched").fill_null(value=False), is_spam=pl.col("spam_reason") != "")
    )
    return lake.replace(KPIS, kpis(manifest, events).to_arrow())


def _event_days(lake: Lakehouse) -> tuple[date | None, frozenset[date]]:
    """The last event day that was seen, and all days on which a current event was told."""
    import polars as pl

    days = _frame(lake, REVISIONS, ["event_day", "feed_date"], {"is_current": [True]}).group_by("event_day").agg(pl.col("feed_date").max())
    fed: dict[date, date] = dict(days.select("event_day", "feed_date").iter_rows())
    return last_day(fed), frozenset(fed)


def _replace_days(lake: Lakehouse, table: Table, rows: "pl.DataFrame") -> WriteResult:
    """Replaces the event days on which the stored rows are not exactly `rows`."""
    import polars as pl

    names = list(table.column_names)
    stored = _frame(lake, table, names)
    new = rows.join(stored, on=names, how="anti", nulls_equal=True)
    gone = stored.join(rows, on=names, how="anti", nulls_equal=True)
    days = sorted(pl.concat([new["event_day"], gone["event_day"]]).unique().to_list())
    if not days:
        return WriteResult(unchanged=rows.height)
    changed = rows.filter(pl.col("event_day").is_in(days))
    result = lake.replace(table, changed.to_arrow(), where={"event_day": days})
    return WriteResult(
        inserted=result.inserted,
        updated=result.updated,
        deleted=result.deleted,
        unchanged=result.unchanged + rows.height - changed.height,
        committed=result.committed,
    )


def _frame(lake: Lakehouse, table: Table, columns: Sequence[str], where: Where | None = None) -> "pl.DataFrame":
    import polars as pl

    return pl.DataFrame(lake.read(table, columns=columns, where=where))
