"""The form of characters: composed, compatibility forms as plain letters, stacks of marks, look-alike letters, joiners out of place.

Letters and digits that are written full-width, half-width, as mathematical alphabets, ligatures or Arabic presentation forms are read as
the letters they are; emoji with their joiners, flags and skin tones, and the punctuation of a script, stay as they are. A word of one
script that borrows look-alike letters of another is brought back to one script. Not here: characters that nobody sees (markup.py).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from feedback_assets.silver.offsets import Edit, MappedText


def formed(text: MappedText) -> MappedText:
    """The text in composed form. An ASCII text is that already."""
    s = text.text
    if s.isascii():
        return text
    if "\u200c" in s or "\u200d" in s:
        text = text.edited(_joiner_edits(s))
        s = text.text
    if _COMPATIBLE.search(s) is not None:
        text = text.edited(Edit(m.start(), m.end(), _plain(m[0])) for m in _COMPATIBLE.finditer(s))
        s = text.text
    if not unicodedata.is_normalized("NFC", s):
        text = text.edited(_compose_edits(s))
        s = text.text
    if _STACK.search(s) is not None:
        text = text.edited(Edit(m.end(1), m.end(), "") for m in _STACK.finditer(s))
        s = text.text
    if _MIXED.search(s) is not None:
        text = text.edited(_look_alike_edits(s))
        if not unicodedata.is_normalized("NFC", text.text):
            text = text.edited(_compose_edits(text.text))
    return text


# --- Joiners --------------------------------------------------------------------------------------------------------------------------

_JOINERS = re.compile("[\u200c\u200d]+")
_JOINING = re.compile(
    "[\u0600-\u06ff\u0750-\u077f\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\xa9\xae\u203c-\u2049\u20e3\u2122-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
)


def _joiner_edits(s: str) -> Iterator[Edit]:
    """A joiner between letters of a script that joins, or inside an emoji, changes what is read: one of a run is kept."""
    done = 0
    for m in _JOINERS.finditer(s):
        start, end = m.span()
        before, after = s[start - 1 : start], s[end : end + 1]
        if before and after and _JOINING.match(before) and _JOINING.match(after):
            if end - start > 1:
                yield Edit(start + 1, end, "")
        elif before == " " and after == "\n" and start > done:
            yield Edit(start - 1, end, "")
        elif before and after and before in " \n" and after in " \n":
            # Nothing stood between two blanks: one of them goes too.
            yield Edit(start, end + 1, "")
            done = end + 1
        else:
            yield Edit(start, end, "")


# --- Compatibility forms --------------------------------------------------------------------------------------------------------------

# Full-width letters, digits and the signs of addresses; half-width kana and Hangul; Latin ligatures; Arabic presentation forms; the
# mathematical alphabets. A run is folded together, because half-width marks compose with the kana before them.
_COMPATIBLE = re.compile(
    "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff03\uff05\uff06\uff0b\uff0d-\uff0f\uff1d\uff20\uff3f"
    "\uff66-\uff9f\uffa0-\uffdc\ufb00-\ufb06\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdf9\ufe70-\ufefc\U0001d400-\U0001d7ff]+"
)


def _plain(run: str) -> str:
    return unicodedata.normalize("NFKC", run).replace(" ", "")


# --- Composition ----------------------------------------------------------------------------------------------------------------------

# Characters that compose with the one before although their combining class is 0: vowel signs, and Hangul vowels and finals.
_COMPOSING_STARTERS = frozenset(
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u102e\u1b35"
    "\U000110ba\U00011127\U0001133e\U00011357\U000114b0\U000114ba\U000114bd\U000115af\U00011930"
) | {chr(c) for c in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}


def _compose_edits(s: str) -> Iterator[Edit]:
    start = 0
    for i in range(1, len(s) + 1):
        if i < len(s) and (s[i] in _COMPOSING_STARTERS or unicodedata.combining(s[i])):
            continue
        cluster = s[start:i]
        if not (i - start == 1 and cluster.isascii()):
            composed = unicodedata.normalize("NFC", cluster)
            if composed != cluster:
                yield Edit(start, i, composed)
        start = i


# Two marks above a letter are writing, a tower of them is not.
_STACK = re.compile(
    "([\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20dc\u20e5-\u20f0]{2})[\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20dc\u20e5-\u20f0]+"
)


# --- Look-alikes ----------------------------------------------------------------------------------------------------------------------

_LATIN, _CYRILLIC, _GREEK = "A-Za-z", "\u0400-\u04ff", "\u0370-\u03ff"
_OTHERS = f"{_CYRILLIC}{_GREEK}"
_MIXED = re.compile(f"[{_LATIN}][{_OTHERS}]|[{_OTHERS}][{_LATIN}]")
_WORD = re.compile(f"[{_LATIN}{_OTHERS}]{{3,64}}")
_TO_LATIN = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅԌΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανι",
    "aeopcyxijshdqwABEKMHOPCTYXIJSGABEZHIKMNOPTYXoavi",
)
_TO_CYRILLIC = str.maketrans("aeopcyxiABEKMHOPCTYXI", "аеорсухіАВЕКМНОРСТУХІ")
_FROM_LATIN = frozenset(map(chr, _TO_CYRILLIC))
_FOREIGN = frozenset(map(chr, _TO_LATIN))


def _look_alike_edits(s: str) -> Iterator[Edit]:
    for m in _WORD.finditer(s):
        word = m[0]
        if _MIXED.search(word) is not None:
            new = _one_script(word)
            # Letter by letter, so that every letter keeps its own place in the raw text.
            for i, (was, now) in enumerate(zip(word, new, strict=True), m.start()):
                if was != now:
                    yield Edit(i, i + 1, now)


@lru_cache(maxsize=4096)
def _one_script(word: str) -> str:
    latin = sum(ch.isascii() for ch in word)
    foreign = [ch for ch in word if not ch.isascii()]
    if latin > len(foreign) and all(ch in _FOREIGN for ch in foreign):
        return word.translate(_TO_LATIN)
    if (
        latin < len(foreign)
        and all(ch in _FROM_LATIN for ch in word if ch.isascii())
        and not any("\u0370" <= ch <= "\u03ff" for ch in foreign)
    ):
        return word.translate(_TO_CYRILLIC)
    return word
