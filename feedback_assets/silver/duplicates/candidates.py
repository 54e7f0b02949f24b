"""Which texts share enough to be worth comparing: an inverted index over the sketches of many texts. Not here: comparing, groups.

Whether two texts are candidates depends on their own sketches, hashes and days, never on how common a hash is or on what else is there:
an index of a month and one of a day give the same pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.shingles import SKETCH

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SHARED = 2
"""Least sketch values in common of a candidate pair."""
PART = 0.2
"""Least part of the values that two sketches could have in common that they have. Two copies with three mistyped characters in a hundred
each have .38 on average; texts that share a phrase have less than .1."""
BUDGET = 4_000_000
"""Entries of the index that are looked at in one go. It bounds memory; what is found does not depend on it."""


_TABLE = 1 << 20


@dataclass(frozen=True)
class Tokens:
    """Tokens of numbered texts: text i has `values[starts[i]:starts[i + 1]]`."""

    values: "npt.NDArray[np.uint32]"
    starts: "npt.NDArray[np.int64]"


class Index:
    """Texts by token. Texts are numbered in the order in which they were said."""

    def __init__(self, tokens: Tokens, days: "npt.NDArray[np.int64]", *, window: int, least: int, asked: Sequence[int]) -> None:
        """window: most days between two candidates. least: tokens they share. asked: the texts that will be asked for, while few."""
        import numpy as np

        self._tokens = tokens
        self._days = days
        self._window = window
        self._least = least
        self._flat: npt.NDArray[np.uint64] | None = None
        number = np.diff(tokens.starts)
        owners = np.repeat(np.arange(len(number), dtype=np.uint64), number)
        values = tokens.values
        self._covers: frozenset[int] | None = None
        if len(asked) * 8 < len(number):
            # Only what the few share with others can lead anywhere: the rest is not even sorted.
            wanted = np.unique(values[_spots(tokens.starts, np.asarray(asked, np.int64))])
            kept = _among(values, wanted)
            values, owners = values[kept], owners[kept]
            self._covers = frozenset(int(x) for x in asked)
        keys = np.sort((values.astype(np.uint64) << np.uint64(32)) | owners)
        keys = keys[_shared(keys)]
        # Of each entry: its text, and where the texts with the same token begin and end.
        self._owners = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
        begins = np.flatnonzero(_first(keys))
        sizes = np.diff(np.append(begins, len(keys)))
        self._begins = np.repeat(begins, sizes)
        self._ends = np.repeat(begins + sizes, sizes)
        self._entries = np.argsort(self._owners, kind="stable")
        self._starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(self._owners, minlength=len(number)))])

    def covers(self, text: int) -> bool:
        """Whether the index can be asked for this text."""
        return self._covers is None or text in self._covers

    def later(self, texts: Sequence[int]) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        """(x, y, n): candidate pairs of the first n of `texts` with later ones, by x, then y. n: at least 1, at most what BUDGET allows."""
        return self._pairs(texts, after=True)

    def earlier(self, texts: Sequence[int]) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        """The same with earlier ones."""
        return self._pairs(texts, after=False)

    def _pairs(self, texts: Sequence[int], *, after: bool) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]":
        import numpy as np

        asked = np.asarray(texts, np.int64)
        entries = self._entries[_spots(self._starts, asked)]
        low, high = (entries + 1, self._ends[entries]) if after else (self._begins[entries], entries)
        counts = high - low
        begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._starts[asked + 1] - self._starts[asked])])
        rows = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        done = min(max(1, int(np.searchsorted(rows[begins], BUDGET, side="right")) - 1), len(asked))
        last = begins[done]
        low, counts = low[:last], counts[:last]
        y = self._owners[np.repeat(low - rows[:last], counts) + np.arange(rows[last])]
        keys = (np.repeat(self._owners[entries[:last]], counts) << 32) | y
        if self._window < 1 << 20:
            keys = keys[np.abs(self._days[y] - self._days[keys >> 32]) <= self._window]
        if self._least > 1:
            keys, shared = np.unique(keys, return_counts=True)
            enough = shared >= self._least
            keys, shared = keys[enough], shared[enough]
            keys = keys[shared >= PART * self._comparable(keys >> 32, keys & 0xFFFFFFFF)]
        else:
            keys = np.unique(keys)
        return keys >> 32, keys & 0xFFFFFFFF, done

    def _comparable(self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
        """How many values two sketches could have in common: of the one that reaches less far up, all; of the other, those up to there."""
        import numpy as np

        starts, values = self._tokens.starts, self._tokens.values
        if len(x) == 0:
            return x
        number = np.diff(starts)
        last = np.where(number == SKETCH, values[np.minimum(starts[1:] - 1, len(values) - 1)], np.uint32(0xFFFFFFFF)).astype(np.uint64)
        bound = np.minimum(last[x], last[y])
        if self._flat is None:
            owners = np.repeat(np.arange(len(number), dtype=np.uint64), number)
            self._flat = (owners << np.uint64(32)) | values
        flat = self._flat
        full_x, full_y = x.astype(np.uint64) << np.uint64(32), y.astype(np.uint64) << np.uint64(32)
        of_x = np.searchsorted(flat, full_x | bound, side="right") - starts[x]
        of_y = np.searchsorted(flat, full_y | bound, side="right") - starts[y]
        least: npt.NDArray[np.int64] = np.minimum(of_x, of_y)
        return least


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
