"""Decisions of people: approve, edit, reject, duplicate, spam, and taking one back. Each is checked, then written in one commit.

A decision and what is propagated from it to near-duplicates are one append, so a kill leaves all of it or nothing; the same call again adds
what is missing (near-duplicates that came since) and nothing else. Not here: what is asked (queue.py), what decisions do (binding.py).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import REVIEW
from feedback_assets.contracts.review import (
    DECISIONS,
    NOTE_LENGTH,
    USER,
    Conflict,
    Row,
    conflicts,
    decisions_in_force,
    is_propagated,
    standing_rows,
    undone_ids,
)
from feedback_assets.contracts.silver import DUPLICATE_INDEX
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.ground.identity import decision_id
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.review.items import Item, find_item, from_decision, items_of, near_duplicates
from feedback_assets.review.labels import Labels

REASONS_OF: Mapping[str, tuple[str, ...]] = {
    "accepted": ("right", "other"),
    "corrected": ("wrong_category", "wrong_severity", "other"),
    "rejected": ("not_an_issue", "evidence_wrong", "praise", "off_topic", "other"),
    "duplicate": ("same_as", "other"),
    "spam": ("advertising", "off_topic", "other"),
    "undo": ("mistake", "other"),
}
"""The reasons that fit each verdict; the first is meant when none is given."""
_ADDRESS_OR_NUMBER = re.compile(r"\S@\S|(?:\d[\s().+/-]?){7}")
_UNWRITTEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@dataclass(frozen=True)
class Decided:
    """What a call did.

    decision: the row in force afterwards, new or of before. already: it stood there already. propagated: rows that this call wrote for
    near-duplicates. adjudicates: the conflict that it settles, or "". in_conflict: somebody else says something different.
    """

    decision: Row
    already: bool
    propagated: int
    adjudicates: str
    in_conflict: bool


@dataclass(frozen=True)
class Undone:
    """decision: what was taken back. propagated: near-duplicates that are open again with it. already: it was taken back before."""

    decision: Row
    propagated: int
    already: bool


@dataclass(frozen=True)
class _Answer:
    """What a person says of an item. severity: null when they did not say."""

    verdict: str
    category: str
    subcategory: str
    severity: int | None
    duplicate_of: str | None = None


def approve(lake: Lakehouse, labels: Labels, issue_id: str, *, by: str, now: datetime, reason: str = "", note: str = "") -> Decided:
    """It is as the machine says. Raises FeedbackError, also for an item to which the machine gave no category."""
    item = find_item(lake, issue_id)
    if not item.category:
        raise FeedbackError("the machine gave this no category, so there is nothing to approve", mend="feedback review edit, or reject")
    labels.check(item.category, item.subcategory)
    answer = _Answer("accepted", item.category, item.subcategory, item.severity)
    return _decide(lake, item, answer, by=by, now=now, reason=reason, note=note)


def edit(
    lake: Lakehouse,
    labels: Labels,
    issue_id: str,
    *,
    by: str,
    now: datetime,
    category: str | None = None,
    subcategory: str | None = None,
    severity: int | None = None,
    reason: str = "",
    note: str = "",
) -> Decided:
    """It is an issue, with other labels. What is not given stays; with another category the subcategory is empty unless it is given.

    Raises FeedbackError for labels that the taxonomy does not have, and when nothing differs from what the machine says.
    """
    item = find_item(lake, issue_id)
    said = item.category if category is None else category
    kept = item.subcategory if said == item.category else ""
    answer = _Answer("corrected", said, kept if subcategory is None else subcategory, item.severity if severity is None else severity)
    labels.check(answer.category, answer.subcategory)
    if answer.severity is not None and not 1 <= answer.severity <= 5:
        raise FeedbackError(f"severity {answer.severity} is none", expected="1 cosmetic to 5 loss of data, money or safety")
    relabelled = (answer.category, answer.subcategory) != (item.category, item.subcategory)
    if not relabelled and answer.severity == item.severity:
        raise FeedbackError("these labels are what the machine says", expected="a label that differs", mend="feedback review approve")
    usual = "wrong_category" if relabelled else "wrong_severity"
    return _decide(lake, item, answer, by=by, now=now, reason=reason or usual, note=note)


def reject(lake: Lakehouse, issue_id: str, *, by: str, now: datetime, reason: str = "", note: str = "") -> Decided:
    """It is no issue."""
    item = find_item(lake, issue_id)
    answer = _Answer("rejected", item.category, item.subcategory, item.severity)
    return _decide(lake, item, answer, by=by, now=now, reason=reason, note=note)


def duplicate(lake: Lakehouse, issue_id: str, *, of: str, by: str, now: datetime, reason: str = "", note: str = "") -> Decided:
    """It tells what issue `of` tells already. Raises FeedbackError when that is no issue, or itself a repetition of this one."""
    item = find_item(lake, issue_id)
    original = find_item(lake, of)
    if original.issue_id == item.issue_id:
        raise FeedbackError("an issue is no duplicate of itself", expected="another issue's id")
    _refuse_circle(lake, item.issue_id, original.issue_id)
    answer = _Answer("duplicate", item.category, item.subcategory, item.severity, original.issue_id)
    return _decide(lake, item, answer, by=by, now=now, reason=reason, note=note)


def spam(lake: Lakehouse, issue_id: str, *, by: str, now: datetime, reason: str = "", note: str = "") -> Decided:
    """The text is no feedback: this issue and the others of the event go."""
    item = find_item(lake, issue_id)
    answer = _Answer("spam", item.category, item.subcategory, item.severity)
    return _decide(lake, item, answer, by=by, now=now, reason=reason, note=note)


def undo(lake: Lakehouse, decision: str, *, by: str, now: datetime, reason: str = "", note: str = "") -> Undone:
    """Takes back a decision and all that was propagated from it: what was in force before is in force again.

    decision: its id; one of a near-duplicate takes back that one alone. Raises FeedbackError for a decision that is not there, an undo,
    or one of somebody else: who sees it otherwise decides otherwise.
    """
    found = lake.read(DECISIONS, where={"decision_id": [decision]}).to_pylist()
    if not found:
        raise FeedbackError(f"there is no decision {decision[:40]!r}", expected="the id that deciding printed", mend="feedback review next")
    row = found[0]
    if row["verdict"] == "undo":
        raise FeedbackError("an undo is not undone", expected="the id of a decision", mend="decide again")
    if row["decided_by"] != by:
        raise FeedbackError(
            "this was decided by somebody else", expected="one of your own decisions", mend="decide about the issue yourself"
        )
    _check_words(by, "undo", reason, note)
    followers = lake.read(DECISIONS, columns=["decision_id"], where={"propagated_from": [decision]}).num_rows
    gone = undone_ids(lake.read(DECISIONS, columns=["verdict", "undoes"], where={"undoes": [decision]}).to_pylist())
    if decision in gone:
        return Undone(row, 0, already=True)
    at = _utc(now)
    undoing = row | {
        "decision_id": decision_id(f"undo {decision}", by, at.isoformat()),
        "verdict": "undo",
        "undoes": decision,
        "decided_at": at,
        "reason": reason or REASONS_OF["undo"][0],
        "note": note or None,
        "adjudicates": None,
        "propagated_from": None,
        "origin": "person",
    }
    lake.append_new(DECISIONS, to_arrow(DECISIONS, [undoing]))
    return Undone(row, followers, already=False)


def cover_late_copies(lake: Lakehouse) -> int:
    """Propagates the decisions in force to doubted near-duplicates that came after them; returns how many rows were written.

    Nothing came: no commit. A copy that somebody took out of a propagation stays out.
    """
    import polars as pl

    decisions = lake.read(DECISIONS).to_pylist()
    roots = {r["issue_id"]: r for r in decisions_in_force(decisions) if not is_propagated(r) and r["machine_stand"] is not None}
    if not roots:
        return 0
    known = {r["issue_id"] for r in decisions}
    index = read_frame(lake, DUPLICATE_INDEX, ["event_id", "leader_id"])
    led = dict(index.filter(pl.col("event_id").is_in(sorted({r["event_id"] for r in roots.values()}))).iter_rows())
    doubted = read_frame(lake, REVIEW, ["issue_id", "event_id", "feed_date"], {"status": ["open"]})
    new = doubted.join(index.filter(pl.col("leader_id").is_in(sorted(set(led.values())))), on="event_id", how="inner")
    new = new.filter(~pl.col("issue_id").is_in(sorted(known)))
    leaders = dict(new.select("event_id", "leader_id").iter_rows())
    copies: dict[str, list[Item]] = {}
    for item in items_of(lake, new["issue_id"].to_list(), new["feed_date"].to_list()).values():
        copies.setdefault(leaders[item.event_id], []).append(item)
    rows: list[dict[str, Any]] = []
    for root in sorted(roots.values(), key=lambda r: (r["decided_at"], r["decision_id"])):
        item = from_decision(root)
        if any(_fits(item, copy) and copy.event_id != item.event_id for copy in copies.get(led.get(item.event_id, ""), ())):
            rows += [r for r in propagated_rows(item, root, near_duplicates(lake, item)) if r["issue_id"] not in known]
    return lake.append_new(DECISIONS, to_arrow(DECISIONS, rows)).inserted


def decisions_about(lake: Lakehouse, issues: Iterable[str]) -> list[Row]:
    """The decisions about these issues with all undos, so that those in force can be told."""
    about: list[Row] = lake.read(DECISIONS, where={"issue_id": sorted(set(issues))}).to_pylist()
    undos: list[Row] = lake.read(DECISIONS, where={"verdict": ["undo"]}).to_pylist()
    return list({r["decision_id"]: r for r in (*about, *undos)}.values())


def _decide(lake: Lakehouse, item: Item, answer: _Answer, *, by: str, now: datetime, reason: str, note: str) -> Decided:
    _check_words(by, answer.verdict, reason, note)
    _, before = _repeated(lake, item.issue_id)
    own = [r for r in standing_rows(before) if r["issue_id"] == item.issue_id and r["decided_by"] == by and not is_propagated(r)]
    stands = own[-1] if own else None
    already = stands is not None and _says(stands, answer)
    if stands is not None and already:
        root = stands
    else:
        settled = stands["adjudicates"] if stands is not None else None
        root = _row(item, answer, by, _utc(now)) | {
            "origin": "person",
            "reason": reason or REASONS_OF[answer.verdict][0],
            "note": note or None,
            "adjudicates": settled or _settles(item.issue_id, conflicts(before), by),
        }
        if any(r["decision_id"] == root["decision_id"] for r in before):
            raise FeedbackError("you decided something else about this issue at the very same time", expected="a later time")
    copies = propagated_rows(item, root, near_duplicates(lake, item))
    written = lake.append_new(DECISIONS, to_arrow(DECISIONS, [root, *copies]))
    after = conflicts([*before, root])
    return Decided(
        root,
        already,
        written.inserted - (not already),
        root["adjudicates"] or "",
        any(item.issue_id in c.issue_ids for c in after),
    )


def propagated_rows(item: Item, root: Row, others: Iterable[Item]) -> list[dict[str, Any]]:
    """The rows that follow from a decision for near-duplicates of its item, and for spam also for the other items of its event.

    Of another event one item follows, if any fits: the same category and quote, else the same category, else the same quote. All of them
    for spam. A severity is passed on only when the person changed it: of two texts that are nearly the same, one may have cost money.
    """
    at = root["decided_at"]
    said = _Answer(root["verdict"], root["category"], root["subcategory"], root["severity"], root.get("duplicate_of"))
    if said.severity == item.severity or said.verdict not in ("accepted", "corrected"):
        said = replace(said, severity=None)
    rows = []
    for other in _followers(item, said, others):
        answer = said
        if said.verdict in ("accepted", "corrected"):
            same = (said.category, said.subcategory) == (other.category, other.subcategory) and said.severity is None
            answer = replace(said, verdict="accepted" if same else "corrected")
        else:
            answer = replace(said, category=other.category, subcategory=other.subcategory)
        row = _row(other, answer, root["decided_by"], at)
        more = {name: root[name] for name in ("reason", "adjudicates")}
        rows.append(row | more | {"origin": "propagated", "propagated_from": root["decision_id"]})
    return rows


def _followers(item: Item, said: _Answer, others: Iterable[Item]) -> list[Item]:
    """The items that a decision about `item` is propagated to."""
    by_event: dict[str, list[Item]] = {}
    for other in others:
        if other.issue_id not in (item.issue_id, said.duplicate_of):
            by_event.setdefault(other.event_id, []).append(other)
    found: list[Item] = []
    for event in sorted(by_event):
        if said.verdict == "spam":
            found += sorted(by_event[event], key=lambda o: o.issue_id)
        elif event != item.event_id:
            fitting = [o for o in by_event[event] if _fits(item, o)]
            found += sorted(fitting, key=lambda o: (o.category != item.category, o.quote != item.quote, o.issue_id))[:1]
    return found


def _fits(item: Item, other: Item) -> bool:
    """The same category, or the same words."""
    return other.quote == item.quote or bool(other.category and other.category == item.category)


def _row(item: Item, answer: _Answer, by: str, at: datetime) -> dict[str, Any]:
    return {
        "decision_id": decision_id(item.issue_id, by, at.isoformat()),
        "issue_id": item.issue_id,
        "event_id": item.event_id,
        "payload_sha256": item.payload_sha256,
        "verdict": answer.verdict,
        "category": answer.category,
        "subcategory": answer.subcategory,
        "severity": answer.severity,
        "quote": item.quote,
        "language": item.language,
        "decided_by": by,
        "decided_at": at,
        "duplicate_of": answer.duplicate_of,
        "feed_date": item.feed_date,
        "batch_id": item.batch_id or None,
        "machine_stand": item.stand,
        "machine_reason": item.reason or None,
        "machine_category": item.category,
        "machine_subcategory": item.subcategory,
        "machine_severity": item.severity,
        "machine_confidence": item.confidence,
        "machine_tier": item.tier,
    }


def _says(row: Row, answer: _Answer) -> bool:
    return _Answer(*(row[n] for n in ("verdict", "category", "subcategory", "severity", "duplicate_of"))) == answer


def _settles(issue: str, open_conflicts: Iterable[Conflict], by: str) -> str | None:
    """The conflict that a decision of this person settles: one in which they did not take part."""
    about = (c for c in open_conflicts if issue in c.issue_ids)
    return next((c.conflict_id for c in about if by not in {r["decided_by"] for r in c.decisions}), None)


def _refuse_circle(lake: Lakehouse, issue: str, original: str) -> None:
    if issue in _repeated(lake, original)[0]:
        raise FeedbackError("that issue is itself said to be a duplicate of this one", expected="the issue that stays")


def _repeated(lake: Lakehouse, issue: str) -> tuple[list[str], list[Row]]:
    """(the issue and those that it is said to repeat, one after the other; the decisions about all of them)."""
    found: list[str] = []
    decisions: dict[str, Row] = {}
    at: str | None = issue
    while at is not None and at not in found:
        found.append(at)
        decisions |= {r["decision_id"]: r for r in decisions_about(lake, [at])}
        rows = [r for r in standing_rows(decisions.values()) if r["issue_id"] == at]
        at = rows[-1].get("duplicate_of") if rows else None
    return found, list(decisions.values())


def _check_words(by: str, verdict: str, reason: str, note: str) -> None:
    """Raises FeedbackError; what a note says is never repeated."""
    if not re.fullmatch(USER, by):
        raise FeedbackError(
            "that is no user id", expected="letters, digits, dots, dashes and underscores, at most 64; no address, no name with spaces"
        )
    fitting = REASONS_OF[verdict]
    if reason and reason not in fitting:
        raise FeedbackError(f"reason {reason[:40]!r} does not go with {verdict}", expected=", ".join(fitting))
    if len(note) > NOTE_LENGTH:
        raise FeedbackError(f"the note has {len(note)} characters", expected=f"at most {NOTE_LENGTH}")
    if any(unicodedata.category(c) in _UNWRITTEN for c in note):
        raise FeedbackError("the note holds characters that are not written, such as line ends", expected="one line of text")
    if _ADDRESS_OR_NUMBER.search(note):
        raise FeedbackError("the note holds an address or a long number", expected="a remark without personal data")


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise FeedbackError("a time without a zone", expected="a time in UTC")
    return at.astimezone(UTC)
