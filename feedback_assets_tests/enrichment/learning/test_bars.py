"""Bars keep what they promise on samples that did not set them, never loosen for worse samples, and abstain where samples are too few."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import beta, hypergeom

from feedback_assets.enrichment.learning.bars import (
    GRID,
    Judged,
    bar_for_agreement,
    bar_for_batches,
    bars_by_class,
    batch_bound,
    fewest_samples,
    least_agreement,
    tier_bars,
    wrong_allowed,
)

RIGHT_AT: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "calibrated": lambda c: c,
    "steep": lambda c: 0.8 + 0.2 * c**8,
    "falling at the top": lambda c: np.where(c > 0.97, 0.93, 0.5 + c / 2),
}
"""How often an answer of that confidence is right: as it says; better; worst where it is surest."""

samples = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80)


def drawn(draw: np.random.Generator, count: int, kind: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Samples, most of them sure, right as often as their kind says."""
    confidence = 1 - draw.random(count) ** 3
    return confidence, draw.random(count) < RIGHT_AT[kind](confidence)


def columns(rows: list[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows], bool)


@pytest.mark.parametrize(("agreed", "n"), [(0, 5), (5, 5), (59, 59), (97, 100), (990, 1000)])
def test_the_bound_of_a_share_is_clopper_and_pearsons(agreed: int, n: int) -> None:
    expected = beta.ppf(0.05, agreed, n - agreed + 1) if agreed else 0.0
    assert least_agreement(agreed, n) == pytest.approx(expected, abs=1e-9)


@given(n=st.integers(1, 500), share=st.floats(0, 1), miss=st.floats(0.001, 0.4))
def test_more_agreement_raises_the_bound_and_more_disagreement_or_a_surer_level_lowers_it(n: int, share: float, miss: float) -> None:
    agreed = round(share * n)
    bound = least_agreement(agreed, n, miss)
    assert 0 <= bound <= agreed / n
    assert least_agreement(agreed + 1, n + 1, miss) >= bound - 1e-12
    assert least_agreement(agreed, n + 1, miss) <= bound + 1e-12
    assert least_agreement(agreed, n, miss / 2) <= bound + 1e-12


def test_the_fewest_samples_are_those_with_which_a_flawless_record_passes() -> None:
    for target in (0.8, 0.95, 0.99):
        n = fewest_samples(target)
        assert least_agreement(n, n) >= target > least_agreement(n - 1, n - 1)


@pytest.mark.parametrize("kind", RIGHT_AT)
def test_above_a_bar_of_a_share_the_true_agreement_misses_the_target_in_at_most_one_draw_of_twenty(kind: str) -> None:
    draw = np.random.default_rng(0)
    confidence, _ = drawn(draw, 400_000, kind)
    truth = {value: RIGHT_AT[kind](confidence[confidence >= value]).mean() for value in GRID}
    for target in (0.9, 0.94):
        bars = [bar_for_agreement(*drawn(draw, 600, kind), target) for _ in range(600)]
        missed = sum(not bar.abstains and truth[bar.bar] < target for bar in bars)
        # 600 draws at a chance of .05 come to 39 or fewer in 96 of 100 cases; the bound is for the worst case, so it is far below.
        assert missed <= 39


def test_taking_the_best_of_many_bars_without_paying_for_it_would_break_the_promise() -> None:
    """That the simulation can see a broken bound: the same looks, each at the full level."""
    draw = np.random.default_rng(1)
    target, missed = 0.9, 0
    for _ in range(400):
        confidence, agreed = draw.random(600), draw.random(600) < target - 0.001
        passed = [v for v in GRID if least_agreement(int(agreed[confidence >= v].sum()), int((confidence >= v).sum())) >= target]
        missed += bool(passed)
    assert missed > 0.08 * 400
    again = np.random.default_rng(1)
    paid = sum(not bar_for_agreement(again.random(600), again.random(600) < target - 0.001, target).abstains for _ in range(400))
    assert paid <= 0.07 * 400


@settings(max_examples=150)
@given(rows=samples, place=st.integers(0, 79), target=st.floats(0.3, 0.9), harder=st.floats(0, 0.09))
def test_a_sample_that_turns_out_wrong_or_a_harder_target_never_lowers_a_bar(
    rows: list[tuple[float, bool]], place: int, target: float, harder: float
) -> None:
    confidence, agreed = columns(rows)
    worse = agreed.copy()
    worse[place : place + 1] = False
    for bar in (bar_for_agreement, lambda c, a, t, m=0.05: bar_for_batches(c, a, t, 40, m)):
        first = bar(confidence, agreed, target)
        assert bar(confidence, worse, target).bar >= first.bar
        assert bar(confidence, agreed, target + harder).bar >= first.bar
        assert bar(confidence, agreed, target, 0.01).bar >= first.bar


@given(rows=samples, target=st.floats(0.3, 0.9))
def test_what_a_bar_says_of_its_samples_can_be_counted_again(rows: list[tuple[float, bool]], target: float) -> None:
    confidence, agreed = columns(rows)
    for bar in (bar_for_agreement(confidence, agreed, target), bar_for_batches(confidence, agreed, target, 40)):
        above = np.ones(len(rows), bool) if bar.abstains else confidence >= bar.bar
        assert (bar.n, bar.agreed) == (int(above.sum()), int(agreed[above].sum()))
        assert bar.bound == (0.0 if bar.abstains else target)


