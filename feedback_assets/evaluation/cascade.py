"""What a cascade would save on a user's own labels: the local tier answers what it is sure of, an oracle, here the labels, all the rest.

The bar is set on rows that the answering model had not seen, nor near-duplicates of them: each row of train and calibration is scored by
a model of its fold. The test rows are only measured. Not here: bars (enrichment/learning/bars.py), the tiers of the product (enrichment/).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from feedback_assets.enrichment.learning.groups import duplicate_groups, folds_of
from feedback_assets.evaluation.classify import numbers_of, read_parts, widened
from feedback_assets.evaluation.outcome import Outcome, Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from feedback_assets.enrichment.learning.bars import Bar
    from feedback_assets.enrichment.learning.calibration import Mixture
    from feedback_assets.enrichment.learning.certainty import Certainty
    from feedback_assets.enrichment.learning.classifier import TextClassifier

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Numbers = NDArray[np.int64]

TARGET = 0.99
"""Share of the oracle's accuracy that the cascade must keep. The oracle is always right here."""
BATCH = 1_000
"""The promise is of any batch of at least so many records: chance among fewer would ask for a bar that little passes."""
BAR_MISS = 0.025
"""The bar is set at 97.5 %, the bound stated at 95 %: a reserve, for test records are never quite like the samples."""
RESAMPLES = 500
_FOLDS = 5
_TINY = 1e-9


@dataclass(frozen=True)
class Scored:
    """Answers of the local tier: how sure, whether right, and the group of near-duplicates of each text."""

    confidence: "Floats"
    agreed: "Bools"
    groups: "Numbers"

    def only(self, rows: "Bools") -> "Scored":
        return Scored(self.confidence[rows], self.agreed[rows], self.groups[rows])


