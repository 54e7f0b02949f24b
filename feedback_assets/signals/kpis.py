"""Figures about the pipeline itself, for each feed date and source. Pure: frames in, a frame out.

    records_in            records that landed, readable or not
    validity              share of them that is in bronze
    duplicate_rate        share of current events that only repeat another one
    spam_rate             share of current events that are held to be spam
    review_rate           share of enriched current events with something that people must look at
    issue_rate            share of enriched current events with an accepted issue
    latency_silver_s      median seconds from landing to the silver row
    latency_enrichment_s  median seconds from landing to the enriched row
A figure that would be measured on nothing has no row.
"""

from typing import TYPE_CHECKING

from feedback_assets.contracts.signals import KPIS

if TYPE_CHECKING:
    import polars as pl

_BY = ("feed_date", "source")


def kpis(manifest: "pl.DataFrame", events: "pl.DataFrame") -> "pl.DataFrame":
    """Rows of signals/kpis, sorted by key.

    manifest: feed_date, source, records_in, bronze_rows. events: one row a revision in silver with feed_date, source, is_current,
    is_repeat (of a duplicate group, not its representative), is_spam, enriched, in_review, issues, received_at, silver_at, enriched_at.
    """
    import polars as pl

    landed = manifest.group_by(_BY).agg(pl.col("records_in").sum(), pl.col("bronze_rows").sum()).filter(pl.col("records_in") > 0)
    current = events.filter(pl.col("is_current"))
    enriched = current.filter(pl.col("enriched"))
    parts = [
        landed.select(*_BY, kpi=pl.lit("records_in"), value=pl.col("records_in").cast(pl.Float64), of=pl.col("records_in")),
        landed.select(*_BY, kpi=pl.lit("validity"), value=pl.col("bronze_rows") / pl.col("records_in"), of=pl.col("records_in")),
        _rate(current, "duplicate_rate", pl.col("is_repeat")),
        _rate(current, "spam_rate", pl.col("is_spam")),
        _rate(enriched, "review_rate", pl.col("in_review") > 0),
        _rate(enriched, "issue_rate", pl.col("issues") > 0),
        _latency(events, "latency_silver_s", "silver_at"),
        _latency(events.filter(pl.col("enriched")), "latency_enrichment_s", "enriched_at"),
    ]
    shaped = [part.with_columns(pl.col("of").cast(pl.Int64), pl.col("value").cast(pl.Float64).round(6)) for part in parts]
    return pl.concat(shaped).select(KPIS.column_names).sort(KPIS.key)


def _rate(rows: "pl.DataFrame", name: str, hit: "pl.Expr") -> "pl.DataFrame":
    import polars as pl

    return rows.group_by(_BY).agg(value=hit.sum() / pl.len(), of=pl.len()).with_columns(kpi=pl.lit(name)).select(*_BY, "kpi", "value", "of")


def _latency(rows: "pl.DataFrame", name: str, at: str) -> "pl.DataFrame":
    import polars as pl

    seconds = ((pl.col(at) - pl.col("received_at")).dt.total_microseconds() / 1_000_000).clip(lower_bound=0.0)
    measured = rows.select(*_BY, seconds=seconds).drop_nulls("seconds")
    return (
        measured.group_by(_BY)
        .agg(value=pl.col("seconds").median(), of=pl.len())
        .with_columns(kpi=pl.lit(name))
        .select(*_BY, "kpi", "value", "of")
    )
