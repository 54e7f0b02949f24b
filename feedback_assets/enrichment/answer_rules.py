"""Rules over the accounts of answers: whether the language model can be used as it is. Not here: that the accounts add up (accounts.py)."""

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from feedback_assets.ground.batches import UNASKED
from feedback_assets.ground.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

USUAL = 0.02
"""Share of failed answers that needs no look: a refusal, a filter, a quote that does not stand in the text."""
TOO_MANY = 0.10
"""From here something is broken: the prompt, the deployment, its filter, its limits."""


def usable_verdicts(ledger: "pa.Table") -> dict[date, Verdict]:
    """Of the accounts that are about to be written, by day: how many answers failed, by class, and how many texts wait unasked."""
    rows = [row for row in ledger.to_pylist() if row["stage"] == "answers"]
    found = {}
    for day in sorted({row["feed_date"] for row in rows}):
        own = [row for row in rows if row["feed_date"] == day]
        reasons: Counter[str] = Counter()
        for row in own:
            reasons.update(json.loads(row["reasons"]))
        waiting = reasons.pop(UNASKED, 0)
        asked = sum(row["rows_out"] for row in own) + reasons.total()
        share = reasons.total() / asked if asked else 0.0
        found[day] = Verdict(
            passed=share <= USUAL and not waiting,
            rule="The language model answers what it is asked, and nothing waits for it.",
            number=round(share, 4),
            threshold=f"{USUAL:.0%} failed answers (an error above {TOO_MANY:.0%}), 0 texts unasked",
            owner="feedback-ml",
            next_command="docs/runbooks/answers_usable.md; then feedback replay --reason CLASS, or feedback run for what waits",
            sample=[{"class": name, "texts": n} for name, n in [*reasons.most_common(), *([(UNASKED, waiting)] if waiting else [])]],
            warns=share <= TOO_MANY,
        )
    return found
