"""Texts -> what was decided about them, over Arrow batches, so that several processes can read. Not here: tables (process.py)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.contracts.arrow import arrow_type
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.enrichment.cascade import Decision, Issue
from feedback_assets.enrichment.tiers.interface import EventText

if TYPE_CHECKING:
    import pyarrow as pa

INPUT = ("event_id", "payload_sha256", "text", "title", "language", "rating")
"""Columns of silver that reading needs."""
DECIDED = ("outcome", "tier", "issues", "in_review", "sentiment", "sentiment_score")
"""What a decision says of its event: columns of enrichment/events."""
FOUND = "found"
"""The column with the issues of a text: accepted ones, which have no reason, then those in review."""
_OF_ISSUE = (
    "category",
    "subcategory",
    "sentiment",
    "sentiment_score",
    "severity",
    "urgency",
    "confidence",
    "owner",
    "evidence",
    "quote",
    "tier",
    "model_version",
    "details",
)


class ReadsEvents(Protocol):
    """What the step needs of a reader; reader.Reader is one. To be used by several processes it must be picklable."""

    taxonomy_version: str
    model_version: str

    def read(self, events: Sequence[EventText]) -> list[Decision]:
        """One decision an event, in order."""
        ...


def decided_batches(batches: "Iterable[pa.RecordBatch]", reader: ReadsEvents) -> "Iterator[pa.RecordBatch]":
    """Rows of INPUT -> rows of DECIDED and FOUND, one for one."""
    for batch in batches:
        columns = [batch.column(name).to_pylist() for name in INPUT]
        events = [
            EventText(event, payload, text, title or "", language or "und", rating)
            for event, payload, text, title, language, rating in zip(*columns, strict=True)
        ]
        yield decided_batch(reader.read(events))


def decided_batch(decisions: Sequence[Decision]) -> "pa.RecordBatch":
    """Rows of DECIDED and FOUND of decisions that are there."""
    import pyarrow as pa

    values: dict[str, list[Any]] = {
        "outcome": [d.outcome for d in decisions],
        "tier": [d.tier for d in decisions],
        "issues": [len(d.issues) for d in decisions],
        "in_review": [len(d.review) for d in decisions],
        "sentiment": [d.sentiment for d in decisions],
        "sentiment_score": [d.sentiment_score for d in decisions],
    }
    arrays = {name: pa.array(values[name], arrow_type(ENRICHED_EVENTS.column(name).type)) for name in DECIDED}
    found = [issue for d in decisions for issue in (*d.issues, *d.review)]
    ends = [0]
    for d in decisions:
        ends.append(ends[-1] + len(d.issues) + len(d.review))
    arrays[FOUND] = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), _issues(found))
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _issues(found: Sequence[Issue]) -> "pa.StructArray":
    import pyarrow as pa

    spans = [span for issue in found for span in issue.evidence]
    ends = [0]
    for issue in found:
        ends.append(ends[-1] + len(issue.evidence))
    evidence = pa.StructArray.from_arrays(
        [pa.array([s.start for s in spans], pa.int32()), pa.array([s.end for s in spans], pa.int32())], names=["start", "end"]
    )
    arrays = {
        name: pa.ListArray.from_arrays(pa.array(ends, pa.int32()), evidence)
        if name == "evidence"
        else pa.array(
            [getattr(i, "tier_version" if name == "model_version" else name) for i in found], arrow_type(ISSUES.column(name).type)
        )
        for name in _OF_ISSUE
    }
    arrays["reason"] = pa.array([i.reason for i in found], arrow_type(REVIEW.column("reason").type))
    return pa.StructArray.from_arrays(list(arrays.values()), names=list(arrays))
