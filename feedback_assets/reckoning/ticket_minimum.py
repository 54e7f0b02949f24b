"""What a theme needs for a ticket, and whether it has that. Not here: the file that says so (priority/), tickets."""

from typing import Protocol


class Minimum(Protocol):
    """What a theme needs for a ticket."""

    @property
    def lowest_band(self) -> str: ...

    @property
    def issues(self) -> int: ...

    @property
    def customers(self) -> int: ...


def deserves_ticket(minimum: Minimum, band: str, issues: int, customers: int) -> bool:
    """Whether a theme without a ticket gets one. Bands sort by urgency: P1 first."""
    return band <= minimum.lowest_band and issues >= minimum.issues and customers >= minimum.customers
