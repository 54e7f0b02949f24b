"""Scores over real Delta tables: who is scored, from what, and that nothing is written twice."""

from datetime import timedelta

import pytest

from feedback_assets.contracts.priority import SCORES
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.factors import Facts, active_on, factors_of
from feedback_assets.priority.process import update_scores
from feedback_assets.priority.weights import Weights, load_weights
from feedback_assets.settings import project_root
from feedback_assets_tests.gold_rows import DAY, Piece, put_counts, put_pieces, put_theme, put_trend, theme


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(project_root() / "taxonomy" / "priority_weights.yaml")


def scores(lake: LocalLakehouse) -> dict[str, dict[str, float]]:
    return {r["theme_id"]: r for r in lake.read(SCORES).to_pylist()}


def test_only_active_themes_with_issues_in_force_are_scored(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1)
    put_theme(lake, 2, status="retired", successor_id=theme(1))
    put_theme(lake, 3, issues=0, events=0, customers=0, severity=None, confidence=None)
    assert update_scores(lake, weights).inserted == 1
    assert set(scores(lake)) == {theme(1)}


def test_again_with_nothing_new_commits_nothing_and_retired_themes_lose_their_score(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1)
    put_theme(lake, 2)
    assert update_scores(lake, weights).committed
    assert not update_scores(lake, weights).committed
    put_theme(lake, 2, status="retired", successor_id=theme(1))
    assert update_scores(lake, weights).deleted == 1


def test_an_empty_lakehouse_has_no_scores(lake: LocalLakehouse, weights: Weights) -> None:
    assert not update_scores(lake, weights).committed


def test_stored_points_add_up_and_the_sentence_says_what_counts(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1, customers=120, severity=4.5)
    update_scores(lake, weights)
    row = lake.read(SCORES).to_pylist()[0]
    points = [row[f"{f}_points"] for f in ("severity", "reach", "revenue", "recency", "confidence")]
    assert sum(round(p * 100) for p in points) == round(row["score"] * 100)
    assert "120 customers" in row["explanation"]
    assert row["weights_version"] == weights.version


def test_a_theme_does_not_move_when_another_one_grows(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1)
    put_theme(lake, 2)
    update_scores(lake, weights)
    before = scores(lake)[theme(1)]
    put_theme(lake, 2, customers=5000, issues=9000)
    update_scores(lake, weights)
    assert scores(lake)[theme(1)] == before


def test_tiers_and_order_values_raise_the_revenue_factor_once_a_customer(lake: LocalLakehouse, weights: Weights) -> None:
    for n in (1, 2, 3):
        put_theme(lake, n, customers=2)
    put_pieces(
        lake,
        [
            Piece("a", theme_id=theme(1), customer="anna", tier="enterprise"),
            Piece("b", theme_id=theme(1), customer="anna", tier="enterprise"),
            Piece("c", theme_id=theme(1), customer="bert", tier="enterprise", superseded=True),
            Piece("d", theme_id=theme(2), customer="carl", order_value=60000.0),
            Piece("e", theme_id=theme(3), customer="dora", tier="a tier nobody listed"),
        ],
    )
    update_scores(lake, weights)
    found = scores(lake)
    assert found[theme(1)]["revenue"] == pytest.approx(0.75)  # one of two customers is known, at 1.0; the other counts 0.5
    assert found[theme(2)]["revenue"] == 1.0
    assert found[theme(3)]["revenue"] == 0.5


def test_an_old_theme_fades_and_one_straggler_does_not_wake_it(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1)
    put_theme(lake, 2)
    put_trend(lake, 1)
    put_counts(lake, 1, 9, day=DAY - timedelta(days=28))
    put_counts(lake, 1, 1, day=DAY)
    put_counts(lake, 2, 10, day=DAY)
    update_scores(lake, weights)
    assert scores(lake)[theme(1)]["recency"] == 0.25
    assert scores(lake)[theme(2)]["recency"] == 1.0


def test_a_theme_of_few_issues_was_active_on_its_first_day() -> None:
    assert active_on({DAY: 1, DAY - timedelta(days=9): 1}, 3) == DAY - timedelta(days=9)


def test_facts_beyond_their_scale_stay_within_the_floor_and_one(weights: Weights) -> None:
    wild = Facts(
        severity=9.0, customers=10**9, tiers={"enterprise": 10**9}, order_value=1e300, active_on=DAY + timedelta(days=9), confidence=1.0
    )
    assert set(factors_of(wild, weights, DAY).values()) == {1.0}
    least = Facts(severity=1.0, customers=0, tiers={}, order_value=-1.0, active_on=DAY - timedelta(days=9999), confidence=0.0)
    assert min(factors_of(least, weights, DAY).values()) == weights.floor
