"""Certainty: signs of a right answer are put together into an honest chance, and a label is moved only as far as its rows warrant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from feedback_assets.enrichment.learning.calibration import Mixture, calibration_error
from feedback_assets.enrichment.learning.certainty import Certainty, fit_certainty, signs_of

MIXTURE = Mixture((1.0, 1.0))


def scored(count: int, seed: int) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Two voices over four labels, both right more often than not; one text in seven looks like label 3 and is not."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 4, count)
    voices = [draw.standard_normal((count, 4)) for _ in range(2)]
    shown = np.where(draw.random(count) < 0.15, 3, truth)
    for voice in voices:
        voice[np.arange(count), shown] += 3
    return voices, truth


def test_certainty_is_honest_on_rows_that_did_not_teach_it_also_for_a_label_that_is_answered_worse() -> None:
    voices, truth = scored(4000, 0)
    signs, answers = signs_of(MIXTURE, voices)
    certainty = fit_certainty(signs, answers, answers == truth, 4)
    voices, truth = scored(4000, 1)
    signs, answers = signs_of(MIXTURE, voices)
    said, right = certainty.of(signs, answers), answers == truth
    assert calibration_error(said, right) < 0.03
    assert calibration_error(said[answers == 3], right[answers == 3]) < 0.06
    plain = MIXTURE.probabilities(voices).max(axis=1)
    assert calibration_error(plain[answers == 3], right[answers == 3]) > 0.1


def test_with_few_rows_or_without_any_wrong_one_the_probability_itself_is_said() -> None:
    voices, truth = scored(4000, 0)
    signs, answers = signs_of(MIXTURE, voices)
    right = answers == truth
    plain = MIXTURE.probabilities(voices).max(axis=1)
    for certainty in (
        fit_certainty(signs[:40], answers[:40], right[:40], 4),
        fit_certainty(signs[right], answers[right], right[right], 4),
        fit_certainty(signs[:0], answers[:0], right[:0], 4),
    ):
        assert certainty == Certainty()
        assert certainty.of(signs, answers) == pytest.approx(np.clip(plain, 1e-6, 1 - 1e-6), abs=2e-6)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=20), st.integers(1, 2))
def test_any_scores_have_finite_signs_one_row_a_text(rows: list[tuple[float, ...]], voices: int) -> None:
    scores = np.array(rows).reshape(len(rows), 3)
    signs, answers = signs_of(Mixture((1.0,) * voices), [scores] * voices)
    assert signs.shape == (len(rows), 2 + voices)
    assert np.isfinite(signs).all()
    said = Certainty().of(signs, answers)
    assert ((said >= 0) & (said <= 1)).all()
