"""Which texts share enough to be worth comparing: an inverted index over the sketches of many texts. Not here: comparing, groups.

Whether two texts are candidates depends on their own sketches, hashes and days, never on how common a hash is or on what else is there:
an index of a month and one of a day give the same pairs.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.shingles import SKETCH

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

SHARED = 2
"""Least sketch values in common of a candidate pair."""
PART = 0.2
"""Least part of the values that two sketches could have in common that they have. Two copies with three mistyped characters in a hundred
each have .38 on average; texts that share a phrase have less than .1."""
BUDGET = 4_000_000
"""Entries of the index that are looked at in one go. It bounds memory; what is found does not depend on it."""
_ASKED = 8_192  # texts asked for in one go
_TABLE = 1 << 20


@dataclass(frozen=True)
class Tokens:
    """Tokens of numbered texts: text i has `values[starts[i]:starts[i + 1]]`."""

    values: "npt.NDArray[np.uint32]"
    starts: "npt.NDArray[np.int64]"


class Index:
    """Texts by token. Texts are numbered in the order in which they were said."""

    def __init__(self, tokens: Tokens, days: "npt.NDArray[np.int64]", *, window: int, least: int, asked: "npt.NDArray[np.int64]") -> None:
        """window: most days between two candidates. least: tokens they share. asked: the texts that will be asked for, while few."""
        import numpy as np
        from scipy.sparse import csr_matrix

        self._tokens = tokens
        self._days = days
        self._window = window
        self._least = least
        number = np.diff(tokens.starts)
        owners = np.repeat(np.arange(len(number), dtype=np.uint64), number)
        values = tokens.values
        self._covers: npt.NDArray[np.bool_] | None = None
        if len(asked) * 8 < len(number):
            # Only what the few share with others can lead anywhere: the rest is not even sorted.
            wanted = np.unique(values[_spots(tokens.starts, asked)])
            kept = _among(values, wanted)
            values, owners = values[kept], owners[kept]
            self._covers = np.zeros(len(number), np.bool_)
            self._covers[asked] = True
        keys = np.sort((values.astype(np.uint64) << np.uint64(32)) | owners)
        keys = keys[_shared(keys)]
        begins = np.append(np.flatnonzero(_first(keys)), len(keys))
        ones = np.ones(len(keys), np.int8)
        # A row a token that several texts have; of each text, which of them it has.
        lists = csr_matrix((ones, (keys & np.uint64(0xFFFFFFFF)).astype(np.int32), begins), shape=(len(begins) - 1, len(number)))
        self._texts = lists.T.tocsr()
        self._lists = lists
        self._low = 0

    def covers(self, text: int) -> bool:
        """Whether the index can be asked for this text."""
        return self._covers is None or bool(self._covers[text])

    def covered(self, texts: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
        """Those of the texts for which the index can be asked."""
        return texts if self._covers is None else texts[self._covers[texts]]

    def later(self, texts: "npt.NDArray[np.int64]") -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        """(x, y, n): candidate pairs of the first n of `texts` with later ones, by x, then y. n: at least 1, at most what BUDGET allows.
        The texts are ascending."""
        return self._pairs(texts, after=True)

    def earlier(self, texts: "npt.NDArray[np.int64]") -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        """The same with earlier ones."""
        return self._pairs(texts, after=False)

    def _pairs(self, asked: "npt.NDArray[np.int64]", *, after: bool) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        import numpy as np

        asked = asked[:_ASKED]
        days = self._days[asked]
        if after:
            low, high = int(asked[0]), int(np.searchsorted(self._days, days[-1] + self._window, side="right"))
        else:
            low, high = int(np.searchsorted(self._days, days[0] - self._window)), int(asked[-1]) + 1
        lists = self._lists_of(low, high, len(asked))
        rows = self._texts[asked]
        looks = np.cumsum(rows @ np.diff(lists.indptr).astype(np.int64))
        done = max(1, int(np.searchsorted(looks, BUDGET, side="right")))
        common = rows[:done] @ lists  # how many tokens each of them has in common with each text at hand
        x = np.repeat(asked[:done], np.diff(common.indptr))
        y = common.indices.astype(np.int64) + self._low
        shared = common.data
        kept = (shared >= self._least) & ((y > x) if after else (y < x))
        x, y, shared = x[kept], y[kept], shared[kept]
        kept = np.abs(self._days[y] - self._days[x]) <= self._window
        x, y, shared = x[kept], y[kept], shared[kept]
        if self._least > 1:
            kept = self._enough(x, y, shared)
            x, y = x[kept], y[kept]
        keys = np.sort((x << 32) | y)
        return keys >> 32, keys & 0xFFFFFFFF, min(done, len(asked))

    def _lists_of(self, low: int, high: int, asked: int) -> "csr_matrix":
        """Of each token the texts from `low` to before `high` that have it, and maybe some more. The first is numbered self._low."""
        there = self._lists.shape[1]
        covered = self._low <= low and high <= self._low + there
        if not covered or (asked > 1 and there > 2 * (high - low)):
            # As far again, so that the next texts find theirs.
            self._lists = self._texts[low : high + (high - low) // 2].T.tocsr()
            self._low = low
        return self._lists

    def _enough(self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]", shared: "npt.NDArray[np.int8]") -> "npt.NDArray[np.bool_]":
        """Whether so many values in common are a PART of those that the two sketches could have in common: of the one that reaches less
        far up, all; of the other, those up to there."""
        import numpy as np

        starts, values = self._tokens.starts, self._tokens.values
        number = np.diff(starts)
        # Most values that two sketches could have in common while so many are enough.
        most = np.array([max(c for c in range(SKETCH + 1) if s >= PART * c) for s in range(SKETCH + 1)])[shared]
        enough = np.minimum(number[x], number[y]) <= most
        rest = np.flatnonzero(~enough)
        if len(rest) == 0:
            return enough
        x, y, most = x[rest], y[rest], most[rest]
        last = np.where(number == SKETCH, values[np.minimum(starts[1:] - 1, len(values) - 1)], np.uint32(0xFFFFFFFF))
        bound = np.minimum(last[x], last[y])
        # Values ascend: there are no more than so many up to the bound when the next one is beyond it.
        enough[rest] = (values[starts[x] + most] > bound) | (values[starts[y] + most] > bound)
        return enough


def _among(values: "npt.NDArray[np.uint32]", wanted: "npt.NDArray[np.uint32]") -> "npt.NDArray[np.int64]":
    """Where `values` holds one of `wanted`, which is ascending. A table of their low bits sorts most of the others out in one look."""
    import numpy as np

    if len(wanted) == 0:
        return np.zeros(0, np.int64)
    table = np.zeros(_TABLE, dtype=bool)
    table[wanted & np.uint32(_TABLE - 1)] = True
    maybe = np.flatnonzero(table[values & np.uint32(_TABLE - 1)])
    likely = values[maybe]
    near = np.minimum(np.searchsorted(wanted, likely), len(wanted) - 1)
    found: npt.NDArray[np.int64] = maybe[wanted[near] == likely]
    return found


def _spots(starts: "npt.NDArray[np.int64]", texts: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """Where the entries of these texts stand, one text's after the other's."""
    import numpy as np

    number = starts[texts + 1] - starts[texts]
    begins = np.cumsum(number) - number
    return np.repeat(starts[texts] - begins, number) + np.arange(int(number.sum()))


def _first(keys: "npt.NDArray[np.uint64]") -> "npt.NDArray[np.bool_]":
    """Whether a sorted key is the first with its token."""
    import numpy as np

    values = keys >> np.uint64(32)
    first = np.ones(len(keys), np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def _shared(keys: "npt.NDArray[np.uint64]") -> "npt.NDArray[np.bool_]":
    """Whether another text has the token of a sorted key: of most tokens none has."""
    import numpy as np

    first = _first(keys)
    alone: npt.NDArray[np.bool_] = first & np.append(first[1:], np.ones(min(1, len(keys)), np.bool_))
    return ~alone
