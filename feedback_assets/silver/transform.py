"""Silver's transformations: pure functions over Spark DataFrames, the same on Sail, Apache Spark and Databricks.

No session is made here, nothing is read or written. Text work is in kernel.py. What differs silently between the engines (see
docs/decisions) is not used; a test scans for it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from feedback_assets.compute.types import ddl
from feedback_assets.contracts.silver import REVISIONS
from feedback_assets.silver.kernel import INPUT, OUTPUT, canonical_batches
from feedback_assets.silver.personal.masker import Masker

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BRONZE_NEEDED = INPUT
"""Columns of bronze that canonical_events reads."""
POSITION = ("feed_date", "delivered_at", "delivered_file", "delivered_start")
"""The order of deliveries: the day that it was delivered under, when its file landed, its file, its place in it."""
EVENTS_NEEDED = ("event_id", "payload_sha256", "source", "event_time", "revised_at", "is_deletion", *POSITION)
"""Columns of silver/events that revisions reads."""


def canonical_events(inputs: "Mapping[str, DataFrame]", *, masker: Masker) -> "DataFrame":
    """`bronze` (columns BRONZE_NEEDED) -> canonical rows (kernel.OUTPUT), one for each payload of an event on a day.

    Of equal payloads delivered under one day, the first by file, batch and position stays.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    same = Window.partitionBy("feed_date", "event_id", "payload_sha256").orderBy("file", "batch_id", "start")
    first = inputs["bronze"].withColumn("delivery", f.row_number().over(same)).where(f.col("delivery") == 1).select(*INPUT)
    return first.mapInArrow(lambda batches: canonical_batches(batches, masker), ddl(OUTPUT))  # type: ignore[arg-type]  # pyspark's alias says Iterable


def revisions(inputs: "Mapping[str, DataFrame]") -> "DataFrame":
    """`events` (columns EVENTS_NEEDED, all days) -> silver/revisions.

    A payload that was delivered again is the same revision: its row is that of the earliest day, its place in the order that of its latest
    delivery. Revisions of an event are in the order of revised_at; at one time of change a deletion comes last, since what was deleted is
    not told again; then by their latest delivery (POSITION), so that of A, B and A again, A is current. The payload hash only decides
    between what was delivered at the same place. The last revision is current unless it is a deletion.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    same = Window.partitionBy("event_id", "payload_sha256").orderBy("feed_date")
    order = ("revised_at", "is_deletion", "latest", "payload_sha256")
    event = Window.partitionBy("event_id")
    placed = inputs["events"].withColumn("place", f.row_number().over(event.orderBy(*POSITION, "payload_sha256")))
    latest = placed.withColumn("latest", f.max("place").over(Window.partitionBy("event_id", "payload_sha256")))
    once = latest.withColumn("delivery", f.row_number().over(same)).where(f.col("delivery") == 1)
    numbered = (
        once.withColumn("revision", f.row_number().over(event.orderBy(*order)).cast("int"))
        .withColumn("newer", f.lead("payload_sha256").over(event.orderBy(*order)))
        .withColumn("is_current", f.col("newer").isNull() & ~f.col("is_deletion"))
        .withColumn("event_day", f.to_date("event_time"))
    )
    return numbered.select(*REVISIONS.column_names)
