"""Numbers and codes: cards, IBANs, phones, national numbers, orders, accounts, and long numbers that may be any of these.

The text is walked once, from digit to digit. A chain is digits with separators between them; a chain beside letters is part of a code.
What is neither certain by its shape nor named by the words before it stays: versions, error codes, dates, prices, sizes.
"""

import re
from collections.abc import Iterator, Sequence

from feedback_assets.silver.personal import checksums as check
from feedback_assets.silver.personal.context import (
    ACCOUNT,
    CARD,
    KEEP,
    LICENCE,
    MAYBE_NATIONAL,
    NATIONAL,
    ORDER,
    PASSPORT,
    PHONE,
    phone_label_after,
    role_before,
)
from feedback_assets.silver.personal.finds import Find
from feedback_assets.silver.personal.national import certain_code, certain_number, plausible_code, plausible_number
from feedback_assets.silver.personal.net import ipv4

_CHAIN = re.compile(r"[0-9](?:[ .()/\-]{0,3}[0-9])*")
_REST = re.compile(r"[0-9A-Za-z-]{1,34}")
_PIECE = re.compile(r"[0-9]+(?:-{1,3}[0-9]+)*")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_ALNUM = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_BESIDE = _ALNUM | {"_"}
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_MONEY = frozenset("$€£¥₹₽₩₺")
_CODE_LONGEST = 34

_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,32}")
_IPV4 = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")
_DATE = re.compile(
    r"(?:(?:(?:19|20)[0-9]{2}[-/.](?:0?[0-9]|1[0-2])[-/.](?:[0-2]?[0-9]|3[01])"
    r"|(?:(?:[0-2]?[0-9]|3[01])[-/.](?:0?[0-9]|1[0-2])|(?:0?[0-9]|1[0-2])[-/.](?:[0-2]?[0-9]|3[01]))[-/.](?:(?:19|20)[0-9]{2}|[0-9]{2}))"
    r"(?![0-9]|[./-][0-9])[ .()/\-]{0,3})"
)
_STAMP = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){0,2}[0-9]{0,9})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[ .][0-9]{3})+")
_AMOUNT = re.compile(r"[1-9][0-9]*(?:[ .][0-9]{3})*(?:\.[0-9]{1,2})?")
_UNIT = re.compile(
    r"\s?(?:%|[$€£¥₹₽₩₺円元원]|(?:eur|euros?|usd|gbp|dollars?|kr|zł|zl|pln|chf|руб|rub|tl|yen|[kmgt]i?b|[µmn]?s|bytes?|bits?|rows?|lines?|zeilen|"
    r"px|[kmg]?hz|times|mal|users?|downloads?|records?|files?|items?|views?|hits|years?|days?|hours?|km|kg|mm|cm)(?![A-Za-z]))",
    re.IGNORECASE,
)
_CONSTANTS = frozenset({"2147483647", "2147483648", "4294967295", "4294967296", "1234567890", "123456789", "0123456789", "987654321"})

