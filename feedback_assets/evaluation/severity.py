"""How well the local tier's learner ranks a user's own texts by severity: five folds, near-duplicates never on both sides.

High is the part of the scale's upper end whose share of the records is nearest to a quarter. Not here: the learner (enrichment/learning/).
"""

import math
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from feedback_assets.enrichment.learning.groups import duplicate_groups, folds_of
from feedback_assets.evaluation.outcome import LabelError, Outcome, Row, texts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
_HIGH_SHARE = 0.25


def measure(rows: Sequence[Row]) -> Outcome:
    """Fits on four folds, ranks the fifth, five times. seconds: the prediction of all rows, on one core."""
    import numpy as np
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from feedback_assets.enrichment.learning.regressor import fit_regressor

    texts = texts_of(rows)
    truth = np.array([_severity(row, number) for number, row in enumerate(rows, start=1)], np.float64)
    groups = duplicate_groups(texts)
    if len(set(groups.tolist())) < FOLDS:
        raise LabelError("severity: too few records", expected=f"{FOLDS} or more that are no near-duplicates of each other")
    if len(np.unique(truth)) < 2:
        raise LabelError("severity: all records have the same severity", expected="two values or more")
    folds = folds_of(groups, FOLDS)
    said = np.zeros(len(texts))
    training = seconds = 0.0
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds != fold).tolist()
        outside = np.flatnonzero(folds == fold).tolist()
        started = perf_counter()
        regressor = fit_regressor([texts[i] for i in inside], truth[inside].tolist())
        training += perf_counter() - started
        with threadpool_limits(1):
            asked = [texts[i] for i in outside]
            regressor.values(asked[:100])
            started = perf_counter()
            said[outside] = regressor.values(asked)
            seconds += perf_counter() - started
    high_from = _high_from(truth)
    high = truth >= high_from
    correlation = float(spearmanr(said, truth).statistic) if len(np.unique(said)) > 1 else 0.0
    figures = {
        "spearman": round(correlation, 4),
        "auc_high": round(float(roc_auc_score(high, said)), 4),
        "high_from": high_from,
        "share_high": round(float(high.mean()), 4),
        "folds": FOLDS,
        "groups": int(groups.max()) + 1,
        "train_seconds": round(training, 1),
    }
    return Outcome(len(texts), seconds, figures)


def _high_from(truth: "NDArray[np.float64]") -> float:
    """The value from which a severity is high."""
    import numpy as np

    values = np.unique(truth)[1:]
    shares = np.array([(truth >= v).mean() for v in values])
    return float(values[np.argmin(np.round(np.abs(shares - _HIGH_SHARE), 9))])


def _severity(row: Row, number: int) -> float:
    value = row.get("severity")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        found = (
            "it is missing"
            if "severity" not in row
            else f"{value!r} found"
            if isinstance(value, float)
            else f"{type(value).__name__} found"
        )
        raise LabelError(f"record {number}: a number expected under 'severity', {found}")
    return float(value)
