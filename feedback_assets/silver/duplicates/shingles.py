"""Hashed shingles of normalised texts, and the sketch that stands for them in the index. Not here: comparing, tables.

A shingle is a run of characters, shorter where it starts with a Han, Kana or Hangul character, which says as much. A changed character
touches the shingles around it and leaves the rest of the text alone, in every script. Texts are compared in short shingles; the sketch is
made of long ones, because short ones are in very many texts.

A sketch is the 32 least hashes of a text's long shingles. Of a text that lies inside a longer one, or is a part of it in another order, the
sketches share about as large a part as the texts do of the longer one: a sketch serves copies that were cut or added to, which MinHash
does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Width:
    """Characters of a shingle: a power of two, and those of one that starts with a dense character."""

    long: int
    dense: int


COMPARED = Width(8, 3)
SKETCHED = Width(16, 6)
LIMIT = 6_000
"""Normalised characters of a text that are looked at."""
SKETCH = 32
"""Hashes in a sketch; a text with fewer shingles has all of them."""

_SLICE = 32_768  # characters at a time: what stays in the processor's cache is several times as fast
_P = 0x9E3779B97F4A7C15
_Q = 0xC2B2AE3D27D4EB4F
_M = 0xBF58476D1CE4E5B9
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Shingled:
    """Shingles of several texts. Text i has those numbered starts[i] to starts[i + 1]; each has its hash, the character of its text
    where it begins, and whether it is a dense one (`dense` is None when no shingle is)."""

    hashes: "npt.NDArray[np.uint32]"
    at: "npt.NDArray[np.int64]"
    starts: "npt.NDArray[np.int64]"
    dense: "npt.NDArray[np.bool_] | None"


def shingled(normals: Sequence[str], width: Width = COMPARED) -> Shingled:
    """The shingles of each text, in its order."""
    import numpy as np

    texts = [t[:LIMIT] for t in normals]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths)
    hashes, dense = _hashed("".join(texts), width)
    n = len(hashes)
    spots = np.arange(n)
    # Shingles that straddle two texts are dropped.
    kept = np.ones(n, np.bool_)
    if dense is None:
        tails = (ends[:, None] - np.arange(1, width.long)).ravel()
        kept[tails[tails >= np.repeat(ends - lengths, width.long - 1)]] = False
    else:
        kept = np.repeat(ends, lengths) - spots >= np.where(dense, width.dense, width.long)
    counts = np.zeros(n + 1, np.int64)
    np.cumsum(kept, out=counts[1:])
    at = spots[kept] - np.repeat(ends - lengths, counts[ends] - counts[ends - lengths])
    return Shingled(hashes[kept], at, np.concatenate([np.zeros(1, np.int64), counts[ends]]), None if dense is None else dense[kept])


def _hashed(joined: str, width: Width) -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_] | None]":
    """Hash of the shingle at every character, and whether it is a dense one."""
    import numpy as np

    dense = None
    if joined.isascii():
        codes = np.frombuffer(joined.encode(), np.uint8).astype(np.uint64)
    else:
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        codes = points.astype(np.uint64)
        found = ((points >= 0x3041) & (points < 0xA000)) | ((points >= 0xAC00) & (points < 0xD7A4)) | (points >= 0x20000)
        dense = found if found.any() else None
    n = len(codes)
    padded = np.concatenate([codes, np.zeros(width.long, np.uint64)])
    rolled = padded
    factor = _P
    size = 1
    with np.errstate(over="ignore"):
        while size < width.long:  # 2, 4, 8 characters: each step joins two of the last
            rolled = rolled[:-size] * np.uint64(factor) + rolled[size:]
            factor = factor * factor & _MASK
            size *= 2
        hashes = _mixed(rolled[:n])
        if dense is not None:
            few = padded[:n].copy()
            for k in range(1, width.dense):
                few = few * np.uint64(_Q) + padded[k : n + k]
            hashes = np.where(dense, _mixed(few), hashes)
    return hashes, dense


def _mixed(rolled: "npt.NDArray[np.uint64]") -> "npt.NDArray[np.uint32]":
    import numpy as np

    mixed = rolled ^ (rolled >> np.uint64(29))
    mixed *= np.uint64(_M)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def sketches(normals: Sequence[str]) -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]":
    """(values, starts): text i has the sketch `values[starts[i]:starts[i + 1]]`, ascending, each value once."""
    import numpy as np

    values: list[npt.NDArray[np.uint32]] = [np.zeros(0, np.uint32)]
    counts: list[npt.NDArray[np.int64]] = [np.zeros(1, np.int64)]
    for first, last in _slices(normals):
        part, number = _sketched(shingled(normals[first:last], SKETCHED))
        values.append(part)
        counts.append(number)
    return np.concatenate(values), np.cumsum(np.concatenate(counts))


def _slices(normals: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = 0
    size = 0
    for i, text in enumerate(normals):
        size += min(len(text), LIMIT)
        if size >= _SLICE:
            yield first, i + 1
            first, size = i + 1, 0
    if first < len(normals):
        yield first, len(normals)


def _sketched(s: Shingled) -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]":
    """The least hashes of each text, and how many there are."""
    import numpy as np

    count = np.diff(s.starts)
    # Few hashes are small: only those below a bound that leaves twice as many as are needed are sorted.
    bound = np.minimum(2.0**32 * 2 * SKETCH / np.maximum(count, 1), 2.0**32 - 1).astype(np.uint32)
    small = np.flatnonzero(s.hashes <= np.repeat(bound, count))
    owners = np.searchsorted(s.starts, small, side="right") - 1
    values, number = _least((owners.astype(np.uint64) << np.uint64(32)) | s.hashes[small], len(count))
    poor = np.flatnonzero((number < SKETCH) & (count > 2 * SKETCH))
    if len(poor) == 0:
        return values, number
    # A text that repeats itself has fewer small hashes than expected: all of its hashes are looked at.
    owners = np.repeat(np.arange(len(count)), count)
    whole = np.isin(owners, poor)
    again = (owners[whole].astype(np.uint64) << np.uint64(32)) | s.hashes[whole]
    known = (np.repeat(np.arange(len(count), dtype=np.uint64), number) << np.uint64(32)) | values
    return _least(np.concatenate([again, known]), len(count))


def _least(keys: "npt.NDArray[np.uint64]", texts: int) -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]":
    import numpy as np

    keys = np.sort(keys)
    if len(keys):
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    number = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=texts)
    rank = np.arange(len(keys)) - np.repeat(np.cumsum(number) - number, number)
    return keys[rank < SKETCH].astype(np.uint32), np.minimum(number, SKETCH)


def packed(values: "npt.NDArray[np.uint32]", starts: "npt.NDArray[np.int64]") -> list[list[int]]:
    """Sketches as a table stores them: two values to a 64-bit integer; the last value twice where their number is odd."""
    import numpy as np

    number = np.diff(starts)
    even = number + (number & 1)
    begins = np.cumsum(even) - even
    room = np.zeros(int(even.sum()), np.uint32)
    room[np.repeat(begins - starts[:-1], number) + np.arange(len(values))] = values
    odd = np.flatnonzero(number & 1)
    room[begins[odd] + number[odd]] = values[starts[odd] + number[odd] - 1]
    numbers = room.view(np.int64).tolist()
    return [numbers[b // 2 : (b + e) // 2] for b, e in zip(begins.tolist(), even.tolist(), strict=True)]


def signatures(normals: Sequence[str]) -> list[list[int]]:
    """Sketches of normalised texts as silver/events stores them; empty for a text that is shorter than a shingle."""
    return packed(*sketches(normals))
