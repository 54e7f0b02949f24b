"""What a tier must do. Rules and the local model join here; a language model joins with the same interface.

Not here: bars, review, urgency: they are decided once for all tiers, in cascade.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class EventText:
    """One revision of one event, as a tier may see it: masked text and what helps to read it.

    The ids are those of the first of several events that say the same: a reading may name them, and never depends on them.
    """

    event_id: str
    payload_sha256: str
    text: str
    title: str = ""
    language: str = "und"
    rating: float | None = None


class Span(NamedTuple):
    """Characters start to end (not included) of the event's masked text."""

    start: int
    end: int


class Candidate(NamedTuple):
    """One issue that a tier sees. `severity` and `sentiment_score` are None when the tier has no opinion on them.

    confidence: the tier's probability that the category is right, 0 to 1.
    evidence: spans that show it, ascending and never empty.
    """

    category: str
    subcategory: str
    confidence: float
    evidence: tuple[Span, ...]
    severity: float | None = None
    sentiment_score: float | None = None


@dataclass(frozen=True)
class Cost:
    """What one reading cost, for tiers that are paid for. Amount in the currency of the tier's settings."""

    input_tokens: int = 0
    output_tokens: int = 0
    amount: float = 0.0


class Reading(NamedTuple):
    """What a tier says of one text.

    candidates: issues seen, best first; none together with cannot_say False means: there is no issue.
    cannot_say: the tier has nothing to go by; the next tier decides alone.
    problem: something is wrong, but the tier does not know what; where it says so, else empty.
    likely: category -> probability for every category that the tier has an opinion on, weak ones too.
    error: class of the failure when this text could not be read, else empty. One text's failure never fails the others.
    """

    candidates: tuple[Candidate, ...] = ()
    cannot_say: bool = False
    problem: tuple[Span, ...] = ()
    likely: Mapping[str, float] = MappingProxyType({})
    sentiment: str | None = None
    sentiment_score: float | None = None
    error: str = ""
    cost: Cost | None = None


class Tier(Protocol):
    """Reads texts in batches."""

    @property
    def name(self) -> str:
        """Lower-case name, as the tables show it."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same text could be read differently."""
        ...

    def read(self, texts: Sequence[EventText]) -> list[Reading]:
        """One reading a text, in order. What a text says never depends on the others of its batch."""
        ...
