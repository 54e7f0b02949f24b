"""A small stream of complaints as the tables that themes read: issues, events, revisions and the ledger."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENT_DAYS, EVENTS, REVISIONS
from feedback_assets.ground.identity import event_id, event_prefix, issue_id, sha256_hex
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.reckoning.exchange_rates import load_exchange_rates
from feedback_assets.themes.catalogue import update_registry
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.facts import update_facts, update_theme_days
from feedback_assets.themes.process import ThemesReport, update_themes

FIRST = date(2024, 3, 1)
RATES = load_exchange_rates(project_root() / "taxonomy" / "exchange_rates.yaml")
NOW = datetime(2024, 6, 1, tzinfo=UTC)

COMPLAINTS: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {
    ("function_broken", "printing", "en"): (
        ["printing to pdf cuts off the page", "print preview is blank", "printer prints empty pages", "cannot print the invoice page"],
        ["since monday", "on my laptop", "every single time", "in the office"],
    ),
    ("stability_performance", "crash", "en"): (
        [
            "the app crashes when I export to pdf",
            "exporting a pdf crashes the app",
            "pdf export crash",
            "app crashes on export of a pdf report",
        ],
        ["again", "after the update", "on android", "with large files"],
    ),
    ("sign_in_account", "two_factor", "en"): (
        [
            "the two factor code never arrives",
            "no verification code by sms",
            "two factor sms code not received",
            "verification code does not arrive",
        ],
        ["today", "on my phone", "after changing number", "for an hour"],
    ),
    ("delivery_service", "late_delivery", "de"): (
        [
            "das Paket kommt nicht an",
            "Lieferung ist seit Tagen verspätet",
            "Paket immer noch nicht geliefert",
            "Lieferung kommt viel zu spät",
        ],
        ["seit Montag", "schon wieder", "trotz Express", "ohne Nachricht"],
    ),
    ("stability_performance", "crash", "ja"): (
        ["アプリが起動直後に落ちる", "アプリを起動するとすぐ落ちる", "起動直後にアプリが強制終了する", "アプリ起動で強制終了します"],
        ["毎回です", "更新後から", "困っています", "昨日から"],
    ),
}


@dataclass
class Feedback:
    """One issue in one revision of one event."""

    day: date
    record: str
    text: str
    category: str = "stability_performance"
    subcategory: str = "crash"
    language: str = "en"
    revision: int = 1
    customer: str = ""
    version: str = ""
    hour: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def event(self) -> str:
        return event_id("forum", self.record)

    @property
    def payload(self) -> str:
        return sha256_hex(f"{self.record}/{self.revision}/{self.text}".encode())

    @property
    def issue(self) -> str:
        return issue_id(
            self.event, self.payload, 0, len(self.text), int(sha256_hex(f"{self.category}/{self.subcategory}".encode())[:6], 16)
        )

    @property
    def batch(self) -> str:
        return self.extra.get("batch") or sha256_hex(self.day.isoformat().encode())[:32]

    @property
    def time(self) -> datetime:
        seconds = int(sha256_hex(self.record.encode())[:6], 16) % 3600
        return datetime(self.day.year, self.day.month, self.day.day, self.hour, tzinfo=UTC) + timedelta(seconds=seconds)


def stream(days: int = 6, a_day: int = 12, seed: int = 0) -> list[Feedback]:
    """Complaints of five themes over some days; deterministic."""
    rnd = random.Random(seed)
    keys = sorted(COMPLAINTS)
    said = []
    for d in range(days):
        for n in range(a_day):
            key = keys[(n + d) % len(keys)]
            texts, tails = COMPLAINTS[key]
            text = f"{rnd.choice(texts)} {rnd.choice(tails)}"
            said.append(Feedback(FIRST + timedelta(days=d), f"{seed}-{d}-{n}", text, *key, hour=rnd.randrange(24)))
    return said


def land(lake: LocalLakehouse, feedback: Sequence[Feedback]) -> None:
    """Writes what earlier stages would have written for the feedback."""
    events = [
        {
            "event_id": f.event,
            "payload_sha256": f.payload,
            "source": "forum",
            "feed_date": f.day,
            "batch_id": f.batch,
            "event_time": f.time,
            "title": f.extra.get("title", ""),
            "text": f.text,
            "customer_key": f.customer,
            "version": f.version,
            "language": f.language,
        }
        for f in feedback
    ]
    issues = [
        {
            **{k: e[k] for k in ("event_id", "payload_sha256", "source", "feed_date", "batch_id", "event_time", "language")},
            "issue_id": f.issue,
            "category": f.category,
            "subcategory": f.subcategory,
            "sentiment": "negative",
            "severity": 3,
            "confidence": 0.9,
            "owner": "apps",
            "evidence": [{"start": 0, "end": len(f.text)}],
            "quote": f.text,
        }
        for f, e in zip(feedback, events, strict=True)
    ]
    batches = {(f.day, f.batch) for f in feedback}
    ledger = [
        {
            "stage": "enrichment",
            "feed_date": d,
            "source": "forum",
            "batch_id": b,
            "rows_in": 1,
            "rows_out": 1,
            "reasons": "{}",
            "processed_at": NOW,
        }
        for d, b in sorted(batches)
    ]
    lake.append_new(EVENTS, to_arrow(EVENTS, events))
    places = {(f.day, event_prefix(f.event)) for f in feedback}
    lake.append_new(EVENT_DAYS, to_arrow(EVENT_DAYS, [{"feed_date": d, "event_prefix": p} for d, p in sorted(places)]))
    lake.append_new(ISSUES, to_arrow(ISSUES, issues))
    lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, ledger))


def revise(lake: LocalLakehouse, feedback: Sequence[Feedback], current: Sequence[bool]) -> None:
    """Says of each revision whether it is in force."""
    rows = [
        {
            "event_id": f.event,
            "payload_sha256": f.payload,
            "source": "forum",
            "revision": f.revision,
            "is_current": c,
            "is_deletion": False,
            "feed_date": f.day,
        }
        for f, c in zip(feedback, current, strict=True)
    ]
    lake.upsert(REVISIONS, to_arrow(REVISIONS, rows))


def follow_themes(lake: Lakehouse, embedder: Embedder) -> ThemesReport:
    """All steps of the room, as the gold job runs them."""
    report = update_themes(lake, embedder)
    wrote = [update_facts(lake, RATES).committed, update_theme_days(lake).committed, update_registry(lake, embedder).committed]
    return replace(report, committed=report.committed or any(wrote))
