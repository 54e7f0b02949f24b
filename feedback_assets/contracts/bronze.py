"""Contracts of bronze: delivered records, the manifest of ingested files, dead letters, and the row accounts of all stages."""

from feedback_assets.contracts import common as c
from feedback_assets.contracts.table import Column, Table

SOURCES = (
    "zendesk",
    "intercom",
    "app_store",
    "google_play",
    "shop_reviews",
    "returns",
    "survey",
    "forum",
    "generic",
)

FILE = Column("file", "string", "Path of the landed file, relative to the landing zone, with forward slashes.")
START = Column("start", "int64", "First byte of the record in the file, after decompression.", at_least=0)
END = Column("end", "int64", "One past the last byte of the record in the file, after decompression.", at_least=0)


def bronze_table(source: str) -> Table:
    """The bronze table of one source. All have the same columns."""
    return Table(
        name=f"bronze/{source}",
        row=f"One record as {source} delivered it, byte-exact, with its place in the landed file.",
        owner="data-platform",
        restricted=True,
        columns=(
            Column("record_key", "string", "Hash of batch and byte range: one delivered record.", pattern=c.ID128),
            c.SOURCE,
            c.FEED_DATE,
            c.EVENT_ID,
            Column("record_id", "string", "The source's own id of the record."),
            Column("payload", "binary", "The record's bytes, exactly as delivered."),
            c.PAYLOAD_SHA256,
            FILE,
            START,
            END,
            c.BATCH_ID,
            Column(
                "context",
                "string",
                "JSON that is needed to read the payload and stands outside its bytes: CSV header, encoding, mapping, envelope, time zone.",
            ),
            c.EVENT_TIME,
            Column("revised_at", "timestamp", "When the source last changed the record; the event time when it does not tell."),
            Column("is_deletion", "bool", "The source says that the record was deleted."),
            c.RECEIVED_AT,
        ),
        key=("record_key",),
        partition_by="feed_date",
    )


BRONZE = tuple(bronze_table(s) for s in SOURCES)

MANIFEST = Table(
    name="bronze/manifest",
    row="One landed file that was ingested, in one state of its content.",
    owner="data-platform",
    columns=(
        c.BATCH_ID,
        c.SOURCE,
        c.FEED_DATE,
        FILE,
        Column("bytes", "int64", "Size of the file as landed.", at_least=0),
        Column("content_sha256", "string", "SHA-256 of the file as landed.", pattern=c.SHA256),
        Column("records_in", "int64", "Records found in the file, readable or not.", at_least=0),
        Column("bronze_rows", "int64", "Records that are in bronze.", at_least=0),
        Column("dead_letters", "int64", "Records, or the file itself, that are dead letters.", at_least=0),
        Column(
            "purpose",
            "string",
            "Purpose of the run that ingested it. What the batch brings keeps it, whatever run takes it further.",
            one_of=("live", "backfill", "replay", "canary"),
        ),
        c.RECEIVED_AT,
        c.PROCESSED_AT,
    ),
    key=("batch_id",),
)

DEAD_LETTERS = Table(
    name="bronze/dead_letters",
    row="One record, or one whole file, that could not be read: where it is and why. The bytes stay in the landing zone.",
    owner="data-platform",
    columns=(
        Column("dead_letter_id", "string", "Hash of batch, byte range and reason.", pattern=c.ID128),
        c.SOURCE,
        c.FEED_DATE,
        c.BATCH_ID,
        FILE,
        START,
        END,
        Column("record_index", "int64", "Position among the file's records, from 0; -1 for the file itself.", at_least=-1),
        Column("reason", "string", "Class of the failure, from the list in docs/tables.md.", pattern=r"^[a-z][a-z0-9_]*$"),
        Column("detail", "string", "What was expected and what was found, without any of the record's text."),
        Column("sha256", "string", "SHA-256 of the bytes from start to end; of the landed file for a whole file.", pattern=c.SHA256),
        c.RECEIVED_AT,
        c.PROCESSED_AT,
    ),
    key=("dead_letter_id",),
)

STAGE_BATCHES = Table(
    name="bronze/stage_batches",
    row="What one stage did with one batch: rows in, rows out, and where the difference went. A batch with a row here is done.",
    owner="data-platform",
    columns=(
        Column("stage", "string", "Stage that read the batch.", one_of=("silver", "answers", "enrichment", "embeddings")),
        c.FEED_DATE,
        c.SOURCE,
        c.BATCH_ID,
        Column("rows_in", "int64", "Rows read.", at_least=0),
        Column("rows_out", "int64", "Rows that went on.", at_least=0),
        Column("reasons", "string", "JSON object: reason -> rows that did not go on for it."),
        c.MADE_BY,
        Column(
            "edition",
            "int64",
            "Grows when the rows of the batch are made anew and come out otherwise; null or 0: never.",
            nullable=True,
            at_least=0,
        ),
        Column("read_edition", "int64", "Edition of the stage before that was read; null or 0: the first.", nullable=True, at_least=0),
        c.RESTATED_FOR,
        c.PROCESSED_AT,
    ),
    key=("stage", "feed_date", "batch_id"),
)

TABLES = (*BRONZE, MANIFEST, DEAD_LETTERS, STAGE_BATCHES)
