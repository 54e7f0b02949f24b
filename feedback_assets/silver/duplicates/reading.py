"""Normalised texts read for comparing: where their short shingles stand. Not here: what two texts share, tables."""

from collections.abc import Callable, Iterable, Sequence
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

    __slots__ = ("begins", "dense", "ends", "normal", "slots")

    def __init__(
        self,
        normal: str,
        dense: bool,
        slots: "npt.NDArray[np.int32]",
        begins: "npt.NDArray[np.int16]",
        ends: "npt.NDArray[np.int16]",
    ) -> None:
        self.normal = normal
        self.dense = dense
        """Whether its characters weigh more."""
        self.slots = slots
        self.begins = begins
        self.ends = ends


def read(normals: Sequence[str]) -> list[Read]:
    """Normalised texts, read for comparing."""
    return [one for first in range(0, len(normals), _AT_ONCE) for one in _read(normals[first : first + _AT_ONCE])]


def _read(normals: Sequence[str]) -> list[Read]:
    import numpy as np

    texts = [t[:LIMIT] for t in normals]
    found = shingled(texts)
    slots = (found.hashes >> np.uint32(32 - SLOT_BITS)).astype(np.int32)
    begins = found.at.astype(np.int16)
    cuts = found.starts.tolist()
    ends = begins + np.int16(COMPARED.long)
    if found.dense is None:
        return [Read(t, False, slots[i:j], begins[i:j], ends[i:j]) for t, (i, j) in zip(texts, pairwise(cuts), strict=True)]
    ends[found.dense] = begins[found.dense] + np.int16(COMPARED.dense)
    for i, j in pairwise(cuts):  # a dense shingle may end before the one that began before it
        np.maximum.accumulate(ends[i:j], out=ends[i:j])
    dense = [bool(j > i and found.dense[i:j].mean() > 0.3) for i, j in pairwise(cuts)]
    return [Read(t, d, slots[i:j], begins[i:j], ends[i:j]) for t, d, (i, j) in zip(texts, dense, pairwise(cuts), strict=True)]


class Reader:
    """Texts by number, read when they are needed and kept for a while."""

    def __init__(self, normals: Callable[[Sequence[int]], Sequence[str]]) -> None:
        self._normals = normals
        self._held: dict[int, Read] = {}
        self._characters = 0

    def missing(self, texts: Iterable[int]) -> set[int]:
        """Those that are not read."""
        return set(texts).difference(self._held)

    def need(self, texts: set[int]) -> None:
        """Reads these at once, unless they are there."""
        missing = self.missing(texts)
        if missing and self._characters > KEPT_CHARACTERS:
            missing = texts
            self._held.clear()
            self._characters = 0
        wanted = sorted(missing)
        for i, found in zip(wanted, read(self._normals(wanted)), strict=True):
            self._held[i] = found
            self._characters += len(found.normal)

    def texts(self, numbers: Iterable[int]) -> list[Read]:
        """Texts that are there."""
        held = self._held
        return [held[i] for i in numbers]
