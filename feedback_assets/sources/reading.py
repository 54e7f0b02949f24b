"""Reading values out of hostile records: every function gives a clean value or raises RecordError, nothing else.

Here: JSON and CSV payloads, text, ids, numbers, times. Not here: what a source's fields mean (a module a source).
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feedback_assets.sources.event import RecordError

MAX_DEPTH = 64
MAX_ID = 512
MAX_SHORT = 500
FIRST_YEAR, LAST_YEAR = 1990, 2100

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)  # made once: json.loads would make one a record
_loads, _first = _DECODER.decode, _DECODER.raw_decode
_SURROGATES = re.compile("[\ud800-\udfff]")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,300}(?:\.[0-9]{0,300})?|\.[0-9]{1,300})(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_TYPE_NAMES = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "nothing",
}


def clean(text: str) -> str:
    """Text that Arrow, Delta and Spark can hold: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "�")
    if not text.isascii():
        text = _SURROGATES.sub("�", text)
    return text


def decode(payload: bytes, encoding: str = "utf-8") -> str:
    """Raises RecordError not_utf8, with the position of the first bad byte."""
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError as e:
        raise RecordError("not_utf8", f"{encoding} expected; the byte at {e.start} of the record does not fit") from None


def load_object(payload: bytes, encoding: str = "utf-8", context: Mapping[str, Any] | None = None) -> "Fields":
    """A payload that must be one JSON object. NaN and Infinity, which are not JSON, read as nothing. Its context tells the time zone."""
    text = decode(payload, encoding)
    try:
        value = _value(text)
    except json.JSONDecodeError as e:
        raise RecordError("not_json", f"{e.msg} at character {e.pos} of the record") from None
    except ValueError:
        raise RecordError("bad_number", "a whole number has thousands of digits") from None
    except RecursionError:
        raise RecordError("too_deep", f"at most {MAX_DEPTH} levels expected") from None
    if not isinstance(value, dict):
        raise RecordError("wrong_type", f"record: an object expected, {type_name(value)} found")
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _refuse_deep(value)
    return Fields(value, zone=zone_of(context) if context else UTC)


def _value(text: str) -> Any:
    """decode() without its looks for white space, which most records have none of. What is not one plain object is left to it."""
    if text[:1] == "{" and text[-1:] == "}":
        value, end = _first(text)
        if end == len(text):
            return value
    return _loads(text)


def split_row(text: str, delimiter: str) -> list[str]:
    """Fields of one CSV row (RFC 4180), without its line end. Raises RecordError csv_quote."""
    if '"' not in text:
        return text.split(delimiter)
    field = _field_pattern(delimiter)
    fields: list[str] = []
    at = 0
    while True:
        m = field.match(text, at)
        if m is None:
            raise RecordError("csv_quote", f"field {len(fields) + 1}: a quote is not closed, or text follows the closing quote")
        raw = m.group()
        fields.append(raw[1:-1].replace('""', '"') if raw.startswith('"') else raw)
        at = m.end()
        if at >= len(text):
            return fields
        at += 1


@lru_cache(maxsize=16)
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    d = re.escape(delimiter)
    return re.compile(rf'"[^"]*+(?:""[^"]*+)*+"(?={d}|\Z)|(?!")[^{d}]*+(?={d}|\Z)')


def load_row(payload: bytes, context: Mapping[str, Any], encoding: str = "utf-8") -> "Fields":
    """A CSV row by the header in its context. Column names are matched without regard to case and outer spaces."""
    header, delimiter = context.get("header"), context.get("delimiter", ",")
    if (
        not isinstance(header, list | tuple)
        or not isinstance(delimiter, str)
        or len(delimiter) != 1
        or not all(isinstance(h, str) for h in header)
    ):
        raise RecordError("bad_context", "a CSV row needs its header and delimiter")
    names = column_keys(tuple(header))
    values = split_row(decode(payload, encoding), delimiter)
    if len(values) != len(names):
        raise RecordError("wrong_fields", f"{len(names)} fields expected, {len(values)} found")
    return Fields(dict(zip(names, values, strict=True)), zone=zone_of(context))


def zone_of(context: Mapping[str, Any]) -> tzinfo:
    """The zone of times that name none, as it was in force when the record came in; UTC when the context tells none."""
    name = context.get("timezone")
    return UTC if name is None else _zone(name)


