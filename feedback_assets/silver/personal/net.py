"""Addresses on the net: e-mail, credentials and tokens in URLs, IP and MAC. Not here: secrets outside URLs."""

import ipaddress
import re
from collections.abc import Iterator

from feedback_assets.silver.personal.finds import Find

_EMAIL_LOCAL = re.compile(r"[\w.!#$%&'*+/?^`{|}~-]{1,64}$")
_EMAIL_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,62})(?:\.[^\W_][\w-]{0,62}){1,6}")
_EMAIL_SPELLED = re.compile(
    r"(?<![\w.])[\w.+-]{1,64}\s{0,2}[(\[{]\s?(?:at|arroba|chez)\s?[)\]}]\s{0,2}[\w-]{1,63}"
    r"(?:\s{0,2}(?:[(\[{]\s?(?:dot|punkt|punto|ponto|point)\s?[)\]}]|\.|\sdot\s)\s{0,2}[a-z]{2,20}){1,3}",
    re.IGNORECASE,
)
_EMAIL_IN_WORDS = re.compile(r"(?<![\w.])[\w.+-]{2,64}\sat\s[\w-]{2,63}(?:\sdot\s[a-z]{2,20}){1,3}(?!\w)", re.IGNORECASE)
_EDGE = "'`{|}!*./?&#$%^~-"


def emails(s: str) -> Iterator[Find]:
    """Addresses with @, and spelled ones: name (at) host (dot) tld."""
    at = s.find("@")
    while at >= 0:
        local = _EMAIL_LOCAL.search(s, max(0, at - 64), at)
        domain = _EMAIL_DOMAIN.match(s, at + 1) if local is not None else None
        if local is not None and domain is not None:
            start = local.start()
            while start < at and s[start] in _EDGE:
                start += 1
            if start < at:
                yield start, domain.end(), "email"
        at = s.find("@", at + 1)


def spelled_emails(s: str) -> Iterator[Find]:
    """The spelled ones alone."""
    yield from ((m.start(), m.end(), "email") for m in _EMAIL_SPELLED.finditer(s))
    yield from ((m.start(), m.end(), "email") for m in _EMAIL_IN_WORDS.finditer(s))


_URL = re.compile(r"://[^\s<>\"']{1,2000}|(?<![\w.])www\.[^\s<>\"']{1,2000}")
_USERINFO = re.compile(r"://([^/?#@\s]{1,200}(?::[^/?#@\s]{0,200})?)@")
_SECRET_PARAMETER = re.compile(
    r"[?&;#](?:"
    r"[\w.-]{0,30}(?:token|secret|passw(?:or)?d|pwd|signature|session|jwt|credential|otp|api_?key|authcode|e-?mail|phone)[\w.-]{0,30}"
    r"|(?:[\w.-]{0,30}[_.-])?(?:key|sig|sid|auth|user|username|login|uid|usg|pass|hash|ticket|invite|reset|code|state))"
    r"=([^&;#\s)\]}<>\"',]{1,2000})",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{0,80}[0-9])(?=[0-9_-]{0,80}[A-Za-z])[A-Za-z0-9_-]{24,400}(?![A-Za-z0-9_-])")
_PIECE = re.compile(r"[-_]")


def url_spans(s: str) -> list[tuple[int, int]]:
    """The URLs of a text, from their "://" or "www." on."""
    return [m.span() for m in _URL.finditer(s)]


def in_url(at: int, url: str) -> Iterator[Find]:
    """Credentials and tokens in one URL that stands at that place of its text."""
    if "@" in url and (m := _USERINFO.search(url)) is not None:
        yield at + m.start(1), at + m.end(1), "credentials"
    if "=" in url:
        for m in _SECRET_PARAMETER.finditer(url):
            if m[1][0] != "[" and (len(m[1]) >= 4 or not m[1].isdigit()):
                yield at + m.start(1), at + m.end(1), "token"
    scheme = url.find("://")
    path = url.find("/", scheme + 3 if scheme >= 0 else 0)
    if path >= 0 and len(url) - path >= 24:
        for m in _OPAQUE.finditer(url, path):
            # A slug of words and a year is readable; a token is not.
            if max(map(len, _PIECE.split(m[0]))) >= 16:
                yield at + m.start(), at + m.end(), "token"


_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?<=::))(?:/[0-9]{1,3})?(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])")
_VERSION_BEFORE = re.compile(
    r"(?:(?<![A-Za-z])(?:version|versi[oó]n|versione|vers[aã]o|versie|wersja|версия|vers?|build|release|firefox|chrome|ios|android|update|upgrade|"
    r"rev|patch|firmware|driver|treiber|kernel|safari|flash|nvidia)|版本|バージョン|버전)[\s.:/(-]{0,3}$|(?<![A-Za-z])v\.?$",
    re.IGNORECASE,
)
_NOT_OF_A_PERSON = ("127.", "0.", "255.")


def ipv4(s: str, start: int, end: int) -> bool:
    """Whether s[start:end], four numbers with dots, is the address of a host: no loopback, no mask, no version."""
    value = s[start:end]
    parts = value.split(".")
    if len(parts) != 4 or not all(1 <= len(p) <= 3 and int(p) <= 255 for p in parts) or value.startswith(_NOT_OF_A_PERSON):
        return False
    if s[start - 1 : start] in ("v", "V") or any(len(p) > 1 and p[0] == "0" for p in parts):
        return False
    return _VERSION_BEFORE.search(s, max(0, start - 16), start) is None


def hosts(s: str) -> Iterator[Find]:
    """IPv6 and MAC addresses. IPv4 is found among the numbers."""
    colons = s.count(":")
    if colons >= 2:
        for m in _IPV6.finditer(s):
            if (m[0].count(":") >= 3 or "::" in m[0]) and len(m[0]) >= 6 and any(ch in "0123456789" for ch in m[0]) and _is_ipv6(m[0]):
                yield m.start(), m.end(), "ip"
    if colons >= 5 or s.count("-") >= 5:
        yield from ((m.start(), m.end(), "mac") for m in _MAC.finditer(s))


def _is_ipv6(s: str) -> bool:
    try:
        ipaddress.IPv6Address(s.partition("/")[0])
    except ValueError:
        return False
    return True
