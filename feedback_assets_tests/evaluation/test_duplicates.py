import pytest

from feedback_assets.evaluation.duplicates import measure
from feedback_assets.evaluation.outcome import LabelError

LONG = "Since the last update the application closes every time I open the settings page"
ROWS: list[dict[str, object]] = [
    {"id": "a", "text": LONG},
    {"id": "b", "text": LONG + " again"},
    {"id": 3, "text": LONG.upper()},
    {"id": "d", "text": "something else entirely that nobody has said before today"},
    {"id": "e", "text": "Paying with the saved card fails since Monday, nothing happens at all"},
    {"id": "f", "text": "Paying with the saved card fails since Monday, nothing happens at all!"},
]


def test_pairs_that_follow_from_given_ones_count_and_repeats_outside_them_are_wrong() -> None:
    outcome = measure(ROWS, [("a", "b"), ("b", "3")])
    assert outcome.records == 6
    assert list(outcome.figures)[:3] == ["precision", "recall", "groups"]
    assert outcome.figures == {"precision": 0.75, "recall": 1.0, "groups": 2, "pairs_found": 4, "pairs_known": 3, "pairs_right": 3}


def test_a_missed_pair_lowers_recall() -> None:
    assert measure(ROWS, [("a", "b"), ("b", "3"), ("e", "f"), ("d", "a")]).figures["recall"] == pytest.approx(4 / 7, abs=1e-4)


@pytest.mark.parametrize(
    ("rows", "pairs", "said"),
    [
        ([{"text": "x"}], [], "record 1: an id expected"),
        ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], [], "stands twice"),
        ([{"id": "a", "text": "x"}], [("a", "b")], "names the id 'b'"),
        ([{"id": "a"}], [], "record 1: a string expected"),
    ],
)
def test_rows_and_pairs_that_cannot_be_used_are_named(rows: list[dict[str, str]], pairs: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(LabelError, match=said):
        measure(rows, pairs)
