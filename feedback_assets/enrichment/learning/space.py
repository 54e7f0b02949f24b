"""How a text becomes numbers: as counts of tokens and pairs, and each token as features and as a word vector.

A text is the sum of its tokens' rows, so that whatever is linear in features can be read from one table row a token: fast for long
texts. Repeated tokens count less each time. Not here: what is learnt on top (classifier.py, regressor.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.features import features, is_dense, tokens
from feedback_assets.enrichment.learning.words import DIMENSIONS, word_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_PIECE_WEIGHT = 0.7
_FEWEST = 2
_MOST_FEATURES = 120_000
_MOST_TOKENS = 600
"""Tokens of a text that are read: what comes after changes little."""
_TABLE_BYTES = 96_000_000
_EDGE = "|"


@dataclass(frozen=True)
class Space:
    """What features there are, by name in ascending order, and the weight of each."""

    vocabulary: tuple[str, ...]
    idf: "Floats"

    @cached_property
    def index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.vocabulary)}


def read_tokens(text: str) -> list[str]:
    """The tokens of a text that count."""
    return tokens(text)[:_MOST_TOKENS]


def joints(read: Sequence[str]) -> list[str]:
    """Neighbours in a text, the edges of it among them, and tokens with one between: as names of features."""
    edged = [_EDGE, *read, _EDGE]
    return [f"{a} {b}" for a, b in pairwise(edged)] + [f"{a}_{b}" for a, b in zip(edged, edged[2:], strict=False)]


def fit_space(texts: Sequence[str]) -> Space:
    """The features of these texts: every word, and what else stands in two or more. The commonest when there are too many."""
    import numpy as np

    documents: dict[str, int] = {}
    pieces: dict[str, list[str]] = {}
    for text in texts:
        read = read_tokens(text)
        words = set(read)
        named = set(joints(read))
        for word in words:
            found = pieces.get(word)
            if found is None:
                found = pieces[word] = [name for name, _ in features(word)]
            named.update(found)
        for name in named:
            documents[name] = documents.get(name, 0) + 1
    kept = [name for name, n in documents.items() if n >= _FEWEST or name.startswith("w:")]
    if len(kept) > _MOST_FEATURES:
        kept = sorted(kept, key=lambda name: (-documents[name], name))[:_MOST_FEATURES]
    vocabulary = tuple(sorted(kept))
    counts = np.array([documents[name] for name in vocabulary])
    idf = np.log((1 + len(texts)) / (1 + counts)) + 1
    idf *= np.array([_PIECE_WEIGHT if name.startswith("c:") else 1.0 for name in vocabulary])
    return Space(vocabulary, idf.astype(np.float32))


class Table:
    """Rows of numbers for tokens and joints: features times `columns`, then the square of a row's length, then the word vector.

    What a row holds depends on its token alone, so a table can be emptied at any time.
    """

    def __init__(self, space: Space, columns: "Floats") -> None:
        import numpy as np

        self._space = space
        self._columns = columns
        self.width = columns.shape[1]
        self._most = max(_TABLE_BYTES // (4 * (self.width + 1 + DIMENSIONS)), 2_000)
        self._tokens: dict[str, int] = {}
        self._joints = {name: i for i, name in enumerate(n for n in space.vocabulary if not n.startswith(("w:", "c:")))}
        places = [space.index[name] for name in self._joints]
        self._joint_rows = np.zeros((len(places), self.width + 1), np.float32)
        if places:
            self._joint_rows[:, :-1] = columns[places] * space.idf[places, None]
            self._joint_rows[:, -1] = space.idf[places] ** 2
        self._rows = np.zeros((0, self.width + 1 + DIMENSIONS), np.float32)
        self._learn([[name[2:] for name in space.vocabulary if name.startswith("w:")][: self._most // 2]])

    def sums(self, texts: Sequence[str]) -> "tuple[Floats, Floats, Floats]":
        """(sums over columns, squares of lengths, sums of word vectors), one row a text."""
        read = [read_tokens(t) for t in texts]
        if len(self._tokens) > self._most:
            self._tokens.clear()
        self._learn(read)
        left = _counts(read, self._tokens) @ self._rows[: len(self._tokens)]
        right = _counts([joints(r) for r in read], self._joints) @ self._joint_rows
        return left[:, : self.width] + right[:, : self.width], left[:, self.width] + right[:, self.width], left[:, self.width + 1 :]

    def _learn(self, read: Iterable[Sequence[str]]) -> None:
        import numpy as np

        known = self._tokens
        fresh = sorted(set().union(*read).difference(known))
        if not fresh:
            return
        start = len(known)
        known.update(zip(fresh, range(start, start + len(fresh)), strict=True))
        if len(known) > len(self._rows):
            bigger = np.zeros((max(2 * start, len(known), 1024), self._rows.shape[1]), np.float32)
            bigger[:start] = self._rows[:start]
            self._rows = bigger
        matrix = token_matrix(self._space, fresh)
        rows = slice(start, start + len(fresh))
        self._rows[rows, : self.width] = matrix @ self._columns
        self._rows[rows, self.width] = np.asarray(matrix.multiply(matrix).sum(axis=1)).reshape(-1)
        self._rows[rows, self.width + 1 :] = dense_rows(fresh)


def token_matrix(space: Space, words: Sequence[str]) -> Any:
    """Sparse features of single tokens, the IDF inside."""
    import numpy as np
    from scipy.sparse import csr_matrix

    indices: list[int] = []
    values: list[float] = []
    offsets = [0]
    index = space.index
    for word in words:
        for name, weight in features(word):
            i = index.get(name)
            if i is not None:
                indices.append(i)
                values.append(weight)
        offsets.append(len(indices))
    matrix = csr_matrix(
        (np.array(values, np.float32), np.array(indices, np.int32), np.array(offsets, np.int32)), shape=(len(words), len(space.vocabulary))
    )
    matrix.sum_duplicates()
    return matrix.multiply(space.idf[None, :]).tocsr()


def dense_rows(words: Sequence[str]) -> "Floats":
    """Word vectors of tokens; nothing for pieces of scripts without spaces, whose single characters speak for them."""
    import numpy as np

    rows = np.zeros((len(words), DIMENSIONS), np.float32)
    places = [i for i, word in enumerate(words) if is_dense(word)]
    rows[places] = word_vectors([words[i] for i in places])
    return rows


def matrix_of(space: Space, texts: Sequence[str]) -> "tuple[Any, Floats]":
    """(sparse features of unit length, word vectors' sum of unit length) of texts, exactly as Table sees them."""
    import numpy as np
    from scipy.sparse import csr_matrix, diags

    read = [read_tokens(t) for t in texts]
    known = {token: i for i, token in enumerate(dict.fromkeys(token for r in read for token in r))}
    words = token_matrix(space, list(known))
    counts = _counts(read, known)
    names = [n for n in space.vocabulary if not n.startswith(("w:", "c:"))]
    places = {name: i for i, name in enumerate(names)}
    beside = _counts([joints(r) for r in read], places)
    spread = csr_matrix(
        (
            space.idf[[space.index[n] for n in names]],
            np.array([space.index[n] for n in names], np.int32),
            np.arange(len(names) + 1, dtype=np.int32),
        ),
        shape=(len(names), len(space.vocabulary)),
    )
    squares = counts @ np.asarray(words.multiply(words).sum(axis=1)).reshape(-1) + beside @ (spread.data**2)
    sparse = (counts @ words + beside @ spread).tocsr()
    sparse.sort_indices()
    return (diags((1 / np.sqrt(np.maximum(squares, 1e-9))).astype(np.float32)) @ sparse).tocsr(), unit(counts @ dense_rows(list(known)))


def unit(rows: "Floats") -> "Floats":
    """Rows of length 1; rows of zeros stay."""
    import numpy as np

    length = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    out: Floats = (rows / length).astype(np.float32, copy=False)
    return out


def _counts(read: Sequence[Sequence[str]], index: dict[str, int]) -> Any:
    """Texts by known names: 1 for a name that stands there once, more for several, but ever less.

    Names keep the order of their text, so that the last bits of a sum are the same in whatever company a text is read.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    indices: list[int] = []
    times: list[int] = []
    offsets = [0]
    get = index.get
    for names in read:
        found = [i for i in map(get, names) if i is not None]
        once = dict.fromkeys(found, 1)
        if len(once) < len(found):
            once = Counter(found)
        indices.extend(once)
        times.extend(once.values())
        offsets.append(len(indices))
    weights = 1 + np.log(np.array(times, np.float32))
    return csr_matrix((weights, np.array(indices, np.int32), np.array(offsets, np.int32)), shape=(len(read), len(index)))
