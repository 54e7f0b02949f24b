"""A second look at masked text: plain detectors of the plainest personal data, written apart from the recognisers and sharing nothing.

They read words and runs of digits by the definitions of what they look for: what they find was missed. Not here: the recognisers,
and what a leak leads to (leaks.py).
"""

import re
from collections.abc import Iterator, Sequence

Seen = tuple[int, int, str]
"""start, end, kind."""

_BRACKETS = "<>()[]{}\"'`,;:|"
_CARD_STARTS = ("4", "51", "52", "53", "54", "55", "34", "37", "6011", "65")
_IBAN_LENGTHS = {"DE": 22, "AT": 20, "ES": 24, "PL": 28, "PT": 25, "BE": 16, "DK": 18, "FI": 18, "SE": 24}
_RUN = re.compile(r"[0-9](?:[ -]?[0-9]){8,}")
_NO_CREDENTIALS = frozenset('/"<>{}')
_SECRET_STARTS = ("ghp_", "gho_", "github_pat_", "glpat-", "AKIA", "xoxb-", "xoxp-", "sk_live_", "rk_live_", "-----BEGIN")

_MAY_SEE = (
    r"\S@"  # an address, credentials
    r"|\+[0-9](?:[ -]?[0-9]){10}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9](?:[ -]?[0-9]){13}"  # a phone; a social security number; an IBAN, a card
    "|" + "|".join(re.escape(start) for start in _SECRET_STARTS)
)


def may_see(texts: Sequence[str]) -> list[bool]:
    """Of each text whether `seen_in` may find something in it; False is certain. One pass over all: most texts hold nothing."""
    import polars as pl

    found: list[bool] = pl.Series(texts, dtype=pl.String).str.contains(_MAY_SEE).to_list()
    return found


def seen_in(text: str) -> Iterator[Seen]:
    """Addresses with @, cards, IBANs, US social security numbers, international phones, credentials in URLs, well-known keys."""
    if "@" in text or "AKIA" in text or "_" in text or "://" in text or "-----" in text:
        yield from _words(text)
    yield from _digits(text)


def _words(text: str) -> Iterator[Seen]:
    at = 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        name, sign, host = word.partition("@")
        if sign and "://" in name:
            credentials = name.partition("://")[2]
            # A quote or a bracket ends a URL: what follows in pasted JSON or HTML is none of it.
            if credentials and not _NO_CREDENTIALS.intersection(credentials) and not credentials.endswith("]"):
                yield start + name.index("://") + 3, start + len(name), "credentials"
        elif sign and name and "@" not in host:
            end, dot, tld = host.strip(_BRACKETS + ".").rpartition(".")
            if name[-1].isalnum() and dot and end and end[0].isalnum() and tld.isalpha() and len(tld) >= 2 and "/" not in end:
                yield start, at, "email"
        if word.startswith(_SECRET_STARTS) and len(word) >= 20:
            yield start, at, "secret"


def _digits(text: str) -> Iterator[Seen]:
    """Runs of digits with single spaces or hyphens between them."""
    for m in _RUN.finditer(text):
        start, end = m.span()
        groups = m[0].replace("-", " ").split(" ")
        digits = "".join(groups)
        before = text[start - 1 : start]
        free = not (_letter(text, start - 1) or _letter(text, end) or before in ("_", ".", ",") or text[end : end + 1] == "_")
        if free and len(digits) in (15, 16) and digits.startswith(_CARD_STARTS) and len(groups) in (1, 3, 4) and _tens(digits):
            yield start, end, "card"
        elif free and "-" in m[0] and [len(g) for g in groups] == [3, 2, 4] and _social(*groups):
            yield start, end, "national_id"
        elif before == "+" and 11 <= len(digits) <= 15 and digits[0] != "0" and not _letter(text, start - 2):
            yield start - 1, end, "phone"
        country = text[max(0, start - 2) : start].upper()
        if len(digits) + 2 == _IBAN_LENGTHS.get(country) and not _letter(text, start - 3) and _ninety_seven(country, digits):
            yield start - 2, end, "iban"


def _social(area: str, group: str, serial: str) -> bool:
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _letter(text: str, i: int) -> bool:
    """Whether a letter or digit stands there, or a hyphen that joins one on."""
    return 0 <= i < len(text) and (text[i].isalnum() or text[i] == "-")


def _tens(digits: str) -> bool:
    """The check digit of cards, by its definition."""
    values = [int(d) for d in digits]
    for i in range(len(values) - 2, -1, -2):
        values[i] = sum(divmod(2 * values[i], 10))
    return sum(values) % 10 == 0


def _ninety_seven(country: str, digits: str) -> bool:
    """The check digits of IBANs that are digits behind the country, by their definition."""
    letters = "".join(str(ord(ch) - 55) for ch in country.upper())
    return int(digits[2:] + letters + digits[:2]) % 97 == 1
