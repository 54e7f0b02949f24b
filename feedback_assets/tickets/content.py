"""What a ticket says: one whole desired state, as JSON. Nothing in it tells when it was made, so equal states are equal bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from feedback_assets.ground.identity import sha256_hex

LONGEST_TITLE = 120
LONGEST_QUOTE = 400
MOST_QUOTES = 5
MOST_SEGMENTS = 5


@dataclass(frozen=True)
class Factor:
    """One factor of the score: its value 0 to 1, and the points of the score that it brings."""

    name: str
    value: float
    points: float


@dataclass(frozen=True)
class Quote:
    """One complaint in the customer's words, masked, with the way back to it. day: ISO. translation: the language model's; empty: none."""

    text: str
    issue_id: str
    event_id: str
    source: str
    day: str
    translation: str = ""


@dataclass(frozen=True)
class Segment:
    """How many issues of the theme name one version, locale..."""

    value: str
    issues: int


@dataclass(frozen=True)
class ModelNotes:
    """What the language model says of the theme, for people: it decides nothing. by: prompt and model. Empty: not told.

    shown: the issues whose quotes it was made of, as (issue id, ISO day)."""

    summary: str = ""
    cause: str = ""
    next_action: str = ""
    suggested_owner: str = ""
    by: str = ""
    shown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TicketContent:
    """The whole desired state of one ticket. Texts are masked and untrusted: whoever shows them escapes them. Days are ISO.

    revision: counts the states that were wanted, from 1; equals the intent's sequence. closed_because and moved_to (a ticket id) are
    empty while the ticket is open.
    """

    ticket_id: str
    revision: int
    status: str
    theme_id: str
    title: str
    category: str
    subcategory: str
    owner: str
    band: str
    score: float
    weights_version: str
    explanation: str
    factors: tuple[Factor, ...]
    issues: int
    events: int
    customers: int
    first_day: str
    last_day: str
    as_of: str
    trend: str
    last_7_days: int
    previous_7_days: int
    peak_day: str
    peak: int
    terms: tuple[str, ...] = ()
    segments: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    closed_because: str = ""
    moved_to: str = ""
    notes: ModelNotes | None = None

    def to_json(self) -> str:
        """The same bytes for the same state."""
        state = {name: value for name, value in asdict(self).items() if name != "notes" or value}
        state["quotes"] = [{name: value for name, value in q.items() if name != "translation" or value} for q in state["quotes"]]
        return json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def shown_issues(self) -> tuple[tuple[str, str], ...]:
        """The issues whose words it shows, or words that were made of theirs: (issue id, ISO day)."""
        return (*((q.issue_id, q.day) for q in self.quotes), *(self.notes.shown if self.notes else ()))

    @property
    def trace(self) -> str:
        """The command that shows where it all comes from."""
        return f"feedback trace {self.ticket_id}"

    def closed(self, because: str, moved_to: str = "") -> "TicketContent":
        """This ticket, closed. Its quotes go, and what was made of them: what they are from may be what is gone."""
        return replace(self, status="closed", closed_because=because, moved_to=moved_to, quotes=(), notes=None)


def content_from(text: str) -> TicketContent:
    """The content that `to_json` wrote."""
    raw: dict[str, Any] = json.loads(text)
    return TicketContent(
        **{
            **raw,
            "factors": tuple(Factor(**f) for f in raw["factors"]),
            "quotes": tuple(Quote(**q) for q in raw["quotes"]),
            "terms": tuple(raw["terms"]),
            "notes": _notes_from(raw.get("notes")),
            "segments": {name: tuple(Segment(**s) for s in values) for name, values in raw["segments"].items()},
        }
    )


def _notes_from(raw: Mapping[str, Any] | None) -> ModelNotes | None:
    return None if raw is None else ModelNotes(**{**raw, "shown": tuple((issue, day) for issue, day in raw.get("shown", ()))})


def content_hash(text: str) -> str:
    """SHA-256 of the JSON."""
    return sha256_hex(text.encode())


def one_line(text: str, longest: int) -> str:
    """Whitespace made single spaces, cut with an ellipsis at a whole character."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
