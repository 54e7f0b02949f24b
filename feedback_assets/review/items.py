"""What people decide about: one issue as the machine found it, one that it doubts, or a text in which it found nothing.

Here: finding an item by its id, also when decisions have taken it out of the machine's tables, and finding its near-duplicates. Not here:
which items are asked for (queue.py), writing decisions (decide.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.review import DECISIONS, PERSON, SAMPLES, Row
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.interface import Lakehouse

SHORTEST = 6
_QUOTE = 600
_READ = (
    *("issue_id", "event_id", "payload_sha256", "feed_date", "category", "subcategory", "severity"),
    *("confidence", "tier", "language", "quote", "batch_id"),
)


@dataclass(frozen=True)
class Item:
    """One thing to decide about, with what the machine said of it.

    stand: accepted (in enrichment/issues), doubted (in enrichment/review), none (a text without an issue). reason: why it is in review.
    severity: null for a text without an issue. quote: masked. confidence: 0 to 1.
    """

    issue_id: str
    event_id: str
    payload_sha256: str
    feed_date: date | None
    stand: str
    reason: str
    category: str
    subcategory: str
    severity: int | None
    confidence: float
    tier: str
    language: str
    quote: str
    batch_id: str = ""

    @property
    def words(self) -> tuple[str, str, str]:
        """Event, revision and quote: what a decision is found by when the issue has another id."""
        return self.event_id, self.payload_sha256, self.quote


def find_item(lake: Lakehouse, issue_id: str) -> Item:
    """The item of that id. Raises FeedbackError when there is none."""
    found = items_of(lake, [issue_id]).get(issue_id)
    if found is None:
        raise FeedbackError(f"there is no issue {issue_id[:40]!r}", expected="the id of an issue", mend="feedback review next")
    return found


def items_of(lake: Lakehouse, ids: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Item]:
    """Issue id -> its item, for those that are found: in review, among the issues, in a sample, or in an earlier decision.

    days: feed dates that the rows of enrichment are on, where they are known. What a decision has changed is shown as the machine had it.
    """
    wanted = sorted(set(ids))
    found: dict[str, Item] = {}
    where: dict[str, Any] = {"issue_id": wanted} | ({"feed_date": sorted(set(days))} if days is not None else {})
    for table in (ISSUES, REVIEW):
        found |= {item.issue_id: item for item in _rows(lake, table, where) if item.tier != PERSON}
    missing = [i for i in wanted if i not in found]
    if missing:
        found |= _from_samples(lake, missing)
        found |= _from_decisions(lake, {"issue_id": [i for i in missing if i not in found]})
    return found


def from_decision(row: Row) -> Item:
    """The item that a decision was about, as the machine had it then; rows of before know only what the person said."""
    stand = row.get("machine_stand")
    known = stand is not None
    return Item(
        row["issue_id"],
        row["event_id"],
        row["payload_sha256"],
        row.get("feed_date"),
        stand or "doubted",
        row.get("machine_reason") or "",
        (row.get("machine_category") or "") if known else row["category"],
        (row.get("machine_subcategory") or "") if known else row["subcategory"],
        row.get("machine_severity") if known else row["severity"],
        row.get("machine_confidence") or 0.0,
        row.get("machine_tier") or "",
        row["language"],
        row["quote"],
        row.get("batch_id") or "",
    )


def near_duplicates(lake: Lakehouse, item: Item) -> list[Item]:
    """Items of other events that say nearly the same (one leader in silver/duplicate_index), and the other items of the event itself.

    Of what the machine doubted only what it doubted, of an accepted issue also accepted ones.
    """
    led = lake.read(DUPLICATE_INDEX, columns=["event_id", "leader_id"], where={"event_id": [item.event_id]})["leader_id"].to_pylist()
    columns = ["event_id", "payload_sha256", "feed_date"]
    group = lake.read(DUPLICATE_INDEX, columns=columns, where={"leader_id": led}).to_pylist() if led else []
    current = {(r["event_id"], r["payload_sha256"]) for r in group} | {(item.event_id, item.payload_sha256)}
    days = {r["feed_date"] for r in group} | ({item.feed_date} if item.feed_date else set())
    if not days:
        return []
    where = {"feed_date": sorted(days), "event_id": sorted({event for event, _ in current})}
    tables = (REVIEW, ISSUES) if item.stand == "accepted" else (REVIEW,)
    found = {i.issue_id: i for table in tables for i in _rows(lake, table, where) if i.tier != PERSON}
    # What an earlier decision took out of the tables, or bound in them, follows a new one too.
    before = _from_decisions(lake, {"event_id": where["event_id"]}).values()
    found = {i.issue_id: i for i in before if i.stand == "doubted" or item.stand == "accepted"} | found
    fitting = (i for i in found.values() if (i.event_id, i.payload_sha256) in current and i.issue_id != item.issue_id)
    return sorted(fitting, key=lambda i: (i.event_id, i.issue_id))


def issue_named(lake: Lakehouse, text: str) -> str:
    """The issue id that begins with `text`. Raises FeedbackError when none or several do."""
    return _only(lake, text, ((REVIEW, "issue_id"), (ISSUES, "issue_id"), (SAMPLES, "issue_id"), (DECISIONS, "issue_id")), "issue")


def decision_named(lake: Lakehouse, text: str) -> str:
    """The decision id that begins with `text`. Raises FeedbackError when none or several do."""
    return _only(lake, text, ((DECISIONS, "decision_id"),), "decision")


def _only(lake: Lakehouse, text: str, places: Sequence[tuple[Table, str]], kind: str) -> str:
    prefix = text.strip().lower()
    if len(prefix) < SHORTEST or not set(prefix) <= set("0123456789abcdef"):
        raise FeedbackError(f"{text[:40]!r} is no id of {_a(kind)}", expected=f"at least {SHORTEST} of its 32 hexadecimal digits")
    if len(prefix) == 32:
        return prefix
    found: set[str] = set()
    for table, column in places:
        found |= {i for i in lake.read(table, columns=[column])[column].to_pylist() if i.startswith(prefix)}
    if len(found) != 1:
        what = f"no {kind} begins" if not found else f"{len(found)} ids begin"
        raise FeedbackError(
            f"{what} with {prefix!r}", expected="more digits" if found else f"the id of {_a(kind)}", mend="feedback review next"
        )
    return found.pop()


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _rows(lake: Lakehouse, table: Table, where: Mapping[str, Any]) -> list[Item]:
    """Items of rows of enrichment/issues or enrichment/review."""
    doubted = table is REVIEW
    columns = [*_READ, "reason"] if doubted else list(_READ)
    read = lake.read(table, columns=columns, where=where).to_pylist()
    return [
        Item(**{k: r[k] for k in _READ}, stand="doubted" if doubted else "accepted", reason=r["reason"] if doubted else "") for r in read
    ]


def _from_decisions(lake: Lakehouse, where: Mapping[str, Any]) -> dict[str, Item]:
    """Items of decisions, each as the machine had it when it was first decided about."""
    rows = (r for r in lake.read(DECISIONS, where=where).to_pylist() if r["verdict"] != "undo")
    newest_first = sorted(rows, key=lambda r: (r["decided_at"], r["decision_id"]), reverse=True)
    return {row["issue_id"]: from_decision(row) for row in newest_first}


def _from_samples(lake: Lakehouse, ids: Sequence[str]) -> dict[str, Item]:
    """Sampled texts without an issue: the quote is how the text begins."""
    rows = [r for r in lake.read(SAMPLES, where={"issue_id": ids, "stand": ["none"]}).to_pylist() if r["stand"] == "none"]
    if not rows:
        return {}
    where = {"feed_date": sorted({r["feed_date"] for r in rows}), "event_id": sorted({r["event_id"] for r in rows})}
    texts = lake.read(EVENTS, columns=["event_id", "payload_sha256", "text"], where=where).to_pylist()
    said = {(t["event_id"], t["payload_sha256"]): t["text"] for t in texts}
    found = {}
    for r in rows:
        quote = (said.get((r["event_id"], r["payload_sha256"])) or "")[:_QUOTE]
        named = {k: r[k] for k in ("issue_id", "event_id", "payload_sha256", "feed_date", "stand", "tier", "language")}
        found[r["issue_id"]] = Item(**named, reason="", category="", subcategory="", severity=None, confidence=0.0, quote=quote)
    return found