def test_without_samples_with_too_few_or_with_bad_ones_nothing_is_answered() -> None:
    none = np.zeros(0), np.zeros(0, bool)
    few = np.full(40, 0.9995), np.ones(40, bool)
    bad = np.full(4000, 0.9995), np.arange(4000) % 2 == 0
    for confidence, agreed in (none, few, bad):
        assert bar_for_agreement(confidence, agreed, 0.95).bar == math.inf
        assert bar_for_batches(confidence, agreed, 0.95, 1000).bar == math.inf
    assert bar_for_agreement(np.full(400, 0.9995), np.ones(400, bool), 0.95).bar == min(GRID)


@pytest.mark.parametrize(("n", "batch"), [(400, 300), (2000, 500), (300, 2000)])
def test_of_all_batches_the_share_that_falls_short_is_at_most_one_in_twenty_and_not_far_below(n: int, batch: int) -> None:
    """Not far below: the chance is exact up to whole numbers, so the bar gives nothing away."""
    draw = np.random.default_rng(2)
    target, draws = 0.97, 1500
    allowed = wrong_allowed(n, target, batch)
    short = 0
    for _ in range(draws):
        confidence, agreed = drawn(draw, n + batch, "calibrated")
        bar = bar_for_batches(confidence[:n], agreed[:n], target, batch)
        assert bar.n - bar.agreed <= allowed
        accuracy = 1 - ((confidence[n:] >= bar.bar) & ~agreed[n:]).mean()
        short += accuracy < target - 1e-9
    assert short <= 0.06 * draws
    assert short >= 0.01 * draws


@given(n=st.integers(1, 3000), batch=st.integers(1, 3000), target=st.floats(0.8, 0.999))
def test_as_many_wrong_samples_are_allowed_as_the_hypergeometric_chance_has_it_and_one_more_is_too_many(
    n: int, batch: int, target: float
) -> None:
    allowed, wrong = wrong_allowed(n, target, batch), math.floor((1 - target) * batch + 1e-9)
    assert hypergeom.cdf(allowed, n + batch, n, allowed + wrong + 1) <= 0.05 + 1e-6
    more = allowed + 1
    if more + wrong + 1 <= n + batch:
        assert hypergeom.cdf(more, n + batch, n, more + wrong + 1) > 0.05 - 1e-6


@given(n=st.integers(1, 3000), batch=st.integers(1, 3000), target=st.floats(0.8, 0.999))
def test_the_bound_of_a_batch_keeps_the_target_that_allowed_it_and_larger_batches_no_less(n: int, batch: int, target: float) -> None:
    allowed = wrong_allowed(n, target, batch)
    assert -1 <= allowed <= n
    if allowed >= 0:
        assert batch_bound(allowed, n, batch) >= target - 1e-9
        assert wrong_allowed(n, target - 0.05, batch) >= allowed
    else:
        assert batch_bound(allowed, n, batch) == 0


def test_classes_with_samples_of_their_own_stand_alone_and_a_bad_one_does_not_hide_in_the_pool() -> None:
    names = ["good"] * 600 + ["bad"] * 600 + [f"rare {i}" for i in range(40) for _ in range(10)]
    confidence = np.full(len(names), 0.96)
    agreed = np.array([name != "bad" or i % 3 > 0 for i, name in enumerate(names)])
    bars = bars_by_class(confidence, agreed, names, 0.95)
    assert set(bars.by_class) == {"good", "bad"}
    assert bars.of("good").bar <= 0.96
    assert bars.of("bad").abstains
    assert bars.of("bad").n == 600
    assert bars.of("rare 3") is bars.pooled
    assert bars.of("never seen") is bars.pooled
    assert (bars.pooled.n, bars.pooled.abstains) == (400, False)


def test_a_tier_gets_a_bar_for_each_category_and_language_and_none_where_judgements_are_few() -> None:
    judged = [Judged("en", "bug", 0.97, True) for _ in range(300)] + [Judged("th", "bug", 0.97, True) for _ in range(20)]
    judged += [Judged("en", "billing", 0.97, i % 4 > 0) for i in range(300)]
    bars = tier_bars(judged, 0.95)
    assert list(bars) == [("billing", "en"), ("bug", "en"), ("bug", "th")]
    assert (bars["bug", "en"].bound, bars["bug", "en"].n) == (0.95, 300)
    assert bars["bug", "th"].abstains
    assert bars["bug", "th"].n == 20
    assert bars["billing", "en"].abstains
    assert tier_bars([], 0.95) == {}


@pytest.mark.parametrize(("target", "miss"), [(1.0, 0.05), (0.0, 0.05), (0.9, 0.0), (0.9, 1.0)])
def test_a_target_that_no_samples_can_show_is_refused(target: float, miss: float) -> None:
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        bar_for_agreement(np.zeros(1), np.ones(1, bool), target, miss)
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        bar_for_batches(np.zeros(1), np.ones(1, bool), target, 10, miss)
