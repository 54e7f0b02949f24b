"""Confidence that means what it says: probabilities from scores, and the bar above which answers have the precision asked for.

Not here: where the scores come from (classifier.py), which rows were held out (evaluation/, training.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FEWEST_ROWS = 30
_FEWEST_ABOVE = 20
_PRIOR = 1e-3


@dataclass(frozen=True)
class Mixture:
    """How much each voice counts: the score of a class is the sum of the voices' scores times these."""

    shares: tuple[float, ...]

    def probabilities(self, voices: "Sequence[NDArray[np.floating]]") -> "Floats":
        """One row of probabilities a row of the voices' scores, rounded, so that the last bits of a sum decide nothing."""
        import numpy as np

        score = sum(share * voice.astype(np.float64) for share, voice in zip(self.shares, voices, strict=True))
        return np.round(softmax(np.asarray(score)), 6)


def softmax(scores: "Floats") -> "Floats":
    """Rows that sum to 1."""
    import numpy as np

    high = np.exp(scores - scores.max(axis=1, keepdims=True))
    out: Floats = high / high.sum(axis=1, keepdims=True)
    return out


def fit_mixture(voices: "Sequence[NDArray[np.floating]]", truth: "NDArray[np.int64]", start: Sequence[float]) -> Mixture:
    """Shares that make the truth of held-out rows likeliest. `start`: what is taken where the rows are too few to say."""
    import numpy as np
    from scipy.optimize import minimize

    if len(truth) < _FEWEST_ROWS:
        return Mixture(tuple(start))
    stacked = np.stack([v.astype(np.float64) for v in voices])
    origin = np.log(np.array(start))
    rows = np.arange(len(truth))

    def loss(logs: "Floats") -> tuple[float, "Floats"]:
        shares = np.exp(logs)
        p = softmax(np.tensordot(shares, stacked, axes=1))
        nll = -np.log(np.maximum(p[rows, truth], 1e-12)).mean()
        pull = logs - origin
        wrong = p
        wrong[rows, truth] -= 1
        slope = np.array([(wrong * voice).sum() for voice in stacked]) / len(truth) * shares
        return float(nll + _PRIOR * pull @ pull), slope + 2 * _PRIOR * pull

    found = minimize(loss, origin, jac=True, method="L-BFGS-B", bounds=[(o - 4, o + 4) for o in origin])
    return Mixture(tuple(float(np.round(s, 6)) for s in np.exp(found.x)))


def bar_for(precision: float, confidence: "Floats", right: "NDArray[np.bool_]") -> float:
    """The least confidence at which, among held-out answers, those at or above it are right that often; above 1 when there is none.

    One answer more is counted as wrong, and one standard error is taken off, so that luck among the held-out rows sets no bar.
    """
    import numpy as np

    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    hits = np.cumsum(right[order])
    seen = np.arange(1, len(order) + 1)
    # Answers of the same confidence stand or fall together.
    last = np.append(sorted_confidence[1:] < sorted_confidence[:-1], True)
    found = hits / (seen + 1)
    good = last & (found - np.sqrt(found * (1 - found) / seen) >= precision) & (seen >= min(_FEWEST_ABOVE, len(order)))
    return float(sorted_confidence[np.flatnonzero(good)[-1]]) if good.any() else 1.01


def calibration_error(confidence: "Floats", right: "NDArray[np.bool_]", bins: int = 15) -> float:
    """Expected calibration error of the top answer: mean distance of confidence and accuracy over bins of equal width."""
    import numpy as np

    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = sum(abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins))
    return float(error / max(len(confidence), 1))
