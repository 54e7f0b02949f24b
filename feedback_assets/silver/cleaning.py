"""From raw text to readable text: HTML, quoted replies, signatures, control characters, Unicode form, white space.

Each step is edits on a MappedText, so that every character can be traced to the raw text. Nothing here knows about personal data
(masking.py). Every pattern is bounded or scans forward only: time grows with the length of the text, whatever the text says.
"""

import html
import re
import unicodedata
from collections.abc import Iterator

from feedback_assets.silver.offsets import Edit, MappedText

RAW_LIMIT = 200_000
"""Raw characters that are looked at: an HTML mail can carry a long style sheet before its first word."""
TEXT_LIMIT = 20_000
"""Cleaned characters that are kept for analysis."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with lone surrogates (from a JSON escape such as \\ud800) as U+FFFD, one for one: they cannot be stored as UTF-8."""
    if text.isascii():
        return text
    return _SURROGATE.sub("\ufffd", text)


def clean(raw: str) -> tuple[MappedText, int]:
    """Readable text with its map to `raw`, and how many characters beyond the limits were cut off."""
    text = MappedText.raw(raw)
    dropped = max(0, len(raw) - RAW_LIMIT)
    text = text.cut(RAW_LIMIT)
    text = _without_markup(text)
    text = _without_entities(text)
    text = _without_invisible(text)
    text = _composed(text)
    text = _spaced(text)
    text = _without_mail_parts(text)
    dropped += max(0, len(text.text) - TEXT_LIMIT)
    text = text.cut(TEXT_LIMIT)
    return _trimmed(text), dropped


# --- HTML ---------------------------------------------------------------------------------------------------------------------------


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BREAKING = _words(
    "address article aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section "
    "table tbody td tfoot th thead title tr ul"
)
_INLINE = _words(
    "a abbr acronym b base bdi bdo big body button center cite code col colgroup del dfn em embed font frame frameset head html i iframe "
    "img input ins kbd label link map mark meta noscript o:p object option param q s samp select small span strike strong sub summary sup "
    "svg textarea time tt u var video audio source wbr center details script style template"
)
_UNREAD = frozenset(("script", "style", "head", "template", "svg", "noscript"))
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]{0,14})(?=[\s/>])[^<>]*>|<!--|<!(?:doctype|DOCTYPE)[^<>]*>|<\?xml[^<>]*>")


def _without_markup(text: MappedText) -> MappedText:
    if "<" not in text.text:
        return text
    return text.edited(_markup_edits(text.text))


def _markup_edits(s: str) -> Iterator[Edit]:
    at = 0
    hopeless: set[str] = set()  # closings that the rest of the text does not have: never looked for twice
    while (m := _TAG.search(s, at)) is not None:
        at = m.end()
        if m[0] == "<!--":
            close = -1 if "-->" in hopeless else s.find("-->", at)
            if close < 0:
                hopeless.add("-->")
                yield Edit(m.start(), at, "")
            else:
                at = close + 3
                yield Edit(m.start(), at, "")
            continue
        name = (m[2] or "").lower()
        if not name:
            yield Edit(m.start(), at, "")
        elif name in _UNREAD and not m[1] and name not in hopeless:
            closing = re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE).search(s, at)
            if closing is None:
                hopeless.add(name)
            else:
                at = closing.end()
            yield Edit(m.start(), at, "")
        elif name in _BREAKING:
            yield Edit(m.start(), at, "\n")
        elif name in _INLINE:
            yield Edit(m.start(), at, "")


_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def _without_entities(text: MappedText) -> MappedText:
    if "&" not in text.text:
        return text
    return text.edited(Edit(m.start(), m.end(), storable(html.unescape(m[0]))) for m in _ENTITY.finditer(text.text))


# --- Characters that nobody sees ------------------------------------------------------------------------------------------------------

_CONTROL_ASCII = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
# Controls, soft hyphen, zero width space and joiner words, bidi marks and overrides, byte order mark, annotation marks; tag characters
# outside a flag carry text that people do not see.
_INVISIBLE = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007f]+|[\U000e0000-\U000e007f]+"
    "|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\u200c\u200d]+"
)
_JOINING = re.compile(
    "[\u0600-\u06ff\u0750-\u077f\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\xa9\xae\u203c-\u2049\u20e3\u2122-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
)


def _without_invisible(text: MappedText) -> MappedText:
    s = text.text
    if s.isascii():
        return text.edited(Edit(m.start(), m.end(), "") for m in _CONTROL_ASCII.finditer(s))
    return text.edited(_invisible_edits(s))


