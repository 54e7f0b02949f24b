"""Personal data and secrets in text: which spans, of which kind. Structured kinds only.

Names and postal addresses need a model of the site's own and are not found here. Numbers that are not personal stay: versions, error
codes, years, dates, prices, sizes.
"""

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterator

from feedback_assets.placeholders import KINDS, PATTERN

Found = tuple[int, int, str]
"""start, end, kind."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


# --- Choosing spans -------------------------------------------------------------------------------------------------------------------

_SIGNS = re.compile(r"[0-9@＠:]|www\.|[Pp]ass|PASS|[Aa][Tt][\)\]]|[Bb]earer")
_DIGITS = re.compile(r"\d+")
_MANY_DIGITS = re.compile(r"\d(?:[^\w\n]{0,4}\d){6}")


def found_in(s: str, customer_id: str = "") -> list[Found]:
    """Spans to mask, ascending, none overlapping."""
    found: list[Found] = []
    if _SIGNS.search(s) is not None or not s.isascii():
        lowered = s.lower()
        found.extend(_urls(s))
        found.extend(_emails(s))
        found.extend(_secrets(s, lowered))
        digits = sum(map(len, _DIGITS.findall(s)))
        if digits >= 4:
            found.extend(_coded(s))
        if digits >= 4 or ":" in s:
            found.extend(_hosts(s))
        if digits >= 7:
            found.extend(_ibans(s))
            if _MANY_DIGITS.search(s) is not None:
                found.extend(_cards(s))
                found.extend(_phones(s))
    if len(customer_id) >= 5 and any(ch.isdigit() for ch in customer_id) and customer_id in s:
        found.extend((m.start(), m.end(), "customer") for m in re.finditer(rf"(?<!\w){re.escape(customer_id)}(?!\w)", s))
    return _chosen(s, found) if found else []


def found_in_url(url: str) -> list[Found]:
    """The same for an address: what names the record stays."""
    return _chosen(url, [*_in_url(0, url), *_emails(url)])


def _chosen(s: str, found: list[Found]) -> list[Found]:
    """The spans that win: by kind, then the longer, then the earlier. Placeholders that stand already are never touched."""
    if not found:
        return []
    taken = _Taken()
    if "[" in s:
        for m in PATTERN.finditer(s):
            taken.take(m.start(), m.end())
    chosen = [f for f in sorted(found, key=lambda f: (_RANK[f[2]], f[0] - f[1], f[0])) if taken.take(f[0], f[1])]
    chosen.sort()
    return chosen


class _Taken:
    """Spans that do not overlap, in order."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def take(self, start: int, end: int) -> bool:
        """Takes the span unless it overlaps one that is taken."""
        i = bisect_right(self.starts, start)
        if (i and self.ends[i - 1] > start) or (i < len(self.starts) and self.starts[i] < end):
            return False
        self.starts.insert(i, start)
        self.ends.insert(i, end)
        return True


# --- Addresses on the net ---------------------------------------------------------------------------------------------------------------

_EMAIL_LOCAL = re.compile(r"[\w.!#$%&'*+/?^`{|}~-]{1,64}$")
_EMAIL_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,62})(?:\.[^\W_][\w-]{0,62}){1,6}")
_EMAIL_SPELLED = re.compile(
    r"(?<![\w.])[\w.+-]{1,64}\s{0,2}[\(\[]\s?at\s?[\)\]]\s{0,2}[\w-]{1,63}(?:\s{0,2}(?:[\(\[]\s?dot\s?[\)\]]|\.|\sdot\s)\s{0,2}[a-z]{2,20}){1,3}",
    re.IGNORECASE,
)


def _emails(s: str) -> Iterator[Found]:
    for sign in "@＠":
        at = s.find(sign)
        while at >= 0:
            local = _EMAIL_LOCAL.search(s, max(0, at - 64), at)
            domain = _EMAIL_DOMAIN.match(s, at + 1)
            if local is not None and domain is not None:
                start = local.start()
                while start < at - 1 and s[start] in "'`{|}!*./?&#$%^~-":
                    start += 1
                yield start, domain.end(), "email"
            at = s.find(sign, at + 1)
    if "at)" in s or "at]" in s or "AT)" in s or "AT]" in s or "at )" in s or "at ]" in s:
        yield from ((m.start(), m.end(), "email") for m in _EMAIL_SPELLED.finditer(s))


