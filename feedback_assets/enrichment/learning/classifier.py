"""Classifies texts: which one of several labels, and how surely. Two voices: a linear one on words, joints, word pieces and word
vectors, and a small network on the strongest directions of the same; what each counts is learnt on held-out rows.

Not here: features (space.py), which rows are held out together (evaluation/groups.py).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.learning.calibration import Mixture
from feedback_assets.enrichment.learning.linear import fit_one_against_rest
from feedback_assets.enrichment.learning.network import Network, fit_network
from feedback_assets.enrichment.learning.projection import fit_projection, folded, network_input
from feedback_assets.enrichment.learning.space import Space, Table, fit_space, matrix_of, unit
from feedback_assets.enrichment.learning.threads import one_thread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DIRECTIONS = 512
_FEWEST_FOR_NETWORK = 60
_START = (2.5, 1.0)
_CHUNK = 1_000


@dataclass(frozen=True)
class Parameters:
    """What training learnt. `network` is None where there were too few rows for one."""

    labels: tuple[str, ...]
    space: Space
    weights: "Floats"
    dense_weights: "Floats"
    bias: "Floats"
    projection: "Floats"
    network: Network | None


@dataclass
class TextClassifier:
    """Answers for texts."""

    parameters: Parameters
    mixture: Mixture = field(default_factory=lambda: Mixture(_START))
    _table: Table | None = field(default=None, repr=False)
    _dense_into: "NDArray[np.float32] | None" = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.parameters.labels

    def voices(self, texts: Sequence[str]) -> "list[Floats]":
        """Scores of each voice, one row a text and one column a label."""
        import numpy as np

        p = self.parameters
        if self._table is None:
            columns = p.weights
            if p.network is not None:
                deep, self._dense_into = folded(p.projection, p.network.into, p.dense_weights.shape[0])
                columns = np.hstack([columns, deep])
            self._table = Table(p.space, columns)
        width = len(p.bias)
        parts: list[list[Floats]] = []
        for start in range(0, max(len(texts), 1), _CHUNK):
            sums, squares, dense = self._table.sums(texts[start : start + _CHUNK])
            sums /= np.sqrt(np.maximum(squares, 1e-9))[:, None]
            dense = unit(dense)
            said = [sums[:, :width] + dense @ p.dense_weights + p.bias]
            if p.network is not None and self._dense_into is not None:
                said.append(p.network.beyond(sums[:, width:] + dense @ self._dense_into))
            parts.append(said)
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def probabilities(self, texts: Sequence[str]) -> "NDArray[np.float64]":
        """Calibrated probability of each label, one row a text."""
        voices = self.voices(texts)
        return Mixture(self.mixture.shares[: len(voices)]).probabilities(voices)


def fit_classifier(texts: Sequence[str], labels: Sequence[str]) -> TextClassifier:
    """A classifier of the labels, not calibrated yet. At least two labels are needed."""
    import numpy as np

    names = tuple(sorted(set(labels)))
    number = {name: i for i, name in enumerate(names)}
    target = np.array([number[label] for label in labels], np.int64)
    space = fit_space(texts)
    sparse, dense = matrix_of(space, texts)
    # The network and the linear fits run side by side.
    with one_thread(), ThreadPoolExecutor(2) as pool:
        deep = pool.submit(_fit_network, sparse, dense, target, len(names))
        weights, dense_weights, bias = fit_one_against_rest(pool, sparse, dense, target, len(names))
        projection, network = deep.result()
    return TextClassifier(Parameters(names, space, weights, dense_weights, bias, projection, network))


def _fit_network(sparse: Any, dense: "Floats", target: "NDArray[np.int64]", count: int) -> "tuple[Floats, Network | None]":
    import numpy as np

    if len(target) < _FEWEST_FOR_NETWORK:
        return np.zeros((sparse.shape[1], 0), np.float32), None
    projection = fit_projection(sparse, DIRECTIONS)
    rows = network_input((sparse @ projection).astype(np.float32), dense)
    return projection, fit_network(rows, np.eye(count, dtype=np.float32)[target], classes=True)
