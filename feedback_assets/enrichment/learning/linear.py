"""Linear fits on sparse features with word vectors beside them. Not here: the features (space.py)."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_REGULARISATION = 0.5
_TOLERANCE = 0.1
_MOST_ROUNDS = 200


def beside(sparse: Any, dense: "Floats") -> Any:
    """One matrix of both."""
    from scipy.sparse import csr_matrix, hstack

    return hstack([sparse, csr_matrix(dense)]).tocsr()


def fit_one_against_rest(
    pool: ThreadPoolExecutor, sparse: Any, dense: "Floats", target: "NDArray[np.int64]", count: int
) -> "tuple[Floats, Floats, Floats]":
    """(weights of sparse features, weights of word vectors, bias) of support vector machines with squared hinge loss, one a label."""
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    matrix = beside(sparse, dense).astype(np.float64)

    def fit(label: int) -> "tuple[NDArray[np.float32], float]":
        machine = LinearSVC(C=_REGULARISATION, dual=True, random_state=0, tol=_TOLERANCE, max_iter=_MOST_ROUNDS)
        machine.fit(matrix, target == label)
        return machine.coef_[0].astype(np.float32), float(machine.intercept_[0])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fit that is cut at the last round is good enough
        found = list(pool.map(fit, range(count)))
    weights = np.array([w for w, _ in found], np.float32).T
    split = sparse.shape[1]
    return np.ascontiguousarray(weights[:split]), np.ascontiguousarray(weights[split:]), np.array([b for _, b in found], np.float32)


def fit_ridge(sparse: Any, dense: "Floats", target: "NDArray[np.float64]", strength: float) -> "tuple[Floats, Floats, float]":
    """(weights of sparse features, weights of word vectors, bias) of a ridge regression."""
    import numpy as np
    from sklearn.linear_model import Ridge

    fit = Ridge(alpha=strength, solver="sparse_cg", tol=1e-4, random_state=0)
    fit.fit(beside(sparse, dense).astype(np.float64), target)
    weights = fit.coef_.astype(np.float32)
    split = sparse.shape[1]
    return weights[:split], weights[split:], float(fit.intercept_)
