"""The canonical event: one record of any source in the same words, and the error of a record that cannot be read.

Here: the two types. Not here: how a source's payload becomes one (a module a source), cleaning and masking (silver/).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedback_assets.sources.reasons import REASONS


class RecordError(Exception):
    """A record that cannot be read.

    reason: one of reasons.REASONS. detail: what was expected and what was found, never any of the record's own text.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        if reason not in REASONS:
            raise KeyError(f"{reason!r} is not listed in sources/reasons.py")
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(slots=True)
class CanonicalEvent:
    """One record in canonical form. Raw: not cleaned, not masked. Unknown text fields are empty, unknown numbers None.

    record_id: the source's own id (for `generic`, '<mapping name>:<id>').
    channel: one of contracts.silver.CHANNELS.
    event_time: when the customer said it, aware, UTC. revised_at: when the source last changed it; the event time when it does not tell.
    title, text: the customer's words as delivered; text can hold HTML.
    rating: 1 (worst) to 5 (best). A net promoter score 0..10 is 1 + 0.4 * score; a mapped scale is moved linearly.
    customer_id: the source's own id of the customer: personal data, never leaves silver unmasked.
    order_value: value of the order or contract, in `currency`. currency: ISO 4217; empty when the source does not tell.
    attachments: references, never content. attributes: what only this source tells, fit for JSON.
    """

    record_id: str
    channel: str
    event_time: datetime
    revised_at: datetime
    is_deletion: bool = False
    title: str = ""
    text: str = ""
    rating: float | None = None
    customer_id: str = ""
    tier: str = ""
    locale: str = ""
    product: str = ""
    product_area: str = ""
    version: str = ""
    region: str = ""
    order_value: float | None = None
    currency: str = ""
    url: str = ""
    attachments: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
