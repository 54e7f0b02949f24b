"""One bronze record -> one row of silver, over Arrow batches: parse the payload, then the text stage. Plain Python.

No Spark here (transform.py runs this under mapInArrow), no tables (process.py), no text work (text_stage.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts import common as c
from feedback_assets.contracts.silver import EVENTS, RAW_TEXT
from feedback_assets.contracts.table import Column
from feedback_assets.silver.personal.masker import Masker
from feedback_assets.silver.text_stage import TextStage
from feedback_assets.sources.event import CanonicalEvent, RecordError

if TYPE_CHECKING:
    import pyarrow as pa

_PASSED_ON = ("event_id", "payload_sha256", "source", "feed_date", "batch_id", "event_time", "revised_at", "is_deletion", "received_at")
_DELIVERED = {"delivered_at": "received_at", "delivered_file": "file", "delivered_start": "start", "delivered_batch": "batch_id"}
"""Columns of silver that bronze has under another name."""
INPUT = (*_PASSED_ON, "file", "start", "payload", "context")
"""Columns of bronze that the kernel reads."""

UNREADABLE = Column("unreadable", "string", "Why the record could not be read; empty when it could.")
OUTPUT: tuple[Column, ...] = (
    *(column for column in EVENTS.columns if column.name not in (c.MADE_BY.name, c.PROCESSED_AT.name)),
    *(column for column in RAW_TEXT.columns if column.name in ("raw_text", "offsets")),
    UNREADABLE,
)
"""Columns of canonical rows: silver/events without its stamps, raw text with its map, and the reason of an unreadable row."""

AT_ONCE = 2_000
"""Rows that the text stage works on at a time: enough for its steps, little enough for memory."""


def canonical_batches(batches: "Iterator[pa.RecordBatch]", masker: Masker) -> "Iterator[pa.RecordBatch]":
    """Bronze rows (columns INPUT) -> canonical rows (columns OUTPUT), one for one. An unreadable row keeps its ids and says why."""
    stage = TextStage(masker)
    for batch in batches:
        for start in range(0, batch.num_rows, AT_ONCE):
            yield canonical_batch(batch.slice(start, AT_ONCE), stage)


def canonical_batch(batch: "pa.RecordBatch", stage: TextStage) -> "pa.RecordBatch":
    """The same for one batch."""
    import pyarrow as pa

    from feedback_assets.contracts.arrow import arrow_type

    sources = batch.column("source").to_pylist()
    events, reasons = _parsed(sources, batch.column("payload").to_pylist(), batch.column("context").to_pylist())
    columns = stage.columns(sources, events)
    columns[UNREADABLE.name] = reasons
    arrays = []
    for column in OUTPUT:
        kind = arrow_type(column.type)
        name = _DELIVERED.get(column.name, column.name)
        given = batch.column(name).cast(kind) if name in INPUT else pa.array(columns[column.name], type=kind)
        arrays.append(given)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([pa.field(o.name, a.type) for o, a in zip(OUTPUT, arrays, strict=True)]))


def _parsed(sources: Sequence[str], payloads: Sequence[bytes], contexts: Sequence[str]) -> tuple[list[CanonicalEvent], list[str]]:
    """The events, and of each row why it could not be read: such a row has an event that says nothing."""
    from feedback_assets.sources.registry import source_named

    events, reasons = [], []
    for name, payload, context in zip(sources, payloads, contexts, strict=True):
        try:
            event, reason = source_named(name).parse(payload, _context(context)), ""
        except RecordError as e:
            event, reason = _nothing(), e.reason
        events.append(event)
        reasons.append(reason)
    return events, reasons


@lru_cache(maxsize=1)
def _nothing() -> CanonicalEvent:
    from datetime import UTC, datetime

    never = datetime(1970, 1, 1, tzinfo=UTC)
    return CanonicalEvent(record_id="", channel="other", event_time=never, revised_at=never)


@lru_cache(maxsize=256)
def _context(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except json.JSONDecodeError as e:
        raise RecordError("bad_context", f"JSON expected, {e.msg} at {e.pos}") from None
    if not isinstance(value, dict):
        raise RecordError("bad_context", f"an object expected, {type(value).__name__} found")
    return value