def _invisible_edits(s: str) -> Iterator[Edit]:
    for m in _INVISIBLE.finditer(s):
        first = s[m.start()]
        if first == "\U0001f3f4":
            continue
        if first in "\u200c\u200d":
            # A joiner between letters of a script that joins, or inside an emoji, changes what is read: one of a run is kept.
            before, after = s[m.start() - 1 : m.start()], s[m.end() : m.end() + 1]
            if before and after and _JOINING.match(before) and _JOINING.match(after):
                if m.end() - m.start() > 1:
                    yield Edit(m.start() + 1, m.end(), "")
                continue
        yield Edit(m.start(), m.end(), "")


# --- Unicode form -----------------------------------------------------------------------------------------------------------------------

# Characters that compose with the one before although their combining class is 0: vowel signs, and Hangul vowels and finals.
_COMPOSING_STARTERS = frozenset(
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u102e\u1b35"
    "\U000110ba\U00011127\U0001133e\U00011357\U000114b0\U000114ba\U000114bd\U000115af\U00011930"
) | {chr(c) for c in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}


def _composed(text: MappedText) -> MappedText:
    s = text.text
    if s.isascii() or unicodedata.is_normalized("NFC", s):
        return text
    return text.edited(_compose_edits(s))


def _compose_edits(s: str) -> Iterator[Edit]:
    start = 0
    for i in range(1, len(s) + 1):
        if i < len(s) and (s[i] in _COMPOSING_STARTERS or unicodedata.combining(s[i])):
            continue
        cluster = s[start:i]
        if not (i - start == 1 and cluster.isascii()):
            formed = unicodedata.normalize("NFC", cluster)
            if formed != cluster:
                yield Edit(start, i, formed)
        start = i


# --- White space ------------------------------------------------------------------------------------------------------------------------

_UNEVEN = re.compile(r"\s{2,}|[^\S \n]")
_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _spaced(text: MappedText) -> MappedText:
    length = len(text.text)
    return text.edited(
        Edit(m.start(), m.end(), _space(m[0]) if m.start() and m.end() < length else "") for m in _UNEVEN.finditer(text.text)
    )


def _space(run: str) -> str:
    lines = len(_LINE_ENDS.findall(run))
    return "\n\n" if lines > 1 else "\n" if lines else " "


def _trimmed(text: MappedText) -> MappedText:
    s = text.text
    body = s.strip()
    if len(body) == len(s):
        return text
    lead = len(s) - len(s.lstrip())
    return text.edited(_spaced_ends(lead, lead + len(body), len(s)))


def _spaced_ends(start: int, end: int, length: int) -> Iterator[Edit]:
    if start:
        yield Edit(0, start, "")
    if end < length:
        yield Edit(max(end, start), length, "")


# --- Quoted replies and signatures --------------------------------------------------------------------------------------------------------

# One of these stands in every text that has a part to drop; most texts have none and are left alone at once.
_SIGNS = (
    "\n>", "\n--", "\nfrom", "\n*from", "\nvon", "\nde:", "\nde :", "\nda:", "\nvan:", "\nfrån:", "\nfra:", "\nod:", "\nот:", "\nbest",
    "\nlg", "\nvg", "\nmfg", "\nviele", "\nliebe", "\nschöne", "\nsent ", "\nget outlook", "\noutlook für", "\ngesendet", "\nenvoyé",
    "\nenviad", "\ninviato", "\nverzonden", "\nskickat", "\nsendt", "\nwysłan", "\nотправлено", "\nsaludo", "\nun saludo", "wrote",
    "schrieb", "a écrit", "escribió", "ha scritto", "schreef", "escreveu", "skrev", "napisał", "写道", "のメール", "regards", "wishes",
    "cheers", "sincerely", "freundliche", "cordialement", "salutations", "saluti", "vriendelijke", "atenciosamente", "abraços",
    "pozdrawiam", "уважением", "发自我", "iphoneから", "发件人", "差出人",
)  # fmt: skip
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Den|Dnia|W dniu|Vào|Pada|在|20\d\d)\b[^\n]{3,180}\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|"
    r"escreveu|skrev|napisał|napisał\(a\)|写道|のメール)\b[^\n]{0,80}:?\s*$",
)
_ORIGINAL = re.compile(
    r"\s*-{3,}\s?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Weitergeleitete Nachricht|"
    r"Message d'origine|Mensaje original|"
    r"Messaggio originale|Oorspronkelijk bericht|Mensagem original|Исходное сообщение|原始邮件)\s?-{0,}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\*?(?:From|Von|De|Da|Van|Från|Fra|Od|От|发件人|差出人)\*?\s?:\*?\s\S[^\n]{0,200}$")
