"""What each of two texts shares with the other: blocks of shared shingles, for many pairs at once. Not here: whether that makes copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.reading import SLOT_BITS, Read
from feedback_assets.silver.duplicates.shingles import COMPARED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

REPEATED = -1
"""Place of a shingle that stands in a text more than once."""
SHIFT = 6
"""Most characters by which the places in the two texts may move within a block."""
APART = 12
"""Most characters of its own within a block."""
BLOCK = 20
"""Least weight of a block that counts: shorter ones are phrases that many people use."""
DENSE = 3
"""Weight of a character of a dense script."""


@dataclass(frozen=True)
class Sides:
    """Of one text of each of several pairs: its characters in shared blocks, where these begin and end, the longest run outside."""

    shared: "npt.NDArray[np.int32]"
    begin: "npt.NDArray[np.int32]"
    end: "npt.NDArray[np.int32]"
    own: "npt.NDArray[np.int32]"


@dataclass(frozen=True)
class Found:
    """For each shingle of several texts, one after the other, where it stands in the other of its pair: 0 for nowhere, places from 1."""

    texts: Sequence[Read]
    places: "npt.NDArray[np.int16]"
    starts: "npt.NDArray[np.int64]"

    def of(self, kept: "npt.NDArray[np.int64]") -> "Found":
        """The same of some of the texts."""
        import numpy as np

        number = np.diff(self.starts)[kept]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(number)])
        spots = np.repeat(self.starts[kept] - starts[:-1], number) + np.arange(starts[-1])
        return Found([self.texts[i] for i in kept.tolist()], self.places[spots], starts)


class Table:
    """Finds shingles of some texts in another."""

    def __init__(self) -> None:
        import numpy as np

        self._places = np.zeros(1 << SLOT_BITS, np.int16)

    def found(self, groups: "Sequence[tuple[Read, Sequence[Read]]]") -> Found:
        """Where the shingles of the second of each pair stand in the first."""
        import numpy as np

        table = self._places
        places = []
        texts: list[Read] = []
        for one, others in groups:
            slots = one.slots
            there = one.begins + np.int16(1)
            table[slots] = there
            other = table[slots] != there
            if other.any():
                table[slots[other]] = REPEATED
            texts += others
            places += [table[o.slots] for o in others]
            table[slots] = 0
        numbers = np.fromiter((len(t.slots) for t in texts), np.int64, len(texts))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)])
        return Found(texts, np.concatenate([np.zeros(0, np.int16), *places]), starts)


def sides(found: Found) -> Sides:
    """A block is shared shingles one after the other in both texts, with little between. Where one stands in the other text more than once,
    it goes along with the one before it."""
    import numpy as np

    pairs = len(found.texts)
    length = np.fromiter((len(t.normal) for t in found.texts), np.int32, pairs)
    result = Sides(np.zeros(pairs, np.int32), length.copy(), length.copy(), length.copy())
    kept = np.flatnonzero(found.places)
    if len(kept) == 0:
        return result
    pair = np.repeat(np.arange(pairs), np.diff(np.searchsorted(kept, found.starts)))
    begins = np.concatenate([t.begins for t in found.texts])[kept].astype(np.int32)
    ends = np.concatenate([t.ends for t in found.texts])[kept].astype(np.int32)
    there = found.places[kept].astype(np.int32)
    width = ends - begins
    opens = np.ones(len(kept), np.bool_)
    np.not_equal(pair[1:], pair[:-1], out=opens[1:])
    heads = np.flatnonzero(opens)
    shift = (there - begins)[_known(there, heads)]
    step = np.zeros(len(kept), np.int32)
    np.subtract(begins[1:], begins[:-1], out=step[1:])
    opens[1:] |= (np.abs(shift[1:] - shift[:-1]) > SHIFT) | (step[1:] > COMPARED.long + APART)
    firsts = np.flatnonzero(opens)
    lasts = np.append(firsts[1:], len(kept)) - 1
    grown = np.minimum(np.append(step[1:], 0), width)
    grown[lasts] = width[lasts]
    size = np.add.reduceat(grown, firsts)
    owner = pair[firsts]
    heft = np.fromiter((DENSE if t.dense else 1 for t in found.texts), np.int32, pairs)
    counted = np.flatnonzero((size * heft[owner] >= BLOCK) | (size >= length[owner] - APART))
    if len(counted) == 0:
        return result
    owner, size = owner[counted], size[counted]
    at, end = begins[firsts[counted]], begins[lasts[counted]] + width[lasts[counted]]
    first = np.ones(len(counted), np.bool_)
    np.not_equal(owner[1:], owner[:-1], out=first[1:])
    before = np.where(first, 0, np.concatenate([np.zeros(1, np.int32), end[:-1]]))
    heads = np.flatnonzero(first)
    who = owner[heads]
    last = np.append(heads[1:], len(counted)) - 1
    result.shared[who] = np.minimum(np.add.reduceat(size - np.maximum(before - at, 0), heads), length[who])
    result.begin[who] = at[heads]
    result.end[who] = end[last]
    result.own[who] = np.maximum(np.maximum(np.maximum.reduceat(at - before, heads), 0), length[who] - end[last])
    return result


def _known(there: "npt.NDArray[np.int32]", heads: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """For each shingle the one whose place tells its own: the last at or before it that stands there once, else the first in its text."""
    import numpy as np

    spots = np.arange(len(there))
    sure = there > 0
    if sure.all():
        return spots
    number = np.diff(np.append(heads, len(there)))
    after = np.minimum.reduceat(np.where(sure, spots, len(there)), heads)
    after = np.where(after == len(there), heads, after)
    known: npt.NDArray[np.int64] = np.maximum(np.maximum.accumulate(np.where(sure, spots, 0)), np.repeat(after, number))
    return known
