"""Parsed records -> the columns of silver that come from what was said: clean, mask, language, information, duplicates. A batch at a time.

Each step takes the whole batch, so that it can look at all texts at once. What a row says never depends on the others of its batch. Not
here: parsing, Arrow (kernel.py), tables (process.py).
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from feedback_assets.silver import duplicates, information
from feedback_assets.silver.cleaning import TEXT_LIMIT, Cleaned, clean, clean_batch, seen, storable
from feedback_assets.silver.language import LanguageDetector
from feedback_assets.silver.personal.masker import DEPTH, Masker
from feedback_assets.sources.event import CanonicalEvent

Columns = dict[str, list[Any]]
"""Column name -> one value a row."""

# Short words of letters and one space between: nothing to clean, nothing to mask.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z,.'?-]{0,19}(?: [A-Za-z][A-Za-z,.'?-]{0,19})*")
_VERSION = re.compile(r"[\w.+ -]{0,40}")
_SHORT_LIMIT = 200


class TextStage:
    """The text stage of one process, under one site's masker."""

    def __init__(self, masker: Masker, detector: LanguageDetector | None = None) -> None:
        self._masker = masker
        self._detector = detector or LanguageDetector()

    def columns(self, sources: Sequence[str], events: Sequence[CanonicalEvent]) -> Columns:
        """What silver tells of the events, column by column: kernel.OUTPUT but for the ids and times that bronze knows.

        `sources`: of each event, its source's name.
        """
        masker = self._masker
        customers = [storable(e.customer_id).strip() for e in events]
        raws = [storable(joined(e.title, e.text)) for e in events]
        cleaned = clean_batch(raws)
        masked = masker.mask_all([c.text for c in cleaned], sources=sources, customer_ids=customers)
        texts = [text.text for text, _ in masked]
        locales = [_short(e.locale, masker) for e in events]
        told = self._detector.detect_batch(texts, locales)
        judged = information.judge_batch(texts)
        normals = duplicates.all_normalised(texts)
        counts = [found for _, found in masked]
        attributes = [
            self._attributes(e, s, p, found, c) for e, s, p, found, c in zip(events, sources, customers, counts, cleaned, strict=True)
        ]
        urls = [masker.mask_url(storable(e.url), found) if e.url else "" for e, found in zip(events, counts, strict=True)]
        return {
            "channel": [e.channel for e in events],
            "title": [self._title(e.title, s, p) if e.title else "" for e, s, p in zip(events, sources, customers, strict=True)],
            "text": texts,
            "rating": [e.rating for e in events],
            "customer_key": [masker.customer_key(s, p) for s, p in zip(sources, customers, strict=True)],
            "tier": [_short(e.tier, masker).lower() for e in events],
            "locale": locales,
            "language": [t.language for t in told],
            "language_confidence": [t.confidence for t in told],
            "language_basis": [t.basis for t in told],
            "language_segments": [_json(t.segments) if t.segments else "" for t in told],
            "product": [_short(e.product, masker) for e in events],
            "product_area": [_short(e.product_area, masker) for e in events],
            "version": [_version(e.version, masker) for e in events],
            "region": [_short(e.region, masker) for e in events],
            "order_value": [e.order_value for e in events],
            "currency": [e.currency for e in events],
            "url": urls,
            "attachments": [[masker.mask_url(storable(a), {}) for a in e.attachments] for e in events],
            "attributes": attributes,
            "masked": [_json(found) if found else "{}" for found in counts],
            "is_informative": [j.is_informative for j in judged],
            "spam_reason": [j.spam_reason for j in judged],
            "text_hash": [duplicates.text_hash(normal) for normal in normals],
            "minhash": duplicates.signatures(normals),
            "raw_text": raws,
            "offsets": [text.triples() for text, _ in masked],
        }

    def _title(self, title: str, source: str, customer: str) -> str:
        if _PLAIN.fullmatch(title) is not None and not (customer and customer in title):
            return title
        return self._masker.mask(clean(storable(title))[0], source=source, customer_id=customer)[0].text

    def _attributes(self, event: CanonicalEvent, source: str, customer: str, counts: dict[str, int], cleaned: Cleaned) -> str:
        """The attributes as JSON, masked, with what cleaning left out; adds to `counts`."""
        masked: dict[str, Any] = {}
        if event.attributes:
            masked = self._masker.mask_value(_bounded(event.attributes), counts, source=source, customer_id=customer)
        if cleaned.dropped:
            masked["text_cut_characters"] = cleaned.dropped
        if cleaned.turns_left_out:
            masked["turns_left_out"] = cleaned.turns_left_out + _whole(masked.get("turns_left_out"))
        return _json(masked) if masked else "{}"


def joined(title: str, body: str) -> str:
    """Title and body as one text; the title once when the body starts with it."""
    if not title or body.lstrip().startswith(title.strip()):
        return body
    return f"{title}\n{body}" if body else title


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _version(value: str, masker: Masker) -> str:
    return value if _VERSION.fullmatch(value) and not value.isdigit() else _short(value, masker)


def _short(value: str, masker: Masker) -> str:
    """A one-line field: cleaned, masked, cut. Few different values come, so they are remembered."""
    return _remembered(value, masker) if value else ""


@lru_cache(maxsize=8192)
def _remembered(value: str, masker: Masker) -> str:
    cleaned, _ = clean(storable(value[: 4 * _SHORT_LIMIT]))
    return masker.mask_text(" ".join(cleaned.text.split()), {})[:_SHORT_LIMIT]


@lru_cache(maxsize=8192)
def _seen(value: str) -> str:
    return value if _PLAIN.fullmatch(value) is not None else seen(storable(value))


def _bounded(value: Any, depth: int = 0) -> Any:
    """Attributes with storable strings of bounded length, as a person sees them; what cannot be JSON becomes text.

    Personal data can stand behind markup and unseen characters here as well as in the text.
    """
    if isinstance(value, str):
        return _seen(value) if len(value) <= _SHORT_LIMIT else seen(storable(value[:TEXT_LIMIT]))
    if isinstance(value, Mapping):
        return {storable(str(k)[:_SHORT_LIMIT]): _bounded(v, depth + 1) for k, v in value.items()} if depth < DEPTH else None
    if isinstance(value, list | tuple):
        return [_bounded(v, depth + 1) for v in value] if depth < DEPTH else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124  # NaN is no JSON
    return storable(str(value)[:TEXT_LIMIT])
