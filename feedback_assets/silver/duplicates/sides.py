"""What each of two texts shares with the other: blocks of shared shingles, for many pairs at once. Not here: whether that makes copies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedback_assets.silver.duplicates.reading import SLOT_BITS, Read, Shelf
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

    def of(self, kept: "npt.NDArray[Any]") -> "Sides":
        """The same of some of the pairs."""
        return Sides(self.shared[kept], self.begin[kept], self.end[kept], self.own[kept])

    def where(self, mine: "npt.NDArray[np.bool_]", others: "Sides") -> "Sides":
        """These, or where it is not `mine` the others."""
        import numpy as np

        both = ((self.shared, others.shared), (self.begin, others.begin), (self.end, others.end), (self.own, others.own))
        return Sides(*(np.where(mine, a, b) for a, b in both))


@dataclass(frozen=True)
class Found:
    """For each shingle of several texts, one after the other, where it stands in the other of its pair: 0 for nowhere, places from 1."""

    shelf: Shelf
    texts: "npt.NDArray[np.int64]"
    places: "npt.NDArray[np.int16]"
    starts: "npt.NDArray[np.int64]"

    def of(self, kept: "npt.NDArray[np.bool_]") -> "Found":
        """The same of some of the texts."""
        import numpy as np

        number = np.diff(self.starts)
        return Found(self.shelf, self.texts[kept], self.places[np.repeat(kept, number)], summed(number[kept]))

    def uneven(self) -> "Iterator[tuple[int, Read]]":
        """Texts that have no shingle of one width at each character."""
        import numpy as np

        for i in np.flatnonzero(~self.shelf.plain[self.texts]).tolist():
            yield i, self.shelf[int(self.texts[i])]


@dataclass(frozen=True)
class Meetings:
    """Pairs of texts, and where the shingles of the second of each stand in the first: the last place, if there are several.

    Pairs with one first text are a group; of each group there are the places of the first text's own shingles in itself."""

    ones: "npt.NDArray[np.int64]"
    groups: "npt.NDArray[np.int64]"
    owns: "Sequence[npt.NDArray[np.int16]]"
    seconds: Found

    @property
    def others(self) -> "npt.NDArray[np.int64]":
        return self.seconds.texts

    def counted(self) -> "npt.NDArray[np.int32]":
        """Of each second text, how many of its shingles stand in the first."""
        return _counts(self.seconds.places, self.seconds.starts)

    def at_head(self, shingles: int, asked: "npt.NDArray[np.bool_]") -> "npt.NDArray[np.bool_]":
        """Whether one of so many shingles at the head of the second text stands in the first, of some of the pairs."""
        import numpy as np

        starts = self.seconds.starts
        number = np.minimum(np.diff(starts), shingles)[asked]
        heads = summed(number)
        spots = np.repeat(starts[:-1][asked] - heads[:-1], number) + np.arange(heads[-1])
        return _counts(self.seconds.places[spots], heads) > 0

    def of(self, kept: "npt.NDArray[np.bool_]") -> "Meetings":
        """Some of the pairs."""
        return Meetings(self.ones[kept], self.groups[kept], self.owns, self.seconds.of(kept))

    def right(self) -> Found:
        """Where the shingles of each second text stand in the first."""
        import numpy as np

        shelf, places, starts = self.seconds.shelf, self.seconds.places, self.seconds.starts
        firsts = np.zeros(len(self.owns), np.int64)
        firsts[self.groups] = self.ones
        base = summed(shelf.lengths[firsts].astype(np.int64) + 1)
        # Of a shingle that a first text has more than once all places but the last are not its own: the last is marked.
        marked = np.zeros(int(base[-1]), np.bool_)
        for group in np.unique(self.groups).tolist():
            own = self.owns[group]
            marked[base[group] + own[own != shelf[int(firsts[group])].begins + np.int16(1)]] = True
        if marked.any():
            spots = np.repeat(base[self.groups], np.diff(starts)) + places
            places = np.where(marked[spots], np.int16(REPEATED), places)
        return Found(shelf, self.others, places, starts)

    def left(self) -> Found:
        """Where the shingles of each first text stand in the second."""
        import numpy as np

        shelf = self.seconds.shelf
        # A table a pair, with room for each place in the first text; place 0 is never asked for.
        base = summed(shelf.lengths[self.ones].astype(np.int64) + 1)
        spots = np.repeat(base[:-1], np.diff(self.seconds.starts)) + self.seconds.places
        there = shelf.begins(self.others) + np.int16(1)
        table = np.zeros(int(base[-1]), np.int16)
        table[spots] = there
        table[spots[table[spots] != there]] = REPEATED
        number = shelf.shingles[self.ones].astype(np.int64)
        asked = np.repeat(base[:-1], number) + _joined([self.owns[g] for g in self.groups.tolist()])
        return Found(shelf, self.ones, table[asked], summed(number))


