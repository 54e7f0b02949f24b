"""The local model: linear, on TF-IDF of words, word pairs and word pieces. What it holds, how it answers, how it is stored.

Heads: one-vs-rest over categories and "none"; subcategories; sentiment; severity. A sentence's score under a head is the sum of its
tokens' scores divided by the length of its feature vector, as for a linear model on normalised TF-IDF, but one table row a token.
Not here: training (training.py).
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.features import PAIR, features, pair, tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_REMEMBERED = 150_000


@dataclass(frozen=True)
class Heads:
    """The columns of the weights: categories (the last is none), subcategories as 'category/subcategory', sentiments, then severity."""

    categories: tuple[str, ...]
    subcategories: tuple[str, ...]
    sentiments: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.categories) + len(self.subcategories) + len(self.sentiments) + 1


@dataclass(frozen=True)
class Parameters:
    """What training learnt. `weights` is features x heads and has the IDF inside; `scale` and `shift` are Platt's calibration."""

    vocabulary: tuple[str, ...]
    idf: "Floats"
    weights: "Floats"
    bias: "Floats"
    scale: float
    shift: float
    heads: Heads


class LocalModel:
    """Answers for sentences. What it says of one never depends on the others or on what it has read before."""

    def __init__(self, parameters: Parameters, version: str) -> None:
        import numpy as np

        self.parameters = parameters
        self.version = version
        self._index = {name: i for i, name in enumerate(parameters.vocabulary)}
        self._rows: dict[str, int] = {}
        self._table = np.zeros((1024, parameters.heads.width + 1))

    @cached_property
    def heads(self) -> Heads:
        return self.parameters.heads

    def scores(self, texts: Sequence[str]) -> "tuple[Floats, Floats]":
        """(sums, squares): for each text the sum of its tokens' head scores, and the square of the length of its features."""
        import numpy as np
        from scipy.sparse import csr_matrix

        if len(self._rows) > _MOST_REMEMBERED:
            self._rows.clear()
        before = len(self._rows)
        indices: list[int] = []
        offsets = [0]
        rows = self._rows
        index = self._index
        for text in texts:
            previous = ""
            for token in tokens(text):
                row = rows.get(token)
                if row is None:
                    row = rows[token] = len(rows)
                indices.append(row)
                if previous:
                    both = pair(previous, token)
                    if both in index:
                        row = rows.get(both)
                        if row is None:
                            row = rows[both] = len(rows)
                        indices.append(row)
                previous = token
            offsets.append(len(indices))
        self._remember(list(rows)[before:], before)
        matrix = csr_matrix((np.ones(len(indices)), np.array(indices, dtype=np.int64), np.array(offsets)), shape=(len(texts), len(rows)))
        total = matrix @ self._table[: len(rows)]
        return total[:, :-1], total[:, -1]

    def raw(self, sums: "Floats", squares: "Floats") -> "Floats":
        """Scores of all heads, the bias added."""
        import numpy as np

        return sums / np.sqrt(np.maximum(squares, 1e-9))[:, None] + self.parameters.bias

    def probabilities(self, raw: "Floats") -> "Floats":
        """Calibrated probability of each category (none last). Rounded, so that the last bits of a sum decide nothing."""
        import numpy as np

        p = self.parameters
        score = raw[:, : len(p.heads.categories)] * p.scale + p.shift
        return np.round(1 / (1 + np.exp(-np.clip(score, -30, 30))), 6)

    def _remember(self, keys: Sequence[str], start: int) -> None:
        """Fills the table's rows for new tokens and pairs: head scores, then the square of the feature vector's length."""
        import numpy as np
        from scipy.sparse import csr_matrix

        if not keys:
            return
        p = self.parameters
        if start + len(keys) > len(self._table):
            bigger = np.zeros((2 * (start + len(keys)), p.heads.width + 1))
            bigger[:start] = self._table[:start]
            self._table = bigger
        indices: list[int] = []
        values: list[float] = []
        offsets = [0]
        index = self._index
        for key in keys:
            for name, weight in ((key, 1.0),) if key.startswith(PAIR) else features(key):
                i = index.get(name)
                if i is not None:
                    indices.append(i)
                    values.append(weight)
            offsets.append(len(indices))
        matrix = csr_matrix((np.array(values), np.array(indices, dtype=np.int64), np.array(offsets)), shape=(len(keys), len(p.vocabulary)))
        rows = slice(start, start + len(keys))
        self._table[rows, :-1] = matrix @ p.weights
        self._table[rows, -1] = matrix.multiply(matrix) @ (p.idf**2)


def save(model: LocalModel, path: Path) -> None:
    """Writes the model as one file, whole or not at all."""
    import numpy as np

    p = model.parameters
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    meta = {
        "version": model.version,
        "heads": [p.heads.categories, p.heads.subcategories, p.heads.sentiments],
        "scale": p.scale,
        "shift": p.shift,
    }
    vocabulary = "\n".join(p.vocabulary).encode("utf-8", "surrogatepass")
    arrays: dict[str, NDArray[Any]] = {
        "idf": p.idf,
        "weights": p.weights,
        "bias": p.bias,
        "vocabulary": np.frombuffer(vocabulary, dtype=np.uint8),
    }
    meta_bytes = json.dumps({**meta, "digest": _digest(meta, arrays)}, sort_keys=True).encode()
    with temporary.open("wb") as out:
        np.savez(
            out,
            meta=np.frombuffer(meta_bytes, dtype=np.uint8),
            idf=arrays["idf"],
            weights=arrays["weights"],
            bias=arrays["bias"],
            vocabulary=arrays["vocabulary"],
        )
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def load(path: Path, version: str) -> LocalModel | None:
    """The stored model of that version; None when there is none, or the file is another version's, cut or changed."""
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in ("idf", "weights", "bias", "vocabulary")}
            meta = json.loads(data["meta"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if not isinstance(meta, dict) or meta.get("version") != version or meta.pop("digest", "") != _digest(meta, arrays):
        return None
    heads = Heads(*(tuple(names) for names in meta["heads"]))
    vocabulary = tuple(arrays["vocabulary"].tobytes().decode("utf-8", "surrogatepass").split("\n"))
    return LocalModel(
        Parameters(vocabulary, arrays["idf"], arrays["weights"], arrays["bias"], float(meta["scale"]), float(meta["shift"]), heads), version
    )


def _digest(meta: Mapping[str, object], arrays: "Mapping[str, NDArray[Any]]") -> str:
    h = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(arrays):
        h.update(name.encode())
        h.update(arrays[name].tobytes())
    return h.hexdigest()
