"""What to ask people next: conflicts first, then by the value of the answer, with every factor shown.

Value = priority of what the answer could touch x chance that it changes something x items that it answers. Not here: deciding (decide.py),
what changes by it (binding.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.review import DECISIONS, PERSON, Row, conflicts, decisions_in_force
from feedback_assets.contracts.silver import DUPLICATE_INDEX, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, THEMES
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.review.adjudication import Disagreement, disagreements
from feedback_assets.review.calibration import past_flips, week_sample
from feedback_assets.review.decide import cover_late_copies
from feedback_assets.review.items import Item, items_of

if TYPE_CHECKING:
    import polars as pl

BAR = 0.70
"""Confidence from which the machine's decision stands, unless the taxonomy says another one."""
_CONFIDENCE_COUNTS = 8.0
"""The machine's confidence weighs as much as so many answers of people."""
_ANSWERS_COUNT = 24.0
"""All answers of people weigh at most as much as so many: the confidence of each item keeps a say."""
_UNKNOWN_SCORE = 50.0
_POOL = ("issue_id", "event_id", "payload_sha256", "feed_date", "category", "subcategory", "severity", "confidence", "tier")
_DECIDED = (
    *("decision_id", "issue_id", "event_id", "payload_sha256", "quote", "verdict", "category", "subcategory", "severity"),
    *("decided_by", "decided_at", "origin", "propagated_from", "undoes", "duplicate_of", "adjudicates"),
    *("machine_stand", "machine_reason", "machine_category"),
)


@dataclass(frozen=True)
class Value:
    """What an answer is worth, and of what. All factors but copies are between 0 and 1.

    theme_score: of the theme that the item is in or could join, 0 to 100. flipped, answers: past answers about the same stand, reason and
    category, and those that changed something.
    """

    value: float
    priority: float
    chance: float
    copies: int
    severity: int
    theme_score: float
    confidence: float
    bar: float
    flipped: int
    answers: int


@dataclass(frozen=True)
class QueueItem:
    """One thing to ask. conflict: what people disagree about, None for an item that nobody decided. sampled: in the week's sample."""

    item: Item
    value: Value | None
    conflict: Disagreement | None
    sampled: bool

    @property
    def why(self) -> str:
        """Why it is asked, as a sentence."""
        if self.conflict is not None:
            return f"{' and '.join(self.conflict.people)} disagree; {self.conflict.affects} issues wait for a third person"
        assert self.value is not None  # noqa: S101 - an item is a conflict or has a value
        stood = {
            "low_confidence": f"the machine doubts it: confidence {self.value.confidence:.2f}, bar {self.value.bar:.2f}",
            "no_category": "something is wrong, and the machine cannot say what",
            "conflict": "two tiers contradict each other",
        }
        known = {"accepted": f"calibration sample, accepted with {self.value.confidence:.2f}", "none": "calibration sample, no issue found"}
        told = stood.get(self.item.reason) or known.get(self.item.stand, "doubted")
        past = f"; {self.value.flipped} of {self.value.answers} such answers changed something" if self.value.answers else ""
        copies = f"; it answers {self.value.copies} near-duplicates at once" if self.value.copies > 1 else ""
        return told + past + copies


def value_of(priority: float, chance: float, copies: int) -> float:
    """The value of an answer."""
    return priority * chance * copies


def priority_of(severity: int, theme_score: float) -> float:
    """0 to 1: half by the severity (1 to 5) of the issue, half by the score (0 to 100) of the theme that it is in or could join."""
    return (severity / 5 + theme_score / 100) / 2


def chance_of(stand: str, reason: str, confidence: float, bar: float, *, flipped: int, answers: int) -> float:
    """The chance that an answer changes what stands, 0 to 1: the mean of a beta posterior.

    Before any answer it is one half at the bar and falls to nothing at full confidence on either side of it; it is one half where the
    machine has no confidence to speak of (no category, or tiers that contradict each other), and a quarter in texts without an issue. Past
    answers of the same kind move it, weighed so that all of them count at most _ANSWERS_COUNT.
    """
    if reason in ("no_category", "conflict"):
        before = 0.5
    elif stand == "none":
        before = 0.25
    elif stand == "accepted":
        before = 0.5 * min(1.0, (1 - confidence) / (1 - bar))
    else:
        before = 0.5 * min(1.0, confidence / bar)
    weight = min(1.0, _ANSWERS_COUNT / answers) if answers else 0.0
    return (_CONFIDENCE_COUNTS * before + weight * flipped) / (_CONFIDENCE_COUNTS + weight * answers)


