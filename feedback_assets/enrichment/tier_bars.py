"""From which confidence on the cheaper tiers may answer alone where a language model answers the rest: measured by category and language.

Samples are texts that were put to the language model whatever the cheaper tiers held of them (an audit: which ones is decided by the
event's id alone, so they are like all others). Of each the tiers of today say again what they say, and the answer judges that. What people
decided is no sample: the local model has learnt it. Not here: the bound (learning/bars.py), asking (asking.py), how a bar decides
(cascade.py).
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.evaluation import TIER_BARS
from feedback_assets.contracts.review import DECISIONS, decisions_in_force
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.enrichment.kernel import ReadsEvents
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.enrichment.learning.bars import Judged

LOOKS_BACK_DAYS = 90
MOST_TEXTS = 20_000
"""Newest audited texts that are looked at."""
_GROWN = 1.1
"""Bars are measured anew when there are so many times the samples: each change of a bar makes history stale."""
_LASTS = timedelta(days=30)
"""How long bars hold where samples no longer grow, as at a steady volume."""
_OF_ALL = 1 << 32


@dataclass(frozen=True)
class TierBars:
    """target: least share of agreement promised. bars: (category, language) -> confidence; where there is none, nothing stands alone."""

    target: float
    bars: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def bar(self, category: str, language: str) -> float:
        """The confidence that an issue must reach; infinite where too little is known.

        >>> TierBars(0.95, {("refund", "en"): 0.9}).bar("refund", "de")
        inf
        """
        return self.bars.get((category, language), math.inf)

    @property
    def identity(self) -> str:
        """Changes whenever a text could be decided otherwise."""
        content = json.dumps(sorted([*key, bar] for key, bar in self.bars.items()))
        return hashlib.sha256(content.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class BarsReport:
    """rows: of evaluation/tier_bars as they stand, by category and language. samples: judged answers of the cheaper tiers that there are
    now. is_new: whether the rows were written by this run."""

    rows: Sequence[Mapping[str, Any]]
    samples: int
    is_new: bool

    @property
    def abstaining(self) -> int:
        """Categories and languages in which nothing stands alone."""
        return sum(row["bar"] is None for row in self.rows)


def is_audited(event_id: str, share: float) -> bool:
    """Whether the event is one of this share of all.

    >>> is_audited("0" * 32, 0.01), is_audited("f" * 32, 0.99)
    (True, False)
    """
    return int(event_id[8:16], 16) < share * _OF_ALL


def read_tier_bars(lake: Lakehouse, tier_version: str, target: float) -> TierBars:
    """The bars that were measured of these tiers for this target: none while they were not."""
    return TierBars(
        target, {(r["category"], r["language"]): r["bar"] for r in bar_rows(lake, tier_version, target) if r["bar"] is not None}
    )


def measure_tier_bars(
    lake: Lakehouse, reader: "ReadsEvents", model: "LanguageModel", *, tier_version: str, target: float, share: float, now: datetime
) -> BarsReport:
    """Sets the bars anew when there are a tenth more samples than when they were set, or that was a month ago; else nothing is written.

    reader: the cheaper tiers without measured bars. share: of the texts that are audited.
    """
    from feedback_assets.enrichment.learning.bars import tier_bars

    stands = bar_rows(lake, tier_version, target)
    judged = list(_judged(lake, reader, model, share))
    before = sum(row["samples"] for row in stands)
    is_recent = bool(stands) and now - min(row["measured_at"] for row in stands) < _LASTS
    if not judged or (is_recent and len(judged) < _GROWN * before):
        return BarsReport(stands, len(judged), is_new=False)
    of: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        of.setdefault((one.category, one.language), []).append(one)
    rows = [
        {
            "tier_version": tier_version,
            "target": target,
            "category": category,
            "language": language,
            "bar": None if bar.abstains else bar.bar,
            "bound": bar.bound,
            "samples": len(of[category, language]),
            "agreed": sum(one.agreed for one in of[category, language]),
            "samples_above": 0 if bar.abstains else bar.n,
            "agreed_above": 0 if bar.abstains else bar.agreed,
            "measured_at": now,
        }
        for (category, language), bar in tier_bars(judged, target).items()
    ]
    lake.replace(TIER_BARS, to_arrow(TIER_BARS, rows))
    return BarsReport(bar_rows(lake, tier_version, target), len(judged), is_new=True)


def bar_rows(lake: Lakehouse, tier_version: str, target: float) -> list[dict[str, Any]]:
    """The rows of evaluation/tier_bars for these tiers and this target, by category and language."""
    rows = lake.read(TIER_BARS).to_pylist()
    return sorted(
        (r for r in rows if (r["tier_version"], r["target"]) == (tier_version, target)), key=lambda r: (r["category"], r["language"])
    )


def _judged(lake: Lakehouse, reader: "ReadsEvents", model: "LanguageModel", share: float) -> "Iterator[Judged]":
    """What the cheaper tiers accept in audited texts, and whether the answer accepts that as well. A question counts once."""
    from feedback_assets.enrichment.answers import known_answers
    from feedback_assets.enrichment.kernel import FOUND
    from feedback_assets.enrichment.learning.bars import Judged
    from feedback_assets.enrichment.reading import read_events

    left, seen = MOST_TEXTS, set[str]()
    learnt = {row["event_id"] for row in decisions_in_force(lake.read(DECISIONS).to_pylist())}
    for found in _audited(lake, share, learnt):
        read = read_events(found.slice(0, left), reader, 0)
        left -= found.num_rows
        said = read.decided[FOUND].to_pylist()
        texts, near = read.rows.to_pylist(), read.near
        asked = {row: model.question(texts[row], near[row]) for row in read.read_rows}
        known = known_answers(lake, model, list(asked.values()))
        for row, at in zip(read.read_rows, read.place, strict=True):
            accepted = [issue for issue in said[at] if not issue["reason"]]
            answer = known.get(asked[row].key)
            if not accepted or answer is None or answer.outcome != "ok" or asked[row].key in seen:
                continue
            seen.add(asked[row].key)
            decision = model.decision(answer.response, texts[row]["text"], texts[row]["rating"])
            if decision is not None:
                agreed = {issue.category for issue in decision.issues}
                for issue in accepted:
                    language = texts[row]["language"] or "und"
                    yield Judged(language, issue["category"], issue["confidence"], issue["category"] in agreed)
        if left <= 0:
            return


def _audited(lake: Lakehouse, share: float, without: Iterable[str]) -> "Iterator[pa.Table]":
    """Audited events by day, the newest first."""
    import polars as pl

    from feedback_assets.enrichment.reading import QUESTION_COLUMNS
    from feedback_assets.lakehouse.frames import read_frame

    gone = sorted(without)
    part = pl.col("event_id").str.slice(8, 8).str.to_integer(base=16, dtype=pl.Int64)
    for day in sorted(lake.partitions(EVENTS), reverse=True)[:LOOKS_BACK_DAYS]:
        found = read_frame(lake, EVENTS, list(QUESTION_COLUMNS), {"feed_date": [day]})
        found = found.filter((part < share * _OF_ALL) & ~pl.col("event_id").is_in(gone))
        if found.height:
            yield found.to_arrow()
