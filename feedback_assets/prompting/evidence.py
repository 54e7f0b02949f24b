"""Where a quote stands in a masked text: exactly, after whitespace, quote marks and dashes are folded, and nothing else.

Letters, their case, digits and other signs must be the same. A quote may not begin or end within a word ("I can" is not in "I cannot").
Pseudonyms are left out of placeholders on both sides, since a model is shown them so. Not here: what is done without evidence (claims.py).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from feedback_assets.ground.placeholders import PATTERN, blanked, plain
from feedback_assets.prompting.fence import escaped, escaped_with_places

LEAST_SIGNS = 2
"""Letters or digits outside placeholders that a quote must have: less shows nothing."""

_QUOTE_MARKS = (
    "'\"`\xb4\xab\xbb\u02bc\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2039\u203a"
    "\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07"
)
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_ONE_TO_ONE = str.maketrans({**dict.fromkeys(_QUOTE_MARKS, "'"), **dict.fromkeys(_DASHES, "-")})
_SHORTENED = re.compile(rf"\s+|{PATTERN.pattern}")
# Scripts that part no words by blanks, and Korean, whose particles hang on the word: there a quote may end anywhere.
_UNPARTED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


class Span(NamedTuple):
    """Characters start to end (not included) of the masked text."""

    start: int
    end: int


class FoldedText:
    """A masked text that quotes are looked up in.

    >>> FoldedText("It says \u201cno  way\u201d \u2014 why?").spans('"no way" - why')
    (Span(start=8, end=23),)
    """

    def __init__(self, text: str) -> None:
        self.masked = text
        self.text, self._starts = _folded(text)

    def spans(self, quote: str, *, least: int = LEAST_SIGNS) -> tuple[Span, ...]:
        """Every place where the quote stands, from the start, none overlapping another; empty when it stands nowhere.

        least: letters or digits that it must have. A quote of what was escaped (fence.py) is looked up in the text as it was shown.
        """
        wanted = fold(quote).strip(" ")
        if sum(map(str.isalnum, blanked(wanted))) < least:
            return ()
        return self._found(wanted, self.text, self._starts, fold) or self._found(wanted, *self._shown, lambda s: fold(escaped(s)))

    @cached_property
    def _shown(self) -> tuple[str, Sequence[int]]:
        """The folded text as it is shown, and its places in the masked text; nothing when nothing was escaped."""
        shown, places = escaped_with_places(self.masked)
        folded, starts = _folded(shown)
        return (folded, [places[at] for at in starts]) if folded != self.text else ("", [])

    def _found(self, wanted: str, text: str, starts: Sequence[int], form: Callable[[str], str]) -> tuple[Span, ...]:
        """Where it stands whole: it cuts no word, no placeholder and no escaped sign, whose rest would come back with the slice."""
        found: list[Span] = []
        at = text.find(wanted) if wanted else -1
        while at >= 0:
            end = at + len(wanted)
            span = Span(starts[at], starts[end])
            whole = not _joined(text, at) and not _joined(text, end) and form(self.masked[span.start : span.end]) == wanted
            if whole:
                found.append(span)
            at = text.find(wanted, end if whole else at + 1)
        return tuple(found)


def fold(text: str) -> str:
    """The text with blanks, quote marks and dashes folded, and placeholders without pseudonyms."""
    return _folded(text)[0]


def _folded(text: str) -> tuple[str, list[int]]:
    """(folded, where each of its characters begins in the text, and one more: where the text ends)."""
    parts: list[str] = []
    starts: list[int] = []
    done = 0
    for m in _SHORTENED.finditer(text):
        parts.append(text[done : m.start()].translate(_ONE_TO_ONE))
        starts.extend(range(done, m.start()))
        short = " " if m.group()[0].isspace() else plain(m.group())
        parts.append(short)
        # What was left out stands before the closing bracket, so that a span that ends with it ends with the placeholder.
        starts.extend(range(m.start(), m.start() + len(short) - 1))
        starts.append(m.start() if short == " " else m.end() - 1)
        done = m.end()
    parts.append(text[done:].translate(_ONE_TO_ONE))
    starts.extend(range(done, len(text) + 1))
    return "".join(parts), starts


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on across the position."""
    if at <= 0 or at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return _in_word(before) and _in_word(after) and not (_UNPARTED.match(before) or _UNPARTED.match(after))


def _in_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"
