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
        Column(
            "language_basis",
            "string",
            "What told the language: its script, its words, or these and the record's locale; none when nothing could.",
            one_of=("script", "text", "script+locale", "text+locale", "none"),
        ),
        Column(
            "language_segments",
            "string",
            "JSON list of [start, end, language] of a text in several languages, spans of its text; empty for one language.",
        ),
        Column("product", "string", "Product; empty when unknown."),
        Column("product_area", "string", "Area of the product; empty when unknown."),
        Column("version", "string", "Version or release that the customer uses; empty when unknown."),
        Column("region", "string", "Country or region; empty when unknown."),
        Column("order_value", "double", "Value of the order or contract, in `currency`.", nullable=True),
        Column("currency", "string", "Its currency, ISO 4217; empty when the source does not tell.", pattern=r"^([A-Z]{3})?$"),
        Column("url", "string", "Address of the record in its source, credentials and tokens removed; empty when unknown."),
        Column("attachments", "list<string>", "References of attachments, never their content."),
        Column("attributes", "string", "JSON object of what only this source tells, masked."),
        Column("masked", "string", "JSON object: kind of personal data -> how many were masked."),
        Column(
            "second_look",
            "string",
            "JSON list of [column, kind, start] of what only the second look found and masked, at most 20; empty: nothing.",
            nullable=True,
        ),
        Column("is_informative", "bool", "Says something that can be acted on."),
        Column("spam_reason", "string", "Why it is held to be spam; empty when it is not."),
        Column("text_hash", "string", "Hash of the normalised text: equal texts have equal hashes.", pattern=c.ID128),
        Column(
            "minhash",
            "list<int64>",
            "Sketch for near-duplicate search: the least hashes of its shingles, two to a number; empty for very short texts.",
        ),
        Column(
            "delivered_at",
            "timestamp",
            "When the file landed that counts for the order of deliveries: the last of the day for an event with several payloads on it.",
            volatile=True,
        ),
        Column("delivered_file", "string", "That file."),
        Column("delivered_start", "int64", "First byte of the record in it.", at_least=0),
        Column("delivered_batch", "string", "Its batch.", pattern=c.ID128),
        c.MADE_BY,
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
        c.MADE_BY,
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
        Column(
            "revision",
            "int32",
            "1 for the first, by the source's time of change; at one time a deletion last, else the last delivered.",
            at_least=1,
        ),
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
        Column("events", "int64", "Rows of silver/events that the batch brought; 0 when it only delivered again.", at_least=0),
        c.EDITION,
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
        Column(
            "similarity",
            "double",
            "Verified: the share of both texts that it has in common with the representative.",
            at_least=0,
            at_most=1,
        ),
        Column("is_template", "bool", "The group is a copied template: many senders, one wording, in a short time."),
    ),
    key=("event_id",),
)

DUPLICATE_COUNTS = Table(
    name="silver/duplicate_counts",
    row="One duplicate group: how often it was said, and by how many.",
    owner="data-platform",
    columns=(
        Column("group_id", "string", "Event id of the representative.", pattern=c.ID128),
        Column("mentions", "int64", "Events in the group.", at_least=2),
        Column("customers", "int64", "Different known customers among them.", at_least=0),
        Column("unknown_senders", "int64", "Events whose customer is unknown.", at_least=0),
        Column("wordings", "int64", "Different normalised texts.", at_least=1),
        Column("sources", "list<string>", "Sources that it was said in."),
        Column("first_time", "timestamp", "When it was said first."),
        Column("last_time", "timestamp", "When it was said last."),
        Column("is_template", "bool", "A copied template: many senders, one wording, in a short time."),
    ),
    key=("group_id",),
)

DUPLICATE_INDEX = Table(
    name="silver/duplicate_index",
    row="One current event that says enough to be a copy: what comparing needs of it, and which event leads it. Groups are read off this.",
    owner="data-platform",
    columns=(
        Column("event_day", "date", "UTC day of the event time."),
        c.EVENT_ID,
        c.PAYLOAD_SHA256,
        c.FEED_DATE,
        c.EVENT_TIME,
        c.SOURCE,
        Column("customer_key", "string", "Stable pseudonym of the customer; empty when unknown."),
        Column("text_hash", "string", "Hash of the normalised text.", pattern=c.ID128),
        Column("minhash", "list<int64>", "Sketch of the text; empty when only an equal text can be its copy."),
        Column("weight", "int32", "How much the text says: characters, those of scripts without spaces counted more.", at_least=0),
        Column(
            "leader_id",
            "string",
            "Event that stands for it; its own or that of an equal text of the day when it is no copy.",
            pattern=c.ID128,
        ),
        Column("similarity", "double", "Verified: the share of both texts that it has in common with that event.", at_least=0, at_most=1),
    ),
    key=("event_id",),
    partition_by="event_day",
)

COMPARED_BATCHES = Table(
    name="silver/compared_batches",
    row="One batch whose events the duplicate tables show.",
    owner="data-platform",
    columns=(
        c.FEED_DATE,
        c.BATCH_ID,
        Column("done", "bool", "False while it is being compared; a run that was killed leaves it so."),
        c.EDITION,
    ),
    key=("feed_date", "batch_id"),
)

TABLES = (EVENTS, RAW_TEXT, REVISIONS, EVENT_DAYS, REVISED_BATCHES, DUPLICATE_GROUPS, DUPLICATE_COUNTS, DUPLICATE_INDEX, COMPARED_BATCHES)
