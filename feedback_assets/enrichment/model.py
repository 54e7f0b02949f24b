"""The local model: linear, on TF-IDF of words, word pairs and word pieces, and on word vectors. What it holds, answers and stores.

Heads: one-vs-rest over categories and "none"; subcategories; sentiment; severity. A sentence's score under a head is the sum of its
tokens' scores divided by the length of its feature vector, as for a linear model on normalised TF-IDF, but one table row a token;
and the same for the sum of its words' vectors.
Not here: training (training.py).
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.features import PAIR, features, is_dense, pair, tokens
from feedback_assets.enrichment.learning.platt import Platt
from feedback_assets.enrichment.learning.words import DIMENSIONS, word_vectors
from feedback_assets.ground.errors import FeedbackError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_REMEMBERED = 20_000
"""Rows of the table: about 60 MB."""
_MOST_PAIRS = 200_000
_MOST_TEXTS = 20_000


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
    """What training learnt. `weights` is features x heads and has the IDF inside; `dense_weights` is word vectors' dimensions x heads."""

    vocabulary: tuple[str, ...]
    idf: "Floats"
    weights: "Floats"
    dense_weights: "Floats"
    bias: "Floats"
    platt: Platt
    heads: Heads


class LocalModel:
    """Answers for sentences. What it says of one never depends on the others or on what it has read before."""

    def __init__(self, parameters: Parameters, version: str, stored: Path | None = None) -> None:
        """stored: the file that holds the same; a copy of the model in another process is read from there."""
        import numpy as np

        self.parameters = parameters
        self.version = version
        self.stored = stored
        self._index = {name: i for i, name in enumerate(parameters.vocabulary)}
        self._table = np.zeros((1024, parameters.heads.width + 1 + DIMENSIONS))
        self._forget()

    def __reduce__(self) -> "tuple[Callable[..., LocalModel], tuple[Any, ...]]":
        return (LocalModel, (self.parameters, self.version)) if self.stored is None else (_loaded_again, (self.stored, self.version))

    def _forget(self) -> None:
        """What a row holds depends on its token alone, so that all can be forgotten at any time."""
        self._count = 0
        self._rows: dict[str, int] = {}
        self._pairs: dict[tuple[int, int], int] = {}
        self._texts: dict[str, list[int]] = {}

    @cached_property
    def heads(self) -> Heads:
        return self.parameters.heads

    def sums(self, texts: Sequence[str]) -> "Floats":
        """What raw() reads, one row a text: head scores, the square of the features' length, word vectors. Rows of parts can be added."""
        import numpy as np
        from scipy.sparse import csr_matrix

        if self._count > _MOST_REMEMBERED or len(self._pairs) > _MOST_PAIRS or len(self._texts) > _MOST_TEXTS:
            self._forget()
        before = self._count
        fresh: list[str] = []
        indices: list[int] = []
        offsets = [0]
        for text in texts:
            known = self._texts.get(text)
            if known is None:
                known = self._texts[text] = self._rows_of(text, fresh)
            indices.extend(known)
            offsets.append(len(indices))
        self._remember(fresh, before)
        matrix = csr_matrix((np.ones(len(indices)), np.array(indices, dtype=np.int64), np.array(offsets)), shape=(len(texts), self._count))
        out: Floats = matrix @ self._table[: self._count]
        return out

    def _rows_of(self, text: str, fresh: list[str]) -> list[int]:
        """The table's rows of a text's tokens and known pairs, in its order. Names of rows that are yet to be filled go to `fresh`."""
        rows, pairs = self._rows, self._pairs
        out: list[int] = []
        previous, last = "", -1
        for token in tokens(text):
            row = rows.get(token)
            if row is None:
                row = rows[token] = self._count
                self._count += 1
                fresh.append(token)
            out.append(row)
            if previous:
                both = pairs.get((last, row))
                if both is None:
                    name = pair(previous, token)
                    both = -1
                    if name in self._index:
                        both = self._count
                        self._count += 1
                        fresh.append(name)
                    pairs[last, row] = both
                if both >= 0:
                    out.append(both)
            previous, last = token, row
        return out

    def seen(self, sums: "Floats") -> "NDArray[np.bool_]":
        """Whether a text has anything that the model knows."""
        known: NDArray[np.bool_] = sums[:, self.heads.width] > 0
        return known

    def raw(self, sums: "Floats") -> "Floats":
        """Scores of all heads, the bias added."""
        import numpy as np

        p = self.parameters
        width = p.heads.width
        dense = sums[:, width + 1 :]
        dense = dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
        out: Floats = sums[:, :width] / np.sqrt(np.maximum(sums[:, width], 1e-9))[:, None] + dense @ p.dense_weights + p.bias
        return out

    def probabilities(self, raw: "Floats", languages: Sequence[str] = ()) -> "Floats":
        """Calibrated probability of each category (none last). Rounded, so that the last bits of a sum decide nothing.

        languages: of each row, or nothing when they are not known.
        """
        return self.parameters.platt.probabilities(raw[:, : len(self.heads.categories)], languages)

    def _remember(self, keys: Sequence[str], start: int) -> None:
        """Fills the table's rows for new tokens and pairs, in the order that sums() tells of."""
        import numpy as np
        from scipy.sparse import csr_matrix

        if not keys:
            return
        p = self.parameters
        if start + len(keys) > len(self._table):
            bigger = np.zeros((2 * (start + len(keys)), p.heads.width + 1 + DIMENSIONS))
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
        width = p.heads.width
        self._table[rows, :width] = matrix @ p.weights
        self._table[rows, width] = matrix.multiply(matrix) @ (p.idf**2)
        words = [i for i, key in enumerate(keys) if not key.startswith(PAIR) and is_dense(key)]
        self._table[rows, width + 1 :] = 0.0
        self._table[start + np.array(words, np.int64), width + 1 :] = word_vectors([keys[i] for i in words])


