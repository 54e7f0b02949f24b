"""Cuts a text into sentences and clauses, as exact spans, for several scripts. Not here: what they say."""

import re
from functools import lru_cache

from feedback_assets.enrichment.tiers.interface import Span
from feedback_assets.ground.placeholders import plain

MOST_CHARACTERS = 8000
"""Characters of a text that are read; what comes after is log output or a paste in all texts seen."""
LONGEST = 320
_SENTENCE_END = re.compile(r"""[.!?…]+["'”’)\]]*\s+|[。！？｡]+["'”’」』)]*\s*|\n+|(?<=\w)[.!?](?=[A-Z][a-z]+\s)""")
_JOINING = "and but also plus because und aber außerdem et mais aussi y pero además e mas também ma anche en maar ook i ale oraz и но"
_CLAUSE_END = re.compile(r"[;,:]\s+|[；，、：]\s*|\s+[-–—]+\s+|\s+(?:" + _JOINING.replace(" ", "|") + r")\s+")
_MACHINE = re.compile(r"""[{}<>=\[\]\\|;"/_%&#@^~*+]|\d""")
_EDGE = re.compile(r"""[\s\-–—•*·>|,;:]*""")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[Span, ...]:
    """Sentences of the first MOST_CHARACTERS characters: trimmed, none empty, none longer than LONGEST characters, no pasted logs."""
    limit = min(len(text), MOST_CHARACTERS)
    out: list[Span] = []
    start = 0
    for match in _SENTENCE_END.finditer(text, 0, limit):
        _add(out, text, start, match.end())
        start = match.end()
    _add(out, text, start, limit)
    return tuple(out)


def clauses(text: str, span: Span) -> list[Span]:
    """The clauses of one sentence, in order, trimmed."""
    out: list[Span] = []
    start = span.start
    for match in _CLAUSE_END.finditer(text, span.start, span.end):
        piece = trim(text, start, match.start())
        if piece:
            out.append(piece)
        start = match.end()
    piece = trim(text, start, span.end)
    if piece:
        out.append(piece)
    return out


def trim(text: str, start: int, end: int) -> Span | None:
    """The span without white space and bullets at its ends; None when nothing with a letter or digit is left."""
    match = _EDGE.match(text, start, end)
    start = match.end() if match else start
    while end > start and (text[end - 1].isspace() or text[end - 1] in "-–—•,;:"):
        end -= 1
    if _LETTER_OR_DIGIT.search(text, start, end) is None:
        return None
    return Span(start, end)


def _is_machine(part: str) -> bool:
    """Pasted logs, code, JSON and addresses: more than a quarter of the characters are no prose, or there are no spaces in it."""
    part = plain(part)  # a pseudonym is no sign of a machine
    if len(part) <= 24:
        return False
    return (" " not in part and part.isascii()) or len(_MACHINE.findall(part)) * 4 > len(part)


def _add(out: list[Span], text: str, start: int, end: int) -> None:
    span = trim(text, start, end)
    if span is None or _is_machine(text[span.start : span.end]):
        return
    if span.end - span.start <= LONGEST:
        out.append(span)
        return
    # A text without full stops: clauses are joined until they fill a sentence.
    begun: Span | None = None
    for clause in clauses(text, span):
        for piece in _chunks(text, clause):
            if _is_machine(text[piece.start : piece.end]):
                continue
            if begun is None:
                begun = piece
            elif piece.end - begun.start <= LONGEST // 2:
                begun = Span(begun.start, piece.end)
            else:
                out.append(begun)
                begun = piece
    if begun is not None:
        out.append(begun)


def _chunks(text: str, span: Span) -> list[Span]:
    out: list[Span] = []
    start = span.start
    while span.end - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = cut if cut > 0 else start + LONGEST
        piece = trim(text, start, cut)
        if piece:
            out.append(piece)
        start = cut
    piece = trim(text, start, span.end)
    if piece:
        out.append(piece)
    return out