_CARDS = (
    re.compile(r"[2-6][0-9]{3}([ -]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?(?![0-9])"),
    re.compile(r"3[0-9]{3}([ -]?)[0-9]{6}\1[0-9]{4,5}(?![0-9])"),
    re.compile(r"[2-6][0-9](?:[ -]?[0-9]){11,17}(?![0-9])"),
)
_MARKET_ORDER = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_WORLD = re.compile(r"(?:\+|00)[1-9](?:[ ().\-/]{0,3}[0-9]){6,14}(?:\s?(?:x|ext\.?|durchwahl)\s?[0-9]{1,6})?(?![0-9])", re.IGNORECASE)
_US = re.compile(
    r"(?:1[ .-])?(?:\([0-9]{3}\)[ .-]{0,2}|[0-9]{3}([ .-]))[0-9]{3}(?(1)\1|[ .-])[0-9]{4}(?:\s?(?:x|ext\.?)\s?[0-9]{1,6})?(?![0-9]|-[0-9])"
)
_NORTH_AMERICAN = re.compile(r"(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ .-]{0,2}|[2-9][0-9]{2}([.-]))[2-9][0-9]{2}(?(1)\1|[ .-])[0-9]{4}")
# What may be glued to a telephone number: nothing, or a word behind it, or small letters before it. A code is in capitals, or shorter.
_GLUED_TO = re.compile(r"[A-Za-z][a-z]{2}|[^0-9A-Za-z_-]|$")
_WORD_AND_PLUS = re.compile(r"[a-z]{3}\+$")
_GLUED_ON = re.compile(r"(?:[a-z]{3}|[^0-9A-Za-z_-]|^)$")
# Behind another number: "error 12 (909) 555-0154".
_BEHIND = re.compile(r"(?<=[0-9] )(?:\([0-9]{3}\)[ .-]{0,2}[0-9]{3}[ .-]|[0-9]{3}([.-])[0-9]{3}\1)[0-9]{4}(?![0-9]|-[0-9])")
_ZERO = re.compile(r"\(?0[0-9]{1,4}\)?(?:[ /.\-]{1,3}[0-9]{2,8}){1,5}(?![0-9]|[.-][0-9])")
_AREA = re.compile(r"\([0-9]{2,5}\)[ /.\-]{0,2}[0-9]{2,5}(?:[ .-]?[0-9]{2,5}){1,3}(?![0-9]|-[0-9])")
_RUSSIAN = re.compile(r"8[ -]?\(?[0-9]{3}\)?[ -][0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}(?![0-9])")
_SPANISH = re.compile(r"[6-9][0-9]{2} [0-9]{2} [0-9]{2} [0-9]{2}(?![0-9])")
_LOCAL = re.compile(
    r"(?!0[0-9]{3}[ -]0[0-9]{3}$)"
    r"(?:[0-9]{2,4}([ -])[0-9]{2,4}(?:\1[0-9]{2,4}){0,4}|[0-9]{2,5}[ /-][0-9]{3,5}[ -][0-9]{3,4}|[0-9]{2,3} [0-9]{6})"
)
_ROUND = re.compile(r"(?<![0-9])[0-9]{0,3}000(?![0-9])|000$")
_YEAR_OR_SIZE = re.compile(r"(?<![0-9])(?:19[0-9]{2}|20[0-9]{2}|720|768|1024|1080|1200|1440|1600|2160|2560|3840|[0-9]{0,2}00)(?![0-9])")
_DIALLED = re.compile(r"0[0-9]{8,10}|[2-9][0-9]{9}|1[3-9][0-9]{9}|[78][0-9]{10}")
"""How a telephone number looks that is written in one piece: 9 to 11 digits with the digits that such numbers begin with."""
_SHAPES = (_US, _ZERO, _AREA, _RUSSIAN, _SPANISH)
_LONG = re.compile(r"[0-9]{9,16}(?![0-9])|[0-9]{4}(?:[ -][0-9]{3,5}){2,8}(?![0-9])|[0-9](?:[ -][0-9]{3,5}){3,8}(?![0-9])")
# A name as programs have them (totalMemory, tv_nsec, "origin-id") and a sign: what follows is a program's number.
_OF_A_PROGRAM = re.compile(r"(?:[a-z][A-Z]|[A-Za-z]_[A-Za-z]|[A-Z][a-z]+[A-Z])\w{0,40}[\"']?\s?[:=]\s?[\"']?$")
_NINO = re.compile(r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Za-z0-9])")
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|durchwahl|dw\.?|interno)\s?[0-9]{1,6}(?![0-9])", re.IGNORECASE)
_GROUP_SIGN = re.compile(r"[ .()]+")
_TWO_BY_TWO = re.compile(r"[0-9]{1,2}(?:[^0-9]{1,3}[0-9]{1,2})+")
_NAMED = {ORDER: "order", ACCOUNT: "account", NATIONAL: "national_id", PASSPORT: "passport", LICENCE: "licence"}
_LEAST_DIGITS = {ORDER: 5, ACCOUNT: 5, NATIONAL: 8, PASSPORT: 5, LICENCE: 5}
"""Of a number that its words name."""
_LEAST_OF_CODE = {ORDER: 4, ACCOUNT: 4, NATIONAL: 6, PASSPORT: 5, LICENCE: 3}
"""The same for a code with letters."""


