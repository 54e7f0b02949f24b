"""Contracts of silver: canonical events, their restricted raw text, revisions and duplicate groups."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

CHANNELS = ("ticket", "chat", "app_review", "shop_review", "return", "survey", "forum", "other")

EVENTS = Table(
    name="silver/events",
    row="One revision of one piece of feedback in canonical form: cleaned, personal data masked, language told.",
    owner="data-platform",
    columns=(
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.SOURCE,
        c.FEED_DATE,
        c.BATCH_ID,
        Column("channel", "string", "Kind of place where it was said.", one_of=CHANNELS),
        c.EVENT_TIME,
        Column("revised_at", "timestamp", "When the source last changed the record."),
        Column("is_deletion", "bool", "This revision is a deletion."),
        Column("title", "string", "Title, cleaned and masked; empty when there is none."),
        Column("text", "string", "Title and body, cleaned and masked: what every later stage reads. Spans index into it."),
        Column("rating", "double", "Customer's rating on a scale of 1 to 5.", nullable=True, at_least=1, at_most=5),
        Column("customer_key", "string", "Stable pseudonym of the customer; empty when unknown."),
        Column("tier", "string", "Customer tier as the source names it, lower case; empty when unknown."),
        Column("locale", "string", "Locale as the source tells (BCP 47 where possible); empty when unknown."),
        Column("language", "string", "ISO 639-1 code of the text, or und."),
        Column("language_confidence", "double", "How sure the language is.", at_least=0, at_most=1),
        Column("product", "string", "Product; empty when unknown."),
        Column("product_area", "string", "Area of the product; empty when unknown."),
        Column("version", "string", "Version or release that the customer uses; empty when unknown."),
        Column("region", "string", "Country or region; empty when unknown."),
        Column("order_value", "double", "Value of the order or contract in the source's currency.", nullable=True),
        Column("url", "string", "Address of the record in its source, credentials and tokens removed; empty when unknown."),
        Column("attachments", "list<string>", "References of attachments, never their content."),
        Column("attributes", "string", "JSON object of what only this source tells, masked."),
        Column("masked", "string", "JSON object: kind of personal data -> how many were masked."),
        Column("is_informative", "bool", "Says something that can be acted on."),
        Column("spam_reason", "string", "Why it is held to be spam; empty when it is not."),
        Column("text_hash", "string", "Hash of the normalised text: equal texts have equal hashes.", pattern=c.ID128),
        Column("minhash", "list<int64>", "Signature for near-duplicate search; empty for very short texts."),
        c.RECEIVED_AT,
        c.PROCESSED_AT,
    ),
    key=("event_id", "payload_sha256"),
    partition_by="feed_date",
)

RAW_TEXT = Table(
    name="silver/raw_text",
    row="The raw text of one revision, and the map from masked text back to it. The restricted table.",
    owner="data-platform",
    restricted=True,
    columns=(
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.FEED_DATE,
        Column("raw_text", "string", "Title and body as the source gave them, decoded, not cleaned, not masked."),
        Column(
            "offsets",
            "list<int64>",
            "Flat triples (masked start, raw start, raw end), ascending: runs of masked text and the raw text they came from.",
        ),
    ),
    key=("event_id", "payload_sha256"),
    partition_by="feed_date",
)

REVISIONS = Table(
    name="silver/revisions",
    row="One revision of one event: its number, and whether it is the one in force. Across all days.",
    owner="data-platform",
    columns=(
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.SOURCE,
        Column("revision", "int32", "1 for the first, counted by the source's edits.", at_least=1),
        Column("is_current", "bool", "The latest revision of its event, and not a deletion."),
        Column("is_deletion", "bool", "This revision is a deletion."),
        c.FEED_DATE,
        Column("event_day", "date", "UTC day of the event time of this revision."),
        c.EVENT_TIME,
        Column("revised_at", "timestamp", "When the source last changed the record."),
    ),
    key=("event_id", "payload_sha256"),
    partition_by="feed_date",
)

EVENT_DAYS = Table(
    name="silver/event_days",
    row="One event and one day that delivered it: where silver/revisions may have rows of the event. An index; it may name too much.",
    owner="data-platform",
    columns=(
        c.FEED_DATE,
        Column("event_prefix", "int64", "The first 15 hexadecimal digits of the event id, as a number.", at_least=0),
    ),
    key=("feed_date", "event_prefix"),
)

REVISED_BATCHES = Table(
    name="silver/revised_batches",
    row="One batch whose events silver/revisions shows.",
    owner="data-platform",
    columns=(
        c.FEED_DATE,
        c.BATCH_ID,
        Column("events", "int64", "Rows of silver/events that the batch brought.", at_least=1),
    ),
    key=("feed_date", "batch_id"),
)

DUPLICATE_GROUPS = Table(
    name="silver/duplicate_groups",
    row="One current event that says the same as others: its group and the group's representative. Single events have no row.",
    owner="data-platform",
    columns=(
        c.EVENT_ID,
        Column("group_id", "string", "Event id of the representative: the earliest by event time, then id.", pattern=c.ID128),
        Column("is_representative", "bool", "This event stands for its group."),
        Column("kind", "string", "How it equals the representative.", one_of=("exact", "near")),
        Column("similarity", "double", "Verified Jaccard similarity to the representative.", at_least=0, at_most=1),
        Column("is_template", "bool", "The group is a copied template: many senders, one wording, in a short time."),
    ),
    key=("event_id",),
)

TABLES = (EVENTS, RAW_TEXT, REVISIONS, EVENT_DAYS, REVISED_BATCHES, DUPLICATE_GROUPS)