class Table:
    """Finds shingles of some texts in another."""

    def __init__(self) -> None:
        import numpy as np

        self._places = np.zeros(1 << SLOT_BITS, np.int16)

    def meetings(self, shelf: Shelf, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]") -> Meetings:
        """Pairs of texts on the shelf. Those with one first text stand together."""
        import numpy as np

        table = self._places
        begins = np.flatnonzero(np.append(True, ones[1:] != ones[:-1]))
        ends = np.append(begins[1:], len(ones))
        starts = summed(shelf.shingles[others].astype(np.int64))
        slots = shelf.slots(others)
        places = np.empty(len(slots), np.int16)
        owns: list[npt.NDArray[np.int16]] = []
        for one, i, j in zip(shelf.texts(ones[begins]), starts[begins].tolist(), starts[ends].tolist(), strict=True):
            table[one.slots] = one.begins + np.int16(1)
            owns.append(table.take(one.slots))
            table.take(slots[i:j], out=places[i:j], mode="clip")  # without a mode it would go through a buffer; every slot is there
            table[one.slots] = 0
        return Meetings(ones, np.repeat(np.arange(len(begins)), ends - begins), owns, Found(shelf, others, places, starts))


def _joined(parts: "Sequence[npt.NDArray[np.int16]]") -> "npt.NDArray[np.int16]":
    import numpy as np

    return np.concatenate([np.zeros(0, np.int16), *parts])


def summed(numbers: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """Where each of several runs of so many begins, and where the last ends."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)])


def _counts(places: "npt.NDArray[np.int16]", starts: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int32]":
    """Of each run, how many are not 0."""
    import numpy as np

    result = np.zeros(len(starts) - 1, np.int32)
    filled = np.flatnonzero(starts[1:] > starts[:-1])
    if len(filled):
        result[filled] = np.add.reduceat((places != 0).view(np.uint8), starts[filled], dtype=np.int32)
    return result


def sides(found: Found) -> Sides:
    """A block is shared shingles one after the other in both texts, with little between. Where one stands in the other text more than once,
    it goes along with the one before it."""
    import numpy as np

    pairs = len(found.texts)
    length = found.shelf.lengths[found.texts]
    result = Sides(np.zeros(pairs, np.int32), length.copy(), length.copy(), length.copy())
    first, last = _runs(found)
    if len(first) == 0:
        return result
    cuts = np.searchsorted(first, found.starts)
    pair = np.repeat(np.arange(pairs), np.diff(cuts))
    start = found.starts[pair]
    begins, until = (first - start).astype(np.int32), (last - start).astype(np.int32)
    width = np.full(len(first), COMPARED.long, np.int32)
    for i, text in found.uneven():
        runs = slice(cuts[i], cuts[i + 1])
        width[runs] = (text.ends - text.begins)[until[runs]]
        begins[runs], until[runs] = text.begins[begins[runs]], text.begins[until[runs]]
    there = found.places[first].astype(np.int32)
    opens = np.ones(len(first), np.bool_)
    np.not_equal(pair[1:], pair[:-1], out=opens[1:])
    heads = np.flatnonzero(opens)
    shift = (there - begins)[_known(there, heads)]
    step = np.zeros(len(first), np.int32)
    np.subtract(begins[1:], until[:-1], out=step[1:])
    opens[1:] |= (np.abs(shift[1:] - shift[:-1]) > SHIFT) | (step[1:] > COMPARED.long + APART)
    firsts = np.flatnonzero(opens)
    lasts = np.append(firsts[1:], len(first)) - 1
    grown = np.minimum(np.append(step[1:], 0), width)
    grown[lasts] = width[lasts]
    size = np.add.reduceat(grown + until - begins, firsts)
    owner = pair[firsts]
    heft = np.where(found.shelf.dense[found.texts], DENSE, 1)
    counted = np.flatnonzero((size * heft[owner] >= BLOCK) | (size >= length[owner] - APART))
    if len(counted) == 0:
        return result
    owner, size = owner[counted], size[counted]
    at, end = begins[firsts[counted]], until[lasts[counted]] + width[lasts[counted]]
    new = np.ones(len(counted), np.bool_)
    np.not_equal(owner[1:], owner[:-1], out=new[1:])
    before = np.where(new, 0, np.concatenate([np.zeros(1, np.int32), end[:-1]]))
    heads = np.flatnonzero(new)
    who = owner[heads]
    ended = np.append(heads[1:], len(counted)) - 1
    result.shared[who] = np.minimum(np.add.reduceat(size - np.maximum(before - at, 0), heads), length[who])
    result.begin[who] = at[heads]
    result.end[who] = end[ended]
    result.own[who] = np.maximum(np.maximum(np.maximum.reduceat(at - before, heads), 0), length[who] - end[ended])
    return result


def _runs(found: Found) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]":
    """First and last shingle of each run of shared ones that follow one another, character by character, in both texts."""
    import numpy as np

    places = found.places
    there = places != 0
    if len(places) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    before, after = places[:-1], places[1:]
    goes_on = np.zeros(len(places) + 1, np.bool_)
    going = goes_on[1:-1]
    np.equal(after - before, 1, out=going)
    going &= before > 0
    going |= (after < 0) & there[:-1]
    goes_on[found.starts] = False
    for i, text in found.uneven():
        goes_on[found.starts[i] + 1 + np.flatnonzero(np.diff(text.begins) != 1)] = False
    return np.flatnonzero(there & ~goes_on[:-1]), np.flatnonzero(there & ~goes_on[1:])


def _known(there: "npt.NDArray[np.int32]", heads: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """For each run the one whose place tells its own: the last at or before it that stands there once, else the first in its text."""
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
