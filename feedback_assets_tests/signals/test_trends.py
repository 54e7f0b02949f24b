"""The trend word: thresholds, small counts, and what a broken clock does."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.signals import TRENDS
from feedback_assets.signals.trends import Trend, last_day, top_version, trend_of

AS_OF = date(2024, 5, 31)
ALL_DAYS = frozenset(AS_OF - timedelta(days=n) for n in range(60))


def trend(counts_backwards: list[int], observed: frozenset[date] = ALL_DAYS) -> Trend:
    """Issues a day, counted back from as_of."""
    daily = {AS_OF - timedelta(days=n): c for n, c in enumerate(counts_backwards) if c}
    return trend_of(daily, observed, AS_OF)


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ([3] * 35, "steady"),
        ([10] * 7 + [3] * 28, "rising"),
        ([1] * 7 + [10] * 28, "falling"),
        ([0] * 7 + [10] * 28, "quiet"),
        ([5] * 7 + [0] * 28, "new"),
        ([1] + [0] * 34 + [1], "steady"),
        ([4, 0, 0, 0, 0, 0, 0] + [0] * 27 + [1], "steady"),
        ([2, 2, 1, 1, 1, 1, 1] + [0] * 27 + [1], "rising"),
        ([4] * 7 + [3] * 28, "steady"),
        ([0] * 7 + [1] + [0] * 27, "quiet"),
        ([0] * 6 + [1] + [0] * 28, "new"),
        ([1, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0] * 7, "steady"),
    ],
)
def test_the_word_says_where_it_is_heading(counts: list[int], word: str) -> None:
    assert trend(counts).trend == word


def test_a_stream_of_a_few_days_calls_nothing_new_or_rising() -> None:
    few = frozenset(AS_OF - timedelta(days=n) for n in range(10))
    assert trend([50, 40, 30, 20, 10, 5, 2], few).trend == "steady"
    assert trend([50, 40, 30, 20, 10, 5, 2, 1, 1, 1], few).trend == "steady"


def test_with_too_little_to_compare_with_nothing_deviates() -> None:
    few = frozenset(AS_OF - timedelta(days=n) for n in range(9))
    assert trend([50, 40, 30, 20, 10, 5, 2], few).z == 0.0


@pytest.mark.parametrize(
    ("counts", "back", "quiet"),
    [
        ([1, 2] + [0] * 20 + [2, 1], 1, 20),
        ([1, 2] + [0] * 13 + [2, 1], None, 0),
        ([1, 1] + [0] * 20 + [2, 1], None, 0),
        ([1, 2] + [0] * 20 + [1, 1], None, 0),
        ([3] + [0] * 15 + [3] + [0] * 16 + [3], 0, 15),
        ([0] * 20 + [3, 4], None, 0),
        ([1] * 40, None, 0),
    ],
)
def test_a_complaint_came_back_after_two_quiet_weeks_between_real_complaints(counts: list[int], back: int | None, quiet: int) -> None:
    found = trend(counts)
    assert (found.returned_on, found.quiet_days) == (None if back is None else AS_OF - timedelta(days=back), quiet)


def test_a_gap_on_which_nobody_looked_is_no_quiet() -> None:
    assert trend([3] + [0] * 20 + [3], ALL_DAYS - {AS_OF - timedelta(days=n) for n in range(3, 12)}).returned_on is None


def test_days_on_which_nobody_looked_do_not_lower_the_baseline() -> None:
    fortnight = frozenset(AS_OF - timedelta(days=n) for n in range(14))
    found = trend([10] * 14, fortnight)
    assert (found.baseline, found.trend) == (10.0, "steady")


def test_one_wild_day_does_not_move_the_baseline() -> None:
    found = trend([3] * 7 + [3] * 10 + [500] + [3] * 17)
    assert (found.baseline, found.spread, found.trend) == (3.0, 0.0, "steady")
    assert (found.peak, found.peak_day) == (500, AS_OF - timedelta(days=17))


def test_a_broken_clock_does_not_move_the_last_day_of_everything_else() -> None:
    days = {AS_OF: AS_OF, date(2099, 1, 1): AS_OF}
    assert last_day(days) == AS_OF
    assert last_day({date(2099, 1, 1): AS_OF}) == date(2099, 1, 1)
    assert last_day({AS_OF + timedelta(days=1): AS_OF}) == AS_OF + timedelta(days=1)
    assert last_day({}) is None


def test_windows_before_the_first_day_there_is_do_not_fail() -> None:
    assert trend_of({date.min: 3}, frozenset({date.min}), date.min).last_7_days == 3


@settings(max_examples=100)
@given(st.dictionaries(st.integers(0, 59), st.integers(1, 1000), min_size=1), st.sets(st.integers(0, 59)))
def test_any_counts_give_figures_that_fit_the_contract(counts: dict[int, int], unseen: set[int]) -> None:
    daily = {AS_OF - timedelta(days=n): c for n, c in counts.items()}
    observed = frozenset(d for d in ALL_DAYS if (AS_OF - d).days not in unseen)
    found = trend_of(daily, observed, AS_OF)
    assert found.trend in TRENDS.column("trend").one_of
    assert min(found.last_7_days, found.previous_7_days, found.baseline, found.spread) >= 0
    assert found.peak == max(daily.values())
    assert abs(found.z) < 1e6


def test_top_version_breaks_ties_by_sort_order_and_ignores_unknown() -> None:
    assert top_version({"": 90, "2.0": 3, "1.9": 3, "1.0": 1}) == ("1.9", round(3 / 7, 6))
    assert top_version({"": 5}) == ("", 0.0)
