"""What a tracker must do. Implementations: local.py; a vendor is one module and one line in registry.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from feedback_assets.tickets.content import TicketContent


@dataclass(frozen=True)
class TicketState:
    """What the tracker holds of one ticket."""

    ticket_id: str
    external_key: str
    revision: int
    content_sha256: str

    @property
    def order(self) -> tuple[int, str]:
        """Later states are greater; two that were made at once are told apart by content."""
        return (self.revision, self.content_sha256)


class Tracker(Protocol):
    """Keeps tickets under our own ticket id. A vendor's module marks its issue with that id, so that `find` finds it after a crash.

    create and update raise RefusedError when the tracker will not, UnavailableError when it cannot be reached or asks to wait. Feedback
    text in the content is untrusted: the module escapes it for its own markup.
    """

    @property
    def name(self) -> str:
        """As in the registry."""
        ...

    @property
    def batch(self) -> int:
        """How many tickets between two flushes: 1 where each call is a request, more where many are written at once."""
        ...

    def find(self, ticket_id: str) -> TicketState | None:
        """The ticket as it stands, gathered changes included; None when there is none."""
        ...

    def create(self, content: TicketContent, *, now: datetime) -> None:
        """Makes the ticket. Called again for one that is there: the later state stays, and there is still one."""
        ...

    def update(self, content: TicketContent, *, now: datetime) -> None:
        """Makes the ticket say this, open or closed. An older state than it has changes nothing."""
        ...

    def flush(self) -> None:
        """Makes lasting what create and update have gathered. Only after it is an intent marked applied."""
        ...
