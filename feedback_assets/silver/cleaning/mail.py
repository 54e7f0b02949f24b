"""Quoted replies, forwarded heads and signatures out of a text, by the lines that mail programs and people write around them.

Works on lines of readable text. The wording by language is mail_words.py's. Nothing goes unless words of the customer stay: a text that
is nothing but quotation is what was sent. Not here: what HTML marks as quote or signature (regions.py), notices (notices.py).
"""

import re
from collections.abc import Iterator

from feedback_assets.silver.cleaning import mail_words as words
from feedback_assets.silver.cleaning.leads import lead
from feedback_assets.silver.offsets import Edit

Line = tuple[int, int]
"""Start and end of a line, the end without its line break."""

_WROTE = re.compile(
    rf"(?:{words.WROTE_STARTS})[^\n]{{3,200}}?(?:{words.WROTE})[^\n]{{0,120}}?[:：]?\s*$|(?:{words.WROTE_CJK})\s*$", re.IGNORECASE
)
_TELLS_WHEN = re.compile(r"\d|@")
_ORIGINAL = re.compile(rf"\s*[-_=*—]{{2,}}\s?(?:{words.ORIGINAL})\s?[-_=*—:]*\s*$|(?:{words.FORWARD_BEGINS}):\s*$", re.IGNORECASE)
_RULE = re.compile(r"[-_=*—]{2,80}$")
_HEADER = re.compile(rf"\W{{0,3}}(?:{words.HEADER_FIRST})\s?\*?\s?[:：]\*?\s?\S[^\n]{{0,200}}$", re.IGNORECASE)
_HEADER_NEXT = re.compile(rf"\W{{0,3}}(?:{words.HEADER_NEXT})\s?\*?\s?[:：]", re.IGNORECASE)
_DEVICE = re.compile(rf"\W{{0,3}}(?:{words.DEVICE})[^\n]{{0,60}}$|[^\n]{{0,40}}(?:{words.DEVICE_ENDS})\W{{0,2}}$", re.IGNORECASE)
_CLOSING = re.compile(rf"(?:{words.CLOSING})", re.IGNORECASE)
_THANKS = re.compile(rf"(?:{words.THANKS})", re.IGNORECASE)
_CLOSING_AND_NAME = re.compile(rf"(?:{words.CLOSING})\s?[,.，、!]\s?(?P<name>\S[^\n]{{0,40}})$", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,24}(?:[ ,][^\W\d_][\w.'’-]{0,24}){0,3}[.!]?$")
_CONTACT = re.compile(r"@|\+?\d[\d ()./-]{6,}|https?://|www\.|\b(?:tel|phone|mobile?|fax|email|e-mail|web)\b|電話|电话|手机", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"p\.? ?s\.?\b|n\.?b\.?\b", re.IGNORECASE)
_VERSION = re.compile(r"\d-bit|(?<![\d.])[vV]?\d{1,3}\.\d{1,2}(?:\.\d{1,3})?(?![\d.])")
_WORDS = re.compile(r"\w+")

_QUOTES = ">＞"
_SHORT = 90
_DELIMITERS = ("--", "-- ", "—")
_SIGNATURE_LINES = 12
_CARD_CHARACTERS = 600
_CARD_LINE = 160
_CLOSING_LINES = 5
_CLOSING_CHARACTERS = 220
_NAME_CHARACTERS = 60
_ADDRESS_LINE = 140


def mail_edits(s: str, leads: set[str]) -> list[Edit]:
    """The parts of a mail that are not the customer's own words, ascending. Empty when there are none, or no words would be left.

    leads: of the text's lines (leads.py). Most texts have no line that could begin such a part, and are left alone at once.
    """
    quoted = s[:1] in _QUOTES or "\n>" in s or "\n＞" in s or "\n--" in s or "\n—" in s
    dated = ":\n" in s or "：\n" in s
    if not quoted and not dated and words.LEADS.isdisjoint(leads):
        return []
    edits = list(_merged(_parts(s)))
    return edits if edits and _any_word(s, edits) else []


def _any_word(s: str, edits: list[Edit]) -> bool:
    at = 0
    for start, end, _ in [*edits, (len(s), len(s), "")]:
        if any(ch.isalnum() for ch in s[at:start]):
            return True
        at = end
    return False


def _merged(edits: Iterator[Edit]) -> Iterator[Edit]:
    last: Edit | None = None
    for e in edits:
        if last is not None and e.start <= last.end:
            last = Edit(last.start, max(last.end, e.end), "")
        else:
            if last is not None:
                yield last
            last = e
    if last is not None:
        yield last


def _lines(s: str) -> list[Line]:
    """The lines that hold anything."""
    found: list[Line] = []
    at = 0
    while at < len(s):
        end = s.find("\n", at)
        end = len(s) if end < 0 else end
        if end > at:
            found.append((at, end))
        at = end + 1
    return found


def _parts(s: str) -> Iterator[Edit]:  # noqa: PLR0912  # line after line, each kind in its turn
    lines = _lines(s)
    said = False
    skip = -1
    for i, (start, end) in enumerate(lines):
        if i <= skip:
            continue
        line = s[start:end]
        after = min(end + 1, len(s))
        if line[0] in _QUOTES and line.count(" > ") < 2:
            # With more of them inside, the line is something pasted, not a quote.
            yield Edit(start, after, "")
            continue
        begins = lead(line)
        # The line may introduce a quote where it or the next one ends in a colon, or a quote follows.
        told = _introduces(s, lines, i) if len(line) < 320 and (begins in words.QUOTE_LEADS or begins[:1].isdigit() or "@" in line) else 0
        if told:
            last = i + told - 1
            following = s[lines[last + 1][0]] if last + 1 < len(lines) else ""
            if following and following in _QUOTES:
                yield Edit(start, min(lines[last][1] + 1, len(s)), "")
                skip = last
                continue
            if said:
                yield Edit(start, len(s), "")
                return
        if not said:
            said = True
            continue
        if (begins not in words.LEADS and begins) or len(line) >= 320:
            continue
        old = not begins or begins in words.HEADER_LEADS or begins in words.OLD_LEADS
        if (old and _begins_old_mail(s, lines, i)) or (line in _DELIMITERS and _is_card(s, lines, i)):
            yield Edit(start, len(s), "")
            return
        if len(line) >= _SHORT:
            continue
        if begins in words.DEVICE_LEADS and _DEVICE.match(line):
            yield Edit(start, after, "")
            continue
        signed = _signature(s, lines, i) if begins in words.CLOSING_LEADS else None
        if signed is not None:
            yield Edit(start, signed, "")
            if signed == len(s):
                return
            skip = next((k - 1 for k in range(i + 1, len(lines)) if lines[k][0] >= signed), len(lines))


def _introduces(s: str, lines: list[Line], i: int) -> int:
    """How many lines say 'On 3 May, Support wrote:' from line i on: none, one, or two where a mail program broke the line."""
    line = s[slice(*lines[i])]
    below = s[slice(*lines[i + 1])] if i + 1 < len(lines) else ""
    if line[-1] not in ":：" and (not below or (below[-1] not in ":：" and below[0] not in _QUOTES)):
        return 0
    if _WROTE.match(line) is not None:
        quoted = i + 1 < len(lines) and s[lines[i + 1][0]] in _QUOTES
        return 1 if quoted or (_TELLS_WHEN.search(line) is not None and line[-1] in ":：") else 0
    if i + 1 < len(lines) and lines[i + 1][0] - lines[i][1] == 1:
        both = f"{line} {s[slice(*lines[i + 1])]}"
        if len(both) < 320 and both[-1] in ":：" and _WROTE.match(both) is not None and _TELLS_WHEN.search(both) is not None:
            return 2
    return 0


def _begins_old_mail(s: str, lines: list[Line], i: int) -> bool:
    """'-----Original Message-----', or the header lines that mail programs put above a quoted mail, after a rule or not."""
    line = s[slice(*lines[i])]
    if _ORIGINAL.match(line) is not None:
        return True
    if _RULE.match(line) is not None and i + 1 < len(lines):
        i += 1
        line = s[slice(*lines[i])]
    return i + 1 < len(lines) and _HEADER.match(line) is not None and _HEADER_NEXT.match(s[slice(*lines[i + 1])]) is not None


def _signature(s: str, lines: list[Line], i: int) -> int | None:
    """Where the signature that begins with line i ends: 'Best regards' and the few lines of a name and an address after it.

    None when line i closes nothing. A postscript is said by the customer: the signature ends before it.
    """
    line = s[slice(*lines[i])].strip(" ,.!，、。*_-–—")
    rest = lines[i + 1 : i + 2 + _SIGNATURE_LINES]
    stop = next((a for k, (a, b) in enumerate(rest, i + 1) if _POSTSCRIPT.match(s[a:b]) or _begins_quote(s, lines, k)), len(s))
    below = [s[a:b] for a, b in rest if a < stop]
    if len(below) > _SIGNATURE_LINES:
        return None
    if _CLOSING.fullmatch(line) is not None:
        return stop if _is_address(below) else None
    named = _CLOSING_AND_NAME.match(line)
    if named is not None and _NAME.match(named["name"]) is not None:
        return stop if _is_address(below) else None
    if below and _THANKS.fullmatch(line) is not None:
        return stop if _is_address(below) and (_NAME.match(below[0]) is not None and len(below[0]) <= _NAME_CHARACTERS) else None
    return None


def _begins_quote(s: str, lines: list[Line], i: int) -> bool:
    return s[lines[i][0]] in _QUOTES or _introduces(s, lines, i) > 0 or _begins_old_mail(s, lines, i)


def _is_card(s: str, lines: list[Line], i: int) -> bool:
    """Whether what follows the '--' of line i to the end is a signature by its size, and not text between two rules."""
    rest = lines[i + 1 :]
    if len(rest) >= _SIGNATURE_LINES or sum(b - a for a, b in rest) > _CARD_CHARACTERS:
        return False
    return all(b - a <= _CARD_LINE for a, b in rest) and sum(s[a:b] in _DELIMITERS for a, b in lines) == 1


def _is_address(lines: list[str]) -> bool:
    """Whether lines read as a name, a firm, an address, and not as something said."""
    contact = any(_CONTACT.search(line) for line in lines)
    most = _SIGNATURE_LINES if contact else _CLOSING_LINES
    if len(lines) > most or sum(map(len, lines)) > _CLOSING_CHARACTERS * (3 if contact else 1):
        return False
    for line in lines:
        if len(line) > _ADDRESS_LINE:
            return False
        # Versions and the like are told, not signed.
        if _VERSION.search(line) is not None and "@" not in line:
            return False
        if _DEVICE.match(line) is not None or _CONTACT.search(line) is not None:
            continue
        if line[-1] in "?？！" or len(_WORDS.findall(line)) > 10 or (line[-1] in ".!。" and len(_WORDS.findall(line)) > 5):
            return False
    return True
