"""Parsed records -> the columns of silver that come from what was said: clean, mask, look again, language,
information, duplicates. A batch at a time.

Each step takes the whole batch, so that it can look at all texts at once. What a row says never depends on the others of its batch. Not
here: parsing, Arrow (kernel.py), tables (process.py).
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from feedback_assets.ground.placeholders import PATTERN
from feedback_assets.silver import duplicates, information
from feedback_assets.silver.cleaning import TEXT_LIMIT, Cleaned, clean, clean_batch, seen, storable
from feedback_assets.silver.language import LanguageDetector
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal import hints
from feedback_assets.silver.personal.masker import DEPTH, Masker
from feedback_assets.silver.personal.second_look import Noted, Notes, SecondLook
from feedback_assets.sources.event import CanonicalEvent

Columns = dict[str, list[Any]]
"""Column name -> one value a row."""

# Short words of letters and one space between: nothing to clean, nothing to mask.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z,.'?-]{0,19}(?: [A-Za-z][A-Za-z,.'?-]{0,19})*")
_VERSION = re.compile(r"[\w.+ -]{0,40}")
_SHORT_LIMIT = 200
_PLACEHOLDER = re.compile(f"({PATTERN.pattern})")


class TextStage:
    """The text stage of one process, under one site's masker."""

    def __init__(self, masker: Masker, detector: LanguageDetector | None = None) -> None:
        self._masker = masker
        self._second = SecondLook(masker)
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
        counts = [found for _, found in masked]
        notes = Notes(counts)
        mapped = self._second.texts("text", [text for text, _ in masked], sources, notes)
        texts = [text.text for text in mapped]
        locales = self._short("locale", [e.locale for e in events], sources, notes)
        told = self._detector.detect_batch(texts, locales)
        judged = information.judge_batch(texts)
        normals = duplicates.all_normalised(texts)
        titles = self._titles([e.title for e in events], sources, customers, notes)
        attributes = [
            self._attributes(e, s, p, found, c) for e, s, p, found, c in zip(events, sources, customers, counts, cleaned, strict=True)
        ]
        attributes = self._second.attributes(attributes, sources, notes)
        urls = [masker.mask_url(storable(e.url), found) if e.url else "" for e, found in zip(events, counts, strict=True)]
        return {
            "channel": [e.channel for e in events],
            "title": titles,
            "text": texts,
            "rating": [e.rating for e in events],
            "customer_key": [masker.customer_key(s, p) for s, p in zip(sources, customers, strict=True)],
            "tier": self._short("tier", [e.tier for e in events], sources, notes),
            "locale": locales,
            "language": [t.language for t in told],
            "language_confidence": [t.confidence for t in told],
            "language_basis": [t.basis for t in told],
            "language_segments": [_json(t.segments) if t.segments else "" for t in told],
            "product": self._short("product", [e.product for e in events], sources, notes),
            "product_area": self._short("product_area", [e.product_area for e in events], sources, notes),
            "version": self._short("version", [e.version for e in events], sources, notes),
            "region": self._short("region", [e.region for e in events], sources, notes),
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
            "offsets": [text.triples() for text in mapped],
            "second_look": notes.column(),
        }

    def _titles(self, titles: Sequence[str], sources: Sequence[str], customers: Sequence[str], notes: Notes) -> list[str]:
        """Titles cleaned and masked. One of plain words is left as it is, where no recogniser asks to see it."""
        known = hints.hints_of_all([title if _PLAIN.fullmatch(title) is not None else "" for title in titles])
        out = []
        for title, source, customer, asked in zip(titles, sources, customers, known, strict=True):
            if not title or (
                not asked
                and _PLAIN.fullmatch(title) is not None
                and not (customer and customer in title)
                and not self._masker.rules_of(source).looks
                and not self._masker.policy.rules.recogniser.name
            ):
                out.append(MappedText.raw(title))
            else:
                out.append(self._masker.mask(clean(storable(title))[0], source=source, customer_id=customer)[0])
        return [title.text for title in self._second.texts("title", out, sources, notes)]

    def _short(self, column: str, values: Sequence[str], sources: Sequence[str], notes: Notes) -> list[str]:
        """One-line fields: cleaned, masked, cut, looked at again. Few different values come, so they are remembered."""
        out = []
        for row, value in enumerate(values):
            if value:
                shown, found = _remembered(value, column if column in _READ_APART else "", sources[row], self._second)
                if found:
                    notes.add(row, column, found)
                out.append(shown)
            else:
                out.append("")
        return out

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


_READ_APART = frozenset({"version", "tier"})
"""Short fields with a way of their own: a version may look like anything, a tier is in lower case."""


@lru_cache(maxsize=8192)
def _remembered(value: str, column: str, source: str, second: SecondLook) -> tuple[str, tuple[Noted, ...]]:
    """A one-line field of that source, and what the second look found in it."""
    if column == "version" and _VERSION.fullmatch(value) and not value.isdigit():
        shown = value
    else:
        cleaned, _ = clean(storable(value[: 4 * _SHORT_LIMIT]))
        shown = second.masker.mask_text(" ".join(cleaned.text.split()), {}, source=source)[:_SHORT_LIMIT]
        if column == "tier":
            shown = _lowered(shown)
    text, found = second.mask(MappedText.raw(shown), source, by_detectors=column == "version")
    return text.text, tuple(found)


def _lowered(value: str) -> str:
    """In lower case, but for its placeholders."""
    return "".join(part if PATTERN.fullmatch(part) else part.lower() for part in _PLACEHOLDER.split(value))


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
