"""Pseudonyms of personal values under the site's key: the suffix of a placeholder, and the key of a customer. Not here: the key itself.

A value is brought to one form first, so that the same subject has the same pseudonym however it was written.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Callable

from feedback_assets.ground.identity import pseudonym
from feedback_assets.ground.placeholders import placeholder

_REMEMBERED = 100_000
_SPELLED_AT = re.compile(r"\s{0,4}[(\[{]\s?(?:at|arroba|ät|chez)\s?[)\]}]\s{0,4}|\s+at\s+", re.IGNORECASE)
_SPELLED_DOT = re.compile(r"\s{0,4}[(\[{]\s?(?:dot|punkt|punto|ponto|point)\s?[)\]}]\s{0,4}|\s+dot\s+", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[\W_]+")
_NOT_DIGIT = re.compile(r"\D+")
_EXACT = frozenset({"secret", "credentials", "token"})
_SAME_CUSTOMERS = {"shop_reviews": "shop", "returns": "shop"}


class Pseudonyms:
    """Pseudonyms under one key. Remembers some, because the same value comes again."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seen: dict[tuple[str, str], str] = {}

    def placeholder(self, kind: str, value: str) -> str:
        """What stands in place of the value."""
        found = self._seen.get((kind, value))
        if found is None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            found = placeholder(kind, self.suffix(kind, value))
            self._seen[kind, value] = found
        return found

    def suffix(self, kind: str, value: str) -> str:
        """8 characters of base32: 40 bits of HMAC-SHA256 over the kind and the value's one form."""
        message = kind.encode() + b"\x00" + one_form(kind, value).encode("utf-8", "surrogatepass")
        return base64.b32encode(hmac.digest(self._key, message, hashlib.sha256)[:5]).decode().lower()

    def customer(self, source: str, customer_id: str) -> str:
        """Pseudonym of a customer. An e-mail address is the same person everywhere; any other id only within its source's family."""
        plain = customer_id.strip()
        if not plain:
            return ""
        if "@" in plain:
            return pseudonym(self._key, "email", plain.casefold())
        return pseudonym(self._key, "customer:" + _SAME_CUSTOMERS.get(source, source), plain)


def one_form(kind: str, value: str) -> str:
    """The value as it counts for its pseudonym: the same for every way to write the same thing of that kind."""
    if kind in _EXACT:
        return value
    return _FORMS.get(kind, _code)(unicodedata.normalize("NFKC", value)) or value


def _email(value: str) -> str:
    return _SPELLED_DOT.sub(".", _SPELLED_AT.sub("@", value)).casefold()


def _phone(value: str) -> str:
    return _NOT_DIGIT.sub("", value).removeprefix("00")


def _ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value.casefold()


def _words(value: str) -> str:
    return " ".join(value.casefold().split())


def _place(value: str) -> str:
    return "".join(value.casefold().split())


def _code(value: str) -> str:
    return _NOT_ALNUM.sub("", value).casefold()


_FORMS: dict[str, Callable[[str], str]] = {
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "coordinates": _place,
    **dict.fromkeys(("name", "address", "place", "organisation", "birth_date"), _words),
}
