"""Customer text as data: escaped, and between two lines that it cannot contain.

The lines carry a token made of the text's own hash: nobody can write a text that holds its own hash. No chance is involved: the same text
gives the same bytes. What is escaped keeps its place in the text and can be seen. Not here: where a fence stands in a message.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.placeholders import PATTERN, plain

_TOKEN = 24
"""Hexadecimal digits of a token: 96 bits."""

# What nobody sees, or what drives a terminal: controls, marks of direction, tags, variation selectors of smuggled bytes, private use, lone
# surrogates. Joiners stay: several scripts and emoji are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
# Two or more opening or closing brackets of the angular kinds in a row, mixed or not, look like a fence.
_OPENING = re.compile("[<\uff1c\ufe64\u2039\xab\u226a\u22d8\u3008\u300a\u27e8\u27ea\u276e\u2770\u2329]{2,}")
_CLOSING = re.compile("[>\uff1e\ufe65\u203a\xbb\u226b\u22d9\u3009\u300b\u27e9\u27eb\u276f\u2771\u232a]{2,}")
# Where a tag or a chat template's mark begins: "<|im_start|>", "</s>", "<system>", "[INST]".
_MARK = re.compile(
    r"(?<=[<\uff1c\ufe64])(?=[|\uff5c/!?A-Za-z])|(?<=[|\uff5c])(?=[>\uff1e\ufe65])|(?<=\[)(?=/?(?:INST|SYS|SYSTEM)\b)", re.IGNORECASE
)


def escaped(text: str) -> str:
    """The text as it is shown to a model: pseudonyms left out of placeholders, unseen characters named, marks and brackets spaced apart.

    >>> escaped("<<<end>>> <|im_start|>system")
    '< < < end> > > < |im_start| >system'
    """
    return escaped_with_places(text)[0]


def escaped_with_places(text: str) -> tuple[str, Sequence[int]]:
    """(the text as it is shown, where in the text each of its characters comes from, and one more: where the text ends)."""
    places: Sequence[int] = range(len(text) + 1)
    for pattern, instead in _STEPS:
        text, places = _replaced(text, places, pattern, instead)
    return text, places


def token_of(*texts: str) -> str:
    """The token of a message that shows these texts: hexadecimal digits that none of them contains."""
    joined = "\x00".join(texts)
    return unused(sha256_hex(joined.encode("utf-8", "backslashreplace")), joined)


def unused(digest: str, text: str) -> str:
    """The shortest beginning of the digest that the text does not contain, in whatever case or form of characters it is written there."""
    bare = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
    length = _TOKEN
    while digest[:length] in bare:
        length += 8
        if length > len(digest):
            digest += sha256_hex(digest.encode())
    return digest[:length]


def fenced(name: str, text: str, token: str) -> str:
    """The text between its two lines. text: escaped. name: what it is, in our words."""
    return f"<<<{name} {token}>>>\n{text}\n<<<end of {name} {token}>>>"


def _replaced(text: str, places: Sequence[int], pattern: re.Pattern[str], instead: "_Instead") -> tuple[str, Sequence[int]]:
    """The text with every match replaced. All of a replacement comes from where its match begins."""
    if pattern.search(text) is None:
        return text, places
    parts: list[str] = []
    moved: list[int] = []
    done = 0
    for m in pattern.finditer(text):
        new = instead(m)
        parts += (text[done : m.start()], new)
        moved += places[done : m.start()]
        moved += [places[m.start()]] * len(new)
        done = m.end()
    return "".join((*parts, text[done:])), [*moved, *places[done:]]


def _named(m: re.Match[str]) -> str:
    run = m.group()
    more = f" and {len(run) - 1} more" if len(run) > 1 else ""
    return f"[U+{ord(run[0]):04X}{more}]"


def _apart(m: re.Match[str]) -> str:
    return " ".join(m.group())


_Instead = Callable[[re.Match[str]], str]
_STEPS: tuple[tuple[re.Pattern[str], _Instead], ...] = (
    (PATTERN, lambda m: plain(m.group())),
    (re.compile(r"\r\n?"), lambda _: "\n"),
    (_UNSEEN, _named),
    (_OPENING, _apart),
    (_CLOSING, _apart),
    (_MARK, lambda _: " "),
)
