"""Sentiment of current events by day and segment. Pure: a frame in, a frame out."""

from typing import TYPE_CHECKING

from feedback_assets.contracts.signals import DIMENSIONS, SENTIMENT
from feedback_assets.reckoning.money import mean_of_millionths, millionths
from feedback_assets.signals.counts import segment

if TYPE_CHECKING:
    import polars as pl


def daily_sentiment(events: "pl.DataFrame") -> "pl.DataFrame":
    """Rows of signals/sentiment, sorted by key.

    events: one row a current event that was enriched, with event_day, feed_date, source, sentiment, sentiment_score, rating and the
    segments' columns. Mixed and neutral events count as neither negative nor positive.
    """
    import polars as pl

    base = events.with_columns(score=millionths("sentiment_score"), stars=millionths("rating"))
    parts = [
        base.with_columns(segment(dimension))
        .group_by("event_day", "value")
        .agg(
            events=pl.len().cast(pl.Int64),
            negative=(pl.col("sentiment") == "negative").sum().cast(pl.Int64),
            positive=(pl.col("sentiment") == "positive").sum().cast(pl.Int64),
            mean_score=mean_of_millionths("score"),
            mean_rating=mean_of_millionths("stars"),
            last_feed_date=pl.col("feed_date").max(),
        )
        .with_columns(pl.col("mean_score").fill_null(0.0), dimension=pl.lit(dimension))
        for dimension in DIMENSIONS
    ]
    return pl.concat(parts).select(SENTIMENT.column_names).sort(SENTIMENT.key)
