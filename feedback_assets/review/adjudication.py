"""People who disagree: the open conflicts, and withdrawing from one.

Whoever took no part settles one by deciding about its issue (decide.py). Until then nothing that they said of it binds. Not here: what
counts as disagreement (contracts/review.py).
"""

from dataclasses import dataclass
from datetime import datetime

from feedback_assets.contracts.review import DECISIONS, Conflict, conflicts
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.review.decide import Undone, undo
from feedback_assets.review.items import Item, items_of


@dataclass(frozen=True)
class Disagreement:
    """One open conflict. item: the issue that it is about, as the machine has it. affects: issues that wait for it, near-duplicates too."""

    conflict: Conflict
    item: Item
    affects: int

    @property
    def people(self) -> tuple[str, ...]:
        """Who takes part: a third person must settle it, or one of them withdraw."""
        return tuple(dict.fromkeys(r["decided_by"] for r in self.conflict.decisions))


def disagreements(lake: Lakehouse) -> list[Disagreement]:
    """The open conflicts, those that hold up most issues first, then the oldest."""
    columns = ["decision_id", "issue_id", "verdict", "category", "subcategory", "severity", "decided_by", "decided_at"]
    columns += ["origin", "propagated_from", "undoes", "duplicate_of", "adjudicates", "reason"]
    found = conflicts(lake.read(DECISIONS, columns=columns).to_pylist())
    items = items_of(lake, [c.issue_ids[0] for c in found])
    listed = [Disagreement(c, items[c.issue_ids[0]], len(c.issue_ids)) for c in found if c.issue_ids[0] in items]
    return sorted(listed, key=lambda d: -d.affects)


def withdraw(lake: Lakehouse, conflict_id: str, *, by: str, now: datetime, note: str = "") -> Undone:
    """Takes back what this person said in a conflict. Raises FeedbackError when it is not open, or they took no part."""
    rows = lake.read(DECISIONS).to_pylist()
    conflict = next((c for c in conflicts(rows) if c.conflict_id == conflict_id), None)
    if conflict is None:
        raise FeedbackError(f"there is no open conflict {conflict_id[:40]!r}", mend="feedback review conflicts")
    own = next((r for r in conflict.decisions if r["decided_by"] == by), None)
    if own is None:
        raise FeedbackError(
            "you took no part in this conflict", expected="one of the people in it", mend="decide about the issue to settle it"
        )
    return undo(lake, own["propagated_from"] or own["decision_id"], by=by, now=now, note=note)