def measure(rows: Sequence[Row]) -> Outcome:
    """Trains, sets the bar, and runs the test rows through the cascade. seconds: the local tier's answers to all test rows, on one core.

    Raises LabelError.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from feedback_assets.enrichment.learning.bars import MISS, batch_bound, wrong_allowed
    from feedback_assets.enrichment.learning.certainty import signs_of
    from feedback_assets.enrichment.learning.classifier import fit_classifier

    texts, labels, parts = read_parts(rows, "cascade")

    started = perf_counter()
    model = fit_classifier([texts[i] for i in parts["train"]], [labels[i] for i in parts["train"]])
    known = [*parts["train"], *parts["calibration"]]
    learnt = np.arange(len(known)) < len(parts["train"])
    samples, held, mixture, certainty = _samples([texts[i] for i in known], [labels[i] for i in known], learnt, model)
    training = perf_counter() - started
    bar = set_bar(samples, held)

    asked = [texts[i] for i in parts["test"]]
    with threadpool_limits(1):
        model.voices(asked[:200])
        started = perf_counter()
        signs, answers = signs_of(mixture, model.voices(asked)[: len(mixture.shares)])
        confidence = certainty.of(signs, answers)
        seconds = perf_counter() - started
    agreed = answers == numbers_of([labels[i] for i in parts["test"]], model.labels)
    answered = confidence >= bar.bar
    batch = len(asked)
    # Fewer test records than a promised batch: chance weighs more, so less can be said of them.
    allowed = wrong_allowed(len(samples.agreed), TARGET, BATCH, BAR_MISS)
    bound = 1.0 if bar.abstains else bar.bound if batch >= BATCH else min(bar.bound, batch_bound(allowed, len(samples.agreed), batch))
    share = holding_share(samples, held, confidence, agreed)
    figures = {
        "accuracy": round(1 - float((answered & ~agreed).mean()), 4),
        "oracle_share": round(1 - float(answered.mean()), 4),
        "bound": round(bound, 4),
        "bound_held": share >= 1 - MISS,
        "bound_held_share": round(share, 4),
        "resamples": RESAMPLES,
        "target": TARGET,
        "level": 1 - MISS,
        "bar": None if bar.abstains else round(bar.bar, 6),
        "samples": len(samples.agreed),
        "samples_above": 0 if bar.abstains else int((samples.confidence >= bar.bar).sum()),
        "samples_share_answered": round(float((samples.confidence >= bar.bar).mean()), 4) if len(samples.agreed) else None,
        "share_answered": round(float(answered.mean()), 4),
        "agreement_answered": round(float(agreed[answered].mean()), 4) if answered.any() else None,
        "accuracy_alone": round(float(agreed.mean()), 4),
        "labels": len(model.labels),
        "train": len(parts["train"]),
        "calibration": len(parts["calibration"]),
        "train_seconds": round(training, 1),
    }
    return Outcome(batch, seconds, figures)


def set_bar(samples: Scored, held: "Bools") -> "Bar":
    """The bar for batches, from all samples, and from the calibration split (`held`) alone where it is as large as a batch.

    The stricter of both counts: train records are often easier than what comes later.
    """
    from feedback_assets.enrichment.learning.bars import bar_for_batches

    bar = bar_for_batches(samples.confidence, samples.agreed, TARGET, BATCH, BAR_MISS)
    if int(held.sum()) < BATCH:
        return bar
    own = samples.only(held)
    return max(bar, bar_for_batches(own.confidence, own.agreed, TARGET, BATCH, BAR_MISS), key=lambda b: b.bar)


def holding_share(samples: Scored, held: "Bools", confidence: "Floats", agreed: "Bools", resamples: int = RESAMPLES) -> float:
    """The share of bootstrap resamples in which the bound that would have been stated is at most the accuracy measured.

    One resample: groups of near-duplicates of the samples drawn with replacement, as many as there are; test records drawn with
    replacement; the bar set anew on the former, the cascade measured on the latter. The models are not trained anew.
    """
    import numpy as np

    from feedback_assets.enrichment.learning.bars import batch_bound, wrong_allowed

    draw = np.random.default_rng(0)
    count = int(samples.groups.max()) + 1 if len(samples.groups) else 0
    members = np.argsort(samples.groups, kind="stable")
    starts = np.searchsorted(samples.groups[members], np.arange(count + 1))
    holds = 0
    for _ in range(resamples):
        groups = draw.integers(0, count, count) if count else np.zeros(0, np.int64)
        chosen = np.concatenate([members[starts[g] : starts[g + 1]] for g in groups.tolist()]) if count else members
        again = Scored(samples.confidence[chosen], samples.agreed[chosen], samples.groups[chosen])
        bar = set_bar(again, held[chosen])
        test = draw.integers(0, len(agreed), len(agreed))
        accuracy = 1 - float(((confidence[test] >= bar.bar) & ~agreed[test]).mean())
        bound = bar.bound
        if len(test) < BATCH:
            bound = min(bound, batch_bound(wrong_allowed(len(chosen), TARGET, BATCH, BAR_MISS), len(chosen), len(test)))
        holds += bar.abstains or bound <= accuracy + _TINY
    return holds / resamples


def _samples(texts: list[str], labels: list[str], learnt: "Bools", model: "TextClassifier") -> "tuple[Scored, Bools, Mixture, Certainty]":
    """(answers to texts that their model had not seen; which of them are of the calibration split; what is to be used on new texts).

    A text of the calibration split is scored by the model of its fold too, which has seen none of its near-duplicates.
    """
    import numpy as np

    from feedback_assets.enrichment.learning.calibration import Mixture
    from feedback_assets.enrichment.learning.certainty import Certainty

    groups = duplicate_groups(texts)
    folds = folds_of(groups, _FOLDS)
    place, voices = _unseen_voices(texts, labels, learnt, folds, model)
    if not len(place):
        none = Scored(np.zeros(0), np.zeros(0, bool), np.zeros(0, np.int64))
        return none, np.zeros(0, bool), Mixture(model.mixture.shares[:1]), Certainty()
    truth = numbers_of(labels, model.labels)[place]
    confidence, agreed, mixture, certainty = learn_confidence(voices, truth, folds[place], model.mixture.shares)
    _, numbered = np.unique(groups[place], return_inverse=True)
    return Scored(confidence, agreed, numbered.reshape(-1).astype(np.int64)), ~learnt[place], mixture, certainty


def _unseen_voices(
    texts: list[str], labels: list[str], learnt: "Bools", folds: "Numbers", model: "TextClassifier"
) -> "tuple[Numbers, list[NDArray[np.float32]]]":
    """(places of the texts that could be scored, scores of each voice for them): each by a model of the learnt texts of other folds."""
    import numpy as np

    from feedback_assets.enrichment.learning.classifier import fit_classifier

    places: list[Numbers] = []
    found: list[list[NDArray[np.float32]]] = []
    for fold in np.unique(folds).tolist():
        inside = np.flatnonzero((folds != fold) & learnt).tolist()
        outside = np.flatnonzero(folds == fold)
        if len({labels[i] for i in inside}) < 2:
            continue
        part = fit_classifier([texts[i] for i in inside], [labels[i] for i in inside])
        found.append(widened(part, [texts[i] for i in outside.tolist()], model))
        places.append(outside)
    if not found:
        return np.zeros(0, np.int64), []
    least = min(len(voices) for voices in found)
    return np.concatenate(places), [np.concatenate([voices[k] for voices in found]) for k in range(least)]


def learn_confidence(
    voices: "list[NDArray[np.float32]]", truth: "Numbers", folds: "Numbers", shares: Sequence[float]
) -> "tuple[Floats, Bools, Mixture, Certainty]":
    """(confidence of each answer, whether it is right, and what gives confidence to new texts).

    Confidence, too, is learnt by folds: none is given by what has seen whether that answer was right.
    voices: scores, a row a text and a column a label. truth: numbers of labels; -1 for one that was not learnt.
    """
    import numpy as np

    from feedback_assets.enrichment.learning.calibration import fit_mixture
    from feedback_assets.enrichment.learning.certainty import fit_certainty, signs_of

    def learn(rows: "Bools") -> "tuple[Mixture, Certainty]":
        known = rows & (truth >= 0)
        mixture = fit_mixture([v[known] for v in voices], truth[known], shares[: len(voices)])
        signs, answers = signs_of(mixture, [v[rows] for v in voices])
        return mixture, fit_certainty(signs, answers, answers == truth[rows], voices[0].shape[1])

    confidence, agreed = np.zeros(len(truth)), np.zeros(len(truth), bool)
    for fold in np.unique(folds).tolist():
        rows = folds == fold
        mixture, certainty = learn(~rows)
        signs, answers = signs_of(mixture, [v[rows] for v in voices])
        confidence[rows], agreed[rows] = certainty.of(signs, answers), answers == truth[rows]
    return confidence, agreed, *learn(np.ones(len(truth), bool))
