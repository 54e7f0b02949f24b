"""The words of an issue that themes are made from: what is embedded, and what names are taken from. Pure.

Feedback is hostile: placeholders of masking, markup, addresses and sentences that speak to a language model are left out, so that none of
them founds a theme or becomes its name.
"""

import re
from collections.abc import Sequence

from feedback_assets.ground.placeholders import blanked

_LABEL = re.compile(r"\[[A-Z][A-Z0-9_ -]*\]")
_MARKUP = re.compile(r"<[^<>]{0,300}>|&[#\w]{1,10};|`{1,3}|\{\{.{0,200}?\}\}")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*\d)\w{9,}\b")
_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|previous|above|direction)"
    r"|\b(?:system|developer)\s*(?:prompt|message|:)|\byou are (?:now|an? (?:ai|assistant|language model))\b|\bas an ai\b"
    r"|\b(?:assistant|user)\s*:|<\|?im_|\bprompt injection\b|\bjailbreak"
    r"|\b(?:set|mark|classify|rate|label)\b.{0,40}\b(?:severity|priority|p1|critical)\b",
    re.IGNORECASE,
)
MOST_CHARACTERS = 600
BETWEEN = " … "


def plain(text: str) -> str:
    """The text without placeholders, markup, addresses, codes, and sentences that speak to a model. One line."""
    text = _MARKUP.sub(" ", _LABEL.sub(" ", _ADDRESS.sub(" ", blanked(text)[: 4 * MOST_CHARACTERS])))
    kept = [s for s in _SENTENCE.split(text) if s and not _TO_A_MODEL.search(s)]
    return _SPACE.sub(" ", _CODE.sub(" ", " ".join(kept))).strip()


def spans_of(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """The pieces of the text, in their order; spans outside it give nothing."""
    return [text[a:b] for a, b in sorted(set(spans)) if 0 <= a < b <= len(text)]


def wording(title: str, pieces: Sequence[str]) -> str:
    """Title, then the evidence that does not repeat it: what is embedded and named. At most 600 characters."""
    parts: list[str] = []
    for raw in (title, *pieces):
        part = plain(raw)
        if part and not any(part in p for p in parts):
            parts = [p for p in parts if p not in part] + [part]
    return BETWEEN.join(parts)[:MOST_CHARACTERS]
