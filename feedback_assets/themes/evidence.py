"""The issues of a theme that can be quoted: of each source the nearest to the centre, kept up to date as issues come and go. Pure.

A theme's evidence is the best of all its issues in force, so it follows from the evidence that was and the issues that came; only when one
of its own goes must all issues be looked through again. Not here: how a ticket shows quotes (tickets/).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

EACH_SOURCE = 5
"""Different texts kept of a source: as many as a ticket shows in all."""
QUOTE_FROM = 20
QUOTE_TO = 240
FACTS = ("issue_id", "event_id", "source", "event_day", "event_time", "similarity", "confidence", "owner", "quote")
"""Columns of themes/issue_facts that evidence is made of."""

Quotable = dict[str, Any]
"""One issue with FACTS; days and times in ISO form."""


def quotable(row: dict[str, Any]) -> Quotable:
    """A row of facts as evidence."""
    return {**{name: row[name] for name in FACTS}, "event_day": row["event_day"].isoformat(), "event_time": row["event_time"].isoformat()}


def best(candidates: Iterable[Quotable]) -> list[Quotable]:
    """What is kept of these: of each source the nearest different texts, and the one that is quoted for the theme."""
    ordered = sorted(candidates, key=_rank)
    if not ordered:
        return []
    kept: dict[str, Quotable] = {}
    texts: dict[str, set[str]] = {}
    for one in ordered:
        said = texts.setdefault(one["source"], set())
        text = " ".join(one["quote"].split()).casefold()
        if text and text not in said and len(said) < EACH_SOURCE:
            said.add(text)
            kept[one["issue_id"]] = one
    quoted = quoted_of(ordered)
    if quoted is not None:
        kept.setdefault(quoted["issue_id"], quoted)
    return sorted(kept.values(), key=_rank)


def quoted_of(candidates: Sequence[Quotable]) -> Quotable | None:
    """The one nearest to the centre among those with a quote of a readable length; without any, among all that say something."""
    spoken = [c for c in candidates if c["quote"].strip()]
    readable = [c for c in spoken if QUOTE_FROM <= len(c["quote"]) <= QUOTE_TO]
    return min(readable or spoken, key=lambda c: (-c["similarity"], c["event_time"], c["issue_id"]), default=None)


def written(evidence: Sequence[Quotable]) -> str:
    """As the registry stores it."""
    return json.dumps(list(evidence), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(text: str) -> list[Quotable]:
    """What written() wrote."""
    found: list[Quotable] = json.loads(text or "[]")
    return found


def _rank(one: Quotable) -> tuple[float, float, str, str]:
    return (-one["similarity"], -one["confidence"], one["event_time"], one["issue_id"])
