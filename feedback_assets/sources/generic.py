"""Any CSV, JSON or JSONL export, read by a mapping file: column -> canonical field, constants, time format.

A mapping is data of a person, so its errors are SettingErrors that name the file and the key. In a record's context it travels as compact
JSON, so that a record can be read again without the file.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from feedback_assets.contracts.silver import CHANNELS
from feedback_assets.ground.errors import SettingError
from feedback_assets.sources import reading
from feedback_assets.sources.event import CanonicalEvent, RecordError
from feedback_assets.sources.framing.frames import Layout

MAX_MAPPING_BYTES = 1 << 16

CanonicalField = Literal[
    "record_id",
    "event_time",
    "revised_at",
    "deleted_at",
    "title",
    "text",
    "rating",
    "customer_id",
    "tier",
    "locale",
    "product",
    "product_area",
    "version",
    "region",
    "order_value",
    "currency",
    "url",
    "attachments",
]
ConstantField = Literal["title", "tier", "locale", "product", "product_area", "version", "region", "currency"]
# Byte ranges of CSV and JSONL hold for these: each byte below 128 is always its ASCII character.
Encoding = Literal["utf-8", "latin-1", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"]
Column = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TimeFormat(_Strict):
    """format: iso, epoch_s, epoch_ms, or a pattern of datetime.strptime. timezone: of times that name none."""

    format: Annotated[str, Field(min_length=1, max_length=100)] = "iso"
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("a time zone such as UTC or Europe/Berlin expected") from None
        return value

    @field_validator("format")
    @classmethod
    def _usable(cls, value: str) -> str:
        if value in ("iso", "epoch_s", "epoch_ms"):
            return value
        if "%" not in value:
            raise ValueError("iso, epoch_s, epoch_ms or a pattern such as %d.%m.%Y %H:%M expected")
        try:
            shown = datetime(2001, 2, 3, 4, 5, 6).strftime(value)  # noqa: DTZ001
            datetime.strptime(shown, value)  # noqa: DTZ007
        except (ValueError, re.error):
            raise ValueError("a pattern that datetime.strptime can read expected") from None
        return value


class RatingScale(_Strict):
    """The scale of the rating column; it is moved linearly to 1..5."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> "RatingScale":
        if not self.min < self.max:
            raise ValueError("min below max expected")
        return self


class FieldMapping(_Strict):
    """A mapping file.

    name: goes into every event's identity: renaming a mapping makes new events. fields: canonical field -> column (for JSON a dotted
    path). constants: canonical field -> the value of all records. records: key of the array in a JSON object; without it the object's
    one array of objects is taken. attributes: columns that are kept as they are.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    channel: str
    format: Literal["auto", "csv", "json", "jsonl"] = "auto"
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n]$')] | None = None
    encoding: Encoding = "utf-8"
    records: str | None = None
    fields: dict[CanonicalField, Column]
    constants: dict[ConstantField, str] = Field(default_factory=dict)
    time: TimeFormat = TimeFormat()
    rating: RatingScale | None = None
    attributes: list[Column] = Field(default_factory=list)

    @field_validator("channel")
    @classmethod
    def _listed(cls, value: str) -> str:
        if value not in CHANNELS:
            raise ValueError(f"one of {', '.join(CHANNELS)} expected")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "FieldMapping":
        missing = [f for f in ("record_id", "event_time") if f not in self.fields]
        if missing:
            raise ValueError(f"fields: {' and '.join(missing)} must name a column")
        both = sorted(set(self.fields) & set(self.constants))
        if both:
            raise ValueError(f"{', '.join(both)}: a column or a constant expected, not both")
        if "currency" in self.constants and not reading.currency(self.constants["currency"]):
            raise ValueError("constants.currency: a code of ISO 4217 such as EUR expected")
        if self.delimiter is not None and not self.delimiter.isascii():
            raise ValueError("delimiter: an ASCII character expected")
        return self


def load_mapping(path: Path) -> FieldMapping:
    """A mapping file (YAML). Raises SettingError, naming file and key."""
    import yaml

    mend = f"correct {path.name}; docs/examples/ holds one that works"
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise SettingError(f"the mapping {path} cannot be read ({e.strerror})", expected="a YAML file", mend="name another file") from None
    if len(raw) > MAX_MAPPING_BYTES:
        raise SettingError(f"the mapping {path.name} is {len(raw)} bytes long", expected=f"at most {MAX_MAPPING_BYTES}", mend=mend)
    try:
        data = yaml.safe_load(raw.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as e:
        mark = getattr(e, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark is not None else ""
        raise SettingError(f"the mapping {path.name} is not YAML{place}", expected="YAML in UTF-8", mend=mend) from None
    return _validated(data, path.name, mend)


def _validated(data: object, name: str, mend: str) -> FieldMapping:
    try:
        return FieldMapping.model_validate(data)
    except ValidationError as e:
        found = []
        for error in e.errors(include_url=False, include_input=False)[:5]:
            place = ".".join(str(part) for part in error["loc"])
            found.append(f"{place}: {error['msg']}" if place else error["msg"])
        raise SettingError(
            f"the mapping {name} cannot be used: {'; '.join(found)}", expected="the keys of docs/examples", mend=mend
        ) from None


def mapping_text(mapping: FieldMapping) -> str:
    """The mapping as the compact JSON that travels in a record's context."""
    return json.dumps(mapping.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=64)
