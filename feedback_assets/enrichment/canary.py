"""Two versions of a prompt compared by what both answered: a canary beside the active one, from the ledger. Nothing is asked here.

Not here: which records a canary gets (prompting/rollout.py), whether a version may be promoted (evaluation/gate.py).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.enrichment.answer_rows import OK
from feedback_assets.lakehouse.frames import read_frame
from feedback_assets.lakehouse.interface import Lakehouse

_FENCE = re.compile(r"<<<text ([0-9a-f]{24,})>>>")
"""The line before a text: its token is a hash of what is shown, so the same text has the same one in whatever prompt."""
_COLUMNS = ["request", "outcome", "response", "prompt_tokens", "completion_tokens", "cost_usd", "latency_s", "asked_at", "attempt"]


@dataclass(frozen=True)
class Side:
    """One version over the texts that both were asked about. outcomes: class -> texts. Tokens, dollars and seconds are means of a text."""

    version: str
    outcomes: Mapping[str, int]
    prompt_tokens: float
    completion_tokens: float
    cost_usd: float
    latency_s: float


@dataclass(frozen=True)
class Comparison:
    """texts: that both were asked about. answered: that both answered; of these same_categories name the same set of categories and
    same_severity the same highest severity."""

    texts: int
    answered: int
    same_categories: int
    same_severity: int
    active: Side
    canary: Side


def compare_versions(lake: Lakehouse, task: str, model: str, active: str, canary: str) -> Comparison:
    """active, canary: prompt_version of enrichment/answers. A text counts by the last answer of each version."""
    one, other = (_last_answers(lake, task, model, version) for version in (active, canary))
    both = sorted(one.keys() & other.keys())
    answered = [(_said(one[t]["response"]), _said(other[t]["response"])) for t in both if one[t]["outcome"] == other[t]["outcome"] == OK]
    return Comparison(
        texts=len(both),
        answered=len(answered),
        same_categories=sum(a[0] == b[0] for a, b in answered),
        same_severity=sum(a[1] == b[1] for a, b in answered),
        active=_side(active, [one[t] for t in both]),
        canary=_side(canary, [other[t] for t in both]),
    )


def _last_answers(lake: Lakehouse, task: str, model: str, version: str) -> dict[str, dict[str, Any]]:
    """Token of a text -> the row of its last answer."""
    rows = read_frame(lake, ANSWERS, _COLUMNS, {"task": [task], "model": [model], "prompt_version": [version]})
    found = {}
    for row in rows.sort("asked_at", "attempt").iter_rows(named=True):
        tokens = _FENCE.findall(row["request"])
        if tokens:
            found[tokens[-1]] = row
    return found


def _said(response: str) -> tuple[frozenset[str], int]:
    """(categories that an answer names, its highest severity, 0 for none)."""
    issues = json.loads(response)["issues"]
    return frozenset(str(i["kind"]).partition("/")[0] for i in issues if i["kind"]), max((i["severity"] or 0 for i in issues), default=0)


def _side(version: str, rows: list[dict[str, Any]]) -> Side:
    def mean(column: str) -> float:
        return round(sum(row[column] for row in rows) / len(rows), 6) if rows else 0.0

    outcomes = dict(Counter(row["outcome"] for row in rows).most_common())
    return Side(version, outcomes, mean("prompt_tokens"), mean("completion_tokens"), mean("cost_usd"), mean("latency_s"))
