"""How likely an answer is right, from several signs of it: its probability, the lead over the runner-up, each voice by itself, its label.

A probability that is calibrated over all labels is too sure of some and too modest of others; a label is moved only as far as its rows
warrant. Not here: probabilities (calibration.py), from where on an answer stands alone (bars.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_assets.enrichment.learning.calibration import Mixture, softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FEWEST_ROWS = 50
_USUAL_MOVE = 0.5
"""How far a label usually stands from the rest, in log-odds: the width of the prior."""
_PRIOR = 0.01
_LEAST = 1e-6
_LOUDNESS = 2.0
"""A voice alone is fainter than the mixture; the fit finds the rest of the scale."""


@dataclass(frozen=True)
class Certainty:
    """probability of being right = logistic(signs, standardised, times weights + base + move of the label)."""

    means: tuple[float, ...] = ()
    widths: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    base: float = 0.0
    moves: tuple[float, ...] = ()

    def of(self, signs: "Floats", answers: "NDArray[np.int64]") -> "Floats":
        """From 0 to 1 a row, rounded, so that the last bits of a sum decide nothing. Not fitted: the probability itself."""
        import numpy as np

        odds = signs[:, 0]
        if self.weights:
            odds = (signs - np.array(self.means)) / np.array(self.widths) @ np.array(self.weights) + self.base
            odds = odds + np.array(self.moves)[answers]
        return np.round(1 / (1 + np.exp(-np.clip(odds, -30, 30))), 6)


def signs_of(mixture: Mixture, voices: "Sequence[NDArray[np.floating]]") -> "tuple[Floats, NDArray[np.int64]]":
    """(signs, a row a text; the number of the label that is answered)."""
    import numpy as np

    said = mixture.probabilities(voices)
    rows = np.arange(len(said))
    answers = said.argmax(axis=1)
    best = np.clip(said[rows, answers], _LEAST, 1 - _LEAST)
    others = said.copy()
    others[rows, answers] = 0
    second = np.clip(others.max(axis=1), _LEAST, None)
    alone = [
        np.clip(softmax(_LOUDNESS * share * voice.astype(np.float64))[rows, answers], _LEAST, 1 - _LEAST)
        for share, voice in zip(mixture.shares, voices, strict=True)
    ]
    columns = [_odds(best), np.log(best / second), *(_odds(p) for p in alone)]
    return np.stack(columns, axis=1), answers


def fit_certainty(signs: "Floats", answers: "NDArray[np.int64]", agreed: "NDArray[np.bool_]", labels: int) -> Certainty:
    """The likeliest weights on held-out rows, under a prior that labels differ little. Not fitted where the rows are too few to say."""
    import numpy as np
    from scipy.optimize import minimize

    if len(agreed) < _FEWEST_ROWS or agreed.all() or not agreed.any():
        return Certainty()
    means, widths = signs.mean(axis=0), np.maximum(signs.std(axis=0), _LEAST)
    rows = (signs - means) / widths
    count = rows.shape[1]
    sign = np.where(agreed, 1.0, -1.0)

    def loss(values: "Floats") -> "tuple[float, Floats]":
        weights, moves = values[:count], values[count + 1 :]
        margin = sign * (rows @ weights + values[count] + moves[answers])
        slope = -sign / (1 + np.exp(np.clip(margin, -30, 30)))
        penalty = 0.5 * _PRIOR * weights @ weights + 0.5 * moves @ moves / _USUAL_MOVE**2
        by_label = np.bincount(answers, slope, labels) + moves / _USUAL_MOVE**2
        return float(np.logaddexp(0, -margin).sum() + penalty), np.concatenate([rows.T @ slope + _PRIOR * weights, [slope.sum()], by_label])

    found = minimize(loss, np.zeros(count + 1 + labels), jac=True, method="L-BFGS-B")
    means, widths, values = (np.round(x, 6).tolist() for x in (means, widths, found.x))
    return Certainty(tuple(means), tuple(max(w, _LEAST) for w in widths), tuple(values[:count]), values[count], tuple(values[count + 1 :]))


def _odds(p: "Floats") -> "Floats":
    import numpy as np

    return np.log(p / (1 - p))
