"""What the demo needs to know of a language: its phrases and where its speakers live. Only the shape; the texts are in the siblings."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language, in the notation of compose.py.

    places: ISO 3166 alpha-2 countries, repeated for weight. problems: cause id -> ways to say it.
    sarcasm: (text, expected category). also: what joins a second issue to the first.
    """

    code: str
    places: tuple[str, ...]
    locales: tuple[str, ...]
    joiner: str
    openers: tuple[str, ...]
    details_app: tuple[str, ...]
    details_shop: tuple[str, ...]
    consequences: tuple[str, ...]
    consequences_shop: tuple[str, ...]
    closers: tuple[str, ...]
    titles_app: tuple[str, ...]
    titles_shop: tuple[str, ...]
    titles_praise: tuple[str, ...]
    problems: Mapping[str, tuple[str, ...]]
    sarcasm: tuple[tuple[str, str], ...]
    short: tuple[str, ...]
    also: tuple[str, ...]
    edits: tuple[str, ...]
    items: tuple[str, ...]
    areas: tuple[str, ...]
    names: tuple[str, ...]