_URL = re.compile(r"://[^\s<>\"']{1,2000}|(?<![\w.])www\.[^\s<>\"']{1,2000}")
_USERINFO = re.compile(r"://([^/?#@\s]{1,200}(?::[^/?#@\s]{0,200})?)@")
_SECRET_PARAMETER = re.compile(
    r"[?&;#](?:[\w.-]{0,30}(?:token|key|secret|passw(?:or)?d|pwd|sig|signature|auth|session|sid|jwt|credential|otp|email|e-mail|phone|user|uid)"
    r"[\w.-]{0,30}|code|state|hash|ticket|invite|reset)=([^&;#\s]{1,2000})",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{0,80}[0-9])(?=[0-9_-]{0,80}[A-Za-z])[A-Za-z0-9_-]{24,400}(?![A-Za-z0-9_-])")


def _urls(s: str) -> Iterator[Found]:
    if "://" in s or "www." in s:
        for m in _URL.finditer(s):
            yield from _in_url(m.start(), m[0])


def _in_url(at: int, url: str) -> Iterator[Found]:
    if (m := _USERINFO.search(url)) is not None:
        yield at + m.start(1), at + m.end(1), "credentials"
    for m in _SECRET_PARAMETER.finditer(url):
        if PATTERN.fullmatch(m[1]) is None:
            yield at + m.start(1), at + m.end(1), "token"
    scheme = url.find("://")
    path = url.find("/", scheme + 3 if scheme >= 0 else 0)
    for m in _OPAQUE.finditer(url, path) if path >= 0 else ():
        # A slug of words and a year is readable; a token is not.
        pieces = [p for p in re.split(r"[-_]", m[0]) if p]
        if max(map(len, pieces), default=0) >= 16:
            yield at + m.start(), at + m.end(), "token"


_SECRET = re.compile(
    r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{16,200}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,64}|AKIA[0-9A-Z]{16}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,200}|AIza[\w-]{35}|eyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{1,2000})?|[sprk]{2}_(?:live|test)_\w{16,200})"
)
_BEARER = re.compile(r"\bBearer\s{1,3}([\w.~+/-]{12,2000}=*)", re.IGNORECASE)
_PASSWORD = re.compile(
    r"\b(?:pass(?:word|wort|code|phrase)?|passwd|pwd|contraseña|mot de passe|senha|wachtwoord|пароль|api[_ -]?key|secret)\b"
    r"\s{0,3}(?::|=|\b(?:is|ist|es|est|é)\b)\s{0,3}[\"'“]?([^\s\"'”<>,;]{4,128})",
    re.IGNORECASE,
)


