"""Whether one text is a copy of another: both are read in full, by the short shingles that they share. A function of the two texts alone,
so that neither the order of arrival nor what else is there can change the answer. Not here: which pairs are worth comparing, groups.

What a text has in common with the other is the characters under shared shingles; a mistyped character leaves one character uncovered,
sentences in another order leave next to none. Two texts are copies when each is nearly covered by the other, or when the shorter is
nearly covered and the longer only adds to it (a signature, a quoted reply, the rest of a cut text). They are not when both have something
longer of their own: two complaints around one quoted error page are two complaints.
"""

from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.reading import Read, Shelf
from feedback_assets.silver.duplicates.sides import APART, BLOCK, DENSE, Meetings, Sides, Table, sides
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
_KINDS = 128  # of characters, that are told apart in a first count


class Comparer:
    """Compares texts with one text after another. Which of the two comes first makes no difference to the answer."""

    def __init__(self) -> None:
        self._table = Table()

    def similarity(self, one: Read, other: Read) -> float:
        """0 when the two are no copies of one another, else the share of their characters that they have in common: more than 0, to 1."""
        import numpy as np

        return float(self.similarities(Shelf.of([one, other]), np.array([0]), np.array([1]))[0])

    def similarities(self, shelf: Shelf, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]") -> "npt.NDArray[np.float64]":
        """The similarity of the texts of each pair. Pairs with one first text stand together.

        A cheap look at all of them comes before each closer one at those that are left."""
        import numpy as np

        one, other = shelf.lengths[ones], shelf.lengths[others]
        result = np.zeros(len(ones))
        for i in np.flatnonzero(one == other).tolist():
            result[i] = shelf[int(ones[i])].normal == shelf[int(others[i])].normal
        pairs = self._table.meetings(shelf, ones, others)
        kept = _worth(pairs) & (result == 0)
        left = np.flatnonzero(kept)
        if len(left) == 0:
            return result
        pairs, one, other = pairs.of(kept), one[kept], other[kept]
        b = sides(pairs.right())
        inside = other <= one
        near = np.where(inside, b.shared >= _least(b, other, one) * other, b.shared >= FIRST * one)
        near &= possible(shelf, pairs.ones, pairs.others, b, first=False)
        left, pairs, b, one, other, inside = left[near], pairs.of(near), b.of(near), one[near], other[near], inside[near]
        a = sides(pairs.left())
        enough = (a.shared >= _least(a, one, other) * one) | inside
        final = np.flatnonzero(enough & possible(shelf, pairs.ones, pairs.others, a, first=True))
        result[left[final]] = judged(shelf, pairs.ones[final], a.of(final), pairs.others[final], b.of(final))
        return result


def _worth(pairs: Meetings) -> "npt.NDArray[np.bool_]":
    """Whether the texts of each pair have enough shingles in common."""
    import numpy as np

    shingles = pairs.seconds.shelf.shingles
    common = pairs.counted()
    short = np.minimum(shingles[pairs.ones], shingles[pairs.others])
    worth = common > LEAST_SHINGLES * short
    doubtful = worth & (common <= FEW_SHINGLES * short)
    if doubtful.any():
        worth[doubtful] = pairs.at_head(APART + 1, doubtful)
    return worth


def _least(side: Sides, short: "npt.NDArray[np.int32]", long: "npt.NDArray[np.int32]") -> "npt.NDArray[np.float64]":
    """The least share of the shorter text in common with which the two can be copies, whatever the longer one says."""
    import numpy as np

    least: npt.NDArray[np.float64] = np.where(side.begin <= APART, LEAST_SHARED, np.where(short >= ALIKE * long, GREY, COVERED))
    return least


