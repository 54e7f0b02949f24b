import pytest

from feedback_assets.evaluation.language import measure
from feedback_assets.evaluation.outcome import LabelError

ROWS = [
    {"text": "The app crashes every time", "language": "en"},
    {"text": "Nach dem Update geht nichts mehr", "language": "de"},
    {"text": "Jeg kan ikke logge inn lenger på kontoen", "language": "nb"},
    {"text": "更新之后应用打不开了", "language": "zh-Hant"},
    {"text": "Aplikacija se više ne otvara nakon ažuriranja", "language": "bs"},
    {"text": "Aplikacija se više ne otvara nakon ažuriranja", "language": "sr"},
    {"text": "!!!", "language": "und"},
    {"text": "The same app crashes again", "language": "xx"},
]


def test_codes_that_the_detector_takes_together_count_as_one_and_unknown_ones_as_wrong() -> None:
    outcome = measure(ROWS)
    assert outcome.records == len(ROWS)
    assert list(outcome.figures)[:3] == ["accuracy", "coverage", "per_language"]
    assert outcome.figures["accuracy"] == round(7 / 8, 4)
    assert outcome.figures["coverage"] == round(7 / 8, 4)
    assert outcome.figures["accuracy_answered"] == round(6 / 7, 4)
    assert outcome.figures["per_language"]["xx"] == {"accuracy": 0.0, "records": 1}
    assert outcome.figures["not_covered"] == ["xx"]


def test_serbian_in_cyrillic_letters_is_not_croatian() -> None:
    assert measure([{"text": "После ажурирања апликација више не ради", "language": "hr"}]).figures["accuracy"] == 0.0


def test_a_row_without_a_language_is_named() -> None:
    with pytest.raises(LabelError, match="record 2"):
        measure([ROWS[0], {"text": "x"}])


def test_nothing_is_measured_on_no_rows() -> None:
    assert measure([]).figures["accuracy"] == 0.0
