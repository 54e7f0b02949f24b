"""Whether one text is a copy of another: both are read in full, by the short shingles that they share. A function of the two texts alone,
so that neither the order of arrival nor what else is there can change the answer. Not here: which pairs are worth comparing, groups.

What a text has in common with the other is the characters under shared shingles; a mistyped character leaves one character uncovered,
sentences in another order leave next to none. Two texts are copies when each is nearly covered by the other, or when the shorter is
nearly covered and the longer only adds to it (a signature, a quoted reply, the rest of a cut text). They are not when both have something
longer of their own: two complaints around one quoted error page are two complaints.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.reading import Read
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


class Comparer:
    """Compares texts with one text after another. Which of the two comes first makes no difference to the answer."""

    def __init__(self) -> None:
        self._table = Table()

    def similarity(self, one: Read, other: Read) -> float:
        """0 when the two are no copies of one another, else the share of their characters that they have in common: more than 0, to 1."""
        return float(self.similarities([(one, [other])])[0])

    def similarities(self, groups: Sequence[tuple[Read, Sequence[Read]]]) -> "npt.NDArray[np.float64]":
        """The similarity of one text to each of several, for several such groups, one pair after the other.

        A cheap look at all of them comes before each closer one at those that are left."""
        import numpy as np

        all_pairs = self._table.meetings(groups)
        result = np.fromiter((o.normal == t.normal for o, t in zip(all_pairs.ones, all_pairs.others, strict=True)), np.float64)
        left = np.flatnonzero(_worth(all_pairs) & (result == 0))
        if len(left) == 0:
            return result
        kept = np.zeros(len(result), np.bool_)
        kept[left] = True
        pairs = all_pairs.of(kept)
        one, other = _lengths(pairs.ones), _lengths(pairs.others)
        b = sides(pairs.right())
        inside = other <= one
        near = np.where(inside, b.shared >= _least(b, other, one) * other, b.shared >= FIRST * one)
        left, pairs, b, one, other, inside = left[near], pairs.of(near), b.of(near), one[near], other[near], inside[near]
        a = sides(pairs.left())
        final = np.flatnonzero((a.shared >= _least(a, one, other) * one) | inside)
        result[left[final]] = judged([pairs.ones[i] for i in final], a.of(final), [pairs.others[i] for i in final], b.of(final))
        return result


def _lengths(texts: Sequence[Read]) -> "npt.NDArray[np.int32]":
    import numpy as np

    return np.fromiter((len(t.normal) for t in texts), np.int32, len(texts))


def _worth(pairs: Meetings) -> "npt.NDArray[np.bool_]":
    """Whether the texts of each pair have enough shingles in common."""
    import numpy as np

    common = pairs.counted()
    number = len(common)
    short = np.minimum(
        np.fromiter((len(t.slots) for t in pairs.others), np.int64, number), np.fromiter((len(o.slots) for o in pairs.ones), np.int64, number)
    )
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


def judged(ones: Sequence[Read], a: Sides, others: Sequence[Read], b: Sides) -> "npt.NDArray[np.float64]":
    """The similarity of the two texts of each pair that share this, 0 when they are no copies."""
    import numpy as np

    one, other = _lengths(ones), _lengths(others)
    turned = one > other
    short, long = np.minimum(one, other), np.maximum(one, other)
    a, b = a.where(~turned, b), b.where(~turned, a)
    texts = [(t, o) if turn else (o, t) for o, t, turn in zip(ones, others, turned.tolist(), strict=True)]
    heft = np.fromiter((DENSE if s.dense else 1 for s, _ in texts), np.int32, len(texts))
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
    for i in np.flatnonzero(copies & covered).tolist():
        one_text, other_text = texts[i][0].normal, texts[i][1].normal
        copies[i] = not other_words(one_text, other_text[: int(b.end[i])] if goes_on[i] else other_text)
    for i in np.flatnonzero(grey).tolist():
        copies[i] = in_order(texts[i][0].normal, texts[i][1].normal) >= ALIKE * int(long[i])
    for i in np.flatnonzero(copies).tolist():
        copies[i] = not of_other_sites(texts[i][0].normal, texts[i][1].normal)
    return np.where(copies, similarity, 0.0)
