"""Whether one text is a copy of another: both are read in full, by the short shingles that they share. A function of the two texts alone,
so that neither the order of arrival nor what else is there can change the answer. Not here: which pairs are worth comparing, groups.

What a text has in common with the other is the characters under shared shingles; a mistyped character leaves one character uncovered,
sentences in another order leave next to none. Two texts are copies when each is nearly covered by the other, or when the shorter is
nearly covered and the longer only adds to it (a signature, a quoted reply, the rest of a cut text). They are not when both have something
longer of their own: two complaints around one quoted error page are two complaints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.reading import Read
from feedback_assets.silver.duplicates.sides import APART, BLOCK, DENSE, Found, Sides, Table, sides
from feedback_assets.silver.duplicates.wording import ALIKE, in_order, of_other_sites, other_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


FEW_SHINGLES = 0.4
"""The same where the two do not begin alike."""
LEAST_SHINGLES = 0.25
"""Least share of the shorter text's shingles in common that is worth a closer look."""
LEAST_SHARED = 0.35
"""Least share of the shorter text in shared blocks that is worth a look at the longer."""
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
GREY = 0.55
"""Least share in common of two short texts that are read once more, character by character."""
GREY_LENGTH = 400
FIRST = 0.25
"""Least share of the shorter text that stands in the longer one, read from the longer, that is worth a look at the shorter."""


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
        self._table = Table()

    def similarity(self, one: Read, other: Read) -> float:
        """0 when the two are no copies of one another, else the share of their characters that they have in common: more than 0, to 1."""
        return self.similarities([(one, [other])])[0][0]

    def similarities(self, groups: Sequence[tuple[Read, Sequence[Read]]]) -> list[list[float]]:
        """The similarity of one text to each of several, for several such groups."""
        ones = [one for one, others in groups for _ in others]
        others = [other for _, group in groups for other in group]
        result = [1.0 if a.normal == b.normal else 0.0 for a, b in zip(ones, others, strict=True)]
        if not all(result):
            for i, a, b in self._sides(groups, ones, others):
                if not result[i]:
                    similarity = judged(ones[i], a, others[i], b)
                    result[i] = 0.0 if similarity and of_other_sites(ones[i].normal, others[i].normal) else similarity
        ends = accumulate((len(group) for _, group in groups), initial=0)
        return [result[i:j] for i, j in pairwise(ends)]

    def _sides(
        self, groups: Sequence[tuple[Read, Sequence[Read]]], ones: Sequence[Read], others: Sequence[Read]
    ) -> list[tuple[int, Side, Side]]:
        """Numbers of the pairs that have enough in common for a closer look, and what each of the two shares with the other."""
        import numpy as np

        there = self._table.found(groups)
        kept = np.flatnonzero(_worth(there, ones))
        there = there.of(kept)
        right = sides(there)
        most = np.fromiter((len(ones[i].normal) for i in kept.tolist()), np.int32, len(kept))
        length = np.fromiter((len(others[i].normal) for i in kept.tolist()), np.int32, len(kept))
        inside = length <= most
        near = np.flatnonzero(np.where(inside, right.shared >= _least(right, length, most) * length, right.shared >= FIRST * most))
        kept = kept[near]
        here = self._table.found([(others[i], [ones[i]]) for i in kept.tolist()])
        left = sides(here)
        near_left = left.shared >= _least(left, most[near], length[near]) * most[near]
        final = np.flatnonzero(near_left | inside[near])
        a, b = _listed(left, final), _listed(right, near[final])
        return list(zip(kept[final].tolist(), a, b, strict=True))


def _listed(found: Sides, which: "npt.NDArray[np.int64]") -> list[Side]:
    columns = (found.shared, found.begin, found.end, found.own)
    return [Side(*told) for told in zip(*(c[which].tolist() for c in columns), strict=True)]


def _worth(found: Found, ones: Sequence[Read]) -> "npt.NDArray[np.bool_]":
    """Whether the texts of each pair have enough shingles in common."""
    import numpy as np

    starts = found.starts
    counts = np.zeros(len(found.places) + 1, np.int32)
    np.cumsum(found.places != 0, out=counts[1:])
    common = counts[starts[1:]] - counts[starts[:-1]]
    numbers = np.diff(starts)
    at_head = counts[starts[:-1] + np.minimum(numbers, APART + 1)] > counts[starts[:-1]]
    short = np.minimum(numbers, np.fromiter((len(o.slots) for o in ones), np.int64, len(ones)))
    few = (common <= LEAST_SHINGLES * short) | ((common <= FEW_SHINGLES * short) & ~at_head)
    worth: npt.NDArray[np.bool_] = ~few
    return worth


def _least(side: Sides, short: "npt.NDArray[np.int32]", long: "npt.NDArray[np.int32]") -> "npt.NDArray[np.float64]":
    """The least share of the shorter text in common with which the two can be copies, whatever the longer one says."""
    import numpy as np

    least: npt.NDArray[np.float64] = np.where(side.begin <= APART, LEAST_SHARED, np.where(short >= ALIKE * long, GREY, COVERED))
    return least


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
        # What a cut text lacks at its end is no other wording of it.
        goes_on = short - a.end <= APART and (long - b.end) * heft >= BLOCK
        return 0.0 if other_words(one.normal, other.normal[: b.end] if goes_on else other.normal) else similarity
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


def _alike(one: Read, a: Side, other: Read, b: Side) -> bool:
    """Whether two short texts of about one length differ by mistyped characters alone, too many for shingles."""
    short, long = len(one.normal), len(other.normal)
    if long > GREY_LENGTH or short < ALIKE * long or a.shared < GREY * short or b.shared < GREY * long:
        return False
    return in_order(one.normal, other.normal) >= ALIKE * long
