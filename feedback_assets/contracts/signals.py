"""Contracts of signals, the gold tables: counts, trends, sentiment and KPIs. Rebuilt for days that changed, never incremented."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

DIMENSIONS = ("all", "product_area", "version", "locale", "tier", "source")
_ANY_THEME = Column("theme_id", "string", "Theme, or empty for all issues together.", pattern=r"^(T[0-9a-f]{12})?$")

DAILY_COUNTS = Table(
    name="signals/daily_counts",
    row="How often one theme was told on one event day, in one segment.",
    owner="feedback-analytics",
    columns=(
        Column("event_day", "date", "UTC day of the event time."),
        _ANY_THEME,
        Column("dimension", "string", "Kind of segment.", one_of=DIMENSIONS),
        Column("value", "string", "Segment; empty when unknown, and for dimension all."),
        Column("issues", "int64", "Issues in force.", at_least=0),
        Column("events", "int64", "Events in force.", at_least=0),
        Column("customers", "int64", "Distinct people: known customers, and unknown senders, each group of copies once.", at_least=0),
        Column("severity_sum", "int64", "Sum of severities.", at_least=0),
        Column("negative", "int64", "Issues with negative sentiment.", at_least=0),
        Column("order_value", "double", "Sum of order values of the events, in the reporting currency.", at_least=0),
        Column("amounts_apart", "int64", "Events whose order value is in a currency without a rate, and so not in the sum.", at_least=0),
    ),
    key=("event_day", "theme_id", "dimension", "value"),
    partition_by="event_day",
)

TRENDS = Table(
    name="signals/trends",
    row="Where one theme is heading, as of the last event day that was seen.",
    owner="feedback-analytics",
    columns=(
        c.THEME_ID,
        Column("as_of", "date", "Last event day that was seen in any source."),
        Column("last_7_days", "int64", "Issues on the last 7 days.", at_least=0),
        Column("previous_7_days", "int64", "Issues on the 7 days before.", at_least=0),
        Column("baseline", "double", "Median daily issues over the 28 days before the last 7.", at_least=0),
        Column("spread", "double", "Median absolute deviation over the same days, scaled to a standard deviation.", at_least=0),
        Column("z", "double", "Robust z of the last 7 days' daily mean against the baseline; 0 with nothing to compare."),
        Column("trend", "string", "In a word.", one_of=("new", "rising", "steady", "falling", "quiet")),
        Column("peak_day", "date", "Event day with most issues."),
        Column("peak", "int64", "Issues on that day.", at_least=0),
        Column("returned_on", "date", "Event day on which the complaint came back after having been quiet.", nullable=True),
        Column("quiet_days", "int64", "Observed days that it had been quiet then; 0 when it never came back.", at_least=0),
        Column("top_version", "string", "Version named most often; empty when none."),
        Column("top_version_share", "double", "Its share of the issues that name a version.", at_least=0, at_most=1),
    ),
    key=("theme_id",),
)

SENTIMENT = Table(
    name="signals/sentiment",
    row="Sentiment of all current events on one event day in one segment.",
    owner="feedback-analytics",
    columns=(
        Column("event_day", "date", "UTC day of the event time."),
        Column("dimension", "string", "Kind of segment.", one_of=DIMENSIONS),
        Column("value", "string", "Segment; empty when unknown, and for dimension all."),
        Column("events", "int64", "Current events.", at_least=0),
        Column("negative", "int64", "Of these negative.", at_least=0),
        Column("positive", "int64", "Of these positive.", at_least=0),
        Column("mean_score", "double", "Mean sentiment score.", at_least=-1, at_most=1),
        Column("mean_rating", "double", "Mean rating of the events that have one.", nullable=True, at_least=1, at_most=5),
        Column("last_feed_date", "date", "Latest day under which one of them was delivered."),
    ),
    key=("event_day", "dimension", "value"),
    partition_by="event_day",
)

KPIS = Table(
    name="signals/kpis",
    row="One figure about the pipeline itself for one feed date and source.",
    owner="data-platform",
    columns=(
        c.FEED_DATE,
        c.SOURCE,
        Column(
            "kpi",
            "string",
            "What is measured.",
            one_of=(
                "records_in",
                "validity",
                "duplicate_rate",
                "spam_rate",
                "review_rate",
                "issue_rate",
                "latency_silver_s",
                "latency_enrichment_s",
            ),
        ),
        Column("value", "double", "The figure: rates are 0 to 1; latencies are median seconds from landing.", volatile=False),
        Column("of", "int64", "How many rows it was measured on.", at_least=0),
    ),
    key=("feed_date", "source", "kpi"),
)

TABLES = (DAILY_COUNTS, TRENDS, SENTIMENT, KPIS)
