"""The form of a text in which texts are compared, its hash, and how much it says. Not here: shingles, comparing, tables."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from feedback_assets.ground import placeholders

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Letters small, digits as they are, all else a space.
_ASCII = bytes(ord(chr(b).lower()) if b < 128 and chr(b).isalnum() else 32 for b in range(256))
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_QUOTED = re.compile(r"^[ \t]{0,8}>.{0,2000}$", re.MULTILINE)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_KNOWN = 0x33480
"""Code points below this are looked at one by one; above it there are no letters but private and variation ones."""


def normalised(text: str) -> str:
    """The text for comparison: compatibility form, case folded, words parted by one space, no marks of punctuation, no emoji."""
    return all_normalised([text])[0]


def all_normalised(texts: Sequence[str]) -> list[str]:
    """The same of many texts at once."""
    result = [""] * len(texts)
    rest: list[int] = []
    for i, raw in enumerate(texts):
        text = _undressed(raw)
        if text.isascii():
            result[i] = b" ".join(text.encode().translate(_ASCII).split()).decode()
        else:
            rest.append(i)
            result[i] = unicodedata.normalize("NFKC", text).casefold()
    if rest:
        for i, kept in zip(rest, _words_only([result[i] for i in rest]), strict=True):
            result[i] = kept
    return result


def _undressed(text: str) -> str:
    """Without pseudonyms, quoted lines, tags and entities: cleaning took all but the first away, other callers may not have cleaned."""
    if "[" in text:
        text = placeholders.plain(text)
    if "\n>" in text:
        text = _QUOTED.sub("", text)
    if "<" in text and ">" in text:
        text = _TAG.sub(" ", text)
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text


def _words_only(texts: list[str]) -> list[str]:
    """Each text with a space for whatever is no letter, digit or mark of one, and one space between words."""
    import numpy as np

    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    kept = np.where(_word_characters()[np.minimum(codes, _KNOWN)], codes, np.uint32(32))
    joined = kept.astype("<u4", copy=False).tobytes().decode("utf-32-le")
    result = []
    start = 0
    for text in texts:
        end = start + len(text)
        result.append(" ".join(joined[start:end].split()))
        start = end
    return result


@lru_cache(maxsize=1)
def _word_characters() -> "npt.NDArray[np.bool_]":
    """Whether a code point is part of a word: letters, digits, and the marks without which Arabic, Indic and Thai words fall apart."""
    import numpy as np

    table = np.zeros(_KNOWN + 1, np.bool_)
    # The big blocks at once: Han, Hangul, Han of plane 2 and 3 up to the last assigned block.
    solid = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x323B0))
    for first, end in solid:
        table[first:end] = True
    for first, end in ((0, 0x3400), (0x4DC0, 0x4E00), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000)):
        table[first:end] = [_in_word(chr(code)) for code in range(first, end)]
    for first, end in ((0x20D0, 0x2100), (0xFE00, 0xFE10)):  # marks of emoji and variation selectors
        table[first:end] = False
    table[_KNOWN] = False
    return table


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


def text_hash(normal: str) -> str:
    """Hash of a normalised text: 32 hex digits."""
    return hashlib.sha256(normal.encode()).hexdigest()[:32]


def weight(normal: str) -> int:
    """How much a normalised text says: its characters, one of a script without spaces counted as three."""
    return len(normal) if normal.isascii() else len(normal) + 2 * len(_UNSPACED.findall(normal))
