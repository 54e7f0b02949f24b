"""Whether two texts that share nearly all they say differ in what matters: other words in one form, a "not", another web site. Pure."""

import re
from collections import Counter

ALIKE = 0.9
"""Least share of characters in the same order of two texts that differ by mistyped ones alone."""
_ENDINGS = ("com", "org", "net", "gov", "edu", "info")
_SITE = re.compile(rf"(\w+) (?:{'|'.join(_ENDINGS)})\b")
SITES = 8
"""Sites of a text that are looked at."""
SAME_SITE = 0.6
"""Least share of characters in the same order of one site's name, mistyped."""


def of_other_sites(one: str, other: str) -> bool:
    """Whether both name web sites and none in common: the same error page seen on two sites is two complaints."""
    here = _sites(one)
    there = _sites(other) if here else []
    if not here or not there:
        return False
    return not any(a == b or in_order(a, b) >= SAME_SITE * max(len(a), len(b)) for a in here for b in there)


def _sites(text: str) -> list[str]:
    if not any(f" {ending} " in text or text.endswith(f" {ending}") for ending in _ENDINGS):  # most texts name none
        return []
    return sorted(set(_SITE.findall(text)))[:SITES]


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
    mine, theirs = _apart(one.split(), other.split())
    least = max(LEAST_WORDS, WORDS * min(len(one), len(other)))
    negated = len(one) <= NEGATED and not NEGATIONS.isdisjoint([*mine, *theirs])
    if not negated and min(sum(map(len, mine)), sum(map(len, theirs))) < least:
        return False
    together, apart = "".join(mine), "".join(theirs)
    if together and _mistyped(together, apart, ALIKE):  # words run together, or torn apart
        return False
    own = []
    for word in mine:
        same = next((w for w in theirs if _mistyped(word, w, SAME_WORD)), None)
        if same is None:
            own.append(word)
        else:
            theirs.remove(same)
    if negated and bool(NEGATIONS & set(own)) != bool(NEGATIONS & set(theirs)):
        return True
    return min(sum(map(len, own)), sum(map(len, theirs))) >= least


def _apart(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Words that stand in the first text more often than in the second, and the other way round; numbers left out. In order."""
    left = Counter(other)
    mine = []
    for word in one:
        if left[word] > 0:
            left[word] -= 1
        elif not word.isdigit():
            mine.append(word)
    theirs = [word for word, more in left.items() for _ in range(more) if not word.isdigit()]
    return mine, theirs


def _mistyped(one: str, other: str, share: float) -> bool:
    """Whether this share of the longer word's characters stands in the other in the same order."""
    if len(one) + len(other) < 6 and set(one) == set(other):  # letters of a short word swapped or doubled
        return True
    least = share * max(len(one), len(other))
    return min(len(one), len(other)) >= least and in_order(one, other) >= least


def in_order(one: str, other: str) -> int:
    """How many characters of one stand in the other in the same order: the longest common subsequence, 64 characters and more at a time."""
    start = _alike_from_start(one, other)
    one, other = one[start:], other[start:]
    end = _alike_from_start(one[::-1], other[::-1])  # what both begin and end with is in order anyway
    one, other = one[: len(one) - end], other[: len(other) - end]
    where: dict[str, int] = {}
    for i, c in enumerate(one):
        where[c] = where.get(c, 0) | 1 << i
    mask = (1 << len(one)) - 1
    row = mask
    for c in other:
        match = row & where.get(c, 0)
        row = (row + match) | (row - match)
        row &= mask
    return start + end + len(one) - row.bit_count()


def _alike_from_start(one: str, other: str) -> int:
    """With how many characters both begin."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:  # they are equal up to low, and not up to high
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
