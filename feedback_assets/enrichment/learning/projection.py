"""The strongest directions of sparse features (truncated SVD), learnt from a sample of the rows, and what a network sees of a text.

Not here: features (space.py).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_ROWS = 12_000
_ROUNDS = 2


def fit_projection(matrix: Any, most: int) -> "NDArray[np.float32]":
    """Features x directions, at most `most`, scaled so that a row's projection is about as long as the row."""
    import numpy as np
    from sklearn.utils.extmath import randomized_svd

    rows, columns = matrix.shape
    directions = min(most, rows // 3, columns // 2)
    if directions < 8:
        return np.zeros((columns, 0), np.float32)
    if rows > _MOST_ROWS:
        matrix = matrix[np.sort(np.random.default_rng(0).choice(rows, _MOST_ROWS, replace=False))]
    _, _, found = randomized_svd(matrix, directions, n_iter=_ROUNDS, n_oversamples=10, random_state=0)
    projection: NDArray[np.float32] = np.ascontiguousarray(found.T, dtype=np.float32)
    return projection


def network_scales(directions: int, dimensions: int) -> tuple[float, float]:
    """What projections and word vectors are multiplied with for a network, so that neither drowns the other."""
    return 1.3 * max(directions, 1) ** 0.5, dimensions**0.5


def network_input(projected: "NDArray[np.float32]", dense: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """What a network is trained on: both kinds of features, scaled."""
    import numpy as np

    first, second = network_scales(projected.shape[1], dense.shape[1])
    return np.hstack([projected * np.float32(first), dense * np.float32(second)])


def folded(
    projection: "NDArray[np.float32]", into: "NDArray[np.float32]", dimensions: int
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """(features x hidden units, word vectors' dimensions x hidden units): projection and first layer in one, to be read from tables."""
    import numpy as np

    directions = projection.shape[1]
    first, second = network_scales(directions, dimensions)
    return projection @ (into[:directions] * np.float32(first)), into[directions:] * np.float32(second)
