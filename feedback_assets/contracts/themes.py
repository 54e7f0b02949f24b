"""Contracts of themes: vectors, the theme registry, who belongs to what, and the checkpoint that late days replay from."""

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

TABLES = (EMBEDDINGS, ASSIGNMENTS, THEMES, CHECKPOINTS)
