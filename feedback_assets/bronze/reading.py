"""Payloads -> what bronze must know of each: ids, hashes, times, or the reason why it cannot be read. A kernel over Arrow batches, so that
a large file is read by several processes. No files, no tables here.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.ground.identity import event_id, record_key, sha256_hex
from feedback_assets.sources.event import RecordError
from feedback_assets.sources.registry import source_named

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SAID = ("event_id", "record_id", "event_time", "revised_at", "is_deletion", "reason", "detail")


def read_batches(batches: "Iterator[pa.RecordBatch]", *, source: str, context: str, batch: str) -> "Iterator[pa.RecordBatch]":
    """Rows (payload, start, end) of one file -> (record_key, payload_sha256, event_id, record_id, event_time, revised_at, is_deletion,
    reason, detail), one for one. The rows themselves do not come back: the caller has them.

    `context`: OpenedFile.context_text; `batch`: the file's batch id.
    """
    outside = json.loads(context)
    for rows in batches:
        yield _read(rows, source, outside, batch)


def _read(rows: "pa.RecordBatch", source: str, context: dict[str, Any], batch: str) -> "pa.RecordBatch":
    import pyarrow as pa

    parse = source_named(source).parse
    payloads = rows.column("payload").to_pylist()
    said_of: list[tuple[str, str, int, int, bool, str, str]] = []
    for payload in payloads:
        try:
            event = parse(payload, context)
        except RecordError as e:
            said_of.append(("", "", 0, 0, False, e.reason, e.detail))
            continue
        said = _microseconds(event.event_time)
        revised = said if event.revised_at == event.event_time else _microseconds(event.revised_at)
        said_of.append((event_id(source, event.record_id), event.record_id, said, revised, event.is_deletion, "", ""))
    columns = dict(zip(_SAID, zip(*said_of, strict=True), strict=True))
    places = zip(rows.column("start").to_pylist(), rows.column("end").to_pylist(), strict=True)
    time = pa.timestamp("us", tz="UTC")
    types = {"event_time": time, "revised_at": time, "is_deletion": pa.bool_()}
    made = {
        "record_key": pa.array([record_key(batch, start, end) for start, end in places]),
        "payload_sha256": pa.array([sha256_hex(p) for p in payloads]),
        **{name: pa.array(values, type=types.get(name, pa.string())) for name, values in columns.items()},
    }
    return pa.RecordBatch.from_arrays(list(made.values()), names=list(made))


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
