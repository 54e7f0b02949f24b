"""Rows of silver as earlier steps leave them, for the duplicate tables: events in batches, revisions, and where they are."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.silver import (
    COMPARED_BATCHES,
    DUPLICATE_COUNTS,
    DUPLICATE_GROUPS,
    DUPLICATE_INDEX,
    EVENT_DAYS,
    EVENTS,
    REVISED_BATCHES,
    REVISIONS,
)
from feedback_assets.ground.identity import batch_id, event_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.silver.duplicates import normalised, signatures, text_hash

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
TABLES = (DUPLICATE_GROUPS, DUPLICATE_COUNTS, DUPLICATE_INDEX, COMPARED_BATCHES)
_LISTED = (
    "screen account update order parcel payment refund login password page button slow crash error video photo message list search "
    "settings window printer folder mail calendar invoice driver shop store basket coupon review device tablet laptop sound camera"
)
WORDS = _LISTED.split()


def sentence(chance: random.Random, words: int = 18) -> str:
    return " ".join(chance.choice(WORDS) + str(chance.randint(0, 99)) for _ in range(words))


@dataclass(frozen=True)
class Said:
    """One revision of one event. An edit has a higher number and is said to be made later."""

    number: int
    text: str
    hours: float = 0
    customer: str = ""
    edit: int = 0
    gone: bool = False
    source: str = "forum"

    @property
    def event_id(self) -> str:
        return event_id(self.source, str(self.number))

    @property
    def event_time(self) -> datetime:
        return START + timedelta(hours=self.hours)

    def edited(self, text: str, **more: Any) -> "Said":
        return replace(self, text=text, edit=self.edit + 1, **more)

    def deleted(self) -> "Said":
        return replace(self, edit=self.edit + 1, gone=True)


def arrive(lake: Lakehouse, said: Iterable[Said], name: str) -> None:
    """One batch, delivered on the day it was said (the first for an edit): silver/events, and silver/revisions as it then is."""
    fresh = list(said)
    by_day: dict[date, list[Said]] = {}
    for one in fresh:
        by_day.setdefault(one.event_time.date() + timedelta(days=one.edit), []).append(one)
    normals = {one.text: normalised(one.text) for one in fresh}
    sketches = dict(zip(normals, signatures(list(normals.values())), strict=True))
    rows = [
        {
            **_named(one, day), "batch_id": batch_id("forum", f"{name} {day}", sha256_hex(b"")), "source": one.source, "text": one.text,
            "customer_key": one.customer, "text_hash": text_hash(normals[one.text]), "minhash": sketches[one.text],
            "event_time": one.event_time, "revised_at": one.event_time + timedelta(hours=one.edit), "is_deletion": one.gone,
        }
        for day, told in by_day.items()
        for one in told
    ]  # fmt: skip
    lake.append_new(EVENTS, to_arrow(EVENTS, rows))
    revise(lake)
    shown = {(r["feed_date"], r["batch_id"]) for r in rows}
    lake.append_new(REVISED_BATCHES, to_arrow(REVISED_BATCHES, [{"feed_date": d, "batch_id": b, "events": 1} for d, b in sorted(shown)]))


def revise(lake: Lakehouse) -> None:
    """silver/revisions and silver/event_days, as silver/events says."""
    events = lake.read(
        EVENTS, columns=["event_id", "payload_sha256", "source", "feed_date", "event_time", "revised_at", "is_deletion"]
    ).to_pylist()
    ordered = sorted(events, key=lambda r: (r["event_id"], r["revised_at"]))
    last = {r["event_id"]: r for r in ordered}
    rows = [
        {
            **r, "revision": 1, "is_current": r is last[r["event_id"]] and not r["is_deletion"],
            "event_day": r["event_time"].astimezone(UTC).date(),
        }
        for r in ordered
    ]  # fmt: skip
    lake.replace(REVISIONS, to_arrow(REVISIONS, rows))
    places = {(r["feed_date"], int(r["event_id"][:15], 16)) for r in events}
    lake.append_new(EVENT_DAYS, to_arrow(EVENT_DAYS, [{"feed_date": d, "event_prefix": p} for d, p in sorted(places)]))


def _named(one: Said, day: date) -> dict[str, Any]:
    return {"event_id": one.event_id, "payload_sha256": sha256_hex(repr(one).encode()), "feed_date": day}


def contents(lake: Lakehouse) -> dict[str, list[Mapping[str, Any]]]:
    """All rows of the duplicate tables, in a fixed order."""
    return {t.name: sorted(lake.read(t).to_pylist(), key=repr) for t in TABLES}


def groups(lake: Lakehouse, said: Sequence[Said]) -> dict[int, tuple[int, str, bool]]:
    """Number of a grouped event -> (number of its representative, kind, template)."""
    numbers = {one.event_id: one.number for one in said}
    return {numbers[r["event_id"]]: (numbers[r["group_id"]], r["kind"], r["is_template"]) for r in lake.read(DUPLICATE_GROUPS).to_pylist()}
