"""Markup, entities, unseen characters and uneven white space out of a text, in one walk.

A gap is a stretch between words that is not one plain space or line break: tags, white space, unseen characters, entities. One pattern
finds the gaps, each is read as what a person would see in its place, and short ones are remembered, because the same few come again and
again. Not here: elements that are not read at all (regions.py), Unicode form (characters.py).
"""

import html
import re
from functools import lru_cache
from html.entities import html5

from feedback_assets.silver.offsets import MappedText


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BREAKING = _words(
    "address article aside blockquote br caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li "
    "main nav ol option p pre section summary table tbody td tfoot th thead title tr ul"
)
_INLINE = _words(
    "a abbr acronym b base bdi bdo big body button center cite code col colgroup del dfn em embed font frame frameset head "
    "html i iframe img input ins kbd label link map mark meta nobr noscript object param path picture q s samp "
    "script select small source span strike strong style sub sup svg template textarea time track tt u var video audio wbr xml"
)
_OFFICE = _words("o v w m x st1")
"""Name spaces of the tags that office programs write into mails."""

_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACE_ASCII = r" \t\n\r\x0b\x0c\x1c-\x1f"
_SPACE = _SPACE_ASCII + "\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL_ASCII = r"\x00-\x08\x0e-\x1b\x7f"
# Controls, soft hyphen, zero width space, bidi marks and overrides, word joiner, byte order mark, annotation marks, and tag characters:
# outside a flag they carry text that people do not see. Joiners between letters are characters.py's.
_UNSEEN = (
    _CONTROL_ASCII + "\x80-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_FLAG = "\U0001f3f4"
_FLAG_REST = "[\U000e0020-\U000e007f]+"
_ALL_UNSEEN = re.compile(f"[{_UNSEEN}]*")

# An attribute's value may hold ">". Nothing is given back, so time grows with the length alone.
_TAG_REST = (
    r"(?:/?[A-Za-z][A-Za-z0-9:]{0,14}(?=[\s/>])(?:[^<>=]++|=\s{0,2}(?:\"[^\"]{0,4000}+\"|'[^']{0,4000}+')|=)*+"
    r"|!(?:doctype|DOCTYPE)[^<>]*+|\?xml[^<>]*+|!\[[^<>]*+)>"
)
_BLANK_NAMES = "|".join(sorted(n[:-1] for n, v in html5.items() if n.endswith(";") and (v.isspace() or _ALL_UNSEEN.fullmatch(v))))
# Entities that may stand for white space or nothing, and so belong to a gap: those by number, and these by name.
_BLANK_REST = rf"(?:#(?:[0-9]{{1,7}}|[xX][0-9a-fA-F]{{1,6}})|{_BLANK_NAMES});"
_NAMED_REST = r"[A-Za-z][A-Za-z0-9]{1,31};"


_JOINERS = "\u200c\u200d"


def _gaps(*, ascii_only: bool, tight: bool) -> re.Pattern[str]:
    """The pattern of gaps. It begins with a set of characters, which is found without trying the rest at every position.

    tight: for a text without two spaces in a row. A space before the gap is left to the caller there, which is twice as fast.
    """
    space, unseen = (_SPACE_ASCII, _CONTROL_ASCII) if ascii_only else (_SPACE, _UNSEEN)
    others = space.replace(" ", "", 1)
    joiners = "" if ascii_only else _JOINERS
    flag = "" if ascii_only else _FLAG
    part = f"(?:[{space}{unseen}{joiners}]|<{_TAG_REST}|&{_BLANK_REST})"
    ways = [f"(?<=<){_TAG_REST}", f"(?<=&){_BLANK_REST}", f"(?<=[{others}{unseen}])"]
    kept = [f"(?<=&){_NAMED_REST}"]
    if not ascii_only:
        # A joiner beside a gap joins nothing. A flag of a region is one sign.
        ways.append(f"(?<=[{joiners}])(?=[{space}{unseen}<])")
        kept.append(f"(?<={flag}){_FLAG_REST}")
    begin = f"[{others}{unseen}{joiners}<&{flag}]"
    if not tight:
        # A single space is the beginning of a gap only where one goes on behind it.
        begin = f"[{space}{unseen}{joiners}<&{flag}](?:(?<! )|(?=[{space}{unseen}{joiners}<&]))"
        ways.append(f"(?<= ){part}")
    return re.compile(f"({begin}(?:(?:{'|'.join(ways)}){part}*+|{'|'.join(kept)}))")


_GAPS = {(a, t): _gaps(ascii_only=a, tight=t) for a in (True, False) for t in (True, False)}

_SPACES_AT = re.compile(f"[{_SPACE}]+")
_UNSEEN_AT = re.compile(f"[{_UNSEEN}{_JOINERS}]+")
_FLAG_AT = re.compile(_FLAG + _FLAG_REST)
_TAG_AT = re.compile(f"<{_TAG_REST}")
_NAME_AT = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,14})")
_ENTITY_AT = re.compile(f"&(?:{_BLANK_REST}|{_NAMED_REST})")

_REMEMBERED = 64
"""Longest gap that is remembered: what is kept in memory is bounded whatever comes."""

Piece = tuple[int, int, str]
Reading = tuple[str, tuple[Piece, ...] | None]
"""What stands in the place of a gap; and where words stand inside it, the replacements in it, otherwise None for one replacement."""


