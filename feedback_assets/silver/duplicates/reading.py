"""Normalised texts read for comparing: where their short shingles stand. Not here: what two texts share, tables."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.shingles import COMPARED, LIMIT, shingled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SLOT_BITS = 17  # tables of 256 KB stay in the processor's cache
KEPT_CHARACTERS = 20_000_000
"""Normalised characters of read texts that are kept at a time: some 300 MB."""
_AT_ONCE = 200  # texts whose shingles are made in one go: what stays in the processor's cache


class Read:
    """A normalised text, read for comparing: the slots of its shingles in a table, and where each begins and ends."""

    __slots__ = ("begins", "dense", "ends", "normal", "plain", "slots")

    def __init__(
        self,
        normal: str,
        slots: "npt.NDArray[np.int32]",
        begins: "npt.NDArray[np.int16]",
        ends: "npt.NDArray[np.int16]",
        *,
        dense: bool = False,
        plain: bool = True,
    ) -> None:
        self.normal = normal
        self.slots = slots
        self.begins = begins
        self.ends = ends
        self.dense = dense
        """Whether its characters weigh more."""
        self.plain = plain
        """Whether a shingle of one width begins at each character: always, but in texts with characters of a dense script."""


def read(normals: Sequence[str]) -> list[Read]:
    """Normalised texts, read for comparing."""
    return [one for first in range(0, len(normals), _AT_ONCE) for one in _read(normals[first : first + _AT_ONCE])]


def _read(normals: Sequence[str]) -> list[Read]:
    import numpy as np

    texts = [t[:LIMIT] for t in normals]
    found = shingled(texts)
    slots = (found.hashes >> np.uint32(32 - SLOT_BITS)).astype(np.int32)
    cuts = list(pairwise(found.starts.tolist()))
    if found.dense is None:
        return [read_plain(t, slots[i:j]) for t, (i, j) in zip(texts, cuts, strict=True)]
    begins = found.at.astype(np.int16)
    ends = begins + np.where(found.dense, np.int16(COMPARED.dense), np.int16(COMPARED.long))
    number = np.concatenate([np.zeros(1, np.int64), np.cumsum(found.dense)])
    result = []
    for text, (i, j) in zip(texts, cuts, strict=True):
        dense = int(number[j] - number[i])
        if dense == 0:
            result.append(read_plain(text, slots[i:j]))
            continue
        np.maximum.accumulate(ends[i:j], out=ends[i:j])  # a dense shingle may end before the one that began before it
        result.append(Read(text, slots[i:j], begins[i:j], ends[i:j], dense=dense / (j - i) > 0.3, plain=False))
    return result


def read_plain(text: str, slots: "npt.NDArray[np.int32]") -> Read:
    """A plain text of which these slots are known."""
    begins, ends = _places()
    return Read(text, slots, begins[: len(slots)], ends[: len(slots)])


@lru_cache(maxsize=1)
def _places() -> "tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]":
    """Where the shingles of any plain text begin and end."""
    import numpy as np

    begins = np.arange(LIMIT, dtype=np.int16)
    return begins, begins + np.int16(COMPARED.long)


class Shelf:
    """Read texts by number, and what is asked of many of them at once, by number too."""

    def __init__(self, number: int) -> None:
        import numpy as np

        self.lengths = np.zeros(number, np.int32)
        self.shingles = np.zeros(number, np.int32)
        self.dense = np.zeros(number, np.bool_)
        self.plain = np.zeros(number, np.bool_)
        self._there = np.zeros(number, np.bool_)
        self._held: dict[int, Read] = {}
        self._slots = np.zeros(0, np.int32)
        """The slots of all texts, one text's after the other's, and room for more; where each text's start beside."""
        self._starts = np.zeros(number, np.int64)
        self._used = 0

    @classmethod
    def of(cls, texts: Sequence[Read]) -> "Shelf":
        shelf = cls(len(texts))
        shelf.put(range(len(texts)), texts)
        return shelf

    def put(self, numbers: Sequence[int], texts: Sequence[Read]) -> None:
        """Puts texts under these numbers."""
        import numpy as np

        if not texts:
            return
        at = list(numbers)
        self._held.update(zip(at, texts, strict=True))
        self._there[at] = True
        self.lengths[at] = [len(t.normal) for t in texts]
        self.shingles[at] = [len(t.slots) for t in texts]
        self.dense[at] = [t.dense for t in texts]
        self.plain[at] = [t.plain for t in texts]
        ends = self._used + np.cumsum(self.shingles[at], dtype=np.int64)
        self._starts[at] = ends - self.shingles[at]
        last = int(ends[-1])
        if last > len(self._slots):
            grown = np.zeros(last + last // 2, np.int32)
            grown[: self._used] = self._slots[: self._used]
            self._slots = grown
        np.concatenate([t.slots for t in texts], out=self._slots[self._used : last])
        self._used = last

    def all(self) -> list[tuple[int, Read]]:
        """Every text that is there, with its number."""
        return list(self._held.items())

    def clear(self) -> None:
        """Takes all texts away."""
        self._held.clear()
        self._there[:] = False
        self._used = 0

    def missing(self, numbers: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
        """Those that are not there."""
        return numbers[~self._there[numbers]]

    def texts(self, numbers: "npt.NDArray[np.int64]") -> list[Read]:
        """Texts that are there."""
        held = self._held
        return [held[i] for i in numbers.tolist()]

    def slots(self, numbers: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int32]":
        """The slots of texts that are there, one text's after the other's: in one look, not text by text."""
        import numpy as np

        counts = self.shingles[numbers]
        ends = np.cumsum(counts, dtype=np.int64)
        spots = np.arange(ends[-1] if len(ends) else 0)
        spots += np.repeat(self._starts[numbers] - ends + counts, counts)
        found: npt.NDArray[np.int32] = self._slots.take(spots)
        return found

    def begins(self, numbers: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int16]":
        """The character at which each of their shingles begins."""
        import numpy as np

        counts = self.shingles[numbers]
        ends = np.cumsum(counts, dtype=np.int64)
        begins = (np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)).astype(np.int16)
        for i in np.flatnonzero(~self.plain[numbers]).tolist():
            begins[ends[i] - counts[i] : ends[i]] = self[int(numbers[i])].begins
        return begins

    def __getitem__(self, number: int) -> Read:
        return self._held[number]


class Reader:
    """Texts by number, read when they are needed and kept for a while on its shelf."""

    def __init__(self, number: int, normals: Callable[[Sequence[int]], Sequence[str]]) -> None:
        self.shelf = Shelf(number)
        self._normals = normals
        self._characters = 0

    def keep(self, numbers: Sequence[int], texts: Sequence[Read]) -> None:
        """Puts texts that were read before on the shelf."""
        self.shelf.put(numbers, texts)
        self._characters += sum(len(one.normal) for one in texts)

    def need(self, texts: "npt.NDArray[np.int64]") -> None:
        """Reads these at once, unless they are there. Each is named once."""
        missing = self.shelf.missing(texts)
        if len(missing) == 0:
            return
        if self._characters > KEPT_CHARACTERS:
            missing = texts
            self.shelf.clear()
            self._characters = 0
        wanted = sorted(missing.tolist())
        self.keep(wanted, read(self._normals(wanted)))