def next_items(lake: Lakehouse, n: int, now: datetime, *, bar: float = BAR, by: str = "") -> list[QueueItem]:
    """The `n` things to ask next: open conflicts, then what nobody has decided by descending value, then by issue id.

    Asked are the open rows of enrichment/review and the week's calibration sample (drawn when it is not there), each group of
    near-duplicates of one category once; not what a decision covers, near-duplicates that came after it included, nor superseded revisions.
    bar: the taxonomy's bar for accepting. by: who is asked, so that they are not asked about conflicts that they are part of.
    """
    cover_late_copies(lake)
    decisions = lake.read(DECISIONS, columns=list(_DECIDED)).to_pylist()
    first = [QueueItem(d.item, None, d, sampled=False) for d in disagreements(lake) if by not in d.people][:n] if decisions else []
    sample = week_sample(lake, now)
    pool = _open(lake, sample, decisions)
    if len(first) >= n or pool.height == 0:
        return first
    ranked = _ranked(lake, pool, decisions_in_force(decisions), bar).head(n - len(first))
    items = items_of(lake, ranked["issue_id"].to_list(), ranked["feed_date"].to_list())
    sampled = {r["issue_id"] for r in sample}
    fields = [f for f in Value.__dataclass_fields__ if f != "bar"]
    asked = [
        QueueItem(items[r["issue_id"]], Value(bar=bar, **{f: r[f] for f in fields}), None, r["issue_id"] in sampled)
        for r in ranked.iter_rows(named=True)
        if r["issue_id"] in items
    ]
    return [*first, *asked]


def _open(lake: Lakehouse, sample: Sequence[dict[str, Any]], decisions: Sequence[Row]) -> "pl.DataFrame":
    """What can be asked: columns of _POOL with stand and reason."""
    import polars as pl

    doubted = read_frame(lake, REVIEW, [*_POOL, "reason"], {"status": ["open"]}).with_columns(stand=pl.lit("doubted"))
    accepted = [r for r in sample if r["stand"] == "accepted"]
    where = {"issue_id": [r["issue_id"] for r in accepted], "feed_date": sorted({r["feed_date"] for r in accepted})}
    taken = read_frame(lake, ISSUES, list(_POOL), where).with_columns(reason=pl.lit(""), stand=pl.lit("accepted"))
    silent = [
        {name: r[name] for name in _POOL if name in r} | {"subcategory": "", "severity": 1, "reason": "", "stand": "none"}
        for r in sample
        if r["stand"] == "none"
    ]
    parts = [doubted, taken, *([pl.DataFrame(silent, schema=doubted.schema)] if silent else [])]
    pool = pl.concat([part.select(doubted.columns) for part in parts]).filter(pl.col("tier") != PERSON)
    old = read_frame(lake, REVISIONS, ["event_id", "payload_sha256"], {"is_current": [False]})
    pool = pool.join(old, on=["event_id", "payload_sha256"], how="anti")
    return pool.filter(~pl.col("issue_id").is_in(sorted(_covered(lake, pool, decisions))))


