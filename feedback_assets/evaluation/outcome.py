"""What one evaluation task gives back, and how it reads its labelled rows. Not here: files, memory, printing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback_assets.ground.errors import FeedbackError

Row = Mapping[str, Any]
"""One line of the user's file: a JSON object."""


@dataclass(frozen=True)
class Outcome:
    """records: how many the component answered. seconds: what it took for them, models loaded before, the comparison with labels left out.

    figures: the task's own keys, in the order in which they are shown; numbers between 0 and 1 are shares.
    """

    records: int
    seconds: float
    figures: dict[str, Any] = field(default_factory=dict)


class LabelError(FeedbackError):
    """A labelled row or file that the task cannot use: which one, what was expected, what is there."""


def text_of(row: Row, key: str, number: int) -> str:
    """The string under `key` of the row with that number (from 1). Raises LabelError."""
    value = row.get(key)
    if not isinstance(value, str):
        found = "it is missing" if key not in row else f"{type(value).__name__} found"
        raise LabelError(f"record {number}: a string expected under {key!r}, {found}")
    return value


def texts_of(rows: Sequence[Row], key: str = "text") -> list[str]:
    """The string under `key` of every row. Raises LabelError naming the first row that has none."""
    return [text_of(row, key, number) for number, row in enumerate(rows, start=1)]
