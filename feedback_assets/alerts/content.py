"""What an alert says, as JSON. Masked text only; whoever shows it escapes it."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class AlertContent:
    """One thing to tell people of one theme.

    reason: band_p1, trend_rising or trend_new. state: raised, or ended for the mark that it no longer holds, which is never sent.
    as_of: last event day that was seen, ISO. ticket_id: the theme's ticket; empty when it has none.
    """

    theme_id: str
    reason: str
    state: str
    as_of: str
    message: str
    title: str
    category: str
    owner: str
    band: str
    score: float
    trend: str
    last_7_days: int
    previous_7_days: int
    customers: int
    ticket_id: str

    def to_json(self) -> str:
        """The same bytes for the same content."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_from(text: str) -> AlertContent:
    """The content that `to_json` wrote."""
    return AlertContent(**json.loads(text))