_SECRET_SIGNS = ("sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "xox", "AIza", "eyJ", "_live_", "_test_")
_PASSWORD_SIGNS = ("pass", "pwd", "contraseña", "senha", "wachtwoord", "пароль", "api", "secret")


def _secrets(s: str, lowered: str) -> Iterator[Found]:
    if any(sign in s for sign in _SECRET_SIGNS):
        yield from ((m.start(), m.end(), "secret") for m in _SECRET.finditer(s))
    if "bearer" in lowered:
        yield from ((m.start(1), m.end(1), "secret") for m in _BEARER.finditer(s))
    for m in _PASSWORD.finditer(s) if any(sign in lowered for sign in _PASSWORD_SIGNS) else ():
        value = m[1].rstrip(".!?)")
        if len(value) >= 4 and not value.startswith("[") and any(ch.isdigit() or ch in "!@#$%^&*_+" for ch in value):
            yield m.start(1), m.start(1) + len(value), "secret"


_IPV4 = re.compile(r"(?<![A-Za-z0-9_.])(?<![A-Za-z0-9_]-)(?:\d{1,3}\.){3}\d{1,3}(?![A-Za-z0-9_]|-[A-Za-z0-9_]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?<=::))(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])")
_VERSION_BEFORE = re.compile(
    r"(?:version|vers?|v|build|release|firefox|chrome|app|ios|android|update|upgrade|rev|patch)[\s.:]{0,3}$", re.IGNORECASE
)


def _hosts(s: str) -> Iterator[Found]:
    for m in _IPV4.finditer(s):
        numbers = m[0].split(".")
        if (
            all(int(n) <= 255 for n in numbers)
            and numbers[0].lstrip("0")
            and not _VERSION_BEFORE.search(s, max(0, m.start() - 14), m.start())
        ):
            yield m.start(), m.end(), "ip"
    colons = s.count(":")
    if colons >= 3:
        for m in _IPV6.finditer(s):
            if m[0].count(":") >= 3 and any(ch.isdigit() for ch in m[0]) and _is_ipv6(m[0]):
                yield m.start(), m.end(), "ip"
    if colons >= 5 or s.count("-") >= 5:
        yield from ((m.start(), m.end(), "mac") for m in _MAC.finditer(s))


def _is_ipv6(s: str) -> bool:
    try:
        ipaddress.IPv6Address(s)
    except ValueError:
        return False
    return True


# --- Numbers ----------------------------------------------------------------------------------------------------------------------------

# A boundary is an ASCII letter or digit: in Chinese or Japanese a number stands right behind its word.
_CARD = re.compile(r"(?<![A-Za-z0-9_.,])(?<![A-Za-z0-9_]-)[2-6]\d{3}(?:[ -]?\d){8,15}(?![A-Za-z0-9_]|-[A-Za-z0-9_]|[.,]\d)")


def _cards(s: str) -> Iterator[Found]:
    for m in _CARD.finditer(s):
        digits = [int(ch) for ch in m[0] if ch.isdigit()]
        if 13 <= len(digits) <= 19 and luhn(digits):
            yield m.start(), m.end(), "card"


def luhn(digits: list[int]) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    total = 0
    for i, d in enumerate(reversed(digits)):
        doubled = d * 2 if i % 2 else d
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# Lengths by country: the SWIFT IBAN registry.
_IBAN_LENGTH = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
}
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})\d{2}(?:[ -]?[A-Za-z0-9]){11,28}")


def _ibans(s: str) -> Iterator[Found]:
    for m in _IBAN.finditer(s):
        wanted = _IBAN_LENGTH.get(m[1].upper())
        if wanted is None:
            continue
        characters = ""
        for i in range(m.start(), m.end()):
            if s[i] not in " -":
                characters += s[i]
            if len(characters) == wanted:
                if not s[i + 1 : i + 2].isalnum() and iban_holds(characters):
                    yield m.start(), i + 1, "iban"
                break


def iban_holds(iban: str) -> bool:
    """The check digits of an IBAN without separators (ISO 13616, mod 97)."""
    moved = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(ch, 36)) for ch in moved)) % 97 == 1


_SSN = re.compile(r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]-)(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![A-Za-z0-9_]|-[A-Za-z0-9_])")
_ACCOUNT_WORDS = (
    r"account|acct|konto|kontonummer|compte|cuenta|conta|customer|client|kunden|kunde|kundennummer|klant|member|membership|policy|"
    r"user[ _-]?id|счет|счёт|账号|口座"
)
_ORDER_WORDS = (
    r"orders?|bestell(?:ung|nummer|nr)?|auftrag|auftragsnummer|commande|pedido|ordine|bestelling|zamówieni[ea]|beställning|encomenda|"
    r"invoice|rechnung|rechnungsnummer|facture|factura|fattura|ticket|case|tracking|booking|reservation|shipment|parcel|receipt|"
    r"reference|ref|заказ[а-я]?|订单号?|注文番号?|주문"
)
_CODE_BEFORE = re.compile(
    rf"(?<!\w)(?:({_ACCOUNT_WORDS})|({_ORDER_WORDS}))(?:[\s._-]{{0,2}}(?:number|numbers|numero|número|numéro|nummer|num|no|nr|id|n°|№|号|番号))?"
    r"[\s.:#№=-]{0,4}(?:(?:is|was|ist|war|est|es|è)\s)?[#№]?$",
    re.IGNORECASE,
)
_DIGIT_WORD = re.compile(r"\d[A-Za-z0-9-]*")
_DATE = re.compile(r"(?:19|20)\d\d[-/.](?:0?\d|1[0-2])[-/.]|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?!\d)")
_CODE_LONGEST = 32


