"""Scores over real Delta tables: who is scored, from what, and that nothing is written twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from feedback_assets.contracts.priority import FACTORS, SCORES
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.factors import Facts, active_on, factors_of, rise
from feedback_assets.priority.process import update_scores
from feedback_assets.priority.weights import Weights, load_weights
from feedback_assets_tests.gold_rows import DAY, Piece, put_counts, put_pieces, put_theme, put_trend, theme


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(project_root() / "taxonomy" / "priority_weights.yaml")


def scores(lake: LocalLakehouse) -> dict[str, dict[str, Any]]:
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
    points = [row[f"{f}_points"] for f in FACTORS]
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
    wild = replace(wild, z=1e6, last_7_days=10**9, returned_on=DAY + timedelta(days=9))
    assert set(factors_of(wild, weights, DAY).values()) == {1.0}
    least = Facts(severity=1.0, customers=0, tiers={}, order_value=-1.0, active_on=DAY - timedelta(days=9999), confidence=0.0)
    assert min(factors_of(least, weights, DAY).values()) == weights.floor


def test_a_regression_that_rises_fast_outranks_an_evergreen_complaint(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1, severity=4.0, issues=35, customers=33)
    put_trend(lake, 1, "rising", last_7_days=29, previous_7_days=6, z=5.6)
    put_theme(lake, 2, severity=4.4, issues=48, customers=45)
    put_trend(lake, 2, "steady", last_7_days=23, previous_7_days=25, z=0.4)
    update_scores(lake, weights)
    found = scores(lake)
    assert (found[theme(1)]["band"], found[theme(2)]["band"]) == ("P1", "P2")
    assert "rising with 29 issues on the last 7 days and 6 on the 7 before" in found[theme(1)]["explanation"]


def test_a_complaint_that_came_back_outranks_the_same_that_never_went(lake: LocalLakehouse, weights: Weights) -> None:
    for n in (1, 2, 3):
        put_theme(lake, n)
    put_trend(lake, 1)
    put_trend(lake, 2, returned_on=DAY - timedelta(days=2), quiet_days=20)
    put_trend(lake, 3, returned_on=DAY - timedelta(days=200), quiet_days=20)
    update_scores(lake, weights)
    found = scores(lake)
    assert found[theme(1)]["score"] < found[theme(3)]["score"] < found[theme(2)]["score"]
    assert "came back on" in found[theme(2)]["explanation"]
    assert "came back" not in found[theme(1)]["explanation"]


def test_a_theme_without_a_trend_is_neither_raised_nor_lowered_by_it(lake: LocalLakehouse, weights: Weights) -> None:
    put_theme(lake, 1)
    update_scores(lake, weights)
    assert scores(lake)[theme(1)]["trend"] == weights.scales.trend.steady


def test_a_rise_counts_by_the_smaller_of_its_two_figures_and_not_where_they_disagree() -> None:
    quiet = Facts(severity=3.0, customers=5, tiers={}, order_value=0.0, active_on=DAY, confidence=0.9)
    assert rise(replace(quiet, z=9.0, last_7_days=7, previous_7_days=5)) == pytest.approx(0.562, abs=0.01)
    assert rise(replace(quiet, z=0.5, last_7_days=40, previous_7_days=0)) == 0.5
    assert rise(replace(quiet, z=3.0, last_7_days=5, previous_7_days=9)) == 0.0
    assert rise(replace(quiet, z=-2.0, last_7_days=0, previous_7_days=30)) == -2.0
