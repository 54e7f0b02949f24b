"""Evaluation of severity: order is learnt, near-duplicates stay on one side, the sign and spacing of the scale do not matter."""

import random
from typing import Any

import pytest

from feedback_assets.enrichment.learning.groups import duplicate_groups, folds_of
from feedback_assets.evaluation.outcome import LabelError
from feedback_assets.evaluation.severity import measure

GRADES = (("lovely", "thanks", "great"), ("fine", "okay", "usual"), ("slow", "annoying", "waited"), ("lost", "dangerous", "crashed"))
FILLER = "the a my app again today yesterday service staff and of we they order".split()  # noqa: SIM905


def rows(count: int, *, scale: tuple[float, ...] = (1, 2, 3, 4)) -> list[dict[str, Any]]:
    """Texts whose severity shows in one or two words."""
    draw = random.Random(3)
    out = []
    for i in range(count):
        grade = i % len(GRADES)
        words = draw.sample(GRADES[grade], draw.randint(1, 2)) + draw.choices(FILLER, k=8)
        draw.shuffle(words)
        out.append({"text": " ".join(words), "severity": scale[grade]})
    return out


def test_order_that_words_show_is_learnt_whatever_the_scale() -> None:
    for scale in ((1, 2, 3, 4), (-5.0, -4.5, 0, 100)):
        outcome = measure(rows(240, scale=scale))
        assert list(outcome.figures)[:2] == ["spearman", "auc_high"]
        assert outcome.figures["spearman"] >= 0.85
        assert outcome.figures["auc_high"] >= 0.97
        assert outcome.figures["high_from"] == scale[3]
        assert outcome.records == 240


def test_severity_by_chance_is_not_learnt_from_near_duplicates() -> None:
    draw = random.Random(8)
    found: list[dict[str, object]] = []
    for row in rows(60):
        severity = draw.randint(1, 5)
        found.extend({"text": row["text"] + tail, "severity": severity} for tail in ("", "!", " x"))
    assert abs(measure(found).figures["spearman"]) < 0.35


def test_groups_hold_texts_that_differ_in_little_and_no_others() -> None:
    texts = [
        "The parcel never arrived at my house",
        "the parcel never arrived at my house!!",
        "Payment was taken twice",
        "",
        "",
        "付款失败了",
    ]
    groups = duplicate_groups(texts).tolist()
    assert groups == [0, 0, 1, 2, 2, 3]
    folds = folds_of(duplicate_groups(texts * 3), 2)
    assert all(len({int(folds[i + 6 * k]) for k in range(3)}) == 1 for i in range(6))


@pytest.mark.parametrize("value", [None, "high", True, float("nan"), float("inf")])
def test_a_severity_that_is_no_number_is_named(value: object) -> None:
    found = rows(20)
    found[3]["severity"] = value
    with pytest.raises(LabelError, match="record 4"):
        measure(found)


def test_rows_that_cannot_be_split_or_ranked_are_refused() -> None:
    with pytest.raises(LabelError, match="too few"):
        measure([{"text": "the same text", "severity": i} for i in range(30)])
    with pytest.raises(LabelError, match="same severity"):
        measure([row | {"severity": 2} for row in rows(40)])
