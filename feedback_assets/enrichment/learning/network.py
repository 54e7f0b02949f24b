"""A small neural network: one hidden layer, trained here in seconds without any framework. Not here: what goes in (classifier.py)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

HIDDEN = 640
_BATCH = 128
_SMALL = 3_000
_BATCH_OF_SMALL = 32
_RATE = 2e-3
_DECAY = 0.2
_HIDE_INPUT = 0.5
_HIDE_HIDDEN = 0.5
_SMOOTHING = 0.1
_MOST_EPOCHS = 24
_MOST_ROWS_SEEN = 320_000
"""Rows that training looks at, all epochs together: what bounds its time."""


@dataclass(frozen=True)
class Network:
    """Input -> hidden units that are never negative -> one score an output."""

    into: "Floats"
    into_bias: "Floats"
    out: "Floats"
    out_bias: "Floats"

    def beyond(self, hidden: "Floats") -> "Floats":
        """Scores of rows that have been multiplied with `into` already. Overwrites them."""
        import numpy as np

        hidden += self.into_bias
        np.maximum(hidden, 0, out=hidden)
        return (hidden @ self.out + self.out_bias).astype(np.float32, copy=False)


def fit_network(rows: "Floats", targets: "Floats", *, classes: bool, seed: int = 0, hidden: int = HIDDEN) -> Network:
    """A network that fits. classes: each row of targets is a distribution over classes, fitted by cross entropy; else numbers, by squares.

    Adam with decoupled decay (Loshchilov and Hutter 2019), dropout, a rate that rises shortly and then falls to nothing.
    """
    import numpy as np

    f = np.float32
    random = np.random.default_rng(seed)
    count, width = rows.shape
    outputs = targets.shape[1]
    weights = [
        (random.standard_normal((width, hidden)) * (2 / width) ** 0.5).astype(f),
        np.zeros(hidden, f),
        (random.standard_normal((hidden, outputs)) * (1 / hidden) ** 0.5).astype(f),
        np.zeros(outputs, f),
    ]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    batch = _BATCH if count > _SMALL else _BATCH_OF_SMALL
    epochs = max(2, min(_MOST_EPOCHS, _MOST_ROWS_SEEN // max(count, 1)))
    steps = epochs * ((count + batch - 1) // batch)
    step = 0
    for _ in range(epochs):
        order = random.permutation(count)
        for start in range(0, count, batch):
            chosen = order[start : start + batch]
            x = rows[chosen] * _kept(random, (len(chosen), width), _HIDE_INPUT)
            before = x @ weights[0] + weights[1]
            mask = _kept(random, before.shape, _HIDE_HIDDEN) * (before > 0)
            after = before * mask
            wrong = after @ weights[2] + weights[3]
            if classes:
                wrong -= wrong.max(axis=1, keepdims=True)
                np.exp(wrong, out=wrong)
                wrong /= wrong.sum(axis=1, keepdims=True)
                wrong -= (1 - _SMOOTHING) * targets[chosen] + f(_SMOOTHING / outputs)
            else:
                wrong -= targets[chosen]
            wrong /= f(len(chosen))
            back = (wrong @ weights[2].T) * mask
            slopes = (x.T @ back, back.sum(axis=0), after.T @ wrong, wrong.sum(axis=0))
            step += 1
            rate = _RATE * (1 - step / (steps + 1)) * min(1.0, step / (0.05 * steps + 1))
            for i, slope in enumerate(slopes):
                first[i] += f(0.1) * (slope - first[i])
                second[i] += f(0.001) * (slope * slope - second[i])
                if slope.ndim > 1:
                    weights[i] *= f(1 - rate * _DECAY)
                size = np.sqrt(second[i])
                size *= f((1 / (1 - 0.999**step)) ** 0.5)
                size += f(1e-8)
                weights[i] -= f(rate / (1 - 0.9**step)) * (first[i] / size)
    return Network(weights[0], weights[1], weights[2], weights[3])


def _kept(random: "np.random.Generator", shape: tuple[int, ...], hidden: float) -> "Floats":
    """Zeros for what is hidden, and more than 1 for the rest, so that the sum stays."""
    import numpy as np

    mask = (random.random(shape, dtype=np.float32) >= hidden).astype(np.float32)
    mask /= np.float32(1 - hidden)
    return mask
