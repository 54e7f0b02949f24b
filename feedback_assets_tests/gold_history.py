"""Random histories of deliveries as the tables that gold reads, and gold's steps in the order of the job. Real Delta tables, no Dagster."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENT_DAYS, EVENTS, REVISIONS
from feedback_assets.ground.identity import batch_id, event_id, event_prefix, issue_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.priority.process import update_scores
from feedback_assets.priority.weights import Weights
from feedback_assets.signals.process import update_daily_counts, update_kpis, update_sentiment, update_trends
from feedback_assets.themes.catalogue import update_registry
from feedback_assets.themes.embed import embed_days
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.facts import update_facts, update_theme_days
from feedback_assets.themes.process import update_themes
from feedback_assets_tests.themes.stream import COMPLAINTS, FIRST, NOW, RATES


@dataclass
class Revision:
    """One state of one record as it was delivered."""

    record: str
    edit: int
    feed_date: date
    batch: str
    event_time: datetime
    text: str
    key: tuple[str, str, str]
    is_deletion: bool = False
    customer: str = ""

    @property
    def event(self) -> str:
        return event_id("forum", self.record)

    @property
    def payload(self) -> str:
        return sha256_hex(f"{self.record}/{self.edit}/{self.text}/{self.is_deletion}".encode())

    @property
    def issue(self) -> str:
        return issue_id(self.event, self.payload, 0, len(self.text))


@dataclass
class History:
    """What was delivered so far. Every delivery is a batch of one day with a purpose."""

    rnd: random.Random
    revisions: list[Revision] = field(default_factory=list)
    records: int = 0

    def deliver(self, lake: Lakehouse, purpose: str, *, days: int = 5, size: int = 14, key: tuple[str, str, str] | None = None) -> str:
        """A batch of new records, edits, deletions and repeats of older ones, on a random day; in the tables as the stages of a day
        leave them. Returns its id."""
        rnd = self.rnd
        day = FIRST + timedelta(days=rnd.randrange(days))
        batch = batch_id("forum", f"{len(self.revisions)}-{rnd.random()}", "")
        new = [self._new(day, batch, key) for _ in range(size)]
        known = {r.record: r for r in self.revisions}
        for record in rnd.sample(sorted(known), min(len(known), rnd.randrange(4))):
            old = known[record]
            what = rnd.choice(("edit", "delete", "repeat"))
            if what == "repeat":
                new.append(Revision(**{**vars(old), "feed_date": day, "batch": batch}))
            else:
                moved = old.event_time + timedelta(days=rnd.randrange(2))
                new.append(Revision(record, old.edit + 1, day, batch, moved, old.text + "!", old.key, what == "delete", old.customer))
        self._land(lake, day, batch, purpose, [r for r in new if (r.event, r.payload) not in self._of(day)])
        return batch

    def restate(self, lake: Lakehouse, purpose: str) -> set[str]:
        """One batch as a later version of enrichment reads it: issues with another label, another severity, and one that is none any more.
        Returns the id of that one."""
        rnd = self.rnd
        ledger = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()
        batch = rnd.choice(sorted(ledger, key=lambda r: str(r["batch_id"])))
        where = {"feed_date": [batch["feed_date"]], "batch_id": [batch["batch_id"]]}
        stored = sorted(lake.read(ISSUES, where=where).to_pylist(), key=lambda r: str(r["issue_id"]))
        changed = []
        for row in rnd.sample(stored, min(len(stored), 4)):
            category, subcategory, _ = rnd.choice(sorted(COMPLAINTS))
            what = rnd.choice(({"category": category, "subcategory": subcategory}, {"severity": 1 + row["severity"] % 5}))
            changed.append({**row, **what, "restated_for": purpose})
        gone = {r["issue_id"] for r in changed[:1]}
        ids = {r["issue_id"]: r for r in changed}
        lake.replace(ISSUES, to_arrow(ISSUES, [ids.get(r["issue_id"], r) for r in stored if r["issue_id"] not in gone]), where=where)
        edition = (batch["edition"] or 0) + 2
        lake.upsert(STAGE_BATCHES, to_arrow(STAGE_BATCHES, [{**batch, "edition": edition, "restated_for": purpose}]))
        return gone

    def _of(self, day: date) -> set[tuple[str, str]]:
        return {(r.event, r.payload) for r in self.revisions if r.feed_date == day}

    def _new(self, day: date, batch: str, key: tuple[str, str, str] | None) -> Revision:
        rnd = self.rnd
        self.records += 1
        chosen = key or rnd.choice(sorted(COMPLAINTS))
        texts, tails = COMPLAINTS[chosen]
        at = datetime(day.year, day.month, day.day, rnd.randrange(24), rnd.randrange(60), tzinfo=UTC)
        customer = rnd.choice(("", "", f"c{rnd.randrange(9)}"))
        return Revision(f"r{self.records}", 0, day, batch, at, f"{rnd.choice(texts)} {rnd.choice(tails)}", chosen, customer=customer)

    def _land(self, lake: Lakehouse, day: date, batch: str, purpose: str, new: Sequence[Revision]) -> None:
        self.revisions += new
        shared = {"source": "forum", "feed_date": day, "batch_id": batch}
        landed = {**shared, "file": batch, "records_in": len(new), "bronze_rows": len(new), "purpose": purpose}
        lake.append_new(MANIFEST, to_arrow(MANIFEST, [landed]))
        lake.append_new(EVENTS, to_arrow(EVENTS, [self._event(r) for r in new]))
        told = [r for r in new if not r.is_deletion]
        lake.append_new(ISSUES, to_arrow(ISSUES, [self._issue(r) for r in told]))
        lake.append_new(ENRICHED_EVENTS, to_arrow(ENRICHED_EVENTS, [self._enriched(r) for r in new]))
        ledger = [{**shared, "stage": s, "rows_in": len(new), "rows_out": len(new), "reasons": "{}"} for s in ("silver", "enrichment")]
        lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, ledger))
        self._revise(lake)
        self._compare(lake)

    def _revise(self, lake: Lakehouse) -> None:
        """silver/revisions and silver/event_days of all that was delivered."""
        first: dict[tuple[str, str], Revision] = {}
        for r in sorted(self.revisions, key=lambda r: r.feed_date):
            first.setdefault((r.event, r.payload), r)
        last = {r.event: r.edit for r in sorted(first.values(), key=lambda r: r.edit)}
        rows = [
            {
                "event_id": r.event, "payload_sha256": r.payload, "source": "forum", "revision": r.edit + 1, "is_deletion": r.is_deletion,
                "is_current": last[r.event] == r.edit and not r.is_deletion, "feed_date": r.feed_date, "event_day": r.event_time.date(),
                "event_time": r.event_time, "revised_at": r.event_time,
            }
            for r in first.values()
        ]  # fmt: skip
        days = sorted({r.feed_date for r in self.revisions})
        lake.replace(REVISIONS, to_arrow(REVISIONS, rows), where={"feed_date": days})
        places = sorted({(r.feed_date, event_prefix(r.event)) for r in self.revisions})
        lake.append_new(EVENT_DAYS, to_arrow(EVENT_DAYS, [{"feed_date": d, "event_prefix": p} for d, p in places]))
        self._current = [r for r in first.values() if last[r.event] == r.edit and not r.is_deletion]

    def _compare(self, lake: Lakehouse) -> None:
        """silver/duplicate_index: equal texts are led by the earliest."""
        leaders: dict[str, str] = {}
        rows = []
        for r in sorted(self._current, key=lambda r: (r.event_time, r.event)):
            leader = leaders.setdefault(r.text, r.event)
            rows.append(
                {
                    "event_day": r.event_time.date(), "event_id": r.event, "payload_sha256": r.payload, "feed_date": r.feed_date,
                    "event_time": r.event_time, "source": "forum", "customer_key": r.customer, "text_hash": r.event, "minhash": [],
                    "weight": 30, "leader_id": leader, "similarity": 1.0,
                }
            )  # fmt: skip
        days = sorted({r.event_time.date() for r in self.revisions})
        lake.replace(DUPLICATE_INDEX, to_arrow(DUPLICATE_INDEX, rows), where={"event_day": days})

    def _event(self, r: Revision) -> dict[str, Any]:
        return {
            "event_id": r.event, "payload_sha256": r.payload, "source": "forum", "feed_date": r.feed_date, "batch_id": r.batch,
            "event_time": r.event_time, "revised_at": r.event_time, "is_deletion": r.is_deletion, "title": "", "text": r.text,
            "customer_key": r.customer, "tier": "gold" if r.customer == "c1" else "", "version": f"4.{len(r.text) % 3}", "locale": "",
            "product_area": "", "language": r.key[2], "rating": 1.0, "spam_reason": "", "order_value": float(len(r.text)),
            "received_at": NOW, "processed_at": NOW,
        }  # fmt: skip

    def _issue(self, r: Revision) -> dict[str, Any]:
        return {
            "issue_id": r.issue, "event_id": r.event, "payload_sha256": r.payload, "source": "forum", "feed_date": r.feed_date,
            "batch_id": r.batch, "event_time": r.event_time, "language": r.key[2], "category": r.key[0], "subcategory": r.key[1],
            "severity": 1 + len(r.text) % 5, "confidence": 0.9, "sentiment": "negative", "owner": "apps", "quote": r.text,
            "evidence": [{"start": 0, "end": len(r.text)}],
        }  # fmt: skip

    def _enriched(self, r: Revision) -> dict[str, Any]:
        return {
            "event_id": r.event, "payload_sha256": r.payload, "source": "forum", "feed_date": r.feed_date, "batch_id": r.batch,
            "outcome": "deletion" if r.is_deletion else "issues", "issues": int(not r.is_deletion), "in_review": 0,
            "sentiment": "negative", "sentiment_score": -0.5, "processed_at": NOW,
        }  # fmt: skip


def embed_all(lake: Lakehouse, embedder: Embedder) -> None:
    """Vectors of all issues that have none."""
    embed_days(lake, embedder, sorted(lake.partitions(ISSUES)), now=NOW)


def gold(lake: Lakehouse, embedder: Embedder, weights: Weights) -> None:
    """The steps of gold up to scores, in the order of the job."""
    update_themes(lake, embedder)
    update_facts(lake, RATES)
    update_theme_days(lake)
    update_registry(lake, embedder)
    update_daily_counts(lake)
    update_sentiment(lake)
    update_trends(lake)
    update_kpis(lake)
    update_scores(lake, weights)
