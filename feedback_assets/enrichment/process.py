"""The enrichment step: silver events of new batches -> issues, review rows, enriched events, and the batch's account.

Rows first, accounts last: a kill in between repeats the batch, and every write skips what is there. Not here: what a text says
(cascade.py), Dagster (assets.py).
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.cascade import Decision, Issue
from feedback_assets.enrichment.tiers.interface import EventText
from feedback_assets.identity import issue_id
from feedback_assets.lakehouse.interface import Lakehouse

STAGE = "enrichment"
_COLUMNS = (
    "event_id",
    "payload_sha256",
    "source",
    "feed_date",
    "batch_id",
    "event_time",
    "is_deletion",
    "title",
    "text",
    "rating",
    "language",
    "is_informative",
    "spam_reason",
)
_SCREEN = "intake"
"""Named as the tier of events that no tier needed to read."""


class ReadsEvents(Protocol):
    """What the step needs of a reader; reader.Reader is one."""

    taxonomy_version: str
    model_version: str

    def read(self, events: Sequence[EventText]) -> list[Decision]:
        """One decision an event, in order."""
        ...


@dataclass
class DayReport:
    """What one day's step did. rows_in = the sum of outcomes."""

    batches: int = 0
    rows_in: int = 0
    issues: int = 0
    in_review: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    review_reasons: Counter[str] = field(default_factory=Counter)
    committed: bool = False


def pending_days(lake: Lakehouse) -> list[date]:
    """Days with batches that silver has done and enrichment has not, ascending."""
    return sorted({batch["feed_date"] for batch in _pending(lake, None)})


def enrich_days(lake: Lakehouse, reader: ReadsEvents, days: Collection[date], *, now: datetime) -> dict[date, DayReport]:
    """Enriches what is new on `days`. One read and one write a table, however many days. Nothing new: nothing is committed.

    now: stored as processed_at.
    """
    reports = {day: DayReport() for day in sorted(days)}
    batches = _pending(lake, sorted(days))
    if not batches:
        return reports
    wanted = {"feed_date": sorted({b["feed_date"] for b in batches}), "batch_id": sorted({b["batch_id"] for b in batches})}
    rows = lake.read(EVENTS, columns=_COLUMNS, where=wanted).to_pylist()
    rows.sort(key=lambda r: (r["feed_date"], r["event_id"], r["payload_sha256"]))
    to_read = [r for r in rows if not _screened(r)]
    decisions = dict(zip((_key(r) for r in to_read), reader.read([_event(r) for r in to_read]), strict=True))

    issues: list[dict[str, Any]] = []
    review: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    outcomes: dict[tuple[date, str], Counter[str]] = {(b["feed_date"], b["batch_id"]): Counter() for b in batches}
    for row in rows:
        decision = decisions.get(_key(row))
        outcome = decision.outcome if decision else _screened(row)
        report = reports[row["feed_date"]]
        report.rows_in += 1
        report.outcomes[outcome] += 1
        outcomes[row["feed_date"], row["batch_id"]][outcome] += 1
        found = [_issue_row(row, i, reader, now) for i in decision.issues] if decision else []
        doubted = [{**_issue_row(row, i, reader, now), "reason": i.reason, "status": "open"} for i in decision.review] if decision else []
        issues.extend(found)
        review.extend(doubted)
        report.issues += len(found)
        report.in_review += len(doubted)
        report.categories.update(i["category"] for i in found)
        report.review_reasons.update(i["reason"] for i in doubted)
        events.append(_event_row(row, outcome, decision, reader, now))

    written = [
        lake.append_new(ISSUES, to_arrow(ISSUES, issues)),
        lake.append_new(REVIEW, to_arrow(REVIEW, review)),
        lake.append_new(ENRICHED_EVENTS, to_arrow(ENRICHED_EVENTS, events)),
    ]
    accounts = [_account(batch, outcomes[batch["feed_date"], batch["batch_id"]], now) for batch in batches]
    written.append(lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, accounts)))
    for batch in batches:
        reports[batch["feed_date"]].batches += 1
        reports[batch["feed_date"]].committed = any(w.committed for w in written)
    return reports


def _pending(lake: Lakehouse, days: Sequence[date] | None) -> list[dict[str, Any]]:
    where: dict[str, Collection[Any]] = {"stage": ["silver", STAGE]}
    if days is not None:
        where["feed_date"] = days
    rows = lake.read(STAGE_BATCHES, columns=["stage", "feed_date", "source", "batch_id"], where=where).to_pylist()
    done = {(r["feed_date"], r["batch_id"]) for r in rows if r["stage"] == STAGE}
    return sorted(
        (r for r in rows if r["stage"] == "silver" and (r["feed_date"], r["batch_id"]) not in done),
        key=lambda r: (r["feed_date"], r["batch_id"]),
    )


def _screened(row: Mapping[str, Any]) -> str:
    """The outcome of a row that need not be read; empty for one that must."""
    if row["is_deletion"]:
        return "deletion"
    if row["spam_reason"]:
        return "spam"
    if not row["is_informative"] or not (row["text"] or "").strip():
        return "uninformative"
    return ""


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["event_id"], row["payload_sha256"]


def _event(row: Mapping[str, Any]) -> EventText:
    return EventText(row["event_id"], row["payload_sha256"], row["text"], row["title"] or "", row["language"] or "und", row["rating"])


def _issue_row(row: Mapping[str, Any], issue: Issue, reader: ReadsEvents, now: datetime) -> dict[str, Any]:
    return {
        "issue_id": issue_id(row["event_id"], row["payload_sha256"], issue.category, issue.subcategory),
        **{name: row[name] for name in ("event_id", "payload_sha256", "source", "feed_date", "batch_id", "event_time", "language")},
        "category": issue.category,
        "subcategory": issue.subcategory,
        "sentiment": issue.sentiment,
        "sentiment_score": issue.sentiment_score,
        "severity": issue.severity,
        "urgency": issue.urgency,
        "confidence": issue.confidence,
        "owner": issue.owner,
        "evidence": [{"start": s.start, "end": s.end} for s in issue.evidence],
        "quote": issue.quote,
        "tier": issue.tier,
        "taxonomy_version": reader.taxonomy_version,
        "model_version": issue.tier_version,
        "processed_at": now,
    }


def _event_row(row: Mapping[str, Any], outcome: str, decision: Decision | None, reader: ReadsEvents, now: datetime) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("event_id", "payload_sha256", "source", "feed_date", "batch_id")},
        "outcome": outcome,
        "tier": decision.tier if decision else _SCREEN,
        "issues": len(decision.issues) if decision else 0,
        "in_review": len(decision.review) if decision else 0,
        "sentiment": decision.sentiment if decision else "neutral",
        "sentiment_score": decision.sentiment_score if decision else 0.0,
        "taxonomy_version": reader.taxonomy_version,
        "model_version": reader.model_version,
        "processed_at": now,
    }


def _account(batch: Mapping[str, Any], outcomes: Counter[str], now: datetime) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "feed_date": batch["feed_date"],
        "source": batch["source"],
        "batch_id": batch["batch_id"],
        "rows_in": outcomes.total(),
        "rows_out": outcomes["issues"],
        "reasons": json.dumps({k: n for k, n in sorted(outcomes.items()) if k != "issues" and n}, sort_keys=True),
        "processed_at": now,
    }
