"""Trains the local model from the taxonomy, the golden set and what people decided, or takes the stored one of the same data.

Here: the fit, the calibration, the version. Not here: what is learnt from (samples.py, decisions.py), how the model answers (model.py).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.enrichment import SENTIMENTS
from feedback_assets.enrichment import shipped
from feedback_assets.enrichment.decisions import decided_samples
from feedback_assets.enrichment.features import features, is_dense, pair, tokens
from feedback_assets.enrichment.golden import GoldenText, of_split, read_golden
from feedback_assets.enrichment.learning.linear import beside
from feedback_assets.enrichment.learning.platt import Platt, fit_platt
from feedback_assets.enrichment.learning.space import unit
from feedback_assets.enrichment.learning.words import DIMENSIONS, vectors_version, word_vectors
from feedback_assets.enrichment.model import Heads, LocalModel, Parameters, load, save
from feedback_assets.enrichment.samples import NONE, Sample, golden_samples, samples
from feedback_assets.enrichment.taxonomy import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CODE_VERSION = "2"
REGULARISATION = 6.0
DENSE_WEIGHT = 0.7
_PIECE_WEIGHT = 0.6
_FEWEST = 2


def model_version(taxonomy: Taxonomy, golden: Sequence[GoldenText], decided: Sequence[Sample] = ()) -> str:
    """Hash of the training data, the parameters and the versions of the libraries that fit it."""
    from importlib.metadata import version  # importing scikit-learn to ask it takes longer than loading the model

    content = {
        "code": CODE_VERSION,
        "parameters": [REGULARISATION, DENSE_WEIGHT, _PIECE_WEIGHT, _FEWEST],
        "libraries": [version("numpy"), version("scipy"), version("scikit-learn"), vectors_version()],
        "taxonomy": taxonomy.digest,
        "golden": [g.model_dump(mode="json") for g in golden if g.split != "test"],
        "decided": [[s.text, sorted(s.categories), sorted(s.subcategories), s.weight, s.severity] for s in decided],
    }
    return "linear-" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def load_or_train(taxonomy: Taxonomy, golden_dir: Path, models_dir: Path, decisions: Sequence[Mapping[str, Any]] = ()) -> LocalModel:
    """The model of exactly this data: the stored one when it is whole and of this version, else a new one, which is stored.

    The installation's own model (shipped.py) serves every home that learns from the same.
    decisions: rows of contracts/review.py. A new decision that changes what is learnt makes a new version.
    Raises SettingError for a golden set that cannot be used.
    """
    golden = read_golden(golden_dir, taxonomy)
    decided = decided_samples(decisions, taxonomy, golden)
    version = model_version(taxonomy, golden, decided)
    path = models_dir / f"{version}.npz"
    model = load(path, version) or load(shipped.FOLDER / path.name, version)
    if model is None:
        model = train(taxonomy, golden, version, decided)
        save(model, path)
    return model


def train(taxonomy: Taxonomy, golden: Sequence[GoldenText], version: str, decided: Sequence[Sample] = ()) -> LocalModel:
    """A new model: the train split and the decisions to learn, the calibration split to calibrate. The test split is not looked at."""
    import numpy as np

    learnt = [*samples(taxonomy, of_split(golden, "train")), *decided]
    heads = _heads(taxonomy, learnt)
    matrix, vocabulary, idf = _matrix([s.text for s in learnt])
    dense = unit(_dense([s.text for s in learnt])) * DENSE_WEIGHT
    both = beside(matrix, dense).astype(np.float64)
    weights = np.zeros((both.shape[1], heads.width))
    bias = np.zeros(heads.width)
    _fit_heads(both, learnt, heads, weights, bias)
    sparse, dense_weights = weights[: len(vocabulary)] * idf[:, None], weights[len(vocabulary) :] * DENSE_WEIGHT
    parameters = Parameters(vocabulary, idf, sparse, dense_weights, bias, Platt(), heads)
    platt = _calibrate(LocalModel(parameters, version), of_split(golden, "calibration"))
    return LocalModel(replace(parameters, platt=platt), version)


def _heads(taxonomy: Taxonomy, learnt: Sequence[Sample]) -> Heads:
    counts = Counter(name for s in learnt for name in s.subcategories)
    subs = [f"{c.id}/{s.id}" for c in taxonomy.categories for s in c.subcategories]
    return Heads((*(c.id for c in taxonomy.categories), NONE), tuple(s for s in subs if counts[s] >= _FEWEST), SENTIMENTS)


def _matrix(texts: Sequence[str]) -> "tuple[Any, tuple[str, ...], NDArray[np.float64]]":
    import numpy as np
    from scipy.sparse import csr_matrix

    counted = [_counts(t) for t in texts]
    documents = Counter(name for counts in counted for name in counts)
    vocabulary = tuple(sorted(name for name, n in documents.items() if n >= _FEWEST or name.startswith("w:")))
    index = {name: i for i, name in enumerate(vocabulary)}
    idf = np.array([np.log((1 + len(texts)) / (1 + documents[name])) + 1 for name in vocabulary])
    idf *= np.array([_PIECE_WEIGHT if name.startswith("c:") else 1.0 for name in vocabulary])
    data: list[float] = []
    indices: list[int] = []
    offsets = [0]
    for counts, text in zip(counted, texts, strict=True):
        row = sorted((index[name], n) for name, n in counts.items() if name in index)
        length = _length(text, index, idf)
        data.extend(n * idf[i] / length for i, n in row)
        indices.extend(i for i, _ in row)
        offsets.append(len(indices))
    return csr_matrix((data, indices, offsets), shape=(len(texts), len(vocabulary))), vocabulary, idf


def _dense(texts: Sequence[str]) -> "NDArray[np.float32]":
    """The sum of each text's word vectors, as model.sums adds them up."""
    import numpy as np

    read = [tokens(t) for t in texts]
    names = sorted({token for r in read for token in r if is_dense(token)})
    vectors = dict(zip(names, word_vectors(names), strict=True))
    empty = np.zeros(DIMENSIONS, np.float32)
    return np.array([sum((vectors[t] for t in r if t in vectors), empty) for r in read], np.float32).reshape(len(texts), DIMENSIONS)


