"""Evaluation of a user's own labels: what is learnt, what is refused, that confidence is measured on rows that were not learnt from."""

import random
from typing import Any

import pytest

from feedback_assets.evaluation.classify import measure
from feedback_assets.evaluation.outcome import LabelError

WORDS = {
    "late": ("parcel", "courier", "delayed", "tracking", "Lieferung", "verspätet"),
    "money": ("charged", "refund", "invoice", "twice", "Rechnung", "abgebucht"),
    "crash": ("crashes", "freezes", "startup", "closes", "落ちる", "固まる"),
}
FILLER = ("my", "the", "again", "please", "since", "yesterday", "und", "app", "why", "I")


def rows(count: int, *, splits: tuple[str, ...] = ("train", "train", "train", "test")) -> list[dict[str, Any]]:
    """Texts that show their label by one or two of its words."""
    draw = random.Random(5)
    out = []
    for i in range(count):
        label = sorted(WORDS)[i % len(WORDS)]
        words = draw.sample(WORDS[label], draw.randint(1, 2)) + draw.sample(FILLER, 5)
        draw.shuffle(words)
        out.append({"text": " ".join(words), "label": label, "split": splits[i // len(WORDS) % len(splits)]})
    return out


@pytest.mark.parametrize("splits", [("train", "train", "test"), ("train", "train", "val", "test")])
def test_labels_that_words_show_are_learnt_with_or_without_rows_to_calibrate_on(splits: tuple[str, ...]) -> None:
    outcome = measure(rows(480, splits=splits))
    figures = outcome.figures
    assert list(figures)[:6] == ["accuracy", "macro_f1", "ece", "precision_target", "share_answered", "precision_answered"]
    assert figures["accuracy"] >= 0.97
    assert figures["macro_f1"] >= 0.97
    assert figures["ece"] <= 0.1
    assert figures["share_answered"] >= 0.9
    assert figures["precision_answered"] >= figures["precision_target"]
    assert outcome.seconds > 0


def test_measured_twice_the_figures_are_the_same() -> None:
    once, again = (measure(rows(180)).figures for _ in range(2))
    for figures in (once, again):
        figures.pop("train_seconds")
    assert once == again


def test_labels_by_chance_set_a_bar_that_nothing_passes() -> None:
    found = rows(400)
    draw = random.Random(1)
    for row in found:
        row["label"] = draw.choice("ab")
    figures = measure(found).figures
    assert figures["accuracy"] < 0.7
    assert figures["share_answered"] < 0.1


def test_few_rows_long_texts_empty_texts_numbers_as_labels_and_labels_seen_once_are_no_failure() -> None:
    found: list[dict[str, Any]] = [
        {"text": "bad " * 3000, "label": 1, "split": "train"},
        {"text": "good day \ud800", "label": 2, "split": "TRAIN"},
        {"text": "", "label": 2, "split": "train"},
        {"text": "ดีมาก", "label": "3", "split": "train"},
        {"text": "bad bad", "label": 1, "split": "test"},
        {"text": "never seen", "label": "9", "split": "test"},
    ]
    figures = measure(found).figures
    assert figures["labels"] == 3
    assert figures["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": 3}, "record 2"),
        ({"label": None}, "record 2"),
        ({"label": "  "}, "record 2"),
        ({"split": "later"}, "record 2"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(change: dict[str, Any], said: str) -> None:
    found = rows(24)
    found[1] |= change
    with pytest.raises(LabelError, match=said):
        measure(found)


@pytest.mark.parametrize("missing", ["train", "test"])
def test_a_split_without_rows_is_named(missing: str) -> None:
    with pytest.raises(LabelError, match=missing):
        measure([row for row in rows(24) if row["split"] != missing])


def test_one_label_alone_is_refused() -> None:
    with pytest.raises(LabelError, match="two labels"):
        measure([row | {"label": "same"} for row in rows(24)])
