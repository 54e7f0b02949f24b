"""A small home of texts with what the machine made of them: real tables, as silver and enrichment would write them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.ground.identity import event_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.review.labels import Labels

DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
LABELS = Labels(
    {"billing": ("refund", "double_charge"), "delivery": ("late",), "crash": ("on_start",)},
    {"billing": "team-money", "delivery": "team-parcels", "crash": "team-core"},
)


@dataclass(frozen=True)
class Text:
    """One event and the one issue in it. stand: accepted, doubted or none. leader: name of the text that it repeats."""

    name: str
    stand: str = "doubted"
    reason: str = "low_confidence"
    category: str = "billing"
    subcategory: str = ""
    severity: int = 3
    confidence: float = 0.6
    quote: str = ""
    leader: str = ""
    day: date = DAY
    language: str = "en"
    tier: str = "rules"
    current: bool = True
    claim: int = 0
    indexed: bool = True

    @property
    def event(self) -> str:
        return event_id("forum", self.name)

    @property
    def payload(self) -> str:
        return sha256_hex(self.name.encode())

    @property
    def issue(self) -> str:
        """Opaque, like the ids of real issues."""
        return sha256_hex(f"issue {self.name} {self.claim}".encode())[:32]

    @property
    def words(self) -> str:
        return self.quote or f"something is wrong with {self.name}"

    def row(self) -> dict[str, Any]:
        """Its row of enrichment/issues, or of enrichment/review."""
        doubted = {"reason": self.reason, "status": "open"} if self.stand == "doubted" else {}
        return {
            "issue_id": self.issue,
            "event_id": self.event,
            "payload_sha256": self.payload,
            "source": "forum",
            "feed_date": self.day,
            "batch_id": "0" * 32,
            "event_time": _at(self.day),
            "category": self.category,
            "subcategory": self.subcategory,
            "sentiment": "negative",
            "sentiment_score": -0.5,
            "severity": self.severity,
            "urgency": "normal",
            "confidence": self.confidence,
            "owner": "product-support",
            "evidence": [{"start": 0, "end": len(self.words)}],
            "quote": self.words,
            "language": self.language,
            "tier": self.tier,
            "taxonomy_version": "1",
            "model_version": "1",
            "processed_at": _at(self.day),
            **doubted,
        }


def put(lake: Lakehouse, texts: Iterable[Text]) -> list[Text]:
    """Adds the texts to silver and enrichment."""
    listed = list(texts)
    events = {t.event: t for t in listed}.values()
    lake.append_new(EVENTS, to_arrow(EVENTS, [_event(t) for t in events]))
    lake.append_new(REVISIONS, to_arrow(REVISIONS, [_revision(t) for t in events]))
    lake.append_new(ENRICHED_EVENTS, to_arrow(ENRICHED_EVENTS, [_enriched(t) for t in events]))
    lake.append_new(DUPLICATE_INDEX, to_arrow(DUPLICATE_INDEX, [_index(t) for t in events if t.current and t.indexed]))
    for table, stand in ((ISSUES, "accepted"), (REVIEW, "doubted")):
        lake.append_new(table, to_arrow(table, [t.row() for t in listed if t.stand == stand]))
    return listed


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=UTC)


def _shared(t: Text) -> dict[str, Any]:
    return {"event_id": t.event, "payload_sha256": t.payload, "feed_date": t.day, "source": "forum"}


def _event(t: Text) -> dict[str, Any]:
    return {**_shared(t), "text": t.words, "language": t.language, "is_deletion": False, "batch_id": "0" * 32, "event_time": _at(t.day)}


def _revision(t: Text) -> dict[str, Any]:
    return {**_shared(t), "revision": 1, "is_current": t.current, "is_deletion": False, "event_day": t.day, "event_time": _at(t.day)}


def _enriched(t: Text) -> dict[str, Any]:
    outcome = {"accepted": "issues", "doubted": "review", "none": "no_issue"}[t.stand]
    return {**_shared(t), "outcome": outcome, "tier": t.tier, "batch_id": "0" * 32}


def _index(t: Text) -> dict[str, Any]:
    leader = event_id("forum", t.leader) if t.leader else t.event
    return {**_shared(t), "event_day": t.day, "event_time": _at(t.day), "leader_id": leader, "minhash": [], "weight": 30, "similarity": 1.0}