_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with lone surrogates (from a JSON escape such as \\ud800) as U+FFFD, one for one: they cannot be stored as UTF-8."""
    if text.isascii():
        return text
    return _SURROGATE.sub("\ufffd", text)


def readable(s: str) -> MappedText:  # noqa: PLR0915  # one walk over both texts
    """The text as a person sees it, with its map. White space at its ends may stay."""
    parts = _GAPS[s.isascii(), "  " not in s].split(s)
    last = len(parts) - 2
    if last < 0:
        return MappedText.raw(s)
    pieces: list[str] = []
    runs: list[int] = []
    out = raw = 0  # how far text and raw text are
    from_out = from_raw = 0  # where the exact run that is open began
    for i in range(1, last + 1, 2):
        kept, gap = parts[i - 1], parts[i]
        new, inner = _remembered(gap) if len(gap) <= _REMEMBERED else _read(gap)
        if kept[-1:] == " " and new[:1].isspace():
            kept, gap = kept[:-1], " " + gap
            new, inner = _remembered(gap) if len(gap) <= _REMEMBERED else _read(gap)
        if new == gap:
            pieces += (kept, gap)
            length = len(kept) + len(gap)
            out += length
            raw += length
            continue
        pieces.append(kept)
        length = len(kept)
        out += length
        raw += length
        if inner is None:
            if out > from_out:
                runs += (from_out, from_raw, raw)
            length = len(gap)
            if new and not ((i == 1 and out == 0) or (i == last and not parts[i + 1])):
                runs += _replaced(out, len(new), raw, raw + length)
                pieces.append(new)
                out += len(new)
            raw += length
            from_out, from_raw = out, raw
            continue
        # Words stand inside the gap: what is between the replacements is kept.
        at = 0
        for start, end, piece in inner:
            pieces += (gap[at:start], piece)
            out += start - at
            if out > from_out:
                runs += (from_out, from_raw, raw + start)
            if piece:
                runs += _replaced(out, len(piece), raw + start, raw + end)
                out += len(piece)
            from_out, from_raw = out, raw + end
            at = end
        pieces.append(gap[at:])
        out += len(gap) - at
        raw += len(gap)
    pieces.append(parts[-1])
    out += len(parts[-1])
    if out > from_out:
        runs += (from_out, from_raw, len(s))
    if runs:
        runs += (out, runs[-1], runs[-1])
    return MappedText("".join(pieces), runs)


def _replaced(out: int, length: int, raw_start: int, raw_end: int) -> tuple[int, ...]:
    """The run of a replacement, or its two where it is as long as what it replaces (see offsets.py)."""
    run = (out, raw_start, raw_end)
    return (*run, out + 1, raw_start, raw_end) if 1 < length == raw_end - raw_start else run


def _read(gap: str) -> Reading:
    """What a person sees in the place of a gap."""
    pieces: list[Piece] = []
    blank_from = at = lines = 0
    blank = words = False
    while at < len(gap):
        m = _SPACES_AT.match(gap, at)
        if m is not None:
            blank = True
            lines += len(_BREAKS.findall(m[0]))
            at = m.end()
            continue
        m = _FLAG_AT.match(gap, at)
        if m is None and (unseen := _UNSEEN_AT.match(gap, at)) is not None:
            at = unseen.end()
            continue
        seen, end = "", m.end() if m is not None else at + 1
        if m is None and (tag := _TAG_AT.match(gap, at)) is not None and (breaking := _breaks(gap, at)) is not None:
            lines += breaking
            blank = blank or breaking
            at = tag.end()
            continue
        seen = gap[at:end]
        if (entity := _ENTITY_AT.match(gap, at)) is not None:
            seen, end = storable(html.unescape(entity[0])), entity.end()
            if seen.isspace() or _ALL_UNSEEN.fullmatch(seen):
                blank = blank or seen.isspace()
                lines += len(_BREAKS.findall(seen))
                at = end
                continue
        # A word inside the gap: what came before it is a gap of its own.
        if at > blank_from:
            pieces.append((blank_from, at, _blank(blank, lines)))
        if seen != gap[at:end]:
            pieces.append((at, end, seen))
        words, blank, lines = True, False, 0
        blank_from = at = end
    if not words:
        return _blank(blank, lines), None
    if blank_from < len(gap):
        pieces.append((blank_from, len(gap), _blank(blank, lines)))
    new, done = "", 0
    for start, end, piece in pieces:
        new += gap[done:start] + piece
        done = end
    return new + gap[done:], tuple(p for p in pieces if gap[p[0] : p[1]] != p[2])


def _blank(blank: bool, lines: int) -> str:
    return "\n\n" if lines > 1 else "\n" if lines else " " if blank else ""


def _breaks(gap: str, at: int) -> bool | None:
    """Whether the tag at `at` breaks the line; None when it is no tag that HTML knows."""
    name = _NAME_AT.match(gap, at)
    if name is None:
        return False
    known = name[1].lower()
    if known in _BREAKING:
        return True
    if known in _INLINE or (known in _OFFICE and gap[name.end() : name.end() + 1] == ":"):
        return False
    return None


_remembered = lru_cache(maxsize=16_384)(_read)
