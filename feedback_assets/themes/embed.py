"""Vectors of issues: which days have issues to embed, and embedding them. Not here: what vectors are used for (fold.py)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.themes import EMBEDDINGS
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.wording import spans_of, wording

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.lakehouse.interface import Lakehouse

STAGE = "embeddings"
BEFORE = "enrichment"


@dataclass(frozen=True)
class DayReport:
    """What was done for one day. `issues`: rows read of batches that were open; `embedded`: vectors that are new."""

    batches: int = 0
    issues: int = 0
    embedded: int = 0
    committed: bool = False


def pending_days(lake: "Lakehouse") -> list[date]:
    """Days with a batch that enrichment has done and embedding has not, ascending."""
    return sorted({row["feed_date"] for row in _open_batches(lake, None)})


def _open_batches(lake: "Lakehouse", days: Collection[date] | None) -> list[dict[str, Any]]:
    where: dict[str, Collection[Any]] = {"stage": [BEFORE, STAGE]}
    if days is not None:
        where["feed_date"] = days
    rows = lake.read(STAGE_BATCHES, columns=["stage", "feed_date", "source", "batch_id"], where=where).to_pylist()
    done = {(r["feed_date"], r["batch_id"]) for r in rows if r["stage"] == STAGE}
    ready = [r for r in rows if r["stage"] == BEFORE and (r["feed_date"], r["batch_id"]) not in done]
    return sorted(ready, key=lambda r: (r["feed_date"], r["source"], r["batch_id"]))


def embed_days(lake: "Lakehouse", embedder: Embedder, days: Iterable[date], *, now: datetime) -> dict[date, DayReport]:
    """Embeds the issues of the days that have no vector of this embedder, then closes their batches in the ledger.

    Also after a change of the embedder: then it embeds the issues of batches that were closed before.
    """
    wanted = sorted(set(days))
    if not wanted:
        return {}
    batches = _open_batches(lake, wanted)
    columns = ["issue_id", "event_id", "payload_sha256", "feed_date", "batch_id", "quote", "evidence"]
    issues = lake.read(ISSUES, columns=columns, where={"feed_date": wanted}).to_pylist()
    finished = {
        (r["feed_date"], r["batch_id"])
        for r in lake.read(STAGE_BATCHES, columns=["feed_date", "batch_id"], where={"stage": [BEFORE], "feed_date": wanted}).to_pylist()
    }
    issues = [i for i in issues if (i["feed_date"], i["batch_id"]) in finished]
    stored = lake.read(EMBEDDINGS, columns=["feed_date", "issue_id"], where={"feed_date": wanted, "embedder": [embedder.name]})
    have = {(r["feed_date"], r["issue_id"]) for r in stored.to_pylist()}
    missing = sorted((i for i in issues if (i["feed_date"], i["issue_id"]) not in have), key=lambda i: (i["feed_date"], i["issue_id"]))
    result = lake.append_new(EMBEDDINGS, _vectors(lake, embedder, missing)) if missing else None
    closed = {(b["feed_date"], b["batch_id"]): 0 for b in batches}
    for issue in issues:
        key = (issue["feed_date"], issue["batch_id"])
        if key in closed:
            closed[key] += 1
    if batches:
        lake.append_new(STAGE_BATCHES, _ledger(batches, closed, now))
    return {
        day: DayReport(
            batches=sum(b["feed_date"] == day for b in batches),
            issues=sum(n for (d, _), n in closed.items() if d == day),
            embedded=sum(i["feed_date"] == day for i in missing),
            committed=bool(result and result.committed and any(i["feed_date"] == day for i in missing)),
        )
        for day in wanted
    }


def _vectors(lake: "Lakehouse", embedder: Embedder, issues: list[dict[str, Any]]) -> "pa.Table":
    import pyarrow as pa

    days = sorted({i["feed_date"] for i in issues})
    events = lake.read(EVENTS, columns=["event_id", "payload_sha256", "title", "text"], where={"feed_date": days}).to_pylist()
    said = {(e["event_id"], e["payload_sha256"]): e for e in events}
    texts = []
    for issue in issues:
        event = said.get((issue["event_id"], issue["payload_sha256"]))
        spans = [(s["start"], s["end"]) for s in issue["evidence"] or []]
        pieces = spans_of(event["text"], spans) if event else []
        texts.append(wording(event["title"] if event else "", pieces or [issue["quote"]]))
    vectors = embedder.embed(texts)
    values = pa.array(vectors.reshape(-1), pa.float32())
    offsets = pa.array(range(0, len(issues) * embedder.dimensions + 1, embedder.dimensions), pa.int32())
    return pa.table(
        {
            "issue_id": pa.array([i["issue_id"] for i in issues], pa.string()),
            "feed_date": pa.array([i["feed_date"] for i in issues], pa.date32()),
            "embedder": pa.array([embedder.name] * len(issues), pa.string()),
            "vector": pa.ListArray.from_arrays(offsets, values),
        }
    )


def _ledger(batches: list[dict[str, Any]], issues: dict[tuple[date, str], int], now: datetime) -> "pa.Table":
    from feedback_assets.contracts.arrow import to_arrow

    return to_arrow(
        STAGE_BATCHES,
        (
            {
                "stage": STAGE,
                "feed_date": b["feed_date"],
                "source": b["source"],
                "batch_id": b["batch_id"],
                "rows_in": issues[b["feed_date"], b["batch_id"]],
                "rows_out": issues[b["feed_date"], b["batch_id"]],
                "reasons": "{}",
                "processed_at": now,
            }
            for b in batches
        ),
    )
