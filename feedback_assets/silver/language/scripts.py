"""Which languages are written in which script, and which script a text is in. Not here: telling languages of one script apart."""

import re
from collections import Counter

_LATIN = "af az ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms nl no pl pt ro sk sl sq sv sw tl tr vi"
_CYRILLIC = "be bg kk mk mn ru sr uk"

MODELLED: dict[str, tuple[str, ...]] = {
    "latin": tuple(_LATIN.split()),
    "cyrillic": tuple(_CYRILLIC.split()),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr", "ne"),
}
"""Scripts that several languages share: the model tells them apart. The order is the model's order of columns."""

ALONE = {
    "greek": "el", "hebrew": "he", "armenian": "hy", "georgian": "ka", "bengali": "bn", "gurmukhi": "pa", "gujarati": "gu", "oriya": "or",
    "tamil": "ta", "telugu": "te", "kannada": "kn", "malayalam": "ml", "sinhala": "si", "thai": "th", "lao": "lo", "burmese": "my",
    "ethiopic": "am", "khmer": "km", "hangul": "ko", "kana": "ja", "han": "zh",
}  # fmt: skip
"""Scripts that one language of the set uses."""

LANGUAGES = tuple(sorted({code for codes in MODELLED.values() for code in codes} | set(ALONE.values())))

_BLOCKS = (
    (0x41, 0x24F, "latin"), (0x250, 0x2AF, "latin"), (0x370, 0x3FF, "greek"), (0x400, 0x52F, "cyrillic"), (0x531, 0x58F, "armenian"),
    (0x5D0, 0x5F4, "hebrew"), (0x620, 0x6FF, "arabic"), (0x750, 0x77F, "arabic"), (0x900, 0x97F, "devanagari"), (0x980, 0x9FF, "bengali"),
    (0xA00, 0xA7F, "gurmukhi"), (0xA80, 0xAFF, "gujarati"), (0xB00, 0xB7F, "oriya"), (0xB80, 0xBFF, "tamil"), (0xC00, 0xC7F, "telugu"),
    (0xC80, 0xCFF, "kannada"), (0xD00, 0xD7F, "malayalam"), (0xD80, 0xDFF, "sinhala"), (0xE01, 0xE5B, "thai"), (0xE80, 0xEFF, "lao"),
    (0x1000, 0x109F, "burmese"), (0x10A0, 0x10FF, "georgian"), (0x1100, 0x11FF, "hangul"), (0x1200, 0x139F, "ethiopic"),
    (0x1780, 0x17FF, "khmer"), (0x1C90, 0x1CBF, "georgian"), (0x1E00, 0x1EFF, "latin"), (0x1F00, 0x1FFF, "greek"),
    (0x3041, 0x30FF, "kana"), (0x3131, 0x318E, "hangul"), (0x31F0, 0x31FF, "kana"), (0x3400, 0x4DBF, "han"), (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7A3, "hangul"), (0xF900, 0xFAFF, "han"), (0xFB50, 0xFDFF, "arabic"), (0xFE70, 0xFEFC, "arabic"), (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x2FA1F, "han"),
)  # fmt: skip

# Letters that a script with fewer of them needs to say as much: a Chinese character stands for a word.
_WEIGHT = {"han": 2.5, "kana": 1.5, "hangul": 2.0}


class _ScriptOf(dict[int, str]):
    """Code point -> script; what is no letter is "". Fills itself as characters come; the code points bound its size."""

    def __missing__(self, point: int) -> str:
        found = ""
        if chr(point).isalpha() or 0x900 <= point <= 0x1CBF:
            found = next((name for low, high, name in _BLOCKS if low <= point <= high), "other")
        if len(self) < 65_536:
            self[point] = found
        return found


_SCRIPT_OF = _ScriptOf()


# Any letter that is not Latin; emoji and punctuation are none.
_NOT_LATIN = re.compile(
    "[\u0370-\u1dff\u1f00-\u1fff\u2c00-\u2dff\u3041-\ua71f\ua800-\ud7ff\uf900-\ufdff\ufe70-\ufefc\uff66-\uffdc\U00020000-\U0003ffff]"
)


def latin_alone(text: str) -> bool:
    """Whether the text has no letters but Latin ones."""
    return _NOT_LATIN.search(text) is None


def shares(text: str) -> dict[str, float]:
    """Script -> its share of the text's letters, weighed by how much a letter says; empty without letters. Kana makes its Han Japanese."""
    letters = Counter(map(_SCRIPT_OF.__getitem__, map(ord, text)))
    letters.pop("", None)
    weighed = {name: n * _WEIGHT.get(name, 1.0) for name, n in letters.items()}
    if "kana" in weighed and "han" in weighed:
        weighed["kana"] += weighed.pop("han")
    total = sum(weighed.values())
    return {name: n / total for name, n in weighed.items()}


def script_of(character: str) -> str:
    """The script of one character; "" for what is no letter, "other" for a script of no language here."""
    return _SCRIPT_OF[ord(character)]