def numbers(s: str, inside: Sequence[tuple[int, int]] = ()) -> Iterator[Find]:
    """Finds among the digits of a text. `inside`: spans of URLs, ascending; there only numbers of certain shape count."""
    done = url = 0
    urls = [*inside, (len(s), len(s))]
    for m in _CHAIN.finditer(s):
        start, end = m.span()
        if end <= done:
            continue
        while urls[url][1] <= start:
            url += 1
        in_url = urls[url][0] <= start
        before = s[start - 1] if start else " "
        after = s[end] if end < len(s) else " "
        if before in _BESIDE or after in _BESIDE:
            beside = True
        elif end - start < 5:
            continue
        else:
            beside = (before == "-" and start > 1 and s[start - 2] in _ALNUM) or (
                after == "-" and end + 1 < len(s) and s[end + 1] in _ALNUM
            )
        if not beside:
            yield from _number(s, start, end, named=not in_url)
        elif not in_url:
            finds, done = _code(s, start, end)
            yield from finds


def _code(s: str, start: int, end: int) -> tuple[list[Find], int]:
    """A chain beside letters; and where what was looked at ends. The code is the piece that touches the letters, the rest a number."""
    if s[start - 1 : start] in _LETTERS and (iban := _iban(s, start)) is not None:
        return [iban], iban[1]
    phone = _with_extension(s, start, end) if end - start >= 9 and s[end : end + 1] in ("x", "X", "e", "E") else None
    if phone is not None:
        return [phone], phone[1]
    if end - start >= 10 and (glued := _glued(s, start, end)) is not None:
        return [glued], glued[1]
    finds: list[Find] = []
    pieces = [] if s[start:end].isdigit() else [m.span() for m in _PIECE.finditer(s, start, end)]
    if len(pieces) > 1:
        first, last = pieces[0], pieces[-1]
        behind = s[end : end + 1] in _ALNUM or s[end : end + 1] in ("_", "-")
        if behind and s[start - 1 : start] not in _ALNUM:
            finds = _number(s, start, pieces[-2][1], named=True)
            start = last[0]
        else:
            finds = _number(s, pieces[1][0], end, named=True) if not behind else []
            end = first[1]
    left, right = start, end
    while left > 0 and start - left < _CODE_LONGEST and (s[left - 1] in _ALNUM or s[left - 1] == "-"):
        left -= 1
    if (m := _REST.match(s, end)) is not None:
        right = m.end()
    while left < start and s[left] == "-":
        left += 1
    while right > end and s[right - 1] == "-":
        right -= 1
    find = _code_between(s, left, right)
    return ([*finds, find] if find is not None else finds), right


def _with_extension(s: str, start: int, end: int) -> Find | None:
    """A telephone number whose extension is joined to it: 212.555.0123x45."""
    at = start - 1 if s[start - 1 : start] in ("(", "+") else start
    for pattern in (_WORLD, *_SHAPES):
        m = pattern.match(s, at, end)
        if m is not None and m.end() == end and 9 <= len(_NOT_DIGIT.sub("", m[0])) <= 15:
            extension = _EXTENSION.match(s, end)
            return (at, extension.end(), "phone") if extension is not None else None
    return None


def _glued(s: str, start: int, end: int) -> Find | None:
    """A telephone number glued to a word: +1-888-555-0134typically. One without + must be laid out as in North America."""
    lead, before = s[start - 1 : start], s[start - 2 : start - 1]
    if lead == "+" and before not in _BESIDE and (m := _WORLD.match(s, start - 1, end)) is not None:
        return (m.start(), m.end(), "phone") if len(_NOT_DIGIT.sub("", m[0])) >= 9 else None
    m = _NORTH_AMERICAN.fullmatch(s, start - 1 if lead == "(" else start, end)
    if m is None or _GLUED_TO.match(s, end) is None or _GLUED_ON.search(s, max(0, m.start() - 3), m.start()) is None:
        return None
    return m.start(), end, "phone"


def _code_between(s: str, left: int, right: int) -> Find | None:
    code = s[left:right]
    if not 5 <= len(code) <= _CODE_LONGEST or s[right : right + 1] == "_" or s[left - 1 : left] in ("_", "."):
        return None
    kind = certain_code(code)
    if kind:
        return left, right, kind
    digits = sum(1 for ch in code if "0" <= ch <= "9")
    if digits < 3 or code[:2] in ("0x", "0X") or _DATE.match(code) is not None:
        return None
    role = role_before(s, left)
    if digits >= _LEAST_OF_CODE.get(role, 99):
        return left, right, _NAMED[role]
    return (left, right, "national_id") if role is MAYBE_NATIONAL and plausible_code(code) else None