@lru_cache(maxsize=64)
def _zone(name: object) -> tzinfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RecordError("bad_context", "timezone: the name of a time zone expected") from None


@lru_cache(maxsize=256)
def column_keys(header: tuple[str, ...]) -> tuple[str, ...]:
    """Column names as they are compared."""
    return tuple(column_key(h) for h in header)


@lru_cache(maxsize=4096)
def column_key(name: str) -> str:
    """A column name as it is compared."""
    return clean(name).strip().casefold()


class Fields:
    """A record's fields, or those of an object inside it. `path` names the place in error details, `zone` is that of times without one."""

    __slots__ = ("data", "path", "zone")

    def __init__(self, data: Mapping[str, Any], path: str = "", zone: tzinfo = UTC) -> None:
        self.data = data
        self.path = path
        self.zone = zone

    def get(self, key: str) -> Any:
        return self.data.get(key)

    def wrong(self, key: str, wanted: str, found: object) -> RecordError:
        return RecordError("wrong_type", f"{self.path}{key}: {wanted} expected, {type_name(found)} found")

    def text(self, key: str) -> str:
        """Text; empty when absent or null."""
        value = self.data.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(key, "text", value)
        return clean(value)

    def short(self, *keys: str) -> str:
        """The first of the keys that holds text or a number, as stripped text of at most MAX_SHORT characters."""
        data = self.data
        for key in keys:
            value = data.get(key)
            if value is None or value == "":
                continue
            return clean(value).strip()[:MAX_SHORT] if type(value) is str else short(value, f"{self.path}{key}")
        return ""

    def record_id(self, key: str) -> str:
        """The record's own id. Raises RecordError missing_id, bad_id."""
        value = self.short_or_none(key)
        if not value:
            raise RecordError("missing_id", f"{self.path}{key}: an id expected")
        return value

    def short_or_none(self, key: str) -> str:
        value = self.data.get(key)
        if value is None:
            return ""
        if type(value) is int:
            got = str(value)
        elif isinstance(value, bool) or not isinstance(value, str | int):
            raise self.wrong(key, "text or a whole number", value)
        else:
            got = clean(str(value)).strip()
        if len(got) > MAX_ID:
            raise RecordError("bad_id", f"{self.path}{key}: at most {MAX_ID} characters expected, {len(got)} found")
        return got

    def number(self, key: str) -> float | None:
        """A finite number, also when written as text; None when absent or empty."""
        return number(self.data.get(key), f"{self.path}{key}")

    def stars(self, key: str, lowest: float = 1, highest: float = 5) -> float | None:
        """A rating from `lowest` to `highest`, moved to 1..5; None when absent. Raises RecordError out_of_range."""
        value = self.number(key)
        if value is None:
            return None
        if not lowest <= value <= highest:
            raise RecordError("out_of_range", f"{self.path}{key}: {lowest:g} to {highest:g} expected")
        return 1 + 4 * (value - lowest) / (highest - lowest)

    def time(self, key: str) -> datetime | None:
        """ISO 8601, or seconds since 1970 as a number; None when absent or empty. Raises RecordError bad_time."""
        value = self.data.get(key)
        if value is None or value == "":
            return None
        return _plain_moment(value) or moment(value, f"{self.path}{key}", self.zone)

    def needed_time(self, *keys: str) -> datetime:
        """The first time among the keys. Raises RecordError missing_time, bad_time."""
        for key in keys:
            found = self.time(key)
            if found is not None:
                return found
        raise RecordError("missing_time", f"{self.path}{keys[0]}: a time expected")

    def flag(self, key: str) -> bool:
        """True or false; false when absent or null."""
        value = self.data.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def object(self, key: str) -> "Fields":
        """An object; an empty one when absent or null."""
        value = self.data.get(key)
        if value is None:
            return Fields({}, f"{self.path}{key}.", self.zone)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object", value)
        return Fields(value, f"{self.path}{key}.", self.zone)

    def objects(self, key: str) -> list["Fields"]:
        """A list of objects; empty when absent or null."""
        found = []
        for i, value in enumerate(self.list(key)):
            if not isinstance(value, dict):
                raise self.wrong(f"{key}[{i}]", "an object", value)
            found.append(Fields(value, f"{self.path}{key}[{i}].", self.zone))
        return found

    def list(self, key: str) -> Sequence[Any]:
        """A list; empty when absent or null."""
        value = self.data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(key, "a list", value)
        return value

    def kept(self, keys: Iterable[str]) -> dict[str, Any]:
        """These keys' values, fit for JSON; absent, null and empty ones are left out."""
        found = {}
        data = self.data
        for key in keys:
            value = data.get(key)
            if value is not None and (value := plain(value)) not in _EMPTY:
                found[key] = value
        return found


