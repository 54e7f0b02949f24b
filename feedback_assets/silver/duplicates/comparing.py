"""Whether one text is a copy of another: both are read in full, by the short shingles that they share. A function of the two texts alone,
so that neither the order of arrival nor what else is there can change the answer. Not here: which pairs are worth comparing, groups.

What a text has in common with the other is the characters under shared shingles; a mistyped character leaves one character uncovered,
sentences in another order leave next to none. Two texts are copies when each is nearly covered by the other, or when the shorter is
nearly covered and the longer only adds to it (a signature, a quoted reply, the rest of a cut text). They are not when both have something
longer of their own: two complaints around one quoted error page are two complaints.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.shingles import COMPARED, LIMIT, shingled
from feedback_assets.silver.duplicates.wording import ALIKE, in_order, of_other_sites, other_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_TABLE_BITS = 17  # tables of 256 KB stay in the processor's cache
REPEATED = -1
KEPT_CHARACTERS = 20_000_000
"""Normalised characters of read texts that are kept at a time: some 300 MB."""


class Read:
    """A normalised text, read for comparing: the slots of its shingles in a table, and where each begins and ends."""

    __slots__ = ("_places", "begins", "dense", "ends", "normal", "slots")

    def __init__(
        self,
        normal: str,
        dense: "bool | None",
        slots: "npt.NDArray[np.int32]",
        begins: "npt.NDArray[np.int16]",
        ends: "npt.NDArray[np.int16]",
    ) -> None:
        self.normal = normal
        self.dense = dense
        """Whether its characters weigh more; None when no shingle is a dense one."""
        self.slots = slots
        self.begins = begins
        self.ends = ends
        self._places: npt.NDArray[np.int16] | None = None

    def places(self) -> "npt.NDArray[np.int16]":
        """Where each shingle stands, from 1; REPEATED for one that stands there more than once."""
        import numpy as np

        if self._places is None:
            places = self.begins + np.int16(1)
            order = np.argsort(self.slots)
            ordered = self.slots[order]
            same = (ordered[1:] == ordered[:-1]).nonzero()[0]
            if len(same):
                places[order[same]] = REPEATED
                places[order[same + 1]] = REPEATED
            self._places = places
        return self._places


def read(normals: Sequence[str]) -> list[Read]:
    """Normalised texts, read for comparing."""
    import numpy as np

    texts = [t[:LIMIT] for t in normals]
    found = shingled(texts)
    slots = (found.hashes >> np.uint32(32 - _TABLE_BITS)).astype(np.int32)
    begins = found.at.astype(np.int16)
    cuts = found.starts.tolist()
    ends = begins + np.int16(COMPARED.long)
    if found.dense is not None:
        ends[found.dense] = begins[found.dense] + np.int16(COMPARED.dense)
        for i, j in pairwise(cuts):  # a dense shingle may end before the one that began before it
            np.maximum.accumulate(ends[i:j], out=ends[i:j])
    dense: list[bool | None] = [None] * len(texts)
    if found.dense is not None:
        shares = [float(found.dense[i:j].mean()) if j > i else 0.0 for i, j in pairwise(cuts)]
        dense = [s > 0.3 if s else None for s in shares]
    return [Read(t, d, slots[i:j], begins[i:j], ends[i:j]) for t, d, (i, j) in zip(texts, dense, pairwise(cuts), strict=True)]


class Reader:
    """Texts by number, read when they are needed and kept for a while."""

    def __init__(self, normals: Callable[[Sequence[int]], Sequence[str]]) -> None:
        self._normals = normals
        self._held: dict[int, Read] = {}
        self._characters = 0

    def need(self, texts: Sequence[int]) -> None:
        """Reads these at once, unless they are there."""
        missing = {i for i in texts if i not in self._held}
        if not missing:
            return
        if self._characters > KEPT_CHARACTERS:
            missing = set(texts)
            self._held.clear()
            self._characters = 0
        wanted = sorted(missing)
        for i, found in zip(wanted, read(self._normals(wanted)), strict=True):
            self._held[i] = found
            self._characters += len(found.normal)

    def has(self, text: int) -> bool:
        return text in self._held

    def __getitem__(self, text: int) -> Read:
        if text not in self._held:
            self.need([text])
        return self._held[text]


@dataclass(frozen=True)
class Side:
    """What one of two texts shares with the other: its characters in shared blocks, where these begin and end, the longest run outside."""

    shared: int
    begin: int
    end: int
    own: int


class Comparer:
    """Compares texts with one text after another. Which of the two comes first makes no difference to the answer."""

    def __init__(self) -> None:
        import numpy as np

        self._held_places = np.zeros(1 << _TABLE_BITS, np.int16)
        self._places = np.zeros(1 << _TABLE_BITS, np.int16)
        self._held: Read | None = None

    def similarity(self, one: Read, other: Read) -> float:
        """0 when the two are no copies of one another, else the share of their characters that they have in common: more than 0, to 1."""
        if one.normal == other.normal:
            return 1.0
        found = self.sides(one, other)
        similarity = 0.0 if found is None else judged(one, found[0], other, found[1])
        return 0.0 if similarity and of_other_sites(one.normal, other.normal) else similarity

    def similarities(self, one: Read, others: Sequence[Read]) -> list[float]:
        """The similarity of one text to each of several."""
        if len(others) < 4:
            return [self.similarity(one, other) for other in others]
        promising = self._promising(one, others)
        return [self.similarity(one, other) if worth else 0.0 for other, worth in zip(others, promising, strict=True)]

    def _promising(self, one: Read, others: Sequence[Read]) -> list[bool]:
        """What _too_little says of each, looked up at once."""
        import numpy as np

        self._hold(one)
        numbers = np.array([len(o.slots) for o in others])
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)])
        there = self._held_places[np.concatenate([o.slots for o in others])] != 0
        counts = np.zeros(len(there) + 1, np.int64)
        np.cumsum(there, out=counts[1:])
        common = counts[starts[1:]] - counts[starts[:-1]]
        at_head = counts[starts[:-1] + np.minimum(numbers, APART + 1)] > counts[starts[:-1]]
        short = np.minimum(numbers, len(one.slots))
        few = (common <= LEAST_SHINGLES * short) | ((common <= FEW_SHINGLES * short) & ~at_head)
        worth: list[bool] = (~few).tolist()
        return worth

    def _hold(self, one: Read) -> None:
        if self._held is not one:
            if self._held is not None:
                self._held_places[self._held.slots] = 0
            self._held_places[one.slots] = one.places()
            self._held = one

    def sides(self, one: Read, other: Read) -> tuple[Side, Side] | None:
        """None when they have too little in common for a closer look."""
        self._hold(one)
        there = self._held_places[other.slots]
        if _too_little(there, min(len(one.slots), len(other.slots))):
            return None
        right = _side(other, there) if len(other.normal) <= len(one.normal) else None
        if right is not None and right.shared < _least(right, other, one) * len(other.normal):
            return None
        self._places[other.slots] = other.places()
        here = self._places[one.slots]
        self._places[other.slots] = 0
        left = _side(one, here)
        if right is None:
            if left.shared < _least(left, one, other) * len(one.normal):
                return None
            right = _side(other, there)
        return left, right


def _too_little(there: "npt.NDArray[np.int16]", short: int) -> bool:
    import numpy as np

    common = int(np.count_nonzero(there))
    return common <= LEAST_SHINGLES * short or (common <= FEW_SHINGLES * short and not there[: APART + 1].any())


def _least(side: Side, short: Read, long: Read) -> float:
    """The least share of the shorter text in common with which the two can be copies, whatever the longer one says."""
    if side.begin <= APART:
        return LEAST_SHARED
    return GREY if len(short.normal) >= ALIKE * len(long.normal) else COVERED


def _side(text: Read, places: "npt.NDArray[np.int16]") -> Side:
    """A block is shared shingles one after the other in both texts, with little between. Where one stands in the other text more than once,
    it goes along with the one before it."""
    import numpy as np

    length = len(text.normal)
    kept = places.nonzero()[0]
    if len(kept) == 0:
        return Side(0, length, length, length)
    begins, there = text.begins[kept], places[kept]
    shift = there - begins
    if there.min() < 0:
        sure = there > 0
        known = np.maximum.accumulate(np.where(sure, np.arange(len(there)), int(sure.argmax())))
        shift = shift[known]
    step = begins[1:] - begins[:-1]
    moved = shift[1:] - shift[:-1]
    bounds: list[int] = ((moved > SHIFT) | (moved < -SHIFT) | (step > COMPARED.long + APART)).nonzero()[0].tolist()
    span = (text.ends[kept] - begins) if text.dense is not None else None
    sizes = np.minimum(step, COMPARED.long if span is None else span[:-1]).cumsum(dtype=np.int32)
    heft = DENSE if text.dense else 1
    shared, longest, begin, end = 0, 0, -1, 0
    first = 0
    for last in (*bounds, len(kept) - 1):
        width = COMPARED.long if span is None else int(span[last])
        size = (int(sizes[last - 1]) if last else 0) - (int(sizes[first - 1]) if first else 0) + width
        at = int(begins[first])
        if size * heft >= BLOCK or size >= length - APART:
            if begin < 0:
                begin = at
            longest = max(longest, at - end)
            shared += size - max(0, end - at)
            end = int(begins[last]) + width
        first = last + 1
    if begin < 0:
        return Side(0, length, length, length)
    return Side(min(shared, length), begin, end, max(longest, length - end))


FEW_SHINGLES = 0.4
"""The same where the two do not begin alike."""
LEAST_SHINGLES = 0.25
"""Least share of the shorter text's shingles in common that is worth a closer look."""
LEAST_SHARED = 0.35
"""Least share of the shorter text in shared blocks that is worth a look at the longer."""
SHIFT = 6
"""Most characters by which the places in the two texts may move within a block."""
APART = 12
"""Most characters of its own within a block."""
BLOCK = 20
"""Least weight of a block that counts: shorter ones are phrases that many people use."""
DENSE = 3
"""Weight of a character of a dense script."""
COVERED = 0.8
"""Least share of each of two copies of about one length that stands in the other."""
WITHIN = 0.85
"""The same of a text that lies inside a longer one."""
PART = 0.3
"""Least part of the longer text that a text inside it must be."""
ALONE = 80
"""Least weight of a text inside a longer one."""
AHEAD = 36
"""The same where both begin alike."""
OWN = 30
"""Least weight of a run that, when each of two texts has one of its own, makes them two: whatever long page or log both of them quote."""
LEAD = 60
"""Most weight of what a longer text says before the one inside it, unless that is most of it: more is a post of its own that quotes."""
MOST = 0.65
TAIL = 110
"""Most characters of a signature or a quoted reply: what each of two copies may have of its own after the text that they share."""
BODY = 80
"""Least weight of what two copies share before such tails."""


