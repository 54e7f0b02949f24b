"""Numbers and codes: cards, IBANs, phones, national numbers, orders, accounts, and long numbers that may be any of these.

The text is walked once, from digit to digit. A chain is digits with separators between them; a chain beside letters is part of a code.
What is neither certain by its shape nor named by the words before it stays: versions, error codes, dates, prices, sizes.
"""

import re
from collections.abc import Iterator, Sequence

from feedback_assets.silver.personal import checksums as check
from feedback_assets.silver.personal.context import ACCOUNT, CARD, KEEP, LICENCE, NATIONAL, ORDER, PASSPORT, PHONE, role_before
from feedback_assets.silver.personal.finds import Find
from feedback_assets.silver.personal.national import certain_code, certain_number
from feedback_assets.silver.personal.net import ipv4

_CHAIN = re.compile(r"[0-9](?:[ .()/\-]{0,3}[0-9])*")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_ALNUM = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
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
_ZERO = re.compile(r"\(?0[0-9]{1,4}\)?(?:[ /\-]{1,3}[0-9]{2,8}){1,5}(?![0-9]|-[0-9])")
_ZERO_PAIRS = re.compile(r"0[0-9](?:\.[0-9]{2}){4}(?![0-9]|\.[0-9])")
_AREA = re.compile(r"\([0-9]{2,5}\)\s?[0-9]{3,5}[ -]?[0-9]{3,5}(?![0-9]|-[0-9])")
_RUSSIAN = re.compile(r"8[ -]?\(?[0-9]{3}\)?[ -][0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}(?![0-9])")
_SPANISH = re.compile(r"[6-9][0-9]{2} [0-9]{2} [0-9]{2} [0-9]{2}(?![0-9])")
_CHINESE = re.compile(r"1[3-9][0-9]{9}(?![0-9])")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_SHAPES = (_US, _ZERO, _ZERO_PAIRS, _AREA, _RUSSIAN, _SPANISH)
_LONG = re.compile(r"[0-9]{9,40}(?![0-9])|[0-9]{4}(?:[ -][0-9]{3,5}){2,8}(?![0-9])|[0-9](?:[ -][0-9]{3,5}){3,8}(?![0-9])")
_NINO = re.compile(r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Za-z0-9])")
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|durchwahl|dw\.?|interno)\s?[0-9]{1,6}(?![0-9])", re.IGNORECASE)
_NAMED = {ORDER: "order", ACCOUNT: "account", NATIONAL: "national_id", PASSPORT: "passport", LICENCE: "licence"}
_LEAST_DIGITS = {ORDER: 4, ACCOUNT: 4, NATIONAL: 6, PASSPORT: 5, LICENCE: 3}


def numbers(s: str, inside: Sequence[tuple[int, int]] = ()) -> Iterator[Find]:
    """Finds among the digits of a text. `inside`: spans of URLs, ascending; there only certain shapes count."""
    done = 0
    for m in _CHAIN.finditer(s):
        start, end = m.span()
        if end <= done:
            continue
        before = s[start - 1] if start else " "
        after = s[end] if end < len(s) else " "
        length = end - start
        if before in _ALNUM or after in _ALNUM or before == "_" or after == "_":
            beside = True
        elif length < 5:
            continue
        else:
            beside = (before == "-" and start > 1 and s[start - 2] in _ALNUM) or (
                after == "-" and end + 1 < len(s) and s[end + 1] in _ALNUM
            )
        in_url = any(a <= start < b for a, b in inside) if inside else False
        if beside:
            found, done = _code(s, start, end, named=not in_url)
        else:
            found = _number(s, start, end, named=not in_url)
        if found:
            yield from found


