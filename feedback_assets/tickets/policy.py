"""When a theme gets a ticket, and when a ticket is worth changing. Pure.

A ticket changes when
- its band, status, theme, title, category or owner changed,
- its score moved by 5 points or more since the last state,
- its issues grew by a fifth or more since the last state,
- a quote in it is no longer in force: its event was edited or deleted,
- the language model has said something of its theme for the first time, or nothing of that stands any more (other words change nothing).
Anything less waits, so that micro-batches do not churn the tracker.
"""

from collections.abc import Callable
from typing import Protocol

from feedback_assets.reckoning.ticket_minimum import Minimum
from feedback_assets.tickets.content import TicketContent

SCORE_STEP = 5.0
GROWTH = 0.2


class TicketWeights(Protocol):
    """The part of the weights file that tickets read."""

    @property
    def tickets(self) -> Minimum: ...


def reasons_to_change(last: TicketContent, wanted: TicketContent, in_force: Callable[[str], bool]) -> tuple[str, ...]:
    """Why `wanted` should replace `last`; empty when it should not. in_force: whether an issue id still counts."""
    named = [
        name
        for name in ("status", "theme_id", "band", "title", "category", "subcategory", "owner")
        if getattr(last, name) != getattr(wanted, name)
    ]
    # Scores are in hundredths: a step of exactly 5 must not be lost to floating point.
    if round(abs(wanted.score - last.score) * 100) >= SCORE_STEP * 100:
        named.append("score")
    if wanted.issues > last.issues and wanted.issues >= round(last.issues * (1 + GROWTH), 6):
        named.append("issues")
    if wanted.status == "open" and any(not in_force(q.issue_id) for q in last.quotes):
        named.append("quotes")
    gone = last.notes is not None and any(not in_force(issue) for issue, _ in last.notes.shown)
    if wanted.status == "open" and (gone or (wanted.notes is None) != (last.notes is None)):
        named.append("notes")
    return tuple(named)