def judged(one: Read, a: Side, other: Read, b: Side) -> float:
    """The similarity of two texts that share this, 0 when they are no copies."""
    if len(one.normal) > len(other.normal):
        one, a, other, b = other, b, one, a
    short, long = len(one.normal), len(other.normal)
    heft = DENSE if one.dense else 1
    common = min(a.shared, b.shared)
    if common == 0:
        return 0.0
    similarity = common / (short + long - common)
    anchored = a.begin <= APART and b.begin <= APART
    apart = min(a.own, b.own) * heft >= OWN
    if a.shared >= COVERED * short and b.shared >= COVERED * long and not apart:
        return 0.0 if other_words(one.normal, other.normal) else similarity
    led_in = anchored or b.begin * heft <= LEAD or short >= MOST * long
    enough = short * heft >= (AHEAD if anchored else ALONE)
    if a.shared >= WITHIN * short and short >= PART * long and led_in and not apart and enough:
        return similarity
    ended = max(short - a.end, long - b.end) <= TAIL and a.shared >= WITHIN * a.end and b.shared >= WITHIN * b.end
    if anchored and ended and common * heft >= BODY:
        return similarity
    if _alike(one, a, other, b):
        return similarity
    return 0.0


GREY = 0.55
"""Least share in common of two short texts that are read once more, character by character."""
GREY_LENGTH = 400


def _alike(one: Read, a: Side, other: Read, b: Side) -> bool:
    """Whether two short texts of about one length differ by mistyped characters alone, too many for shingles."""
    short, long = len(one.normal), len(other.normal)
    if long > GREY_LENGTH or short < ALIKE * long or a.shared < GREY * short or b.shared < GREY * long:
        return False
    return in_order(one.normal, other.normal) >= ALIKE * long