def _counts(text: str) -> dict[str, float]:
    out: dict[str, float] = {}
    previous = ""
    for token in tokens(text):
        for name, weight in features(token):
            out[name] = out.get(name, 0.0) + weight
        if previous:
            both = pair(previous, token)
            out[both] = out.get(both, 0.0) + 1.0
        previous = token
    return out


def _length(text: str, index: dict[str, int], idf: "NDArray[np.float64]") -> float:
    """As model.scores measures it: tokens count as if they shared no feature."""
    total = 0.0
    previous = ""
    for token in tokens(text):
        named = features(token)
        if previous:
            named = [*named, (pair(previous, token), 1.0)]
        total += sum((weight * idf[index[name]]) ** 2 for name, weight in named if name in index)
        previous = token
    return float(max(total, 1e-9) ** 0.5)


def _fit_heads(matrix: Any, learnt: Sequence[Sample], heads: Heads, weights: "NDArray[np.float64]", bias: "NDArray[np.float64]") -> None:
    import numpy as np

    everything = np.ones(len(learnt), dtype=bool)
    column = 0
    for name in heads.categories:
        wanted = np.array([name in s.categories for s in learnt])
        _fit(matrix, wanted, everything, learnt, weights, bias, column)
        column += 1
    for name in heads.subcategories:
        category = name.split("/", 1)[0]
        scope = np.array([category in s.categories and any(t.startswith(category + "/") for t in s.subcategories) for s in learnt])
        wanted = np.array([name in s.subcategories for s in learnt])
        _fit(matrix, wanted, scope, learnt, weights, bias, column)
        column += 1
    felt = np.array([s.sentiment is not None for s in learnt])
    for name in heads.sentiments:
        _fit(matrix, np.array([s.sentiment == name for s in learnt]), felt, learnt, weights, bias, column)
        column += 1
    known = np.array([s.severity is not None for s in learnt])
    if known.sum() < 50:
        bias[column] = 3.0
        return
    from sklearn.linear_model import Ridge

    ridge = Ridge(alpha=1.0, solver="sparse_cg", tol=1e-6, random_state=0)
    ridge.fit(matrix[known], np.array([float(s.severity or 0) for s in learnt])[known])
    weights[:, column] = ridge.coef_
    bias[column] = float(ridge.intercept_)


def _fit(  # noqa: PLR0917
    matrix: Any,
    wanted: "NDArray[np.bool_]",
    scope: "NDArray[np.bool_]",
    learnt: Sequence[Sample],
    weights: "NDArray[np.float64]",
    bias: "NDArray[np.float64]",
    column: int,
) -> None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    target = wanted[scope]
    if not target.any() or target.all():
        bias[column] = 2.0 if target.any() else -6.0
        return
    weight = np.array([s.weight for s in learnt])[scope]
    # A fifth of the way to balanced classes: rare kinds must stay reachable, calibration mends the rest.
    weight = np.where(target, weight * (1 / target.mean()) ** 0.4, weight)
    fit = LogisticRegression(C=REGULARISATION, solver="liblinear", dual=True, random_state=0, max_iter=1000, tol=1e-3)
    fit.fit(matrix[scope], target, sample_weight=weight)
    weights[:, column] = fit.coef_[0]
    bias[column] = float(fit.intercept_[0])


def _calibrate(model: LocalModel, golden: Sequence[GoldenText]) -> Platt:
    """Calibration on texts and sentences that were not learnt from, for each category and language."""
    import numpy as np

    held = [(s, text.language) for text in golden for s in golden_samples(text)]
    if not held:
        return Platt()
    names = model.heads.categories
    scores = model.raw(model.sums([s.text for s, _ in held]))[:, : len(names)]
    truth = np.array([[name in s.categories for name in names] for s, _ in held])
    return fit_platt(scores, truth, [language for _, language in held])
