"""Character sequences of words as rows of a table: which rows a word adds up. Used alike when the model is made and when it is asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ORDERS = 5
"""Longest sequence, in characters; a word's edges count as one."""
NONE = 0
"""The row that stands for no sequence at all."""

_STEP = 0x01000193
_SPREAD = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)


def rows(words: Sequence[str], bits: int) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """(rows of a table of 2**bits, where each word's rows begin). No word may be empty or hold a space."""
    import numpy as np

    characters = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), dtype=np.uint32)
    edges = np.flatnonzero(characters == 32)
    places = np.arange(len(characters) - 1)
    # The edge before a word belongs to it; `room` is how far its closing edge is away.
    room = np.repeat(edges[1:], np.diff(edges)) - places
    found = np.zeros((len(places), ORDERS), dtype=np.int64)
    shift = np.uint32(32 - bits)
    value = characters[:-1].copy()
    for n in range(1, ORDERS + 1):
        if n > 1:
            value = value[: len(characters) - n + 1]
            value = value * np.uint32(_STEP) + characters[n - 1 : n - 1 + len(value)]
        slots = ((value ^ (value >> np.uint32(15))) * np.uint32(_SPREAD[n - 1])) >> shift
        slots = np.maximum(slots, 1)
        whole = room[: len(slots)] >= n - 1
        if n == 1:
            whole &= characters[: len(slots)] != 32
        found[: len(slots), n - 1] = np.where(whole, slots, NONE)
    return found.ravel(), edges[:-1] * ORDERS


TRIPLES = 18
"""Bits of a triple's number."""


def triples(words: Sequence[str]) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """(numbers of all three characters that stand together, edges among them; where each word's begin)."""
    import numpy as np

    characters = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), dtype=np.uint32)
    edges = np.flatnonzero(characters == 32)
    value = ((characters[:-2] * np.uint32(_STEP) + characters[1:-1]) * np.uint32(_STEP) + characters[2:]) * np.uint32(_SPREAD[0])
    numbers = (value >> np.uint32(32 - TRIPLES)).astype(np.int64)
    # Those whose middle is an edge belong to no word.
    within = np.ones(len(numbers), dtype=bool)
    within[edges[1:-1] - 1] = False
    return numbers[within], edges[:-1] - np.arange(len(edges) - 1)