def _covered(lake: Lakehouse, pool: "pl.DataFrame", decisions: Sequence[Row]) -> set[str]:
    """Issues that a decision is in force for, or that are in conflict; by their words where the decision names another id."""
    import polars as pl

    said = [*decisions_in_force(decisions), *(r for c in conflicts(decisions) for r in c.decisions)]
    covered = {r["issue_id"] for r in said} | {i for c in conflicts(decisions) for i in c.issue_ids}
    strangers = {(r["event_id"], r["payload_sha256"], r["quote"]) for r in said} if said else set()
    revisions = pl.DataFrame(sorted({w[:2] for w in strangers}), schema=["event_id", "payload_sha256"], orient="row") if strangers else None
    if revisions is None:
        return covered
    near = pool.filter(~pl.col("issue_id").is_in(sorted(covered))).join(revisions, on=["event_id", "payload_sha256"], how="semi")
    if near.height == 0:
        return covered
    known = set(pool["issue_id"].to_list())
    orphans = {(r["event_id"], r["payload_sha256"], r["quote"]) for r in said if r["issue_id"] not in known}
    items = items_of(lake, near["issue_id"].to_list(), near["feed_date"].to_list()).values()
    return covered | {i.issue_id for i in items if i.words in orphans}


def _ranked(lake: Lakehouse, pool: "pl.DataFrame", in_force: Sequence[Row], bar: float) -> "pl.DataFrame":
    """The pool with all factors, one row a group of near-duplicates, most valuable first."""
    import polars as pl

    leaders = read_frame(lake, DUPLICATE_INDEX, ["event_id", "leader_id"]).unique("event_id", keep="first")
    pool = pool.join(leaders, on="event_id", how="left").with_columns(
        leader=pl.coalesce("leader_id", "event_id"), severity=pl.col("severity").fill_null(3).cast(pl.Int64)
    )
    group = ["leader", "category", "stand"]
    copies = pool.group_by(group).agg(copies=pl.col("event_id").n_unique().cast(pl.Int64))
    pool = _with_theme_scores(lake, pool.join(copies, on=group, how="left"))
    past = past_flips(in_force)
    kinds = pool.select("stand", "reason", "category", "confidence").unique()
    chances = []
    for kind in kinds.iter_rows(named=True):
        flips, answers = past.get((kind["stand"], kind["reason"], kind["category"]), (0, 0))
        chance = chance_of(kind["stand"], kind["reason"], kind["confidence"], bar, flipped=flips, answers=answers)
        chances.append({**kind, "flipped": flips, "answers": answers, "chance": chance})
    pool = pool.join(pl.DataFrame(chances), on=["stand", "reason", "category", "confidence"], how="left")
    weights = [
        {**row, "priority": priority_of(row["severity"], row["theme_score"])}
        for row in pool.select("severity", "theme_score").unique().iter_rows(named=True)
    ]
    pool = pool.join(pl.DataFrame(weights), on=["severity", "theme_score"], how="left")
    pool = pool.with_columns(value=pl.col("priority") * pl.col("chance") * pl.col("copies"))
    return pool.sort("value", "issue_id", descending=[True, False]).unique(group, keep="first", maintain_order=True)


def _with_theme_scores(lake: Lakehouse, pool: "pl.DataFrame") -> "pl.DataFrame":
    """theme_score: of the item's own theme; else the best of its category and subcategory, of its category, the mean of all themes."""
    import polars as pl

    scores = read_frame(lake, SCORES, ["theme_id", "score"])
    themes = read_frame(lake, THEMES, ["theme_id", "category", "subcategory"], {"status": ["active"]}).join(
        scores, on="theme_id", how="inner"
    )
    accepted = pool.filter(pl.col("stand") == "accepted")
    where = {"feed_date": accepted["feed_date"].unique().to_list(), "issue_id": accepted["issue_id"].to_list()}
    own = read_frame(lake, ASSIGNMENTS, ["issue_id", "theme_id"], where).join(scores, on="theme_id", how="inner")
    both = ["category", "subcategory"]
    mean = scores["score"].mean() if scores.height else None
    return (
        pool.join(own.select("issue_id", own_score="score"), on="issue_id", how="left")
        .join(themes.group_by(both).agg(near_score=pl.col("score").max()), on=both, how="left")
        .join(themes.group_by("category").agg(far_score=pl.col("score").max()), on="category", how="left")
        .with_columns(
            theme_score=pl.coalesce("own_score", "near_score", "far_score", pl.lit(mean if isinstance(mean, float) else _UNKNOWN_SCORE))
        )
    )
