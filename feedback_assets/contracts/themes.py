"""Contracts of themes: vectors, who belongs to what, facts of issues in force, the theme registry, and the checkpoint of grouping."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

EMBEDDINGS = Table(
    name="themes/embeddings",
    row="The vector of one issue under one embedder. Vectors of different embedders are never compared.",
    owner="feedback-ml",
    columns=(
        c.ISSUE_ID,
        c.FEED_DATE,
        Column("embedder", "string", "Name and version of the embedder."),
        Column("vector", "list<float>", "Unit length."),
    ),
    key=("issue_id", "embedder"),
    partition_by="feed_date",
)

EMBEDDED_TEXTS = Table(
    name="themes/embedded_texts",
    row="One masked text and its vector by a model that is paid for: what is here is not sent again. The text itself is not kept.",
    owner="feedback-ml",
    columns=(
        Column("asked_on", "date", "UTC day on which it was sent: the partition."),
        Column("text_key", "string", "Hash of the text as it was sent.", pattern=c.ID128),
        Column("embedder", "string", "Model and dimensions."),
        Column("model_returned", "string", "Model as the service names it; empty when it took no text."),
        Column("outcome", "string", "ok; rejected: the service does not take this text.", one_of=("ok", "rejected")),
        Column("detail", "string", "Why it is not ok, without text of feedback."),
        Column("is_cut", "bool", "The text was longer than the model reads; its beginning was sent."),
        Column("tokens", "int64", "Its share of the tokens that the service counted for the call.", at_least=0),
        Column("cost_usd", "double", "What it cost by taxonomy/model_prices.yaml, in US dollars.", at_least=0),
        Column("vector", "list<float>", "Unit length; empty when it was rejected."),
        Column("embedded_at", "timestamp", "When the answer came."),
    ),
    key=("text_key", "embedder"),
    partition_by="asked_on",
)

ASSIGNMENTS = Table(
    name="themes/assignments",
    row="One issue and the theme it belongs to. Issues that fit no theme yet have an empty theme id and wait.",
    owner="feedback-ml",
    columns=(
        c.ISSUE_ID,
        Column("theme_id", "string", "Theme, or empty while the issue waits.", pattern=r"^(T[0-9a-f]{12})?$"),
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.SOURCE,
        c.FEED_DATE,
        Column("event_day", "date", "UTC day of the event time."),
        Column("similarity", "double", "Cosine to the theme's centre when it was assigned.", at_least=-1, at_most=1.0001),
        Column("superseded", "bool", "A later revision of the event is in force, or it was deleted: the issue no longer counts."),
    ),
    key=("issue_id",),
    partition_by="feed_date",
)

STATES = Table(
    name="themes/states",
    row="One theme as grouping knows it: what founded it, its centre, and who took over when it ended. No counts.",
    owner="feedback-ml",
    columns=(
        c.THEME_ID,
        Column("status", "string", "Retired themes keep their row and name a successor.", one_of=("active", "retired")),
        Column(
            "successor_id", "string", "Theme that took over most of its issues; empty when active or none.", pattern=r"^(T[0-9a-f]{12})?$"
        ),
        c.CATEGORY,
        c.SUBCATEGORY,
        Column("language", "string", "Language of its texts."),
        Column("founder_issue_id", "string", "Issue that founded the theme.", pattern=c.ID128),
        Column("founded", "timestamp", "Event time of the issue that founded it."),
        Column("embedder", "string", "Name and version of the embedder."),
        Column("centroid", "list<float>", "Unit length mean of its vectors."),
    ),
    key=("theme_id",),
)

ISSUE_FACTS = Table(
    name="themes/issue_facts",
    row="One issue in force, with its theme and all that is counted of it. Counts, trends, scores and evidence follow from these rows.",
    owner="feedback-analytics",
    columns=(
        Column("event_day", "date", "UTC day of the event time."),
        c.ISSUE_ID,
        Column("theme_id", "string", "Theme, or empty while the issue waits.", pattern=r"^(T[0-9a-f]{12})?$"),
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.FEED_DATE,
        c.BATCH_ID,
        c.SOURCE,
        c.EVENT_TIME,
        Column("person", "string", "Who said it: a known customer, else the event that stands for its copies, else the event itself."),
        Column("severity", "int32", "1 cosmetic to 5 loss of data, money or safety.", at_least=1, at_most=5),
        Column("confidence", "double", "Calibrated probability that the category is right.", at_least=0, at_most=1),
        Column("sentiment", "string", "Sentiment of the evidence.", one_of=("negative", "neutral", "positive", "mixed")),
        c.OWNER_TEAM,
        Column("similarity", "double", "Cosine to the theme's centre when it was assigned.", at_least=-1, at_most=1.0001),
        Column("product_area", "string", "Area of the product; empty when unknown."),
        Column("version", "string", "Version or release that the customer uses; empty when unknown."),
        Column("locale", "string", "Locale as the source tells; empty when unknown."),
        Column("tier", "string", "Customer tier; empty when unknown."),
        Column("order_value", "double", "Value of the order or contract, in `currency`.", nullable=True),
        Column("currency", "string", "Its currency, ISO 4217; empty when the source does not tell.", pattern=r"^([A-Z]{3})?$"),
        Column(
            "order_cents",
            "int64",
            "The same in hundredths of the reporting currency; 0 without one, null in a currency that has no rate.",
            nullable=True,
            at_least=0,
        ),
        Column("title", "string", "Masked title of the event; empty when there is none."),
        Column("quote", "string", "Masked text of the first span."),
    ),
    key=("issue_id",),
    partition_by="event_day",
)

THEME_DAYS = Table(
    name="themes/theme_days",
    row="One theme on one event day: sums over its issues in force.",
    owner="feedback-analytics",
    columns=(
        Column("event_day", "date", "UTC day of the event time."),
        Column("theme_id", "string", "Theme, or empty for issues that wait.", pattern=r"^(T[0-9a-f]{12})?$"),
        Column("issues", "int64", "Issues in force.", at_least=1),
        Column("events", "int64", "Events in force.", at_least=1),
        Column("severity_sum", "int64", "Sum of severities.", at_least=0),
        Column("confidence_sum", "int64", "Sum of confidences, in millionths.", at_least=0),
    ),
    key=("event_day", "theme_id"),
)

TOUCHES = Table(
    name="themes/touches",
    row="One batch of events that one theme had, got or lost: with the batch's purpose it says what a live run may publish.",
    owner="data-platform",
    columns=(
        Column("touch_id", "string", "Hash of theme, batch and the issues concerned.", pattern=c.ID128),
        c.FEED_DATE,
        c.BATCH_ID,
        c.THEME_ID,
        Column("purpose", "string", "Purpose of the run that ingested the batch.", one_of=("live", "backfill", "replay", "canary")),
    ),
    key=("touch_id",),
    partition_by="feed_date",
    lasting=True,
)

SAMPLES = Table(
    name="themes/samples",
    row="What one active theme is named by: the wordings of its first issues in force. Names are made anew when one of these rows changes.",
    owner="feedback-ml",
    columns=(
        c.THEME_ID,
        Column("issues", "list<string>", "Ids of these issues, in the order of their event times."),
        Column("wordings", "list<string>", "Title and quote of each, masked."),
        Column("version", "string", "Version that the theme is about; empty when none."),
        Column("fallback", "string", "What it is called when no term tells it from others."),
        Column("terms", "string", "JSON: term of the wordings -> form in which it stands -> how many wordings have it so."),
        Column("centre", "list<float>", "Middle of the vectors of the first wordings, at unit length."),
    ),
    key=("theme_id",),
)

THEMES = Table(
    name="themes/themes",
    row="One theme: the same complaint in many words, with an id that lasts. Counts are over issues in force.",
    owner="feedback-ml",
    columns=(
        c.THEME_ID,
        Column("name", "string", "Distinguishing terms, readable."),
        Column("terms", "list<string>", "Terms that tell this theme from the others, best first."),
        c.CATEGORY,
        c.SUBCATEGORY,
        Column("language", "string", "Language of its texts."),
        c.OWNER_TEAM,
        Column("quote", "string", "One complaint in the customer's words, masked: the one nearest to the centre."),
        Column("quote_issue_id", "string", "Issue that the quote is from.", pattern=c.ID128),
        Column("founder_issue_id", "string", "Issue that founded the theme.", pattern=c.ID128),
        Column("first_day", "date", "First event day."),
        Column("last_day", "date", "Last event day."),
        Column("issues", "int64", "Issues in force.", at_least=0),
        Column("events", "int64", "Events in force, duplicates counted.", at_least=0),
        Column("customers", "int64", "Known customers and unknown senders, each duplicate group of unknown senders once.", at_least=0),
        Column("tiers", "string", "JSON object: tier -> customers in it; each customer once, with the first known tier by name."),
        Column("order_value", "double", "Sum over its customers of each one's dearest order, in the reporting currency.", at_least=0),
        Column("severity", "double", "Mean severity of the issues in force.", nullable=True, at_least=1, at_most=5),
        Column("confidence", "double", "Mean confidence of the issues in force.", nullable=True, at_least=0, at_most=1),
        Column(
            "status",
            "string",
            "A remark (one sentence beside unrelated complaints) gets no score and no ticket; a retired theme names a successor.",
            one_of=("active", "remark", "retired"),
        ),
        Column(
            "successor_id", "string", "Theme that took over most of its issues; empty when active or none.", pattern=r"^(T[0-9a-f]{12})?$"
        ),
        Column("embedder", "string", "Name and version of the embedder."),
        Column("centroid", "list<float>", "Unit length mean of its vectors."),
        Column("versions", "string", "JSON object: version -> issues in force that name it."),
        Column("evidence", "string", "JSON list of the issues that can be quoted: of each source the nearest to the centre, masked."),
    ),
    key=("theme_id",),
)

CHECKPOINTS = Table(
    name="themes/checkpoints",
    row="One theme, or one waiting issue, as it stood at the end of a day: where the next batch continues.",
    owner="feedback-ml",
    columns=(
        Column("through", "date", "Last feed date that is contained."),
        Column("entry", "string", "Theme id, issue id of a waiting issue, meta, or language:<code>:<figure>."),
        Column("kind", "string", "What the entry is.", one_of=("theme", "waiting", "meta")),
        Column("state", "string", "JSON state of a theme; facts of a waiting issue; for meta what was folded, or the size of a language."),
        Column("vector", "list<float>", "Sum of the theme's vectors, the issue's vector, or a figure of a language."),
    ),
    key=("entry",),
)

TABLES = (EMBEDDINGS, EMBEDDED_TEXTS, ASSIGNMENTS, STATES, ISSUE_FACTS, THEME_DAYS, TOUCHES, SAMPLES, THEMES, CHECKPOINTS)
