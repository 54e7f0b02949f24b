"""Three made-up exports for the source `generic`, one a file format, each with its mapping. Only their formats belong here."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from feedback_assets.demo.draft import Draft
from feedback_assets.demo.payloads import csv_row, iso, tier_of

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

MAPPINGS = {
    "sales_calls": """# Notes of sales calls, exported from a spreadsheet once a day.
name: sales_calls
channel: other
format: csv
delimiter: ";"
fields:
  record_id: Call
  event_time: Date
  revised_at: Changed
  deleted_at: Removed
  text: Notes
  customer_id: Account
  tier: Segment
  region: Country
  product_area: Area
  version: Version
  order_value: Deal value
constants:
  product: Larkspur
  currency: EUR
time:
  format: "%d.%m.%Y %H:%M:%S"
  timezone: Europe/Berlin
attributes:
  - Agent
""",
    "kiosk": """# Feedback screens in the shops.
name: kiosk
channel: survey
format: json
records: entries
fields:
  record_id: id
  event_time: at
  revised_at: changed_at
  deleted_at: removed_at
  text: message
  rating: stars
  locale: lang
  region: place.country
constants:
  product: Larkspur Shop
time:
  format: iso
  timezone: UTC
attributes:
  - place.screen
""",
    "community_chat": """# The community's chat, one message a line.
name: community_chat
channel: chat
format: jsonl
fields:
  record_id: msg_id
  event_time: ts
  revised_at: edited_ts
  deleted_at: deleted_ts
  text: text
  customer_id: user.id
  product_area: room
  version: app.version
constants:
  product: Larkspur
time:
  format: epoch_ms
  timezone: UTC
attributes:
  - reactions
""",
}
CALL_COLUMNS = ("Call", "Date", "Account", "Segment", "Country", "Deal value", "Area", "Version", "Notes", "Changed", "Removed", "Agent")
SUFFIX = {"sales_calls": "csv", "kiosk": "json", "community_chat": "jsonl"}


@lru_cache(maxsize=1)
def _berlin() -> ZoneInfo:
    return ZoneInfo("Europe/Berlin")


def _local(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_berlin()).strftime("%d.%m.%Y %H:%M:%S")


def record(d: Draft) -> str:
    """One record; its mapping is the first part of its id."""
    mapping, _, own = d.record_id.partition(":")
    changed = d.updated if d.revision > 1 and not d.deleted else None
    removed = d.updated if d.deleted else None
    if mapping == "sales_calls":
        row = (
            own,
            _local(d.created),
            f"ACC-{d.person % 5000:05d}",
            tier_of(d.person),
            d.country,
            str(100 * (1 + d.noise % 400)),
            d.area,
            d.version,
            d.body,
            _local(changed) if changed else "",
            _local(removed) if removed else "",
            ("kb", "ml", "ro")[d.noise % 3],
        )
        return csv_row(row, ";")
    if mapping == "kiosk":
        entry: dict[str, object] = {
            "id": own,
            "at": iso(d.created),
            "message": d.body,
            "stars": d.rating,
            "lang": d.locale,
            "place": {"country": d.country, "screen": d.noise % 12},
        }
        if changed:
            entry["changed_at"] = iso(changed)
        if removed:
            entry["removed_at"] = iso(removed)
        return _encode(entry)
    message: dict[str, object] = {
        "msg_id": own,
        "ts": d.created * 1000,
        "user": {"id": f"u{d.person}", "nick": f"user{d.person % 1000}"},
        "room": d.area or "general",
        "text": d.body,
        "app": {"version": d.version},
        "reactions": d.noise % 7,
    }
    if changed:
        message["edited_ts"] = changed * 1000
    if removed:
        message["deleted_ts"] = removed * 1000
    return _encode(message)


def document(mapping: str, records: Sequence[bytes]) -> bytes:
    """The file around records."""
    if mapping == "sales_calls":
        return ";".join(CALL_COLUMNS).encode() + b"\n" + b"".join(r + b"\n" for r in records)
    if mapping == "kiosk":
        return b'{"site":"shops","entries":[\n%s\n]}\n' % b",\n".join(records)
    return b"".join(r + b"\n" for r in records)
