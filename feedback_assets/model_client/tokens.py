"""How many tokens a text is, from its characters alone: an estimate from above for ordinary text, in any language.

The real tokenizer's tables would have to be downloaded. Byte-pair tokenizers of the GPT kind need about one token for four letters of
English, one for two or three letters of other Latin and Cyrillic text, about one for a Chinese or Japanese character, one to three for
an emoji. Here: a token for three letters or spaces, one for every other ASCII sign, one for each character of two bytes in UTF-8, one
and a half for each of three, three for each of four. Long runs without a space (keys, base64) come apart worse: a token for every 1.5
letters. The limiter corrects it by what the service counts (limiter.py); budgets use it as it is.
"""

import re
from collections.abc import Iterable, Mapping
from math import ceil

_LETTERS = re.compile(r"[A-Za-z \n\r\t]")
_RUNS = re.compile(r"[A-Za-z0-9+/_=-]{25,}")
A_MESSAGE = 4
"""Tokens around each message: its role and separators."""
AN_ANSWER = 3
"""Tokens that begin the answer."""


def estimated_tokens(text: str) -> int:
    """Tokens of a text, from above for ordinary text."""
    size = len(text)
    if text.isascii():
        ascii_, wide = text, 0.0
    else:
        ascii_ = text.encode("ascii", "ignore").decode("ascii")
        utf8 = len(text.encode("utf-8", "replace"))
        four = len(text.encode("utf-16-le", "replace")) // 2 - size  # characters above U+FFFF
        others = size - len(ascii_) - four
        three = utf8 - len(ascii_) - 4 * four - 2 * others  # one byte more each than those of two
        wide = (others - three) + 1.5 * three + 3.0 * four
    letters = len(_LETTERS.findall(ascii_))
    runs = sum(len(run) for run in _RUNS.findall(ascii_))
    return ceil(letters / 3 + (len(ascii_) - letters) + runs / 3 + wide)


def message_tokens(messages: Iterable[Mapping[str, str]]) -> int:
    """Tokens of a conversation, with what stands around each message."""
    return AN_ANSWER + sum(A_MESSAGE + estimated_tokens(m["content"]) for m in messages)
