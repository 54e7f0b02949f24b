"""Whether a group is a copied template (a campaign, a macro, a spam wave) and who is in it: counted from its events. No tables here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SENDERS = 5
"""Different senders of one wording that make a template, within DAYS."""
DAYS = 7
SIMILARITY = 0.6
"""Least similarity to the representative of an event that counts."""
WEIGHT = 60
"""Least weight of the representative: shorter texts many people write by themselves."""


@dataclass(frozen=True)
class Mention:
    """One event of a group."""

    event_id: str
    event_time: datetime
    customer_key: str
    similarity: float
    weight: int


def is_template(mentions: Sequence[Mention]) -> bool:
    """Whether enough different senders said nearly the same within a few days. An unknown sender is a sender of its own.

    The mentions are in the order of their times; the first is the representative.
    """
    if mentions[0].weight < WEIGHT:
        return False
    copies = [m for m in mentions if m.similarity >= SIMILARITY]
    if len(copies) < SENDERS:
        return False
    within: dict[str, int] = {}
    first = 0
    for m in copies:
        sender = _sender(m)
        within[sender] = within.get(sender, 0) + 1
        while m.event_time - copies[first].event_time > timedelta(days=DAYS):
            gone = _sender(copies[first])
            within[gone] -= 1
            if not within[gone]:
                del within[gone]
            first += 1
        if len(within) >= SENDERS:
            return True
    return False


def _sender(m: Mention) -> str:
    return m.customer_key or m.event_id