def _iban(s: str, start: int) -> Find | None:
    """The IBAN whose check digits stand there."""
    at = start - 2
    if at < 0 or s[at] not in _LETTERS or (at and s[at - 1] in _ALNUM):
        return None
    wanted = check.IBAN_LENGTH.get(s[at:start].upper())
    if wanted is None or (m := _IBAN.match(s, at)) is None:
        return None
    characters = ""
    for i in range(at, m.end()):
        if s[i] not in " -":
            characters += s[i]
            if len(characters) == wanted:
                return (at, i + 1, "iban") if s[i + 1 : i + 2] not in _ALNUM and check.iban(characters) else None
    return None


def _number(s: str, start: int, end: int, *, named: bool) -> list[Find]:
    """A chain that stands alone: what it is, or nothing."""
    while (m := _DATE.match(s, start, end)) is not None:
        start = m.end()
    if end - start < 5:
        return []
    value = s[start:end]
    digits = _NOT_DIGIT.sub("", value)
    finds = [(m.start(), m.end(), "ip") for m in _IPV4.finditer(s, start, end) if ipv4(s, *m.span())] if value.count(".") >= 3 else []
    if len(digits) < 5:
        return finds
    certain = _certain(s, start, end, value, digits)
    if certain is not None:
        return [*finds, certain]
    lead, before = s[start - 1 : start], s[start - 2 : start - 1]
    if ((lead in _MONEY or (lead == " " and before in _MONEY)) and _AMOUNT.fullmatch(value)) or (lead == "," and before.isdigit()):
        return finds
    role = role_before(s, _word_start(s, start)) if named else ""
    if not role and named and len(digits) >= 7 and not value.isdigit() and phone_label_after(s, end):
        role = PHONE
    if role and role is not KEEP and (found := _named(s, start, end, digits, role)) is not None:
        return [*finds, found]
    if named and role is not KEEP and len(digits) >= 7:
        finds.extend(_by_shape(s, start, end, value, digits))
    if named and not finds and len(digits) > 10:
        finds.extend((m.start(), m.end(), "phone") for m in _BEHIND.finditer(s, start, end))
    return finds


def _certain(s: str, start: int, end: int, value: str, digits: str) -> Find | None:
    """What the number is by its own shape and check digits, whatever stands before it."""
    n = len(digits)
    lead = s[start - 1 : start]
    if n >= 13 and (found := _card(s, start, end)) is not None:
        return found
    if n >= 9 and certain_number(value, digits):
        return start, end, "national_id"
    if (
        lead == "+"
        and (s[start - 2 : start - 1] not in _ALNUM or _WORD_AND_PLUS.search(s, max(0, start - 4), start))
        and (m := _WORLD.match(s, start - 1)) is not None
    ):
        return m.start(), m.end(), "phone"
    if n == 6 and start >= 2:
        m = _NINO.match(s, max(0, start - (3 if lead == " " else 2)))
        if m is not None and certain_code(m[0].replace(" ", "")):
            return m.start(), m.end(), "national_id"
    if n >= 17 and _MARKET_ORDER.fullmatch(value):
        return start, end, "order"
    return None


def _word_start(s: str, start: int) -> int:
    """Where a code such as PL/2024/00812 begins; `start` itself when no letters stand before it."""
    at = start
    if s[at - 1 : at] in ("/", ".", "#", "№", "("):
        at -= 1
        while at and start - at < 8 and s[at - 1] in _LETTERS:
            at -= 1
        if start - at == 1 or (at and s[at - 1] in _ALNUM):
            return start
        if s[start - 1] == ".":  # an abbreviation: Tel.030
            return start
    return at


def _card(s: str, start: int, end: int) -> Find | None:
    for pattern in _CARDS:
        for m in pattern.finditer(s, start, end):
            if m.start() > start and s[m.start() - 1] in "0123456789.,":
                continue
            if s[m.end() : m.end() + 1] in (".", ",") and s[m.end() + 1 : m.end() + 2].isdigit():
                continue
            digits = _NOT_DIGIT.sub("", m[0])
            if check.card(digits):
                return m.start(), m.end(), "card"
    return None


