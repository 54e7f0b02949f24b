"""Which themes are a remark in passing: the same sentence beside unrelated complaints, which says nothing about what is wrong. Pure.

"Not what I pay for every month" stands beside crashes, lost notes and late parcels alike. No reading of one text can know that; only how a
sentence keeps company tells. A theme is a remark when all of this holds, over its issues in force:

- it is a phrase: few different wordings for its number of events (a complaint is told in many words)
- it keeps company: a good part of its events have an issue in a theme of another category as well
- its company is unrelated: that company is spread over several categories, none of which is most of it

Here: that judgement. Not here: what follows from it (contracts/themes: such a theme gets no score and no ticket).

Example: of 37 events with "Not what I pay for every month." in 3 spellings, 18 have issues elsewhere, in 7 categories, 6 in the first: a
remark. Of 22 with "I was promised a refund..." in 13 wordings, 7 have issues elsewhere: a complaint.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

LEAST_ACCOMPANIED = 8
"""Fewer events with company are chance."""
LEAST_SHARE = 0.4
"""Share of its events that have company. Complaints seldom reach a third."""
LEAST_CATEGORIES = 4
MOST_IN_ONE_CATEGORY = 0.5
MOST_WORDINGS = 0.25
"""Different wordings for each event."""

_WORDS = re.compile(r"[^\W_]+")


class Mention(NamedTuple):
    """One issue in force: its theme and category, its event, and its evidence in the customer's words."""

    theme_id: str
    category: str
    event_id: str
    quote: str


def passing_themes(mentions: Iterable[Mention]) -> frozenset[str]:
    """The themes that are remarks, given the mentions of all themes."""
    events: dict[str, set[str]] = defaultdict(set)
    wordings: dict[str, set[str]] = defaultdict(set)
    on_event: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for m in mentions:
        events[m.theme_id].add(m.event_id)
        wordings[m.theme_id].add(" ".join(_WORDS.findall(m.quote.lower())))
        on_event[m.event_id][m.category].add(m.theme_id)
    accompanied: Counter[str] = Counter()
    company: dict[str, Counter[str]] = defaultdict(Counter)
    for found in on_event.values():
        if len(found) < 2:
            continue
        for category, themes in found.items():
            for theme in themes:
                accompanied[theme] += 1
                company[theme].update(other for other in found if other != category)
    return frozenset(
        theme
        for theme, n in accompanied.items()
        if n >= max(LEAST_ACCOMPANIED, LEAST_SHARE * len(events[theme]))
        and len(wordings[theme]) <= MOST_WORDINGS * len(events[theme])
        and len(company[theme]) >= LEAST_CATEGORIES
        and max(company[theme].values()) <= MOST_IN_ONE_CATEGORY * n
    )
