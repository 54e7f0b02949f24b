"""Drift: whether a day's feedback is unlike that of the 28 days before, told apart by what it is that changed.

Four aspects, each within what stands above it, so that a new source is not taken for a change of languages, or another mix of languages for
one of words: the mix of sources; of languages within each source; of product words within each language; of the model's confidence within
each language. The test: the day against the window by a G-test (Sokal, Rohlf, Biometry, 1995) summed over the strata. Days differ by more
than chance, so the sum is divided by the spread of the window's own days, each against the others (quasi-likelihood, McCullagh, Nelder,
Generalized Linear Models, 1989), and judged by F, with as many degrees of freedom as the scatter of those days leaves. A day counts as
drifted in an aspect when p is below ALPHA / 4 (Bonferroni) and it is more unlike the others than each day of the window. Of days that are
like the window at most ALPHA are called drifted in any aspect: by simulation of days that differ by chance, by more than chance, and by a
weekly rhythm. Not here: when it is asked, who is told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.ground.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from feedback_assets.lakehouse.interface import Lakehouse

    Floats = NDArray[np.float64]

WINDOW = 28
"""Days before the day."""
FEWEST_DAYS = 14
ALPHA = 0.01
"""False alarms a day, over all aspects."""
SOURCES, LANGUAGES, WORDS, CONFIDENCE = "source_mix", "language_mix", "product_words", "model_confidence"
ASPECTS = (SOURCES, LANGUAGES, WORDS, CONFIDENCE)
MOST_EVENTS = 20_000
"""Events of a day that are looked at."""
_WIDER = 2.0
"""How much wider than seen the distances of days are taken to be, since a window shows few of them; by simulation (the tests)."""
_LEAST_EXPECTED = 5.0
_LEAST_ROWS = 30
_MOST_WORDS = 40
_WORD = re.compile(r"[^\W\d_]{5,}")
_SAYS = {
    SOURCES: "The mix of sources is that of the 28 days before.",
    LANGUAGES: "Within each source, the mix of languages is that of the 28 days before.",
    WORDS: "Within each language, product words are as frequent as in the 28 days before.",
    CONFIDENCE: "Within each language, the readers are as sure as in the 28 days before.",
}

Strata = Mapping[str, Mapping[str, int]]
"""Stratum -> value -> number."""


@dataclass(frozen=True)
class DayCounts:
    """What a day was like. counts: aspect -> stratum -> value -> number."""

    day: date
    counts: Mapping[str, Strata]


@dataclass(frozen=True)
class Drift:
    """One aspect of a day. p: 1 when there was too little to compare (judged False). statistic: mean squared distance from the window in
    units of its own days' spread; about 1 for a day like the others. moved: (stratum, value, share today, share before), the furthest
    first."""

    aspect: str
    judged: bool
    drifted: bool
    p: float = 1.0
    statistic: float = 0.0
    days: int = 0
    moved: tuple[tuple[str, str, float, float], ...] = field(default=())


def day_counts(day: date, events: Iterable[Mapping[str, Any]], issues: Iterable[Mapping[str, Any]]) -> DayCounts:
    """events: source, language, product. issues: language, quote, confidence; accepted ones and those in review."""
    counts: dict[str, dict[str, Counter[str]]] = {aspect: {} for aspect in ASPECTS}

    def add(aspect: str, stratum: str, values: Iterable[str]) -> None:
        counts[aspect].setdefault(stratum, Counter()).update(values)

    for event in events:
        language = event["language"] or "und"
        add(SOURCES, "", [event["source"]])
        add(LANGUAGES, event["source"], [language])
        add(WORDS, language, _words(event["product"] or ""))
    for issue in issues:
        language = issue["language"] or "und"
        add(WORDS, language, _words(issue["quote"]))
        add(CONFIDENCE, language, [f"{min(int(issue['confidence'] * 10), 9) / 10:.1f}"])
    return DayCounts(day, counts)


def read_days(lake: "Lakehouse", day: date, window: int = WINDOW) -> tuple[DayCounts, list[DayCounts]]:
    """The day and those before it that have events. Of a large day the first events and issues."""
    read = [_read_day(lake, day - timedelta(days=back)) for back in range(window + 1)]
    return read[0], [d for d in reversed(read[1:]) if d.counts[SOURCES]]


def drift_of(today: DayCounts, window: Sequence[DayCounts]) -> tuple[Drift, ...]:
    """Each aspect, in the order of ASPECTS. window: the days before, in any order."""
    return tuple(_aspect(aspect, today.counts.get(aspect, {}), [d.counts.get(aspect, {}) for d in window]) for aspect in ASPECTS)


def drift_verdicts(found: Sequence[Drift], day: date) -> list[Verdict]:
    """One an aspect; a warning: nothing stops because feedback is other than it was."""
    return [
        Verdict(
            passed=not d.drifted,
            rule=_SAYS[d.aspect],
            number=round(d.p, 6),
            threshold=f"p of {ALPHA / len(ASPECTS):g} or more, or not the most unlike of {d.days + 1} days; "
            f"at most {ALPHA:.0%} of days without a change are called drifted"
            if d.judged
            else f"{FEWEST_DAYS} days with {_LEAST_ROWS} rows each: too few to judge",
            owner="feedback-ml",
            next_command=f"feedback evaluate drift --day {day.isoformat()}",
            sample=[
                {"in": stratum, "value": value, "share": round(now, 4), "share_before": round(before, 4)}
                for stratum, value, now, before in d.moved[:SAMPLE]
            ]
            if d.drifted
            else (),
            warns=True,
        )
        for d in found
    ]


def drift_verdict(found: Sequence[Drift], day: date) -> Verdict:
    """All aspects as one: the smallest p of those that drifted, else of all; the sample says aspect by aspect what moved furthest."""
    verdicts = dict(zip([d.aspect for d in found], drift_verdicts(found, day), strict=True))
    drifted = [aspect for aspect, verdict in verdicts.items() if not verdict.passed]
    judged = [d for d in found if d.judged]
    # Of each aspect the furthest first: one that moved in many values must not hide another.
    moved = [
        {"aspect": aspect, **verdicts[aspect].sample[place]}
        for place in range(SAMPLE)
        for aspect in drifted
        if place < len(verdicts[aspect].sample)
    ]
    return Verdict(
        passed=not drifted,
        rule=f"Sources, languages, product words and confidence of {day.isoformat()} are each like those of the {WINDOW} days before.",
        number=min((verdicts[d.aspect].number for d in judged if not drifted or d.drifted), default=1.0),
        threshold=f"p of {ALPHA / len(ASPECTS):g} or more in each aspect, or not the most unlike of its days; at most {ALPHA:.0%} of days "
        f"without a change are called drifted ({len(judged)} of {len(found)} aspects had enough to judge)",
        owner="feedback-ml",
        next_command=f"feedback evaluate drift --day {day.isoformat()}",
        sample=moved[:SAMPLE],
        warns=True,
    )


def newest_whole_day(lake: "Lakehouse", now: datetime) -> date:
    """The newest day of delivery that is over in UTC and has events; yesterday when there is none."""
    today = now.astimezone(UTC).date()
    return max((day for day in lake.partitions(EVENTS) if day < today), default=today - timedelta(days=1))


def _aspect(aspect: str, today: Strata, window: Sequence[Strata]) -> Drift:
    import numpy as np

    days = len(window)
    if days < FEWEST_DAYS:
        return Drift(aspect, judged=False, drifted=False, days=days)
    # Rows: the days of the window, then today. Each stratum adds its G and its degrees of freedom to each day that has enough of it.
    total, freedom, weight = (np.zeros(days + 1) for _ in range(3))
    moved: list[tuple[float, tuple[str, str, float, float]]] = []
    for stratum in sorted(today):
        names, table = _table(today[stratum], [d.get(stratum, {}) for d in window], _MOST_WORDS if aspect == WORDS else 0)
        if len(names) < 2 or table[-1].sum() < _LEAST_ROWS:
            continue
        size = table.sum(axis=1)
        before = table[:-1].sum(axis=0)
        others = np.vstack([before - table[:-1], before])  # a day of the window against the rest of it, today against all of it
        enough = (size >= _LEAST_ROWS) & (others.sum(axis=1) >= _LEAST_ROWS)
        if not enough[-1]:
            continue
        rest = others.sum(axis=1)
        total += np.where(enough, _g(table, others), 0.0)
        freedom += np.where(enough, len(names) - 1, 0)
        weight += np.where(enough, (len(names) - 1) * np.maximum(size * rest / np.maximum(size + rest, 1) - 1, 0.0), 0.0)
        shares = table[-1] / size[-1], before / max(before.sum(), 1)
        spread = np.abs(shares[0] - shares[1]) / np.sqrt(np.maximum(shares[1], 1e-6))
        moved += [(float(s), (stratum, n, float(a), float(b))) for s, n, a, b in zip(spread, names, *shares, strict=True)]
    known = np.flatnonzero(freedom[:-1] > 0)
    if freedom[-1] == 0 or len(known) < FEWEST_DAYS:
        return Drift(aspect, judged=False, drifted=False, days=len(known))
    return _judged(aspect, total, freedom, weight, known=known, moved=moved)


def _judged(
    aspect: str,
    total: "Floats",
    freedom: "Floats",
    weight: "Floats",
    *,
    known: "NDArray[np.int64]",
    moved: list[tuple[float, tuple[str, str, float, float]]],
) -> Drift:
    """How far today is, in units of the spread of the days of the window; a larger day shows the same spread the more clearly."""
    import numpy as np
    from scipy.stats import f

    excess = float((total[known] - freedom[known]).sum() / max(weight[known].sum(), 1e-9))
    scale = 1 + max(excess, 0.0) * weight / np.maximum(freedom, 1)
    distance = np.where(freedom > 0, total / np.maximum(freedom, 1) / scale, 0.0)
    # Few degrees of freedom where the days of the window are unevenly far from each other, by the moments of a scaled chi-square.
    spread = _WIDER * float(distance[known].var(ddof=1))
    degrees = min(float(freedom[-1]), 2 * float(distance[known].mean()) ** 2 / max(spread, 1e-9))
    p = float(f.sf(distance[-1], degrees, degrees * len(known)))
    drifted = p < ALPHA / len(ASPECTS) and bool(distance[-1] > distance[known].max())
    furthest = tuple(m for _, m in sorted(moved, key=lambda found: (-found[0], found[1])))
    return Drift(aspect, judged=True, drifted=drifted, p=p, statistic=round(float(distance[-1]), 3), days=len(known), moved=furthest)


def _table(today: Mapping[str, int], window: Sequence[Mapping[str, int]], most: int) -> "tuple[list[str], Floats]":
    """(values, a row a day, today last). Rare values are one, chosen by all days together, so that no day is favoured."""
    import numpy as np

    days = [*window, today]
    pooled: Counter[str] = Counter()
    for counts in days:
        pooled.update(counts)
    everything = sum(pooled.values())
    share = sum(today.values()) / max(everything, 1)
    often = [name for name, n in sorted(pooled.items(), key=lambda kv: (-kv[1], kv[0])) if n * share >= _LEAST_EXPECTED]
    names = often[:most] if most else often
    kept = set(names)
    rows = [[counts.get(name, 0) for name in names] for counts in days]
    rest = [sum(n for name, n in counts.items() if name not in kept) for counts in days]
    if sum(rest) * share >= _LEAST_EXPECTED:
        names = [*names, "(others)"]
        rows = [[*row, n] for row, n in zip(rows, rest, strict=True)]
    return names, np.array(rows, np.float64)


def _g(rows: "Floats", others: "Floats") -> "Floats":
    """G of each row against the row of others beside it."""
    import numpy as np

    both = rows + others
    pooled = both / np.maximum(both.sum(axis=1, keepdims=True), 1)
    total = np.zeros(len(rows))
    for side in (rows, others):
        expected = side.sum(axis=1, keepdims=True) * pooled
        ratio = np.where(side > 0, side / np.where(expected > 0, expected, 1), 1.0)
        total += 2 * (side * np.log(ratio)).sum(axis=1)
    return total


def _words(text: str) -> set[str]:
    return {w.casefold() for w in _WORD.findall(text)}


def _read_day(lake: "Lakehouse", day: date) -> DayCounts:
    where = {"feed_date": [day]}
    events = _first(lake, EVENTS, ["source", "language", "product", "is_deletion"], where)
    columns = ["language", "quote", "confidence"]
    issues = [*_first(lake, ISSUES, columns, where), *_first(lake, REVIEW, columns, where)]
    return day_counts(day, (e for e in events if not e["is_deletion"]), issues)


def _first(lake: "Lakehouse", table: Any, columns: list[str], where: Mapping[str, list[date]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in lake.slices(table, columns=columns, where=where):
        found += part.slice(0, MOST_EVENTS - len(found)).to_pylist()
        if len(found) >= MOST_EVENTS:
            break
    return found
