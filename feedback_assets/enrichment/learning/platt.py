"""Probabilities of several labels at once, each by Platt's calibration: pooled over all, moved for each label and language.

A move has to be earned: a label or a language with few held-out rows stays with the pooled calibration. Not here: single-label
probabilities (calibration.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FEWEST_ROWS = 50
_USUAL_MOVE = 0.4
"""How far a label or a language usually stands from the pooled calibration, in log-odds: the width of the prior."""
_LEAST_SCALE = 0.2


@dataclass(frozen=True)
class Platt:
    """probability = logistic(scale * score + shift of the label + shift of the language). The last label is "none of them"."""

    scale: float = 1.0
    shifts: tuple[float, ...] = ()
    by_language: Mapping[str, float] = field(default_factory=dict)

    def probabilities(self, scores: "Floats", languages: Sequence[str] = ()) -> "Floats":
        """One row a row of scores, one column a label, rounded."""
        import numpy as np

        odds = scores * self.scale
        if self.shifts:
            odds = odds + np.array(self.shifts)
        if languages:
            odds[:, :-1] += np.array([self.by_language.get(language, 0.0) for language in languages])[:, None]
        return np.round(1 / (1 + np.exp(-np.clip(odds, -30, 30))), 6)


def fit_platt(scores: "Floats", truth: "NDArray[np.bool_]", languages: Sequence[str]) -> Platt:
    """The calibration of held-out rows: the likeliest one under a prior that labels and languages differ little."""
    import numpy as np
    from scipy.optimize import minimize

    rows, labels = scores.shape
    if rows < _FEWEST_ROWS:
        return Platt()
    names = sorted(set(languages))
    place = np.array([names.index(language) for language in languages])
    sign = np.where(truth, 1.0, -1.0)

    def loss(values: "Floats") -> tuple[float, "Floats"]:
        scale, pooled, by_label, by_language = values[0], values[1], values[2 : 2 + labels], values[2 + labels :]
        odds = scale * scores + pooled + by_label
        odds[:, :-1] += by_language[place][:, None]
        margin = sign * odds
        slope = -sign / (1 + np.exp(np.clip(margin, -30, 30)))
        moves = values[2:] / _USUAL_MOVE**2
        found = float(np.logaddexp(0, -margin).sum() + 0.5 * values[2:] @ moves)
        languages_slope = np.bincount(place, slope[:, :-1].sum(axis=1), len(names))
        return found, np.concatenate(
            [[(slope * scores).sum(), slope.sum()], slope.sum(axis=0) + moves[:labels], languages_slope + moves[labels:]]
        )

    bounds = [(_LEAST_SCALE, 20.0), *[(None, None)] * (1 + labels + len(names))]
    found = minimize(loss, np.array([1.0, *np.zeros(1 + labels + len(names))]), jac=True, method="L-BFGS-B", bounds=bounds)
    values = np.round(found.x, 6)
    shifts = tuple(float(v) for v in np.round(values[1] + values[2 : 2 + labels], 6))
    return Platt(float(values[0]), shifts, {n: float(v) for n, v in zip(names, values[2 + labels :], strict=True)})