def _code(s: str, start: int, end: int, *, named: bool) -> tuple[list[Find], int]:
    """A chain beside letters; and where its code ends."""
    left, right = start, end
    while left > 0 and start - left < _CODE_LONGEST and (s[left - 1] in _ALNUM or s[left - 1] == "-"):
        left -= 1
    while right < len(s) and right - end < _CODE_LONGEST and (s[right] in _ALNUM or s[right] == "-"):
        right += 1
    while left < start and s[left] == "-":
        left += 1
    while right > end and s[right - 1] == "-":
        right -= 1
    if s[start - 1 : start] in _LETTERS and (found := _iban(s, start)) is not None:
        return [found], max(right, found[1])
    code = s[left:right]
    if not 5 <= len(code) <= _CODE_LONGEST or s[right : right + 1] == "_" or (left and s[left - 1] == "_"):
        return [], right
    kind = certain_code(code)
    if kind:
        return [(left, right, kind)], right
    if end - start >= 10 and (m := _US.match(s, start)) is not None and "x" in m[0]:
        return [(start, m.end(), "phone")], m.end()
    digits = sum(1 for ch in code if "0" <= ch <= "9")
    if named and digits >= 3 and code[:2] not in ("0x", "0X") and _DATE.match(code) is None:
        role = role_before(s, left)
        if digits >= _LEAST_DIGITS.get(role, 99):
            return [(left, right, _NAMED[role])], right
    return [], right


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
    if lead in _MONEY or (lead == " " and before in _MONEY) or (lead == "," and before.isdigit()):
        return finds
    role = role_before(s, _word_start(s, start)) if named else ""
    if role and role is not KEEP and (found := _named(s, start, end, digits, role)) is not None:
        return [*finds, found]
    if named and role is not KEEP and len(digits) >= 9:
        finds.extend(_by_shape(s, start, end, value, digits))
    return finds


def _certain(s: str, start: int, end: int, value: str, digits: str) -> Find | None:
    """What the number is by its own shape and check digits, whatever stands before it."""
    n = len(digits)
    lead = s[start - 1 : start]
    if n >= 13 and (found := _card(s, start, end)) is not None:
        return found
    if n >= 9 and certain_number(value, digits):
        return start, end, "national_id"
    if lead == "+" and s[start - 2 : start - 1] not in _ALNUM and (m := _WORLD.match(s, start - 1)) is not None:
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
        if 6 <= n <= 15 and not _STAMP.fullmatch(s[start:end]) and s[end : end + 1] not in _MONEY:
            m = _EXTENSION.match(s, end)
            return (start - 1 if s[start - 1 : start] in ("(", "+") else start), m.end() if m else end, "phone"
        return None
    if role is CARD:
        return (start, end, "card") if 13 <= n <= 19 else None
    if role in _NAMED and _LEAST_DIGITS[role] <= n <= 40 and _UNIT.match(s, end) is None:
        return start, _until_space(s, start, end, role), _NAMED[role]
    return None


def _until_space(s: str, start: int, end: int, role: str) -> int:
    """An order number has no spaces, unless it is grouped like one; the number behind it is another."""
    space = s.find(" ", start, end)
    if role not in (ORDER, ACCOUNT) or space < 0:
        return end
    groups = s[start:end].split(" ")
    if all(len(g) >= 3 and g.isdigit() for g in groups) or len(_NOT_DIGIT.sub("", groups[0])) < 4:
        return end
    return space


def _by_shape(s: str, start: int, end: int, value: str, digits: str) -> list[Find]:
    """Phones by their layout, and long numbers."""
    follows = s[end : end + 2]
    if (follows[:1] == "," and follows[1:].isdigit()) or (_THOUSANDS.fullmatch(value) and value[0] != "0"):
        return []
    phone = _phone(s, start, end, value, digits)
    if phone is not None:
        return [phone]
    if value.isdigit() and (_STAMP.fullmatch(value) or value in _CONSTANTS or _UNIT.match(s, end)):
        return []
    return [
        (m.start(), m.end(), "number")
        for m in _LONG.finditer(s, start, end)
        if (m.start() == start or s[m.start() - 1] in " /()") and not _STAMP.fullmatch(m[0]) and s[m.end() : m.end() + 1] not in (".", "-")
    ]


def _phone(s: str, start: int, end: int, value: str, digits: str) -> Find | None:
    n = len(digits)
    if value.startswith("00") and n >= 10 and (m := _WORLD.match(s, start)) is not None:
        return m.start(), m.end(), "phone"
    at = start - 1 if s[start - 1 : start] == "(" else start
    for pattern in _SHAPES if n <= 15 else ():
        m = pattern.match(s, at, min(len(s), end + 12))
        if m is not None and 9 <= len(_NOT_DIGIT.sub("", m[0])) <= 17:
            return m.start(), m.end(), "phone"
    if value.isdigit() and not _STAMP.fullmatch(value) and not _UNIT.match(s, end) and value not in _CONSTANTS:
        mobile = n == 11 and _CHINESE.fullmatch(value) is not None and _CJK.search(s, max(0, start - 40), end + 40) is not None
        if mobile or (n in (10, 11) and value[0] == "0"):
            return start, end, "phone"
    return None
