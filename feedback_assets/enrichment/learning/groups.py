"""Groups of near-duplicates among labelled texts, so that no group stands on both sides of a split: else a score is too good.

Rough on purpose: two texts that share most of their five-letter pieces belong together, and so does whoever is like either of them.
Not here: the duplicates that the product reports (silver/).
"""

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ALIKE = 0.6
_PIECE = 5
_BANDS = 10
_IN_BAND = 3
_MOST_CHARACTERS = 2_000
_NO_WORD = re.compile(r"\W+")


def duplicate_groups(texts: Sequence[str]) -> "NDArray[np.int64]":
    """The number of each text's group: groups are numbered by their first text."""
    import numpy as np

    pieces = [_pieces(t) for t in texts]
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    keys = _band_keys(pieces)
    for band in range(_BANDS):
        first: dict[int, int] = {}
        for i, key in enumerate(keys[:, band].tolist()):
            other = first.setdefault(key, i)
            if other == i:
                continue
            a, b = root(i), root(other)
            if a != b and _jaccard(pieces[i], pieces[other]) >= _ALIKE:
                parent[max(a, b)] = min(a, b)
    roots = [root(i) for i in range(len(texts))]
    number = {r: n for n, r in enumerate(dict.fromkeys(roots))}
    return np.array([number[r] for r in roots], np.int64)


def folds_of(groups: "NDArray[np.int64]", count: int) -> "NDArray[np.int64]":
    """A fold for each row, whole groups together: the largest groups first, each into the fold that is smallest so far."""
    import numpy as np

    sizes = np.bincount(groups)
    shuffled = np.random.default_rng(0).permutation(len(sizes))
    filled = np.zeros(count, np.int64)
    fold = np.zeros(len(sizes), np.int64)
    for group in sorted(shuffled.tolist(), key=lambda g: -int(sizes[g])):
        fold[group] = int(filled.argmin())
        filled[fold[group]] += sizes[group]
    return fold[groups]


def _pieces(text: str) -> frozenset[int]:
    plain = _NO_WORD.sub(" ", text[:_MOST_CHARACTERS].casefold()).strip().encode("utf-8", "replace")
    return frozenset(zlib.crc32(plain[i : i + _PIECE]) for i in range(max(1, len(plain) - _PIECE + 1)))


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _band_keys(pieces: "Sequence[frozenset[int]]") -> "NDArray[np.uint64]":
    """One key a band: two texts have a key in common the likelier the more pieces they share."""
    import numpy as np

    random = np.random.default_rng(0)
    factors = random.integers(1, 2**61, _BANDS * _IN_BAND, dtype=np.uint64) | np.uint64(1)
    keys = np.zeros((len(pieces), _BANDS), np.uint64)
    for i, found in enumerate(pieces):
        values = np.fromiter(found, np.uint64, len(found))
        mixed = values[:, None] * factors
        mixed ^= mixed >> np.uint64(29)
        least = (mixed * np.uint64(0x9E3779B97F4A7C15)).min(axis=0).reshape(_BANDS, _IN_BAND)
        keys[i] = least[:, 0] ^ (least[:, 1] * np.uint64(3)) ^ (least[:, 2] * np.uint64(7))
    return keys
