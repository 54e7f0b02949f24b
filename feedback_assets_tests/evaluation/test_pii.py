"""What counts as found, wrong, missed and set aside; and labels that are refused."""

from typing import Any

import pytest

from feedback_assets.evaluation.outcome import LabelError
from feedback_assets.evaluation.pii import measure

TEXT = "Ann Berg, ann@example.com, since 1 May 2020, call +1 212 555 0142"


def span(value: str, kind: str, text: str = TEXT) -> dict[str, Any]:
    return {"start": text.index(value), "end": text.index(value) + len(value), "type": kind}


def test_labels_found_missed_and_not_covered_are_told_apart() -> None:
    labels = [span("Ann Berg", "PERSON"), span("ann@example.com", "EMAIL_ADDRESS"), span("1 May 2020", "date_time"), span("Berg", "phone")]
    figures = measure([{"text": TEXT, "spans": labels}]).figures
    assert list(figures)[:5] == ["precision", "recall", "f1", "per_type", "not_covered"]
    assert figures["not_covered"] == {"PERSON": 1, "date_time": 1}
    assert figures["per_type"]["email"]["f1"] == 1
    assert (figures["precision"], figures["recall"]) == (0.5, 0.5)  # the telephone number has no label, the label "phone" no number


def test_a_find_on_a_label_that_is_not_covered_is_set_aside() -> None:
    text = "born on 2/19/1956"
    figures = measure([{"text": text, "spans": [span("2/19/1956", "DATE_TIME", text)]}]).figures
    assert figures["set_aside"] == {"birth_date": 1}
    assert figures["per_type"] == {}


def test_a_find_of_another_family_is_wrong_and_the_label_missed() -> None:
    figures = measure([{"text": TEXT, "spans": [span("ann@example.com", "credit_card"), span("+1 212 555 0142", "PHONE")]}]).figures
    assert (figures["precision"], figures["recall"]) == (0.5, 0.5)


def test_both_spellings_of_spans_are_read() -> None:
    there = {"full_text": TEXT, "spans": [{"start_position": 10, "end_position": 25, "entity_type": "EMAIL_ADDRESS"}]}
    assert measure([there]).figures["recall"] == 1


@pytest.mark.parametrize(
    "row",
    [
        {}, {"text": 1, "spans": []}, {"text": "a"}, {"text": "a", "spans": "b"}, {"text": "a", "spans": [1]},
        {"text": "a", "spans": [{"start": 0, "end": 2, "type": "email"}]}, {"text": "a", "spans": [{"start": 0, "end": 1}]},
        {"text": "a", "spans": [{"start": True, "end": 1, "type": "email"}]},
    ],
)  # fmt: skip
def test_a_label_that_cannot_be_used_names_its_record(row: dict[str, Any]) -> None:
    with pytest.raises(LabelError, match="record 2"):
        measure([{"text": "", "spans": []}, row])
