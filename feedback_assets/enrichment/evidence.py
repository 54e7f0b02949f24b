"""Evidence is exact: the check that every stored quote is the text at its span. No evidence, no claim."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa

ISSUE_COLUMNS = ("issue_id", "event_id", "payload_sha256", "evidence", "quote")
"""Columns of enrichment/issues and enrichment/review that are judged."""


def evidence_verdict(lake: Lakehouse, days: Sequence[date], batches: Collection[str] | None = None) -> Verdict:
    """Every issue of these days has spans inside its event's masked text, and its quote is the text of the first.

    batches: those whose issues are judged, so that a check costs what its run wrote; None for all of the days.
    """
    where: dict[str, Collection[Any]] = {"feed_date": list(days), **({} if batches is None else {"batch_id": sorted(batches)})}
    texts = {
        (r["event_id"], r["payload_sha256"]): r["text"]
        for r in lake.read(EVENTS, columns=["event_id", "payload_sha256", "text"], where=where).to_pylist()
    }
    judged = [
        {**row, "table": table.name}
        for table in (ISSUES, REVIEW)
        for row in lake.read(table, columns=list(ISSUE_COLUMNS), where=where).to_pylist()
    ]
    return evidence_of(judged, texts)


def evidence_of(issues: Iterable[Mapping[str, Any]], texts: Mapping[tuple[str, str], str]) -> Verdict:
    """The same of the rows given. issues: ISSUE_COLUMNS and `table`. texts: event and payload -> masked text."""
    wrong: list[dict[str, Any]] = []
    seen = 0
    for row in issues:
        seen += 1
        fault = _fault(texts.get((row["event_id"], row["payload_sha256"])), row["evidence"], row["quote"])
        if fault:
            wrong.append({"table": row["table"], "issue": row["issue_id"], "fault": fault})
    return _verdict(wrong, seen)


def evidence_verdicts(lake: Lakehouse, issues: "pa.Table") -> dict[date, Verdict]:
    """The same of issues, or rows for review, that are about to be written, by day. Reads the texts of their batches alone."""
    rows = issues.select(["issue_id", "event_id", "payload_sha256", "evidence", "quote", "feed_date", "batch_id"]).to_pylist()
    where = {"feed_date": sorted({r["feed_date"] for r in rows}), "batch_id": sorted({r["batch_id"] for r in rows})}
    texts = {
        (r["feed_date"], r["event_id"], r["payload_sha256"]): r["text"]
        for r in lake.read(EVENTS, columns=["feed_date", "event_id", "payload_sha256", "text"], where=where).to_pylist()
    }
    wrong: dict[date, list[dict[str, Any]]] = {}
    seen: Counter[date] = Counter(r["feed_date"] for r in rows)
    for row in rows:
        text = texts.get((row["feed_date"], row["event_id"], row["payload_sha256"]))
        fault = _fault(text, row["evidence"], row["quote"])
        if fault:
            wrong.setdefault(row["feed_date"], []).append({"issue": row["issue_id"], "fault": fault})
    return {day: _verdict(wrong.get(day, []), rows_seen) for day, rows_seen in sorted(seen.items())}


def _verdict(wrong: Sequence[Mapping[str, Any]], seen: int) -> Verdict:
    return Verdict(
        passed=not wrong,
        rule="Every issue has evidence: spans inside the event's masked text, and a quote that is the text of the first.",
        number=len(wrong),
        threshold=f"0 of {seen} issues",
        owner="feedback-ml",
        next_command="feedback trace <issue id of the sample>; a wrong span is a bug of the tier that it names",
        sample=wrong[:SAMPLE],
    )


def _fault(text: str | None, spans: Sequence[dict[str, int]] | None, quote: str) -> str:
    if text is None:
        return "its event is not in silver"
    if not spans:
        return "no span"
    if any(not 0 <= s["start"] < s["end"] <= len(text) for s in spans):
        return "a span outside the text"
    return "" if text[spans[0]["start"] : spans[0]["end"]] == quote else "the quote is not the text at the span"
