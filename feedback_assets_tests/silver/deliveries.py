"""Bronze rows for tests of silver: forum posts, as if their files had been ingested. No expectations here."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, bronze_table
from feedback_assets.ground.identity import batch_id, event_id, record_key, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.silver.transform import canonical_events
from feedback_assets_tests.keys import MASKER

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

FORUM = bronze_table("forum")
LANDED = datetime(2024, 6, 1, tzinfo=UTC)
DAY = date(2024, 5, 1)


def canonical(inputs: "Mapping[str, DataFrame]") -> "DataFrame":
    """The canonical rows under the tests' key. A function of a module, so that another process finds it by its name."""
    return canonical_events(inputs, masker=MASKER)


def post(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A forum post, an hour after the one with the number before."""
    created = datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=number)
    return {
        "id": number,
        "created_at": created.isoformat(),
        "updated_at": created.isoformat(),
        "username": f"writer{number}",
        "cooked": text,
        **more,
    }


def bronze_rows(
    posts: Sequence[Mapping[str, Any] | bytes], *, file: str = "forum/posts.jsonl", day: date = DAY, landed: datetime = LANDED
) -> "pa.Table":
    """Posts as bronze rows of one file. Bytes are a payload that nothing can read."""
    rows = []
    at = 0
    payloads = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in posts]
    batch = batch_id("forum", file, sha256_hex(b"\n".join(payloads)))
    for number, (payload, given) in enumerate(zip(payloads, posts, strict=True)):
        record = str(number if isinstance(given, bytes) else given["id"])
        time = LANDED if isinstance(given, bytes) else datetime.fromisoformat(given["created_at"])
        revised = LANDED if isinstance(given, bytes) else datetime.fromisoformat(given.get("deleted_at") or given["updated_at"])
        end = at + len(payload)
        rows.append(
            {
                "record_key": record_key(batch, at, end), "source": "forum", "feed_date": day, "event_id": event_id("forum", record),
                "record_id": record, "payload": payload, "payload_sha256": sha256_hex(payload), "file": file, "start": at, "end": end,
                "batch_id": batch, "context": "{}", "event_time": time, "revised_at": revised,
                "is_deletion": not isinstance(given, bytes) and "deleted_at" in given, "received_at": landed,
            }
        )  # fmt: skip
        at = end + 1
    return to_arrow(FORUM, rows)


def deliver(
    lake: Lakehouse,
    posts: Sequence[Mapping[str, Any] | bytes],
    *,
    file: str = "forum/posts.jsonl",
    day: date = DAY,
    landed: datetime = LANDED,
) -> str:
    """Puts posts into bronze and the manifest; the batch's id."""
    rows = bronze_rows(posts, file=file, day=day, landed=landed)
    batch = rows["batch_id"][0].as_py() if rows.num_rows else batch_id("forum", file, sha256_hex(b""))
    lake.append_new(FORUM, rows)
    row = {
        "batch_id": batch, "source": "forum", "feed_date": day, "file": file, "bytes": 1, "content_sha256": sha256_hex(file.encode()),
        "records_in": rows.num_rows, "bronze_rows": rows.num_rows, "dead_letters": 0, "received_at": LANDED, "processed_at": LANDED,
    }  # fmt: skip
    lake.append_new(MANIFEST, to_arrow(MANIFEST, [row]))
    return str(batch)