def _coded(s: str) -> Iterator[Found]:
    for m in _DIGIT_WORD.finditer(s):
        start, end = m.span()
        while (
            start > 0 and m.start() - start < _CODE_LONGEST and (s[start - 1].isalnum() or s[start - 1] == "-") and s[start - 1].isascii()
        ):
            start -= 1
        while start < end and s[start] == "-":
            start += 1
        while end > start and s[end - 1] == "-":
            end -= 1
        if not 5 <= end - start <= _CODE_LONGEST or s[end : end + 1] == "_" or s[start - 1 : start] == "_":
            continue
        value = s[start:end]
        if sum(map(str.isdigit, value)) < 4 or _DATE.match(value) or value[:2] in ("0x", "0X"):
            continue
        before = _CODE_BEFORE.search(s, max(0, start - 48), start)
        if before is not None:
            yield start, end, "account" if before[1] else "order"


_PHONE_WORLD = re.compile(r"(?<![A-Za-z0-9_+.])(?:\+|00)[1-9](?:[ ().\-/\u2011\u2013]{0,3}\d){6,14}(?![A-Za-z0-9_]|[.,]\d)")
_PHONE_US = re.compile(
    r"(?<![A-Za-z0-9_.+])(?<![A-Za-z0-9_]-)(?:1[ .-])?(?:\(\d{3}\)[ .-]{0,2}|\d{3}[ .-])\d{3}[ .-]\d{4}"
    r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![A-Za-z0-9_]|-[A-Za-z0-9_]|[.,]\d)"
)
_PHONE_LOCAL = re.compile(
    r"(?<![A-Za-z0-9_.,+])(?<![A-Za-z0-9_]-)\(?0\d{1,4}\)?(?:[ ./-]{1,3}\d{2,8}){1,5}(?![A-Za-z0-9_]|-[A-Za-z0-9_]|[.,]\d)"
)
_PHONE_SHAPE = re.compile(r"(?<![\w.,+])\(?\+?\d(?:[ ().\-/]{0,2}\d){6,14}(?![\w]|[.,]\d)")
_PHONE_BEFORE = re.compile(
    r"(?<!\w)(?:phone|tel|telephone|telefon|téléphone|teléfono|telefone|telefono|mobile|cell|handy|fax|call|whatsapp|helpline|hotline|"
    r"toll[- ]free|text me at|contact number|rufnummer|móvil|celular|portable|тел|телефон|电话|手机|電話|전화)"
    r"(?:[\s.:#-]{0,3}(?:number|no|nr|nummer|us at|me at|me on|us|me|is|at|on))?[\s.:#=-]{0,4}$",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![A-Za-z0-9_.,+])(?<![A-Za-z0-9_]-)\d(?:\d{8,40}|(?:[ -]\d{3,5}){3,8})(?![A-Za-z0-9_]|-[A-Za-z0-9_]|[.,]\d)")
_STAMP = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])(?:[0-5]\d){1,2}\d{0,3})?$")


def _phones(s: str) -> Iterator[Found]:
    yield from ((m.start(), m.end(), "national_id") for m in _SSN.finditer(s))
    for m in _PHONE_SHAPE.finditer(s):
        if not _DATE.match(m[0]) and _PHONE_BEFORE.search(s, max(0, m.start() - 40), m.start()):
            yield m.start(), m.end(), "phone"
    yield from ((m.start(), m.end(), "phone") for m in _PHONE_WORLD.finditer(s))
    yield from ((m.start(), m.end(), "phone") for m in _PHONE_US.finditer(s))
    for m in _PHONE_LOCAL.finditer(s):
        digits = sum(ch.isdigit() for ch in m[0])
        if 9 <= digits <= 13 and not _DATE.match(m[0]):
            yield m.start(), m.end(), "phone"
    for m in _LONG.finditer(s):
        if not _STAMP.match(m[0]):
            yield m.start(), m.end(), "phone" if m[0][0] == "0" and len(m[0]) in (10, 11) else "number"