def mapping_of(text: str) -> FieldMapping:
    """The mapping of a record's context. Raises RecordError bad_context."""
    try:
        return FieldMapping.model_validate_json(text)
    except ValidationError:
        raise RecordError("bad_context", "the mapping in the record's context cannot be used") from None


class Generic:
    """Whatever has columns: files need a mapping."""

    name = "generic"
    aliases: tuple[str, ...] = ("csv", "json", "jsonl", "other", "file")
    channel = ""
    needs_mapping = True

    def read_mapping(self, path: Path) -> str:
        return mapping_text(load_mapping(path))

    def layout(self, mapping: str = "") -> Layout:
        rules = mapping_of(mapping)
        columns = tuple(dict.fromkeys(reading.column_key(c) for c in (*rules.fields.values(), *rules.attributes)))
        return Layout(
            formats=("json", "jsonl", "csv") if rules.format == "auto" else (rules.format,),
            record_keys=(rules.records,) if rules.records else (),
            any_array=rules.records is None,
            marks=tuple(dict.fromkeys(rules.fields[f].split(".")[0] for f in ("record_id", "event_time"))),
            delimiter=rules.delimiter or "",
            columns=columns,
            encoding=rules.encoding,
        )

    def parse(self, payload: bytes, context: Mapping[str, Any]) -> CanonicalEvent:
        text = context.get("mapping")
        if not isinstance(text, str):
            raise RecordError("bad_context", "a record of the source generic needs its mapping")
        rules = mapping_of(text)
        is_csv = context.get("format") == "csv"
        row = reading.load_row(payload, context, rules.encoding) if is_csv else reading.load_object(payload, rules.encoding)
        return _event(_Mapped(row, rules, is_csv=is_csv), rules)


def _event(row: "_Mapped", rules: FieldMapping) -> CanonicalEvent:
    values = row.values
    record_id = values.record_id("record_id")
    deleted = row.time("deleted_at")
    revised = row.time("revised_at")
    said = row.time("event_time") or revised or deleted
    if said is None:
        raise RecordError("missing_time", "event_time: a time expected")
    scale = rules.rating
    return CanonicalEvent(
        record_id=f"{rules.name}:{record_id}",
        channel=rules.channel,
        event_time=said,
        revised_at=deleted or revised or said,
        is_deletion=deleted is not None,
        title=values.text("title") or rules.constants.get("title", ""),
        text=values.text("text"),
        rating=values.stars("rating", scale.min, scale.max) if scale else values.stars("rating"),
        customer_id=row.short("customer_id"),
        tier=row.short("tier").lower(),
        locale=reading.locale_tag(row.short("locale")),
        product=row.short("product"),
        product_area=row.short("product_area"),
        version=row.short("version"),
        region=row.short("region"),
        order_value=values.number("order_value"),
        currency=reading.currency(row.short("currency")),
        url=row.short("url"),
        attachments=row.attachments(),
        attributes=row.attributes(),
    )


class _Mapped:
    """A record's values by canonical field."""

    __slots__ = ("is_csv", "row", "rules", "values")

    def __init__(self, row: reading.Fields, rules: FieldMapping, *, is_csv: bool) -> None:
        self.row = row
        self.rules = rules
        self.is_csv = is_csv
        self.values = reading.Fields({field: self.value(column) for field, column in rules.fields.items()})

    def value(self, column: str) -> Any:
        if self.is_csv:
            return self.row.data.get(reading.column_key(column))
        return _at(self.row.data, column)

    def short(self, field: CanonicalField) -> str:
        return cast("Mapping[str, str]", self.rules.constants).get(field) or self.values.short(field)

    def time(self, field: CanonicalField) -> datetime | None:
        value = self.values.data.get(field)
        return None if value is None or value == "" else _moment(value, self.rules.time, field)

    def attachments(self) -> tuple[str, ...]:
        value = self.values.data.get("attachments")
        if value is None or value == "":
            return ()
        listed = value if isinstance(value, list) else [p for p in re.split(r"[;\s]+", reading.short(value, "attachments")) if p]
        return tuple(reading.short(v, "attachments") for v in listed)

    def attributes(self) -> dict[str, Any]:
        found = {}
        for column in self.rules.attributes:
            value = reading.plain(self.value(column))
            if value not in (None, "", [], {}):
                found[column] = value
        return found


def _at(data: Any, path: str) -> Any:
    """The value at a dotted path; a key that holds the dots itself comes first. None where the path ends early."""
    if isinstance(data, Mapping) and path in data:
        return data[path]
    for part in path.split("."):
        if not isinstance(data, Mapping):
            return None
        data = data.get(part)
    return data


def _moment(value: Any, rules: TimeFormat, field: str) -> datetime:
    if rules.format in ("epoch_s", "epoch_ms"):
        seconds = reading.number(value, field)
        return reading.epoch((seconds or 0.0) / (1000 if rules.format == "epoch_ms" else 1), field)
    if not isinstance(value, str):
        raise RecordError("bad_time", f"{field}: text in the mapping's time format expected, {reading.type_name(value)} found")
    try:
        shown = value.strip()
        found = datetime.fromisoformat(shown) if rules.format == "iso" else datetime.strptime(shown, rules.format)  # noqa: DTZ007
    except (ValueError, OverflowError):
        raise RecordError("bad_time", f"{field}: the mapping's time format expected") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(rules.timezone))
    return reading.in_range(found, field)
