"""The cascade over a user's own labels: what it leaves to the oracle, what it promises, and that the test part sets nothing."""

import csv
import gzip
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_assets.enrichment.learning.bars import bar_for_batches
from feedback_assets.evaluation import cascade
from feedback_assets.evaluation.cascade import BATCH, Scored, holding_share, measure, set_bar
from feedback_assets.evaluation.outcome import LabelError

WORDS = {
    "late": ("parcel", "courier", "delayed", "tracking", "Lieferung", "verspätet"),
    "money": ("charged", "refund", "invoice", "twice", "Rechnung", "abgebucht"),
    "crash": ("crashes", "freezes", "startup", "closes", "落ちる", "固まる"),
}
FILLER = ("my", "the", "again", "please", "since", "yesterday", "und", "app", "why", "I", "now", "still", "every", "day", "when", "then")
pytestmark = pytest.mark.slow

PROMISED = ["accuracy", "oracle_share", "bound", "bound_held", "bound_held_share"]


def rows(count: int, *, splits: tuple[str, ...] = ("train", "train", "train", "test"), unclear: float = 0.0) -> list[dict[str, Any]]:
    """Texts that show their label by two of its words; a share of them shows nothing at all."""
    draw = random.Random(5)
    out = []
    for i in range(count):
        label = sorted(WORDS)[i % len(WORDS)]
        shown = draw.sample(WORDS[label], 2) if draw.random() >= unclear else []
        words = shown + draw.sample(FILLER, 7 - len(shown))
        draw.shuffle(words)
        out.append({"text": " ".join(words), "label": label, "split": splits[i // len(WORDS) % len(splits)]})
    return out


def scored(draw: np.random.Generator, count: int) -> Scored:
    """Answers that are right as often as they say, most of them sure."""
    confidence = 1 - draw.random(count) ** 4
    return Scored(confidence, draw.random(count) < confidence, np.arange(count))


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    return dict(measure(rows(1200, unclear=0.2)).figures)


def test_what_shows_its_label_is_answered_here_and_what_shows_nothing_goes_to_the_oracle(outcome: dict[str, Any]) -> None:
    assert list(outcome)[:5] == PROMISED
    assert outcome["accuracy_alone"] < 0.95
    assert outcome["accuracy"] >= 0.99
    assert 0.15 <= outcome["oracle_share"] <= 0.3
    assert outcome["oracle_share"] == pytest.approx(1 - outcome["share_answered"], abs=2e-4)
    assert outcome["bound"] <= outcome["accuracy"]
    assert outcome["bound_held"] is True
    assert outcome["bound_held_share"] >= 0.95


def test_the_labels_of_the_test_part_change_no_bar(outcome: dict[str, Any]) -> None:
    wrong = [row | {"label": "never seen"} if row["split"] == "test" else row for row in rows(1200, unclear=0.2)]
    figures = measure(wrong).figures
    same = ["bar", "samples", "samples_above", "bound"]
    assert [figures[k] for k in same] == [outcome[k] for k in same]
    assert figures["accuracy"] == pytest.approx(figures["oracle_share"], abs=2e-4)
    assert figures["bound_held"] is False


def test_with_too_few_rows_to_show_the_target_everything_is_asked() -> None:
    figures = measure(rows(160)).figures
    assert (figures["accuracy"], figures["oracle_share"], figures["bound"], figures["bar"]) == (1.0, 1.0, 1.0, None)
    assert figures["bound_held"] is True
    assert figures["agreement_answered"] is None


def test_a_handful_of_rows_a_label_seen_once_and_empty_texts_are_no_failure() -> None:
    found: list[dict[str, Any]] = [
        {"text": "bad " * 300, "label": 1, "split": "train"},
        {"text": "good day \ud800", "label": 2, "split": "train"},
        {"text": "", "label": 3, "split": "val"},
        {"text": "", "label": 2, "split": "test"},
    ]
    figures = measure(found).figures
    assert (figures["oracle_share"], figures["accuracy"]) == (1.0, 1.0)


def test_labels_by_chance_are_all_left_to_the_oracle() -> None:
    found = rows(600)
    draw = random.Random(1)
    for row in found:
        row["label"] = draw.choice("ab")
    assert measure(found).figures["oracle_share"] >= 0.98


def test_no_text_is_scored_by_a_model_that_has_seen_its_near_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_assets.enrichment.learning import classifier

    fitted: list[set[str]] = []
    plain = classifier.fit_classifier

    def watched(texts: list[str], labels: list[str]) -> classifier.TextClassifier:
        fitted.append(set(texts))
        return plain(texts, labels)

    monkeypatch.setattr(classifier, "fit_classifier", watched)
    found = rows(120, splits=("train", "train", "val", "test"))
    found += [row | {"text": row["text"].upper() + "!"} for row in found if row["split"] == "train"]
    measure(found)
    whole, *parts = fitted
    train = {row["text"] for row in found if row["split"] == "train"}
    assert whole == train
    assert len(parts) == 5
    for part in parts:
        assert part < train
        assert not part & {t for t in train - part if not t.endswith("!")}
        assert all((text.upper() + "!" in part) == (text in part) for text in train if not text.endswith("!"))


def test_a_calibration_split_that_is_worse_than_the_rest_makes_the_bar_stricter() -> None:
    draw = np.random.default_rng(0)
    easy, hard = scored(draw, 6000), scored(draw, 2000)
    hard = Scored(hard.confidence, hard.agreed & (draw.random(2000) < 0.995), hard.groups)
    both = Scored(np.concatenate([easy.confidence, hard.confidence]), np.concatenate([easy.agreed, hard.agreed]), np.arange(8000))
    held = np.arange(8000) >= 6000
    assert set_bar(both, held).bar > set_bar(both, np.zeros(8000, bool)).bar
    few = np.arange(8000) >= 8000 - BATCH // 2
    assert set_bar(both, few) == set_bar(both, np.zeros(8000, bool))


def test_the_bound_holds_in_nearly_all_resamples_of_what_is_alike_and_in_few_where_the_test_part_is_worse() -> None:
    draw = np.random.default_rng(3)
    samples, test = scored(draw, 8000), scored(draw, 4000)
    none = np.zeros(8000, bool)
    assert holding_share(samples, none, test.confidence, test.agreed, 200) >= 0.95
    worse = test.agreed & (draw.random(4000) < 0.97)
    assert holding_share(samples, none, test.confidence, worse, 200) <= 0.2


@pytest.mark.parametrize(
    ("change", "said"),
    [({"text": 3}, "record 2"), ({"label": None}, "record 2"), ({"label": "  "}, "record 2"), ({"split": "later"}, "record 2")],
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


@pytest.mark.data
def test_on_real_intents_seven_of_ten_calls_are_saved_at_99_percent_of_the_oracles_accuracy(shared: Path) -> None:
    """A third of the labels of banking77: the whole file takes minutes (docs/evaluation.md has its figures)."""
    with gzip.open(shared / "data" / "banking77" / "banking77.csv.gz", "rt", encoding="utf-8", newline="") as file:
        found = [{"text": r["text"], "label": r["category"], "split": r["split"]} for r in csv.DictReader(file)]
    names = sorted({row["label"] for row in found})[::3]
    figures = measure([row for row in found if row["label"] in names]).figures
    assert figures["accuracy"] >= 0.99
    assert figures["oracle_share"] <= 0.3
    assert figures["bound"] <= figures["accuracy"]


def test_the_target_is_what_the_bar_is_set_for() -> None:
    samples = scored(np.random.default_rng(0), 5000)
    bar = set_bar(samples, np.zeros(5000, bool))
    assert bar == bar_for_batches(samples.confidence, samples.agreed, cascade.TARGET, BATCH, cascade.BAR_MISS)
    assert bar.bound == cascade.TARGET
