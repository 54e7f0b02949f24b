import numpy as np

from feedback_assets.silver.duplicates.semantic import semantic_candidates


def test_candidates_are_the_nearest_in_whatever_order_they_come() -> None:
    vectors = np.array([[1, 0, 0], [0.9, 0.43589, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    ids = ["e", "b", "c", "d", "a"]
    found = semantic_candidates(ids, vectors, least=0.4)
    assert [(c.one, c.other) for c in found] == [("b", "c"), ("b", "e")]
    turned = [3, 1, 4, 0, 2]
    assert semantic_candidates([ids[i] for i in turned], vectors[turned], least=0.4) == found
    assert [(c.one, c.other) for c in semantic_candidates(ids, vectors, least=0.8)] == [("b", "e")]


def test_a_text_has_so_many_candidates_and_no_more() -> None:
    vectors = np.full((9, 4), 0.5, np.float32)
    assert len(semantic_candidates([f"{i}" for i in range(9)], vectors, nearest=2)) < 9 * 2
