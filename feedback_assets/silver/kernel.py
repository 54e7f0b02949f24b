"""One bronze record -> one row of silver: parse, clean, mask, language, information, duplicates' signature. Plain Python over batches.

No Spark here (transform.py runs this under mapInArrow) and no tables (process.py).
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts import common as c
from feedback_assets.contracts.silver import EVENTS, RAW_TEXT
from feedback_assets.contracts.table import Column
from feedback_assets.silver import duplicates, information
from feedback_assets.silver.cleaning import TEXT_LIMIT, clean, storable
from feedback_assets.silver.language import LanguageDetector
from feedback_assets.silver.personal.masker import DEPTH, Masker
from feedback_assets.sources.event import CanonicalEvent, RecordError

if TYPE_CHECKING:
    import pyarrow as pa

_PASSED_ON = ("event_id", "payload_sha256", "source", "feed_date", "batch_id", "event_time", "revised_at", "is_deletion", "received_at")
INPUT = (*_PASSED_ON, "payload", "context")
"""Columns of bronze that the kernel reads."""

UNREADABLE = Column("unreadable", "string", "Why the record could not be read; empty when it could.")
OUTPUT: tuple[Column, ...] = (
    *(column for column in EVENTS.columns if column.name != c.PROCESSED_AT.name),
    *(column for column in RAW_TEXT.columns if column.name in ("raw_text", "offsets")),
    UNREADABLE,
)
"""Columns of canonical rows: silver/events without processed_at, raw text with its map, and the reason of an unreadable row."""

# Short words of letters and one space between: nothing to clean, nothing to mask.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z,.'?-]{0,19}(?: [A-Za-z][A-Za-z,.'?-]{0,19})*")
_VERSION = re.compile(r"[\w.+ -]{0,40}")
_SHORT_LIMIT = 200


def canonical_batches(batches: "Iterator[pa.RecordBatch]", masker: Masker) -> "Iterator[pa.RecordBatch]":
    """Bronze rows (columns INPUT) -> canonical rows (columns OUTPUT), one for one. An unreadable row keeps its ids and says why."""
    detector = LanguageDetector()
    for batch in batches:
        if batch.num_rows:
            yield canonical_batch(batch, detector, masker)


def canonical_batch(batch: "pa.RecordBatch", detector: LanguageDetector, masker: Masker) -> "pa.RecordBatch":
    """The same for one batch."""
    import pyarrow as pa

    from feedback_assets.contracts.arrow import arrow_type

    sources = batch.column("source").to_pylist()
    payloads = batch.column("payload").to_pylist()
    contexts = batch.column("context").to_pylist()
    rows = [_row(s, p, x, detector, masker) for s, p, x in zip(sources, payloads, contexts, strict=True)]
    normals = [duplicates.normalised(row["text"]) for row in rows]
    for row, normal, signature in zip(rows, normals, duplicates.signatures(normals), strict=True):
        row["text_hash"] = duplicates.text_hash(normal)
        row["minhash"] = signature
    arrays = []
    for column in OUTPUT:
        kind = arrow_type(column.type)
        if column.name in _PASSED_ON:
            arrays.append(batch.column(column.name).cast(kind))
        else:
            arrays.append(pa.array([row[column.name] for row in rows], type=kind))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([pa.field(o.name, a.type) for o, a in zip(OUTPUT, arrays, strict=True)]))


def _row(source: str, payload: bytes, context: str, detector: LanguageDetector, masker: Masker) -> dict[str, Any]:
    from feedback_assets.sources.registry import source_named

    try:
        event = source_named(source).parse(payload, _context(context))
    except RecordError as e:
        return {**_EMPTY, "unreadable": e.reason}
    return canonical_row(source, event, detector, masker)


@lru_cache(maxsize=256)
def _context(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except json.JSONDecodeError as e:
        raise RecordError("bad_context", f"JSON expected, {e.msg} at {e.pos}") from None
    if not isinstance(value, dict):
        raise RecordError("bad_context", f"an object expected, {type(value).__name__} found")
    return value


_EMPTY: dict[str, Any] = {
    "channel": "other", "title": "", "text": "", "rating": None, "customer_key": "", "tier": "", "locale": "", "language": "und",
    "language_confidence": 0.0, "product": "", "product_area": "", "version": "", "region": "", "order_value": None, "url": "",
    "attachments": [], "attributes": "{}", "masked": "{}", "is_informative": False, "spam_reason": "", "raw_text": "", "offsets": [],
    "unreadable": "",
}  # fmt: skip


def canonical_row(source: str, event: CanonicalEvent, detector: LanguageDetector, masker: Masker) -> dict[str, Any]:
    """What silver tells of one event: the columns of OUTPUT but for the ids and times that bronze knows and the duplicates' columns."""
    customer = storable(event.customer_id).strip()
    raw = storable(joined(event.title, event.text))
    cleaned, dropped = clean(raw)
    text, counts = masker.mask(cleaned, source=source, customer_id=customer)
    ignored: dict[str, int] = {}
    title = event.title
    if title and (_PLAIN.fullmatch(title) is None or (customer and customer in title)):
        title = masker.mask(clean(storable(title))[0], source=source, customer_id=customer)[0].text
    locale = _short(event.locale, masker)
    language, confidence = detector.detect(text.text, locale)
    attributes: dict[str, Any] = masker.mask_value(_bounded(event.attributes), counts, source=source, customer_id=customer)
    if dropped:
        attributes["text_cut_characters"] = dropped
    return {
        "channel": event.channel,
        "title": title,
        "text": text.text,
        "rating": event.rating,
        "customer_key": masker.customer_key(source, customer),
        "tier": _short(event.tier, masker).lower(),
        "locale": locale,
        "language": language,
        "language_confidence": confidence,
        "product": _short(event.product, masker),
        "product_area": _short(event.product_area, masker),
        "version": event.version if _VERSION.fullmatch(event.version) and not event.version.isdigit() else _short(event.version, masker),
        "region": _short(event.region, masker),
        "order_value": event.order_value,
        "url": masker.mask_url(storable(event.url), counts) if event.url else "",
        "attachments": [masker.mask_url(storable(a), ignored) for a in event.attachments],
        "attributes": json.dumps(attributes, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
        if attributes
        else "{}",
        "masked": json.dumps(counts, sort_keys=True, separators=(",", ":")) if counts else "{}",
        "is_informative": information.is_informative(text.text),
        "spam_reason": information.spam_reason(text.text),
        "raw_text": raw,
        "offsets": text.triples(),
        "unreadable": "",
    }


def joined(title: str, body: str) -> str:
    """Title and body as one text; the title once when the body starts with it."""
    if not title or body.lstrip().startswith(title.strip()):
        return body
    return f"{title}\n{body}" if body else title


@lru_cache(maxsize=8192)
def _short(value: str, masker: Masker) -> str:
    """A one-line field: cleaned, masked, cut. Few different values come, so they are remembered."""
    if not value:
        return ""
    cleaned, _ = clean(storable(value[: 4 * _SHORT_LIMIT]))
    return masker.mask_text(" ".join(cleaned.text.split()), {})[:_SHORT_LIMIT]


def _bounded(value: Any, depth: int = 0) -> Any:
    """Attributes with storable strings of bounded length; what cannot be JSON becomes text."""
    if isinstance(value, str):
        return storable(value[:TEXT_LIMIT])
    if isinstance(value, Mapping):
        return {storable(str(k)[:_SHORT_LIMIT]): _bounded(v, depth + 1) for k, v in value.items()} if depth < DEPTH else None
    if isinstance(value, list | tuple):
        return [_bounded(v, depth + 1) for v in value] if depth < DEPTH else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124  # NaN is no JSON
    return storable(str(value)[:TEXT_LIMIT])