_HEADER_NEXT = re.compile(
    r"\*?(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Fecha|Para|Asunto|Inviato|Data|A|Oggetto|Verzonden|Aan|"
    r"Onderwerp|Assunto|Дата|Кому|Тема|发送时间|收件人|主题)\*?\s?:"
)
_DEVICE = re.compile(
    r"(?:(?:Sent|Gesendet|Envoyé|Enviad[oa]|Inviato|Verzonden|Skickat|Sendt|Wysłan[eo]|Отправлено)\s(?:from|via|with|using|von|mit|de|depuis|"
    r"à partir|desde|do|da|dal|met|vanaf|från|fra|z|с)\b[^\n]{0,60}"
    r"|Get Outlook for [A-Za-z]{2,10}|发自我的[^\n]{0,20}|iPhoneから送信|Outlook für (?:iOS|Android)[^\n]{0,30})\s*$",
)
_CLOSING = re.compile(
    r"(?:(?:kind|best|warm|with kind|many)\s)?(?:regards|wishes)|(?:yours\s)?sincerely|cheers|best|"
    r"(?:mit\s)?(?:freundlichen?|viele|liebe|beste|"
    r"schöne)n?\s(?:grüßen|grüße|gruß|grüssen|grüsse)|mfg|lg|vg|(?:bien\s)?cordialement|(?:salutations\sdistinguées)|(?:un\s)?saludos?|"
    r"(?:cordiali|distinti)\ssaluti|(?:met\s)?vriendelijke\sgroet(?:en)?|atenciosamente|abraços|pozdrawiam|с\sуважением",
    re.IGNORECASE,
)
_CLOSING_LINES = 4
_CLOSING_CHARACTERS = 160
_SIGNATURE_LINES = 12


def _without_mail_parts(text: MappedText) -> MappedText:
    s = text.text
    if "\n" not in s:
        return text
    lowered = s.lower()
    if not (s.startswith(">") or any(sign in lowered for sign in _SIGNS)):
        return text
    edits = list(_merged(_mail_edits(s)))
    kept = len(s) - sum(e.end - e.start for e in edits)
    # A text that is nothing but quotation is what the customer sent: it stays.
    if not edits or kept <= 1 or not _any_word(s, edits):
        return text
    return text.edited(edits)


def _any_word(s: str, edits: list[Edit]) -> bool:
    at = 0
    for e in edits:
        if any(ch.isalnum() for ch in s[at : e.start]):
            return True
        at = e.end
    return any(ch.isalnum() for ch in s[at:])


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


def _mail_edits(s: str) -> Iterator[Edit]:
    lines: list[tuple[int, int]] = []  # start, end with the line break
    at = 0
    while at < len(s):
        end = s.find("\n", at)
        end = len(s) if end < 0 else end + 1
        lines.append((at, end))
        at = end
    said = False
    for i, (start, end) in enumerate(lines):
        line = s[start:end].rstrip("\n")
        if not line.strip():
            continue
        following = next((s[a:b] for a, b in lines[i + 1 : i + 3] if s[a:b].strip()), "")
        if line.startswith(">"):
            yield Edit(start, end, "")
        elif said and len(line) < 320 and _WROTE.match(line):
            if not following.startswith(">"):
                yield Edit(start, len(s), "")
                return
            yield Edit(start, end, "")
        elif said and (_starts_original(line, following) or (line in ("--", "-- ") and len(lines) - i <= _SIGNATURE_LINES)):
            yield Edit(start, len(s), "")
            return
        elif said and len(line) < 90 and _DEVICE.match(line):
            yield Edit(start, end, "")
        elif said and len(line) < 50 and _is_closing(s, line, i, lines):
            yield Edit(start, len(s), "")
            return
        else:
            said = True


def _starts_original(line: str, following: str) -> bool:
    """'-----Original Message-----', or the header lines that mail programs put above a quoted mail."""
    return _ORIGINAL.match(line) is not None or (_HEADER.match(line) is not None and _HEADER_NEXT.match(following) is not None)


def _is_closing(s: str, line: str, i: int, lines: list[tuple[int, int]]) -> bool:
    """'Best regards' and the few short lines of a name after it, at the end."""
    if len(lines) - i > _SIGNATURE_LINES or _CLOSING.fullmatch(line.strip().rstrip(",.!")) is None:
        return False
    rest = [s[a:b].strip() for a, b in lines[i + 1 :] if s[a:b].strip()]
    return len(rest) <= _CLOSING_LINES and sum(map(len, rest)) <= _CLOSING_CHARACTERS