def save(model: LocalModel, path: Path) -> None:
    """Writes the model as one file, whole or not at all."""
    import numpy as np

    p = model.parameters
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    meta = {
        "version": model.version,
        "heads": [p.heads.categories, p.heads.subcategories, p.heads.sentiments],
        "platt": [p.platt.scale, p.platt.shifts, p.platt.by_language],
    }
    vocabulary = "\n".join(p.vocabulary).encode("utf-8", "surrogatepass")
    arrays: dict[str, NDArray[Any]] = {
        "idf": p.idf,
        "weights": p.weights,
        "dense_weights": p.dense_weights,
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
            dense_weights=arrays["dense_weights"],
            bias=arrays["bias"],
            vocabulary=arrays["vocabulary"],
        )
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
    model.stored = path


def load(path: Path, version: str) -> LocalModel | None:
    """The stored model of that version; None when there is none, or the file is another version's, cut or changed."""
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in ("idf", "weights", "dense_weights", "bias", "vocabulary")}
            meta = json.loads(data["meta"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if not isinstance(meta, dict) or meta.get("version") != version or meta.pop("digest", "") != _digest(meta, arrays):
        return None
    heads = Heads(*(tuple(names) for names in meta["heads"]))
    vocabulary = tuple(arrays["vocabulary"].tobytes().decode("utf-8", "surrogatepass").split("\n"))
    scale, shifts, by_language = meta["platt"]
    platt = Platt(float(scale), tuple(shifts), {str(k): float(v) for k, v in by_language.items()})
    parameters = Parameters(vocabulary, arrays["idf"], arrays["weights"], arrays["dense_weights"], arrays["bias"], platt, heads)
    return LocalModel(parameters, version, path)


def _loaded_again(path: Path, version: str) -> LocalModel:
    model = load(path, version)
    if model is None:
        raise FeedbackError(f"{path} no longer holds the model {version}", expected="the file that the run began with", mend="run it again")
    return model


def _digest(meta: Mapping[str, object], arrays: "Mapping[str, NDArray[Any]]") -> str:
    h = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(arrays):
        h.update(name.encode())
        h.update(arrays[name].tobytes())
    return h.hexdigest()
