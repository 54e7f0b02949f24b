"""Columns that several tables share, declared once so that they mean the same everywhere."""

from feedback_assets.contracts.table import Column

SHA256 = r"^[0-9a-f]{64}$"
ID128 = r"^[0-9a-f]{32}$"

EVENT_ID = Column("event_id", "string", "Hash of the source and the source's own record id.", pattern=ID128)
PAYLOAD_SHA256 = Column("payload_sha256", "string", "SHA-256 of the record's bytes. With event_id it names one revision.", pattern=SHA256)
SOURCE = Column("source", "string", "Name of the source in the registry.")
FEED_DATE = Column("feed_date", "date", "Day under which the source delivered the record: the partition.")
BATCH_ID = Column("batch_id", "string", "The landed file, in one state of its content, that the row came from.", pattern=ID128)
EVENT_TIME = Column("event_time", "timestamp", "When the customer said it, as the source tells.")
RECEIVED_AT = Column("received_at", "timestamp", "When the file landed.", volatile=True)
PROCESSED_AT = Column("processed_at", "timestamp", "When this row was decided.", volatile=True)
ISSUE_ID = Column("issue_id", "string", "Hash of event, revision and first evidence, whatever its labels.", pattern=ID128)
MADE_BY = Column("made_by", "string", "By which code and settings the row was made; null in rows of before the column.", nullable=True)
RESTATED_FOR = Column(
    "restated_for",
    "string",
    "Purpose of the run that last made the row anew, when it came out otherwise; null or empty: none did.",
    nullable=True,
)
EDITION = Column("edition", "int64", "Edition of the batch's rows in silver/events; null or 0: the first.", nullable=True, at_least=0)
THEME_ID = Column("theme_id", "string", "Lasting id of the theme.", pattern=r"^T[0-9a-f]{12}$")
TAXONOMY_VERSION = Column("taxonomy_version", "string", "Version of the taxonomy that was in force.")
CATEGORY = Column("category", "string", "Category of the taxonomy.")
SUBCATEGORY = Column("subcategory", "string", "Subcategory of the taxonomy, empty when none fits.")
OWNER_TEAM = Column("owner", "string", "Team that owns the category.")
