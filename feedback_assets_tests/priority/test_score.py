"""The score: a true product whose points add up, and which never falls when a factor rises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.priority import FACTORS
from feedback_assets.priority.score import band_of, score_of
from feedback_assets.priority.weights import Bands

FLOOR = 0.05
BANDS = Bands(P1=75, P2=60, P3=45)
factor_values = st.fixed_dictionaries({f: st.floats(FLOOR, 1) for f in FACTORS})
weight_values = st.fixed_dictionaries({f: st.floats(0.01, 100) for f in FACTORS})
EVEN = dict.fromkeys(FACTORS, 1.0)


def hundredths(value: float) -> int:
    return round(value * 100)


@settings(max_examples=300)
@given(factor_values, weight_values)
def test_points_add_up_to_the_score_exactly(factors: dict[str, float], weights: dict[str, float]) -> None:
    scored = score_of(factors, weights, FLOOR)
    assert sum(hundredths(p) for p in scored.points.values()) == hundredths(scored.score)
    assert min(scored.points.values()) >= 0
    assert 0 <= scored.score <= 100


@settings(max_examples=200)
@given(factor_values, weight_values, st.sampled_from(FACTORS), st.floats(FLOOR, 1))
def test_a_higher_factor_never_lowers_the_score_or_its_own_points(
    factors: dict[str, float], weights: dict[str, float], name: str, other: float
) -> None:
    low, high = sorted((factors[name], other))
    below, above = (score_of(factors | {name: v}, weights, FLOOR) for v in (low, high))
    assert below.score <= above.score
    assert hundredths(below.points[name]) <= hundredths(above.points[name]) + 1


@settings(max_examples=100)
@given(factor_values, weight_values)
def test_it_is_the_weighted_geometric_mean(factors: dict[str, float], weights: dict[str, float]) -> None:
    product = 1.0
    for f in FACTORS:
        product *= factors[f] ** (weights[f] / sum(weights.values()))
    assert abs(score_of(factors, weights, FLOOR).score - 100 * product) <= 0.006


def test_the_ends_of_the_scale_are_reached() -> None:
    assert score_of(dict.fromkeys(FACTORS, 1.0), EVEN, FLOOR).score == 100
    lowest = score_of(dict.fromkeys(FACTORS, FLOOR), EVEN, FLOOR)
    assert lowest.score == 5
    assert max(abs(p - 5 / len(FACTORS)) for p in lowest.points.values()) < 0.01


def test_a_factor_that_stands_out_gets_the_points() -> None:
    scored = score_of(dict.fromkeys(FACTORS, FLOOR) | {"reach": 1.0}, EVEN, FLOOR)
    assert scored.points["reach"] > scored.score - 5


def test_bands_begin_at_their_threshold() -> None:
    assert [band_of(s, BANDS) for s in (75, 74.99, 60, 59.99, 45, 44.99, 0)] == ["P1", "P2", "P2", "P3", "P3", "P4", "P4"]