def _named(s: str, start: int, end: int, digits: str, role: str) -> Find | None:
    """The number as the words before it name it; None when it cannot be that."""
    n = len(digits)
    if role is PHONE:
        if 6 <= n <= 15 and len(set(digits)) > 1 and not _STAMP.fullmatch(s[start:end]) and s[end : end + 1] not in _MONEY:
            m = _EXTENSION.match(s, end)
            return (start - 1 if s[start - 1 : start] in ("(", "+") else start), m.end() if m else end, "phone"
        return None
    if role is CARD:
        return (start, end, "card") if 13 <= n <= 19 else None
    if role is MAYBE_NATIONAL:
        return (start, end, "national_id") if plausible_number(digits) else None
    if role in _NAMED and n <= 40 and _UNIT.match(s, end) is None:
        stop = _until(s, start, end, role)
        number = _NOT_DIGIT.sub("", s[start:stop])
        if len(number) >= _LEAST_DIGITS[role] and (role is NATIONAL or _TWO_BY_TWO.fullmatch(s, start, stop) is None):
            return start, stop, _NAMED[role]
    return None


def _until(s: str, start: int, end: int, role: str) -> int:
    """Where the named number ends: one of an order has no spaces or dots, unless it is grouped like one. What comes behind is another."""
    if role not in (ORDER, ACCOUNT):
        return end
    value = s[start:end]
    groups = _GROUP_SIGN.split(value)
    if len(groups) == 1 or all(len(g) == 3 and g.isdigit() for g in groups[1:]) or (" " in value and "." not in value and _grouped(groups)):
        return end
    return start + len(groups[0])


def _grouped(groups: list[str]) -> bool:
    return all(len(g) >= 3 and g.isdigit() for g in groups) or len(groups[0]) < 4


def _by_shape(s: str, start: int, end: int, value: str, digits: str) -> list[Find]:
    """Phones by their layout, and long numbers."""
    follows = s[end : end + 2]
    if follows[:1] == "," and follows[1:].isdigit():
        return []
    if _alone(s, start, end) and not value.isdigit() and "." not in value and len(digits) <= 13:
        return [(start - 1 if s[start - 1 : start] == "(" else start, end, "phone")]  # a line of its own: a signature
    if _THOUSANDS.fullmatch(value) and value[0] != "0" and ("." in value or _ROUND.search(value) or len(digits) < 8):
        return []
    phone = _phone(s, start, end, value, digits)
    if phone is not None:
        return [phone]
    if len(digits) < 9 or _is_measure(s, start, end, value):
        return []
    return [
        (m.start(), m.end(), "number")
        for m in _LONG.finditer(s, start, end)
        if (m.start() == start or s[m.start() - 1] in " /()")
        and s[m.end() : m.end() + 1] not in (".", "-")
        and not _STAMP.fullmatch(m[0])
        and (m[0].isdigit() or not _YEAR_OR_SIZE.search(m[0]))
    ]


def _is_measure(s: str, start: int, end: int, value: str) -> bool:
    """Whether a long number is a time, a quantity, a famous constant or a program's number."""
    if value.isdigit() and (_STAMP.fullmatch(value) or value in _CONSTANTS or _UNIT.match(s, end)):
        return True
    return s[start - 1 : start] in ("=", '"', "'", ":", ".") or _OF_A_PROGRAM.search(s, max(0, start - 56), start) is not None


def _alone(s: str, start: int, end: int) -> bool:
    """Whether there is nothing else on its line."""
    before = s.rfind("\n", 0, start) + 1
    after = s.find("\n", end)
    return before > 0 and not s[before:start].strip(" \t(+") and not s[end : after if after >= 0 else len(s)].strip()


def _phone(s: str, start: int, end: int, value: str, digits: str) -> Find | None:
    n = len(digits)
    if value.startswith("00") and n >= 10 and (m := _WORLD.match(s, start)) is not None:
        return m.start(), m.end(), "phone"
    at = start - 1 if s[start - 1 : start] == "(" else start
    for pattern in _SHAPES if n <= 15 else ():
        m = pattern.match(s, at, min(len(s), end + 12))
        if m is not None and (8 if pattern is _AREA else 9) <= len(_NOT_DIGIT.sub("", m[0])) <= 17:
            return m.start(), m.end(), "phone"
    if n <= 12 and _LOCAL.fullmatch(value) and not _YEAR_OR_SIZE.search(value) and not _ROUND.search(value) and not _UNIT.match(s, end):
        return start, end, "phone"
    if _DIALLED.fullmatch(value) is not None and len(set(value)) > 1 and not _is_measure(s, start, end, value):
        return start, end, "phone"
    return None
