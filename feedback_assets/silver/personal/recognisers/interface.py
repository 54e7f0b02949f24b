"""What a recogniser of names and addresses must do. Not here: any recogniser, and what becomes of its finds."""

from collections.abc import Sequence
from typing import Protocol

from feedback_assets.silver.personal.finds import Find


class Recogniser(Protocol):
    """Finds names, addresses, places, organisations."""

    def find(self, texts: Sequence[str]) -> list[list[Find]]:
        """For each text its finds: start, end, a kind of placeholders.KINDS. They may overlap; placeholders are left alone."""
        ...
