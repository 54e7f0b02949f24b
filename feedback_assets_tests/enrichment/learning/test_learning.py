"""Learners say the same of a text in whatever company, from tables as from whole matrices, and for any text at all."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.enrichment.learning.classifier import TextClassifier, fit_classifier
from feedback_assets.enrichment.learning.regressor import fit_regressor
from feedback_assets.enrichment.learning.space import Table, fit_space, matrix_of, unit
from feedback_assets.enrichment.learning.words import word_vectors

TEXTS = [
    f"{a} {b} {c}"
    for a in ("payment", "card", "Karte", "カード")
    for b in ("failed", "lost", "blocked")
    for c in ("today", "twice", "!!", "again")
]
LABELS = [t.split()[1] for t in TEXTS]


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    return fit_classifier(TEXTS * 2, LABELS * 2)


def test_tables_give_the_same_numbers_as_the_matrices_that_are_trained_on() -> None:
    space = fit_space(TEXTS)
    columns = np.random.default_rng(0).standard_normal((len(space.vocabulary), 5)).astype(np.float32)
    texts = [*TEXTS[:9], "card card card lost lost, unknownword", ""]
    sums, squares, dense = Table(space, columns).sums(texts)
    sparse, vectors = matrix_of(space, texts)
    assert np.allclose(sums / np.sqrt(np.maximum(squares, 1e-9))[:, None], sparse @ columns, atol=1e-4)
    assert np.allclose(unit(dense), vectors, atol=1e-5)


def test_a_word_has_the_same_vector_in_any_case_of_company() -> None:
    assert (word_vectors(["payment", "Karte", "x" * 500])[0] == word_vectors(["payment"])[0]).all()
    assert word_vectors([]).shape == (0, 256)


def test_labels_are_learnt_and_kept_through_neighbours_and_repeated_calls(classifier: TextClassifier) -> None:
    said = classifier.probabilities(TEXTS)
    assert [classifier.labels[i] for i in said.argmax(axis=1)] == LABELS
    assert np.allclose(classifier.probabilities(TEXTS[::-1])[::-1], said, atol=1e-5)
    assert classifier.probabilities([]).shape == (0, 3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=200))
def test_any_text_gets_probabilities_that_sum_to_one(classifier: TextClassifier, text: str) -> None:
    (row,) = classifier.probabilities([text])
    assert row.sum() == pytest.approx(1, abs=1e-4)
    assert np.isfinite(row).all()


def test_values_keep_their_order_and_their_scale() -> None:
    values = [{"lost": -40.0, "failed": 1.0, "blocked": 2.0}[label] for label in LABELS]
    regressor = fit_regressor(TEXTS * 3, values * 3)
    said = regressor.values(["card lost", "card failed", "card blocked"])
    assert said[0] < said[1] < said[2]
    assert fit_regressor(["a", "b"], [3, 3]).values(["c", ""]).tolist() == [3, 3]