def short(value: object, path: str) -> str:
    """Text or a number as stripped text of at most MAX_SHORT characters."""
    if isinstance(value, bool | list | dict):
        raise RecordError("wrong_type", f"{path}: text expected, {type_name(value)} found")
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return clean(str(value)).strip()[:MAX_SHORT]


def number(value: object, path: str) -> float | None:
    """A finite number, also when written as text; None for None and empty text."""
    if value is None:
        return None
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped:
            return None
        if not _NUMBER.fullmatch(stripped):
            raise RecordError("wrong_type", f"{path}: a number expected, other text found")
        value = stripped
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordError("wrong_type", f"{path}: a number expected, {type_name(value)} found")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise RecordError("out_of_range", f"{path}: a finite number expected")
    return found


def _plain_moment(value: object) -> datetime | None:
    """What moment() gives for a time as most exports write it, such as 2024-05-01T09:30:00Z; None for all others."""
    if type(value) is not str or value[4:5] != "-":  # without the hyphen it may be a number of seconds
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is UTC and FIRST_YEAR <= found.year <= LAST_YEAR else None


def moment(value: object, path: str, zone: tzinfo = UTC) -> datetime:
    """ISO 8601 text (of `zone` when it names none), or seconds since 1970 as a number or digits. Raises RecordError bad_time."""
    if isinstance(value, str):
        stripped = value.strip()
        if stripped.isascii() and stripped.isdigit() and len(stripped) > 8:
            return epoch(int(stripped[:20]), path)
        try:
            found = datetime.fromisoformat(stripped)
        except ValueError:
            raise RecordError("bad_time", f"{path}: ISO 8601 expected, such as 2024-05-01T09:30:00Z") from None
        return in_range(found.replace(tzinfo=zone) if found.tzinfo is None else found, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordError("bad_time", f"{path}: a time expected, {type_name(value)} found")
    return epoch(value, path)


def epoch(seconds: float, path: str) -> datetime:
    """Seconds since 1970. Raises RecordError bad_time."""
    try:
        return in_range(datetime.fromtimestamp(seconds, UTC), path)
    except (OverflowError, ValueError, OSError):
        raise RecordError("bad_time", f"{path}: seconds since 1970 expected") from None


def in_range(found: datetime, path: str) -> datetime:
    """The same moment in UTC. Raises RecordError bad_time outside FIRST_YEAR..LAST_YEAR."""
    try:
        found = found.astimezone(UTC)
    except (OverflowError, ValueError):
        raise RecordError("bad_time", f"{path}: a year from {FIRST_YEAR} to {LAST_YEAR} expected") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RecordError("bad_time", f"{path}: a year from {FIRST_YEAR} to {LAST_YEAR} expected")
    return found


def plain(value: Any) -> Any:
    """A value fit for JSON and Delta: clean text, finite numbers. Depth is bounded by load_object."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        return str(value)
    return value


def type_name(value: object) -> str:
    """A type in words, for details."""
    return _TYPE_NAMES.get(type(value), "something else")


def locale_tag(text: str) -> str:
    """en_US -> en-US (BCP 47 writes hyphens)."""
    return text.replace("_", "-")


_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₺": "TRY",
    "₽": "RUB",
    "₩": "KRW",
    "zł": "PLN",
    "฿": "THB",
    "₪": "ILS",
    "₫": "VND",
    "₴": "UAH",
}
"""Signs of one currency alone: $, ¥ and kr stand for several."""


def currency(text: str) -> str:
    """The ISO 4217 code of a currency as exports write it; empty for anything else, which is no reason to lose the record."""
    shown = text.strip()
    return shown.upper() if _CURRENCY.fullmatch(shown) else _SIGNS.get(shown, "")


def _refuse_deep(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for v in level:
            below.extend(x for x in (v.values() if isinstance(v, dict) else v) if isinstance(x, dict | list))
        if not below:
            return
        level = below
    raise RecordError("too_deep", f"at most {MAX_DEPTH} levels expected")
