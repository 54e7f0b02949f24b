"""Daily counts of issues in force, for each theme and all together, in each segment. Pure: frames in, a frame out."""

from typing import TYPE_CHECKING

from feedback_assets.contracts.signals import DAILY_COUNTS, DIMENSIONS

if TYPE_CHECKING:
    import polars as pl


def segment(dimension: str) -> "pl.Expr":
    """The value of a row in one dimension: the column of that name; empty for `all` and where it is unknown."""
    import polars as pl

    return pl.lit("").alias("value") if dimension == "all" else pl.col(dimension).fill_null("").alias("value")


def daily_counts(issues: "pl.DataFrame") -> "pl.DataFrame":
    """Rows of signals/daily_counts, sorted by key.

    issues: one row an issue in force with issue_id, theme_id (empty while it waits), event_id, event_day, person, source, severity,
    sentiment, product_area, version, locale, tier, order_cents. An event's order value counts once a theme, however many issues it has.
    """
    import polars as pl

    key = ["event_day", "theme_id", "value"]
    base = (
        issues.sort("issue_id")
        .with_columns(
            person=pl.col("person").cast(pl.Categorical).to_physical(),
            event=pl.col("event_id").cast(pl.Categorical).to_physical(),
            cents=pl.col("order_cents").fill_null(0),
            apart=pl.col("order_cents").is_null(),
        )
        .select(
            "theme_id", "event_day", "event", "person", "severity", "sentiment", "cents", "apart", *(d for d in DIMENSIONS if d != "all")
        )
    )
    scopes = pl.concat([base.with_columns(theme_id=pl.lit("")), base.filter(pl.col("theme_id") != "")])
    first = pl.struct("theme_id", "event").is_first_distinct()
    scopes = scopes.with_columns(cents=pl.when(first).then("cents").otherwise(0), apart=first & pl.col("apart"))
    parts = [
        scopes.with_columns(segment(dimension))
        .group_by(key)
        .agg(
            issues=pl.len().cast(pl.Int64),
            events=pl.col("event").n_unique().cast(pl.Int64),
            customers=pl.col("person").n_unique().cast(pl.Int64),
            severity_sum=pl.col("severity").cast(pl.Int64).sum(),
            negative=(pl.col("sentiment") == "negative").sum().cast(pl.Int64),
            order_value=pl.col("cents").sum() / 100,
            amounts_apart=pl.col("apart").sum().cast(pl.Int64),
        )
        .with_columns(dimension=pl.lit(dimension))
        for dimension in DIMENSIONS
    ]
    return pl.concat(parts).select(DAILY_COUNTS.column_names).sort(DAILY_COUNTS.key)