def possible(
    shelf: Shelf, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]", side: Sides, *, first: bool
) -> "npt.NDArray[np.bool_]":
    """Whether judged() can find copies when the first, or the second, text of each pair shares this, whatever the other one shares."""
    import numpy as np

    one, other = shelf.lengths[ones], shelf.lengths[others]
    turned = one > other
    is_short = ~turned if first else turned
    mine, short, long = one if first else other, np.minimum(one, other), np.maximum(one, other)
    heft = np.where(shelf.dense[np.where(turned, others, ones)], DENSE, 1)
    anchored = side.begin <= APART
    covered = side.shared >= COVERED * mine
    led_in = is_short | anchored | (side.begin * heft <= LEAD) | (short >= MOST * long)
    enough = short * heft >= np.where(anchored, AHEAD, ALONE)
    within = (~is_short | (side.shared >= WITHIN * short)) & (short >= PART * long) & led_in & enough
    ended = anchored & (mine - side.end <= TAIL) & (side.shared >= WITHIN * side.end) & (side.shared * heft >= BODY)
    grey = (long <= GREY_LENGTH) & (short >= ALIKE * long) & (side.shared >= GREY * mine)
    possible: npt.NDArray[np.bool_] = (covered | within | ended | grey) & (side.shared > 0)
    return possible


def judged(shelf: Shelf, ones: "npt.NDArray[np.int64]", a: Sides, others: "npt.NDArray[np.int64]", b: Sides) -> "npt.NDArray[np.float64]":
    """The similarity of the two texts of each pair that share this, 0 when they are no copies."""
    import numpy as np

    turned = shelf.lengths[ones] > shelf.lengths[others]
    shorter, longer = np.where(turned, others, ones), np.where(turned, ones, others)
    short, long = shelf.lengths[shorter], shelf.lengths[longer]
    a, b = a.where(~turned, b), b.where(~turned, a)
    heft = np.where(shelf.dense[shorter], DENSE, 1)
    common = np.minimum(a.shared, b.shared)
    similarity: npt.NDArray[np.float64] = common / (short + long - common)
    anchored = (a.begin <= APART) & (b.begin <= APART)
    apart = np.minimum(a.own, b.own) * heft >= OWN
    covered = (a.shared >= COVERED * short) & (b.shared >= COVERED * long) & ~apart
    led_in = anchored | (b.begin * heft <= LEAD) | (short >= MOST * long)
    enough = short * heft >= np.where(anchored, AHEAD, ALONE)
    within = (a.shared >= WITHIN * short) & (short >= PART * long) & led_in & ~apart & enough
    ended = (np.maximum(short - a.end, long - b.end) <= TAIL) & (a.shared >= WITHIN * a.end) & (b.shared >= WITHIN * b.end)
    copies = covered | within | (anchored & ended & (common * heft >= BODY))
    grey = ~copies & (long <= GREY_LENGTH) & (short >= ALIKE * long) & (a.shared >= GREY * short) & (b.shared >= GREY * long)
    # What a cut text lacks at its end is no other wording of it.
    goes_on = (short - a.end <= APART) & ((long - b.end) * heft >= BLOCK)
    copies[common == 0] = grey[common == 0] = False
    grey[grey] = _characters_in_common(shelf, shorter[grey], longer[grey]) >= ALIKE * long[grey]
    for i in np.flatnonzero(copies | grey).tolist():
        one, other = shelf[int(shorter[i])].normal, shelf[int(longer[i])].normal
        if grey[i]:
            copies[i] = in_order(one, other) >= ALIKE * len(other)
        elif covered[i]:
            copies[i] = not other_words(one, other[: int(b.end[i])] if goes_on[i] else other)
        if copies[i] and of_other_sites(one, other):
            copies[i] = False
    return np.where(copies, similarity, 0.0)


def _characters_in_common(shelf: Shelf, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]") -> "npt.NDArray[np.int64]":
    """At least as many characters as the texts of each pair have in common in whatever order."""
    import numpy as np

    numbers, which = np.unique(np.concatenate([ones, others]), return_inverse=True)
    texts = [one.normal for one in shelf.texts(numbers)]
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    owners = np.repeat(np.arange(len(texts)), shelf.lengths[numbers])
    # Characters of one remainder count as one.
    counts = np.bincount(owners * _KINDS + codes % _KINDS, minlength=len(texts) * _KINDS).reshape(len(texts), _KINDS)
    common: npt.NDArray[np.int64] = np.minimum(counts[which[: len(ones)]], counts[which[len(ones) :]]).sum(axis=1)
    return common
