"""Drift: days without a change are called drifted no more often than stated; a change is found, and told apart from the others."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

from feedback_assets.evaluation.drift import (
    ALPHA,
    ASPECTS,
    CONFIDENCE,
    LANGUAGES,
    SOURCES,
    WINDOW,
    WORDS,
    DayCounts,
    Strata,
    day_counts,
    drift_of,
    drift_verdicts,
)

DAY = date(2026, 3, 2)
MIX = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}
VALUES = 12
DAYS = 500
Draw = Callable[[Generator, int], DayCounts]


def drawn(random: Generator, n: int, shares: "np.typing.NDArray[np.float64]", spread: float) -> dict[str, int]:
    """Counts of one day. spread: how much the shares of days differ, as the overdispersion of a Dirichlet; 0: not at all."""
    found = random.dirichlet(shares * (1 / spread - 1)) if spread else shares
    return {f"v{i:02d}": int(k) for i, k in enumerate(random.multinomial(n, found)) if k}


def day_of(random: Generator, at: int, *, spread: float = 0.0, weekly: bool = False, n: int = 400) -> DayCounts:
    """A day like the others. weekly: on the seventh day there is a third of the feedback, and another mix."""
    base = np.arange(VALUES, 0, -1.0)
    seventh = weekly and at % 7 == 6
    shares = (base[::-1] if seventh else base) / base.sum()
    size = n // 3 if seventh else n
    counts: dict[str, Strata] = {SOURCES: {"": drawn(random, size, shares, spread)}}
    for aspect in (LANGUAGES, WORDS, CONFIDENCE):
        counts[aspect] = {s: drawn(random, max(int(size * share), 1), shares, spread) for s, share in MIX.items()}
    return DayCounts(DAY + timedelta(days=at), counts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"spread": 0.01},
        {"spread": 0.05, "n": 2000},
        {"weekly": True, "n": 1000},
        {"weekly": True, "n": 1000, "spread": 0.01},
        {"n": 120},
    ],
    ids=["chance alone", "days that differ", "large days that differ much", "a weekly rhythm", "a rhythm and more", "small days"],
)
def test_days_without_a_change_are_called_drifted_no_more_often_than_stated(kind: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    days = [day_of(random, at, **kind) for at in range(WINDOW + DAYS)]
    alarms = sum(any(d.drifted for d in drift_of(days[at], days[at - WINDOW : at])) for at in range(WINDOW, len(days)))
    assert alarms / DAYS <= ALPHA


def changed(day: DayCounts, aspect: str, change: Callable[[Strata], Strata]) -> DayCounts:
    return DayCounts(day.day, {**day.counts, aspect: change(day.counts[aspect])})


def more_of_one(strata: Strata, value: str = "v08") -> Strata:
    """The value five times as often."""
    return {s: {name: n * (5 if name == value else 1) for name, n in counts.items()} for s, counts in strata.items()}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_change_is_found_in_its_own_aspect_and_in_no_other(aspect: str) -> None:
    random = np.random.default_rng(3)
    days = [day_of(random, at, spread=0.003, n=1500) for at in range(WINDOW + 1)]
    today = changed(days[-1], aspect, more_of_one)
    found = {d.aspect: d for d in drift_of(today, days[:-1])}
    assert [name for name, d in found.items() if d.drifted] == [aspect]
    assert found[aspect].moved[0][1] == "v08"
    verdicts = drift_verdicts(list(found.values()), DAY)
    assert [v.passed for v in verdicts] == [name != aspect for name in ASPECTS]
    assert all(v.warns and not v.stops for v in verdicts)
    assert "v08" in str([v.sample for v in verdicts])


def events(n: int, mix: Mapping[str, str], shares: list[float], random: Generator) -> list[dict[str, Any]]:
    sources = random.choice(list(mix), n, p=shares)
    return [{"source": s, "language": mix[s] if random.random() < 0.9 else "fr", "product": "Lantern Viewer"} for s in sources]


def test_a_source_that_grows_is_no_change_of_languages() -> None:
    random = np.random.default_rng(8)
    mix = {"forum": "en", "shop": "de", "survey": "es"}

    def day(at: int, shares: list[float]) -> DayCounts:
        return day_counts(DAY + timedelta(days=at), events(600, mix, shares, random), [])

    window = [day(at, [0.6, 0.3, 0.1]) for at in range(WINDOW)]
    found = {d.aspect: d for d in drift_of(day(WINDOW, [0.3, 0.3, 0.4]), window)}
    assert (found[SOURCES].drifted, found[LANGUAGES].drifted, found[CONFIDENCE].judged) == (True, False, False)


def test_too_little_to_compare_is_said_and_is_no_alarm() -> None:
    random = np.random.default_rng(1)
    few = [day_of(random, at) for at in range(6)]
    small = [day_of(random, at, n=8) for at in range(WINDOW + 1)]
    for found in (drift_of(few[-1], few[:-1]), drift_of(small[-1], small[:-1]), drift_of(DayCounts(DAY, {}), few)):
        assert not any(d.judged or d.drifted for d in found)
        assert all(v.passed and "too few" in v.threshold for v in drift_verdicts(found, DAY))


def test_words_are_counted_once_a_text_and_within_their_language() -> None:
    issues = [
        {"language": "en", "quote": "The bookmark bookmark list is gone 12345", "confidence": 0.91},
        {"language": "de", "quote": "Lesezeichen weg", "confidence": 1.0},
    ]
    counts = day_counts(DAY, [{"source": "forum", "language": None, "product": None}], issues).counts
    assert counts[WORDS] == {"und": {}, "en": {"bookmark": 1}, "de": {"lesezeichen": 1}}
    assert counts[CONFIDENCE] == {"en": {"0.9": 1}, "de": {"0.9": 1}}
    assert counts[LANGUAGES] == {"forum": {"und": 1}}
