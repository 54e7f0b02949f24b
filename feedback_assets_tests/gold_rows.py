"""Small input tables for the tests of signals, priority, tickets and alerts: real Delta tables that fit the contracts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES
from feedback_assets.contracts.priority import FACTORS, SCORES
from feedback_assets.contracts.signals import DAILY_COUNTS, TRENDS
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, ISSUE_FACTS, THEME_DAYS, THEMES, TOUCHES
from feedback_assets.ground import identity
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.themes import evidence
from feedback_assets.themes.catalogue import _people
from feedback_assets.themes.facts import update_facts, update_theme_days
from feedback_assets_tests.themes.stream import RATES

DAY = date(2024, 5, 31)
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def theme(n: int) -> str:
    """The id of the n-th theme."""
    return identity.theme_id(f"founder {n}")


@dataclass(frozen=True)
class Piece:
    """One piece of feedback with one issue."""

    name: str
    day: date = DAY
    theme_id: str = ""
    source: str = "zendesk"
    customer: str = ""
    tier: str = ""
    locale: str = ""
    version: str = ""
    product_area: str = ""
    order_value: float | None = None
    currency: str = ""
    rating: float | None = None
    severity: int = 3
    sentiment: str = "negative"
    score: float = -0.5
    quote: str = "it crashes on start"
    confidence: float = 0.9
    similarity: float = 0.8
    superseded: bool = False
    issues: int = 1
    in_review: int = 0
    spam: str = ""
    repeats: str = ""
    landed_after: float = 3600.0
    silver_after: float = 60.0
    enriched_after: float = 120.0

    @property
    def event_id(self) -> str:
        return identity.event_id(self.source, self.name)

    @property
    def payload(self) -> str:
        return identity.sha256_hex(self.name.encode())

    @property
    def issue_id(self) -> str:
        return identity.issue_id(self.event_id, self.payload, 0, 1)


def put_pieces(lake: Lakehouse, pieces: Iterable[Piece]) -> None:
    """Makes silver, enrichment and assignments exactly these pieces."""
    listed = list(pieces)
    lake.replace(EVENTS, to_arrow(EVENTS, [_event(p) for p in listed]))
    lake.replace(REVISIONS, to_arrow(REVISIONS, [_revision(p) for p in listed]))
    lake.replace(ENRICHED_EVENTS, to_arrow(ENRICHED_EVENTS, [_enriched(p) for p in listed]))
    lake.replace(ISSUES, to_arrow(ISSUES, [_issue(p) for p in listed if p.issues]))
    lake.replace(ASSIGNMENTS, to_arrow(ASSIGNMENTS, [_assignment(p) for p in listed if p.issues]))
    index = [_index(p) for p in listed if not p.superseded]
    lake.replace(DUPLICATE_INDEX, to_arrow(DUPLICATE_INDEX, index))
    update_facts(lake, RATES)
    update_theme_days(lake)
    known = lake.read(THEMES).to_pylist()
    lake.upsert(THEMES, to_arrow(THEMES, [row | _from_facts(lake, row["theme_id"]) for row in known]))


def _from_facts(lake: Lakehouse, theme_id: str) -> dict[str, Any]:
    """What the registry takes from the facts of a theme."""
    people = _people(lake, [theme_id]).get(theme_id, {"tiers": {}, "order_value": 0.0, "versions": {}})
    facts = lake.read(ISSUE_FACTS, columns=evidence.FACTS, where={"theme_id": [theme_id]}).to_pylist()
    return {
        "tiers": json.dumps(people["tiers"]),
        "order_value": people["order_value"],
        "versions": json.dumps(people["versions"]),
        "evidence": evidence.written(evidence.best(evidence.quotable(f) for f in facts)),
    }


def touch(lake: Lakehouse, n: int, purpose: str = "live") -> None:
    """Says that a batch of new data concerned theme n."""
    batch = identity.batch_id("forum", theme(n), str(lake.version(TOUCHES)))
    row = {"touch_id": batch, "feed_date": DAY, "batch_id": batch, "theme_id": theme(n), "purpose": purpose}
    lake.append_new(TOUCHES, to_arrow(TOUCHES, [row]))


def put_theme(lake: Lakehouse, n: int, **changed: Any) -> None:
    """Adds or changes theme n: ten issues of ten customers unless told otherwise."""
    row: dict[str, Any] = {
        "theme_id": theme(n),
        "name": f"crash on start {n}",
        "terms": ["crash", "start"],
        "category": "stability_performance",
        "subcategory": "crash",
        "language": "en",
        "owner": "team-core",
        "quote": "it crashes on start",
        "quote_issue_id": identity.issue_id("x", "y", 0, n),
        "founder_issue_id": identity.issue_id("x", "y", 0, n),
        "first_day": DAY - timedelta(days=20),
        "last_day": DAY,
        "issues": 10,
        "events": 10,
        "customers": 10,
        "severity": 3.5,
        "confidence": 0.9,
        "status": "active",
        "successor_id": "",
        "embedder": "test",
        "centroid": [1.0, 0.0],
    }
    lake.upsert(THEMES, to_arrow(THEMES, [row | _from_facts(lake, theme(n)) | changed]))
    touch(lake, n)


def put_score(lake: Lakehouse, n: int, score: float = 65.0, band: str = "P2", as_of: date = DAY) -> None:
    """Adds or changes the score of theme n."""
    row: dict[str, Any] = {
        "theme_id": theme(n),
        "score": score,
        "band": band,
        **dict.fromkeys(FACTORS, 0.5),
        **{f"{f}_points": score / len(FACTORS) for f in FACTORS},
        "weights_version": "1",
        "as_of": as_of,
        "explanation": f"{band} with {score:.1f} of 100.",
    }
    lake.upsert(SCORES, to_arrow(SCORES, [row]))
    touch(lake, n)


def drop_score(lake: Lakehouse, n: int) -> None:
    """Removes the score of theme n, as for a theme that is not active any more."""
    lake.replace(SCORES, to_arrow(SCORES, []), where={"theme_id": [theme(n)]})


def put_trend(lake: Lakehouse, n: int, trend: str = "steady", last_7_days: int = 3, as_of: date = DAY, **changed: Any) -> None:
    """Adds or changes the trend of theme n."""
    row: dict[str, Any] = {
        "theme_id": theme(n),
        "as_of": as_of,
        "last_7_days": last_7_days,
        "previous_7_days": 2,
        "baseline": 0.0,
        "spread": 0.0,
        "z": 0.0,
        "trend": trend,
        "peak_day": DAY,
        "peak": 4,
        "returned_on": None,
        "quiet_days": 0,
        "top_version": "",
        "top_version_share": 0.0,
    }
    lake.upsert(TRENDS, to_arrow(TRENDS, [row | changed]))
    touch(lake, n)


def put_counts(lake: Lakehouse, n: int, issues: int, *, dimension: str = "all", value: str = "", day: date = DAY) -> None:
    """Adds or changes one count of theme n."""
    row = {
        "event_day": day,
        "theme_id": theme(n),
        "dimension": dimension,
        "value": value,
        "issues": issues,
        "events": issues,
        "customers": issues,
        "severity_sum": 3 * issues,
        "negative": issues,
        "order_value": 0.0,
        "amounts_apart": 0,
    }
    lake.upsert(DAILY_COUNTS, to_arrow(DAILY_COUNTS, [row]))
    if dimension == "all":
        sums = {"event_day": day, "theme_id": theme(n), "issues": issues, "events": issues, "severity_sum": 3 * issues}
        lake.upsert(THEME_DAYS, to_arrow(THEME_DAYS, [{**sums, "confidence_sum": 0}]))


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=UTC)


def _event(p: Piece) -> dict[str, Any]:
    landed = _at(p.day) + timedelta(seconds=p.landed_after)
    return {
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "source": p.source,
        "feed_date": p.day,
        "batch_id": identity.batch_id(p.source, "f", "0"),
        "channel": "ticket",
        "event_time": _at(p.day),
        "revised_at": _at(p.day),
        "is_deletion": False,
        "title": "",
        "text": p.quote,
        "rating": p.rating,
        "customer_key": p.customer,
        "tier": p.tier,
        "locale": p.locale,
        "language": "en",
        "language_confidence": 1.0,
        "language_basis": "text",
        "language_segments": "",
        "product": "",
        "product_area": p.product_area,
        "version": p.version,
        "region": "",
        "order_value": p.order_value,
        "currency": p.currency,
        "url": "",
        "attachments": [],
        "attributes": "{}",
        "masked": "{}",
        "is_informative": True,
        "spam_reason": p.spam,
        "text_hash": identity.event_id("text", p.quote),
        "minhash": [],
        "received_at": landed,
        "processed_at": landed + timedelta(seconds=p.silver_after),
    }


def _revision(p: Piece) -> dict[str, Any]:
    return {
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "source": p.source,
        "revision": 1,
        "is_current": not p.superseded,
        "is_deletion": False,
        "feed_date": p.day,
        "event_day": p.day,
        "event_time": _at(p.day),
        "revised_at": _at(p.day),
    }


def _index(p: Piece) -> dict[str, Any]:
    return {
        "event_day": p.day,
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "feed_date": p.day,
        "event_time": _at(p.day),
        "source": p.source,
        "customer_key": p.customer,
        "text_hash": identity.event_id("text", p.quote),
        "minhash": [],
        "weight": 30,
        "leader_id": p.repeats or p.event_id,
        "similarity": 1.0,
    }


def _enriched(p: Piece) -> dict[str, Any]:
    return {
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "source": p.source,
        "feed_date": p.day,
        "batch_id": identity.batch_id(p.source, "f", "0"),
        "outcome": "issues" if p.issues else "no_issue",
        "tier": "rules",
        "issues": p.issues,
        "in_review": p.in_review,
        "sentiment": p.sentiment,
        "sentiment_score": p.score,
        "taxonomy_version": "1",
        "model_version": "1",
        "processed_at": _at(p.day) + timedelta(seconds=p.landed_after + p.enriched_after),
    }


def _issue(p: Piece) -> dict[str, Any]:
    return {
        "issue_id": p.issue_id,
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "source": p.source,
        "feed_date": p.day,
        "batch_id": identity.batch_id(p.source, "f", "0"),
        "event_time": _at(p.day),
        "category": "stability_performance",
        "subcategory": "crash",
        "sentiment": p.sentiment,
        "sentiment_score": p.score,
        "severity": p.severity,
        "urgency": "normal",
        "confidence": p.confidence,
        "owner": "team-core",
        "evidence": [{"start": 0, "end": len(p.quote)}],
        "quote": p.quote,
        "language": "en",
        "tier": "rules",
        "taxonomy_version": "1",
        "model_version": "1",
        "processed_at": _at(p.day),
    }


def _assignment(p: Piece) -> dict[str, Any]:
    return {
        "issue_id": p.issue_id,
        "theme_id": p.theme_id,
        "event_id": p.event_id,
        "payload_sha256": p.payload,
        "source": p.source,
        "feed_date": p.day,
        "event_day": p.day,
        "similarity": p.similarity,
        "superseded": p.superseded,
    }
