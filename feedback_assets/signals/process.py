"""Reads what changed since a signal was last made, computes its days or themes anew, and replaces what differs; never incremented.

Nothing changed: nothing is read, nothing is committed. Not here: the computations (counts, trends, sentiment, kpis).
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ISSUE_FACTS, THEME_DAYS, THEMES
from feedback_assets.ground.following import Following
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Changes, Lakehouse, WriteResult
from feedback_assets.signals.counts import daily_counts
from feedback_assets.signals.kpis import kpis
from feedback_assets.signals.sentiment import daily_sentiment
from feedback_assets.signals.trends import last_day, top_version, trend_of

if TYPE_CHECKING:
    import polars as pl

_DELIVERED = ["event_id", "payload_sha256", "feed_date"]
"""A revision that was delivered on several days has a row under each; REVISIONS names the first."""
_SEGMENTS = ("product_area", "version", "locale", "tier")
_DAYS_AT_ONCE = 60
"""Days that are computed at a time when all are, so that memory follows the days and not the history."""


def update_daily_counts(lake: Lakehouse) -> WriteResult:
    """Brings signals/daily_counts up to date with the facts of issues in force."""
    inputs = Following(lake, DAILY_COUNTS.name, (ISSUE_FACTS,))
    if inputs.unchanged:
        return WriteResult()
    days = _changed_or_all(lake, inputs.changed_partitions(ISSUE_FACTS), ISSUE_FACTS, DAILY_COUNTS)
    columns = ["event_day", "theme_id", "issue_id", "event_id", "person", "source", "severity", "sentiment", "order_cents", *_SEGMENTS]
    written = WriteResult()
    for some in _runs(days):
        facts = read_frame(lake, ISSUE_FACTS, columns, {"event_day": some})
        written = _sum(written, lake.replace(DAILY_COUNTS, daily_counts(facts).to_arrow(), where={"event_day": some}))
    inputs.done()
    return written


def update_sentiment(lake: Lakehouse) -> WriteResult:
    """Brings signals/sentiment up to date with the current events that are enriched, by the day they were said."""
    import polars as pl

    inputs = Following(lake, SENTIMENT.name, (REVISIONS, ENRICHED_EVENTS))
    if inputs.unchanged:
        return WriteResult()
    revised = inputs.changes(REVISIONS, [*_DELIVERED, "event_day", "is_current"])
    enriched = inputs.changes(ENRICHED_EVENTS, [*_DELIVERED, "sentiment", "sentiment_score"])
    days: set[date] | None = None
    if revised is not None and enriched is not None:
        days = {*revised.came["event_day"].to_list(), *revised.gone["event_day"].to_list()}
        late = pl.concat([c.select(_DELIVERED) for c in (enriched.came, enriched.gone)])
        if late.height:
            known = read_frame(lake, REVISIONS, [*_DELIVERED, "event_day"], {"feed_date": sorted(set(late["feed_date"].to_list()))})
            days |= set(known.join(late, on=_DELIVERED, how="semi")["event_day"].to_list())
    if days is None:
        days = set(read_frame(lake, REVISIONS, ["event_day"], {"is_current": [True]})["event_day"].to_list())
        days |= set(read_frame(lake, SENTIMENT, ["event_day"], None)["event_day"].to_list())
    written = WriteResult()
    for some in _runs(days):
        current = read_frame(lake, REVISIONS, [*_DELIVERED, "event_day"], {"event_day": some, "is_current": [True]})
        fed = sorted(set(current["feed_date"].to_list()))
        said = read_frame(lake, ENRICHED_EVENTS, [*_DELIVERED, "source", "sentiment", "sentiment_score"], {"feed_date": fed})
        events = read_frame(lake, EVENTS, [*_DELIVERED, "rating", *_SEGMENTS], {"feed_date": fed})
        joined = current.join(said, on=_DELIVERED, how="inner").join(events, on=_DELIVERED, how="left")
        written = _sum(written, lake.replace(SENTIMENT, daily_sentiment(joined).to_arrow(), where={"event_day": some}))
    inputs.done()
    return written


def update_kpis(lake: Lakehouse) -> WriteResult:
    """Brings signals/kpis up to date with the manifest, silver and enrichment, for the feed dates of which something changed."""
    inputs = Following(lake, KPIS.name, (MANIFEST, EVENTS, ENRICHED_EVENTS, REVISIONS, DUPLICATE_INDEX))
    if inputs.unchanged:
        return WriteResult()
    landed = inputs.changes(MANIFEST, ["feed_date", "batch_id", "records_in", "bronze_rows"])
    led = inputs.changes(DUPLICATE_INDEX, ["event_id", "feed_date", "leader_id"])
    by_day = [inputs.changed_partitions(t) for t in (EVENTS, ENRICHED_EVENTS, REVISIONS)]
    days: set[date] = set()
    if landed is None or led is None or any(d is None for d in by_day):
        days |= set(read_frame(lake, MANIFEST, ["feed_date"], None)["feed_date"].to_list())
        days |= lake.partitions(EVENTS) | set(read_frame(lake, KPIS, ["feed_date"], None)["feed_date"].to_list())
    else:
        days |= _days_of(landed) | _days_of(led)
        days |= {d for some in by_day for d in some or ()}
    written = WriteResult()
    for some in _runs(days):
        written = _sum(written, lake.replace(KPIS, _kpis_of(lake, some).to_arrow(), where={"feed_date": some}))
    inputs.done()
    return written


def _kpis_of(lake: Lakehouse, days: Sequence[date]) -> "pl.DataFrame":
    import polars as pl

    where = {"feed_date": days}
    manifest = read_frame(lake, MANIFEST, ["feed_date", "source", "records_in", "bronze_rows"], where)
    silver = read_frame(lake, EVENTS, [*_DELIVERED, "source", "event_time", "spam_reason", "received_at", "processed_at"], where)
    # A record that was delivered again later is current under its first day alone, so that it is counted once.
    current = read_frame(lake, REVISIONS, [*_DELIVERED, "is_current"], where)
    event_days = sorted(set(silver["event_time"].dt.date().drop_nulls().to_list()))
    repeats = read_frame(lake, DUPLICATE_INDEX, ["event_id", "leader_id"], {"event_day": event_days})
    enriched = read_frame(lake, ENRICHED_EVENTS, [*_DELIVERED, "issues", "in_review", "processed_at"], where)
    events = (
        silver.rename({"processed_at": "silver_at"})
        .join(current.filter("is_current"), on=_DELIVERED, how="left")
        .join(
            repeats.filter(pl.col("event_id") != pl.col("leader_id")).select("event_id", is_repeat=pl.lit(value=True)),
            on="event_id",
            how="left",
        )
        .join(enriched.rename({"processed_at": "enriched_at"}).with_columns(enriched=pl.lit(value=True)), on=_DELIVERED, how="left")
        .with_columns(pl.col("is_current", "is_repeat", "enriched").fill_null(value=False), is_spam=pl.col("spam_reason") != "")
    )
    return kpis(manifest, events)


def update_trends(lake: Lakehouse) -> WriteResult:
    """Brings signals/trends up to date with the sums by day, as of the last event day of any current event."""
    import polars as pl

    inputs = Following(lake, TRENDS.name, (THEME_DAYS, SENTIMENT, THEMES))
    if inputs.unchanged:
        return WriteResult()
    as_of, observed = _event_days(lake)
    counts = read_frame(lake, THEME_DAYS, ["event_day", "theme_id", "issues"], None).filter(pl.col("theme_id") != "")
    daily: dict[str, dict[date, int]] = {}
    for theme, day, n in counts.select("theme_id", "event_day", "issues").iter_rows():
        daily.setdefault(theme, {})[day] = n
    versions = {r["theme_id"]: json.loads(r["versions"] or "{}") for r in lake.read(THEMES, columns=["theme_id", "versions"]).to_pylist()}
    rows = []
    for theme in sorted(daily):
        until = as_of or max(daily[theme])
        version, share = top_version(versions.get(theme, {}))
        trend = asdict(trend_of(daily[theme], observed, until))
        rows.append({"theme_id": theme, "as_of": until, **trend, "top_version": version, "top_version_share": share})
    written = lake.replace(TRENDS, to_arrow(TRENDS, rows))
    inputs.done()
    return written


def _event_days(lake: Lakehouse) -> tuple[date | None, frozenset[date]]:
    """The last event day that was seen, and all days on which a current event was told."""
    days = read_frame(lake, SENTIMENT, ["event_day", "last_feed_date"], {"dimension": ["all"]})
    fed: dict[date, date] = dict(days.iter_rows())
    return last_day(fed), frozenset(fed)


def _days_of(changes: Changes) -> set[date]:
    return {*changes.came["feed_date"].to_list(), *changes.gone["feed_date"].to_list()}


def _changed_or_all(lake: Lakehouse, changed: set[date] | None, read: Table, written: Table) -> set[date]:
    """The days to compute: those that changed, or all there are of either table."""
    return lake.partitions(read) | lake.partitions(written) if changed is None else changed


def _runs(days: Collection[date]) -> list[list[date]]:
    ordered = sorted(days)
    return [ordered[at : at + _DAYS_AT_ONCE] for at in range(0, len(ordered), _DAYS_AT_ONCE)]


def _sum(a: WriteResult, b: WriteResult) -> WriteResult:
    return WriteResult(
        inserted=a.inserted + b.inserted,
        updated=a.updated + b.updated,
        deleted=a.deleted + b.deleted,
        unchanged=a.unchanged + b.unchanged,
        committed=a.committed or b.committed,
    )
