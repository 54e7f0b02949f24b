"""Learns an ordered quantity of texts, such as severity: a ridge regression and a small network that guesses the step on the scale.

Both learn the rank of a value among all, so that neither the spacing of a scale nor a few far values matter.
Not here: features (space.py), the severity rubric of issues (enrichment/severity.py).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feedback_assets.enrichment.learning.calibration import softmax
from feedback_assets.enrichment.learning.linear import fit_ridge
from feedback_assets.enrichment.learning.network import Network, fit_network
from feedback_assets.enrichment.learning.projection import fit_projection, folded, network_input
from feedback_assets.enrichment.learning.space import Space, Table, fit_space, matrix_of, unit
from feedback_assets.enrichment.learning.threads import one_thread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DIRECTIONS = 384
_STRENGTH = 0.7
_NETWORK_SHARE = 0.65
_MOST_STEPS = 12
_FEWEST_FOR_NETWORK = 100
_CHUNK = 1_000


@dataclass(frozen=True)
class Parameters:
    """What training learnt. steps: the rank of each step that the network guesses. ranks and scale: ranks from 0 to 1 and their values."""

    space: Space
    weights: "NDArray[np.float32]"
    dense_weights: "NDArray[np.float32]"
    bias: float
    projection: "NDArray[np.float32]"
    network: Network | None
    steps: "Floats"
    ranks: "Floats"
    scale: "Floats"


@dataclass
class TextRegressor:
    """Answers for texts."""

    parameters: Parameters
    _table: Table | None = field(default=None, repr=False)
    _dense_into: "NDArray[np.float32] | None" = field(default=None, repr=False)

    def values(self, texts: Sequence[str]) -> "Floats":
        """One value a text, rounded, so that the last bits of a sum decide nothing."""
        import numpy as np

        p = self.parameters
        if self._table is None:
            columns = p.weights[:, None]
            if p.network is not None:
                deep, self._dense_into = folded(p.projection, p.network.into, p.dense_weights.shape[0])
                columns = np.hstack([columns, deep])
            self._table = Table(p.space, columns)
        out = np.zeros(len(texts))
        for start in range(0, len(texts), _CHUNK):
            sums, squares, dense = self._table.sums(texts[start : start + _CHUNK])
            sums /= np.sqrt(np.maximum(squares, 1e-9))[:, None]
            dense = unit(dense)
            value = (sums[:, 0] + dense @ p.dense_weights + p.bias).astype(np.float64)
            if p.network is not None and self._dense_into is not None:
                guessed = softmax(p.network.beyond(sums[:, 1:] + dense @ self._dense_into).astype(np.float64)) @ p.steps
                value = (1 - _NETWORK_SHARE) * value + _NETWORK_SHARE * guessed
            out[start : start + _CHUNK] = value
        return np.round(np.interp(out, p.ranks, p.scale), 6)


def fit_regressor(texts: Sequence[str], values: Sequence[float]) -> TextRegressor:
    """A regressor of these values. At least one text is needed."""
    import numpy as np

    target, ranks, scale = _ranked(np.array(values, np.float64))
    space = fit_space(texts)
    sparse, dense = matrix_of(space, texts)
    middle = float(target.mean())

    def deep() -> "tuple[NDArray[np.float32], Network | None, Floats]":
        if len(target) < _FEWEST_FOR_NETWORK:
            return np.zeros((sparse.shape[1], 0), np.float32), None, np.zeros(0)
        projection = fit_projection(sparse, DIRECTIONS)
        step, steps = _steps(target)
        rows = network_input((sparse @ projection).astype(np.float32), dense)
        return projection, fit_network(rows, np.eye(len(steps), dtype=np.float32)[step], classes=True), steps

    with one_thread(), ThreadPoolExecutor(1) as pool:
        later = pool.submit(deep)
        weights, dense_weights, bias = fit_ridge(sparse, dense, target - middle, _STRENGTH)
        projection, network, steps = later.result()
    return TextRegressor(Parameters(space, weights, dense_weights, bias + middle, projection, network, steps, ranks, scale))


def _ranked(values: "Floats") -> "tuple[Floats, Floats, Floats]":
    """(mean rank of each value, from 0 to 1; ranks, ascending; the value at each of them). Beyond both ends the scale goes on."""
    import numpy as np

    found, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(values)
    if len(found) == 1:
        return middle[place.reshape(-1)], np.array([-1.0, 2.0]), np.repeat(found, 2)
    slopes = np.diff(found) / np.diff(middle)
    ends = found[0] - (middle[0] + 1) * slopes[0], found[-1] + (2 - middle[-1]) * slopes[-1]
    return middle[place.reshape(-1)], np.array([-1.0, *middle, 2.0]), np.array([ends[0], *found, ends[1]])


def _steps(target: "Floats") -> "tuple[NDArray[np.int64], Floats]":
    """(the step of each rank, the mean rank of each step): the ranks themselves when they are few, else steps of as many rows each."""
    import numpy as np

    values, place = np.unique(target, return_inverse=True)
    if len(values) > _MOST_STEPS:
        cuts = np.unique(np.quantile(target, np.linspace(0, 1, _MOST_STEPS + 1)[1:-1]))
        _, place = np.unique(np.searchsorted(cuts, target, side="right"), return_inverse=True)
    place = place.reshape(-1).astype(np.int64)
    return place, np.bincount(place, target) / np.bincount(place)
