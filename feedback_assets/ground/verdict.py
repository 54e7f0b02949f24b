"""What a check found, in the words that an on-call engineer needs. Plain Python; graph/checks.py turns it into Dagster's result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAMPLE = 5
"""Most rows of a sample: enough to recognise the fault, never a dump."""


@dataclass(frozen=True)
class Verdict:
    """One evaluation of one rule.

    rule: the rule as a sentence. number: what was counted or measured. threshold: what it is held against.
    sample: a few of the rows at fault, without raw text. next_command: what to run or read first.
    warns: a verdict that does not pass is a warning: it stops nothing.
    """

    passed: bool
    rule: str
    number: float
    threshold: str
    owner: str
    next_command: str
    sample: Sequence[Mapping[str, Any]] = field(default=())
    warns: bool = False

    @property
    def stops(self) -> bool:
        """Whether nothing may go on from here."""
        return not self.passed and not self.warns

    def sentence(self) -> str:
        """The verdict in one line."""
        state = "holds" if self.passed else "is broken"
        return f"{self.rule} This {state}: {self.number:g} against {self.threshold}."
