"""How well the classifier of the local tier learns a user's own labels: trained on their train rows, told of their test rows.

Confidence is calibrated on the calibration rows (split calibration, dev, val, valid or validation) when there are any; else on a part of
the train rows that is held out by near-duplicate group, and then all of them are trained on. Rows of the test split whose label is not
among the train rows count as wrong. Not here: the classifier (enrichment/learning/).
"""

from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from feedback_assets.enrichment.learning.groups import duplicate_groups, folds_of
from feedback_assets.evaluation.outcome import LabelError, Outcome, Row, text_of, texts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from feedback_assets.enrichment.learning.classifier import TextClassifier

PRECISION_TARGET = 0.95
_SPLITS = {"train": "train", "test": "test"} | dict.fromkeys(("calibration", "dev", "val", "valid", "validation"), "calibration")
_SMALL = 2_000
_FOLDS_SMALL = 4
_FOLDS = 8


def measure(rows: Sequence[Row]) -> Outcome:
    """Trains, calibrates, and measures the test rows. seconds: the prediction of all test rows, on one core."""
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from feedback_assets.enrichment.learning.calibration import bar_for, calibration_error

    texts, labels, parts = read_parts(rows, "classify")
    train = [texts[i] for i in parts["train"]], [labels[i] for i in parts["train"]]
    held = [texts[i] for i in parts["calibration"]], [labels[i] for i in parts["calibration"]]

    started = perf_counter()
    classifier, sure, right = _trained(train, held)
    training = perf_counter() - started
    bar = bar_for(PRECISION_TARGET, sure, right)

    asked = [texts[i] for i in parts["test"]]
    with threadpool_limits(1):
        classifier.probabilities(asked[:200])
        started = perf_counter()
        said = classifier.probabilities(asked)
        seconds = perf_counter() - started
    confidence = said.max(axis=1)
    answers = [classifier.labels[i] for i in said.argmax(axis=1)]
    truth = [labels[i] for i in parts["test"]]
    hits = np.array([a == t for a, t in zip(answers, truth, strict=True)])
    above = confidence >= bar
    figures = {
        "accuracy": round(float(hits.mean()), 4),
        "macro_f1": round(_macro_f1(answers, truth), 4),
        "ece": round(calibration_error(confidence, hits), 4),
        "precision_target": PRECISION_TARGET,
        "share_answered": round(float(above.mean()), 4),
        "precision_answered": round(float(hits[above].mean()), 4) if above.any() else None,
        "bar": round(bar, 4),
        "labels": len(classifier.labels),
        "train": len(train[0]),
        "calibration": len(held[0]),
        "train_seconds": round(training, 1),
    }
    return Outcome(len(asked), seconds, figures)


def _trained(
    train: tuple[list[str], list[str]], held: tuple[list[str], list[str]]
) -> "tuple[TextClassifier, NDArray[np.float64], NDArray[np.bool_]]":
    """The classifier, and how sure and how right it was on rows that it had not been fitted to."""
    import numpy as np

    from feedback_assets.enrichment.learning.calibration import Mixture, fit_mixture
    from feedback_assets.enrichment.learning.classifier import TextClassifier, fit_classifier

    texts, labels = train
    classifier = fit_classifier(texts, labels)
    if held[0]:
        voices = classifier.voices(held[0])
        truth = numbers_of(held[1], classifier.labels)
    else:
        folds = folds_of(duplicate_groups(texts), _FOLDS_SMALL if len(texts) <= _SMALL else _FOLDS)
        tried = range(_FOLDS_SMALL) if len(texts) <= _SMALL else range(1)
        all_voices = []
        all_truth = []
        for fold in tried:
            inside = np.flatnonzero(folds != fold).tolist()
            outside = np.flatnonzero(folds == fold).tolist()
            if not outside or len({labels[i] for i in inside}) < 2:
                continue
            part = fit_classifier([texts[i] for i in inside], [labels[i] for i in inside])
            all_voices.append(widened(part, [texts[i] for i in outside], classifier))
            all_truth.append(numbers_of([labels[i] for i in outside], classifier.labels))
        if not all_voices:
            return classifier, np.zeros(0), np.zeros(0, bool)
        least = min(len(v) for v in all_voices)
        voices = [np.concatenate([v[k] for v in all_voices]) for k in range(least)]
        truth = np.concatenate(all_truth)
    shares = classifier.mixture.shares[: len(voices)]
    mixture = fit_mixture([v[truth >= 0] for v in voices], truth[truth >= 0], shares)
    said = mixture.probabilities(voices)
    whole = Mixture((*mixture.shares, *classifier.mixture.shares[len(voices) :]))
    return TextClassifier(classifier.parameters, whole), said.max(axis=1), said.argmax(axis=1) == truth


def widened(part: "TextClassifier", texts: list[str], whole: "TextClassifier") -> "list[NDArray[np.float32]]":
    """What the part says, with a column for every label of the whole: one that it has not met is its unlikeliest."""
    import numpy as np

    place = {label: i for i, label in enumerate(whole.labels)}
    columns = [place[label] for label in part.labels]
    out = []
    for voice in part.voices(texts):
        wide = np.repeat(voice.min(axis=1, keepdims=True), len(whole.labels), axis=1)
        wide[:, columns] = voice
        out.append(wide)
    return out


def numbers_of(labels: list[str], names: Sequence[str]) -> "NDArray[np.int64]":
    """The place of each label; -1 for one that is not among the names."""
    import numpy as np

    place = {name: i for i, name in enumerate(names)}
    return np.array([place.get(label, -1) for label in labels], np.int64)


def _macro_f1(answers: Sequence[str], truth: Sequence[str]) -> float:
    """Mean F1 over all labels that stand in the truth or in the answers."""
    right = Counter(t for a, t in zip(answers, truth, strict=True) if a == t)
    given, wanted = Counter(answers), Counter(truth)
    names = sorted(given.keys() | wanted.keys())
    return sum(2 * right[n] / (given[n] + wanted[n]) for n in names) / len(names)


def read_parts(rows: Sequence[Row], task: str) -> tuple[list[str], list[str], dict[str, list[int]]]:
    """(texts, labels, split -> numbers of its records). Raises LabelError, naming the task, for records that nothing can be learnt from."""
    texts = texts_of(rows)
    labels = [_label_of(row, number) for number, row in enumerate(rows, start=1)]
    splits = [_split_of(row, number) for number, row in enumerate(rows, start=1)]
    parts = {name: [i for i, s in enumerate(splits) if s == name] for name in ("train", "calibration", "test")}
    for name in ("train", "test"):
        if not parts[name]:
            raise LabelError(f"{task}: no record has the split {name!r}", expected="records of both splits, train and test")
    if len({labels[i] for i in parts["train"]}) < 2:
        raise LabelError(f"{task}: the train records have one label alone", expected="two labels or more")
    return texts, labels, parts


def _label_of(row: Row, number: int) -> str:
    value = row.get("label")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    label = text_of(row, "label", number)
    if not label.strip():
        raise LabelError(f"record {number}: the label is empty", expected="the name of a label")
    return label


def _split_of(row: Row, number: int) -> str:
    value = text_of(row, "split", number)
    split = _SPLITS.get(value.strip().lower())
    if split is None:
        raise LabelError(f"record {number}: split {value!r}", expected="train, test or calibration")
    return split
