"""What stands in a masked text in place of personal data: the kinds, their written form, and how readers look past them.

A placeholder is its kind, alone or with the pseudonym of the value that stood there: `[EMAIL]`, `[EMAIL:k7f3q2xz]`. The pseudonym is 8
characters of lower-case base32; the same value has the same one under one key. It is no word: whoever reads words, features or hashes
out of masked text uses `plain` or `blanked`. Not here: finding personal data and making pseudonyms (silver/personal/).
"""

import re

KINDS = (
    "secret",
    "credentials",
    "token",
    "email",
    "iban",
    "card",
    "mac",
    "ip",
    "national_id",
    "passport",
    "licence",
    "birth_date",
    "coordinates",
    "order",
    "account",
    "phone",
    "number",
    "name",
    "address",
    "place",
    "organisation",
    "customer",
)
"""Every kind there is. Where two found spans overlap, the kind that stands earlier here wins."""

SUFFIX_LENGTH = 8
REGEX = r"\[(?:" + "|".join(kind.upper() for kind in KINDS) + r")(?::[a-z2-7]{8})?\]"
"""A placeholder, with a pseudonym or without, as a pattern that Python, Rust (polars) and RE2 (Arrow) read alike."""
PATTERN = re.compile(REGEX)
"""The same, compiled; it has no groups."""

_WITH_SUFFIX = re.compile(r"(\[(?:" + "|".join(kind.upper() for kind in KINDS) + r")):[a-z2-7]{8}\]")


def placeholder(kind: str, suffix: str = "") -> str:
    """The written form. `suffix`: the pseudonym, or nothing."""
    return f"[{kind.upper()}:{suffix}]" if suffix else f"[{kind.upper()}]"


def plain(text: str) -> str:
    """The text with placeholders of their kind alone: "[EMAIL:k7f3q2xz]" becomes "[EMAIL]". Shorter; offsets move."""
    return _WITH_SUFFIX.sub(r"\1]", text) if "[" in text else text


def blanked(text: str) -> str:
    """The text with spaces in place of placeholders, every other character where it was."""
    return PATTERN.sub(_spaces, text) if "[" in text else text


def _spaces(m: re.Match[str]) -> str:
    return " " * (m.end() - m.start())
