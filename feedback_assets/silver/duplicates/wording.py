"""Whether two texts that share nearly all they say differ in what matters: other words in one form, a "not", another web site. Pure."""

import re
from collections import Counter

ALIKE = 0.9
"""Least share of characters in the same order of two texts that differ by mistyped ones alone."""
_SITE = re.compile(r"(\w+) (?:com|org|net|gov|edu|info)\b")


_SITES = 8
"""Sites of a text that are looked at."""
SAME_SITE = 0.6
"""Least share of characters in the same order of one site's name, mistyped."""


def of_other_sites(one: str, other: str) -> bool:
    """Whether both name web sites and none in common: the same error page seen on two sites is two complaints."""
    here, there = (sorted(set(_SITE.findall(text)))[:_SITES] for text in (one, other))
    if not here or not there:
        return False
    return not any(in_order(a, b) >= SAME_SITE * max(len(a), len(b)) for a in here for b in there)


WORDS = 0.08
"""Share of the shorter text that, when each has so much in words that the other lacks, makes two fillings of one form of them."""
LEAST_WORDS = 10
SAME_WORD = 0.6
"""Least share of characters in the same order of one word, mistyped."""


_NEGATIONS = (
    "not no never none nothing cannot cant dont doesnt isnt wont "  # English
    "nicht kein keine nie pas jamais aucun nunca nada tidak bukan ikke niet geen"
)
NEGATIONS = frozenset(_NEGATIONS.split())
NEGATED = 400
"""Characters of a text up to which one "not" more or less makes it another."""


def other_words(one: str, other: str) -> bool:
    """Whether both have words of their own in place of one another, numbers and mistyped words left out, or one of them says "not"."""
    here, there = Counter(one.split()), Counter(other.split())
    mine = [w for w in (here - there).elements() if not w.isdigit()]
    theirs = [w for w in (there - here).elements() if not w.isdigit()]
    least = max(LEAST_WORDS, WORDS * min(len(one), len(other)))
    negated = len(one) <= NEGATED and not NEGATIONS.isdisjoint([*mine, *theirs])
    if not negated and min(sum(map(len, mine)), sum(map(len, theirs))) < least:
        return False
    together, apart = "".join(mine), "".join(theirs)
    if together and in_order(together, apart) >= ALIKE * max(len(together), len(apart)):  # words run together, or torn apart
        return False
    own = []
    for word in mine:
        same = next((w for w in theirs if in_order(word, w) >= SAME_WORD * max(len(word), len(w))), None)
        if same is None:
            own.append(word)
        else:
            theirs.remove(same)
    if negated and bool(NEGATIONS & set(own)) != bool(NEGATIONS & set(theirs)):
        return True
    return min(sum(map(len, own)), sum(map(len, theirs))) >= least


def in_order(one: str, other: str) -> int:
    """How many characters of one stand in the other in the same order: the longest common subsequence, 64 characters and more at a time."""
    where: dict[str, int] = {}
    for i, c in enumerate(one):
        where[c] = where.get(c, 0) | 1 << i
    mask = (1 << len(one)) - 1
    row = mask
    for c in other:
        match = row & where.get(c, 0)
        row = (row + match) | (row - match)
        row &= mask
    return len(one) - row.bit_count()
