"""Confidence means what it says, the bar keeps its promise, and labels or languages with little data stay with the pooled calibration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.enrichment.learning.calibration import bar_for, calibration_error, fit_mixture
from feedback_assets.enrichment.learning.platt import fit_platt


def test_scores_that_are_too_loud_are_turned_down_to_honest_probabilities() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 4, 2000)
    voice = draw.standard_normal((2000, 4))
    voice[np.arange(2000), truth] += 1.5
    noise = draw.standard_normal((2000, 4))
    mixture = fit_mixture([voice[:1000] * 20, noise[:1000]], truth[:1000], (1.0, 1.0))
    said = mixture.probabilities([voice[1000:] * 20, noise[1000:]])
    right = said.argmax(axis=1) == truth[1000:]
    assert calibration_error(said.max(axis=1), right) < 0.04
    assert mixture.shares[0] * 20 > 5 * mixture.shares[1]


def test_the_bar_keeps_its_promise_on_rows_that_did_not_set_it() -> None:
    draw = np.random.default_rng(1)
    sure = draw.random(6000)
    right = draw.random(6000) < 0.5 + 0.5 * sure
    bar = bar_for(0.95, sure[:3000], right[:3000])
    above = sure[3000:] >= bar
    assert 0.1 < above.mean() < 0.3
    assert right[3000:][above].mean() >= 0.94


def test_no_bar_is_set_by_a_few_lucky_answers_or_by_none() -> None:
    assert bar_for(0.95, np.array([0.9] * 10), np.array([True] * 10)) > 1
    assert bar_for(0.95, np.zeros(0), np.zeros(0, bool)) > 1
    assert bar_for(0.95, np.array([0.8] * 100), np.array([True] * 50 + [False] * 50)) > 1
    assert bar_for(0.95, np.array([0.8] * 100), np.array([True] * 100)) == 0.8


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_above_the_bar_the_held_out_answers_have_the_precision(rows: list[tuple[float, bool]]) -> None:
    sure, right = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], bool)
    above = sure >= bar_for(0.8, sure, right)
    assert not above.any() or right[above].mean() >= 0.8


def test_a_language_is_moved_only_as_far_as_its_rows_warrant() -> None:
    draw = np.random.default_rng(2)
    scores = draw.standard_normal((1200, 3))
    languages = ["en"] * 800 + ["de"] * 397 + ["ja"] * 3
    odds = 2 * scores - 1 + np.where(np.array(languages) == "de", 1.5, 0.0)[:, None] * np.array([1, 1, 0])
    platt = fit_platt(scores, draw.random((1200, 3)) < 1 / (1 + np.exp(-odds)), languages)
    assert platt.scale == pytest.approx(2, abs=0.3)
    assert platt.by_language["de"] - platt.by_language["en"] == pytest.approx(1.5, abs=0.4)
    assert abs(platt.by_language["ja"]) < 0.4
    plain = platt.probabilities(scores[:1])
    assert (platt.probabilities(scores[:1], ["de"])[0, :2] > plain[0, :2]).all()
    assert platt.probabilities(scores[:1], ["de"])[0, 2] == plain[0, 2]
    assert (platt.probabilities(scores[:1], ["xx"]) == plain).all()
