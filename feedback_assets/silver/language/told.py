"""What is said of a text's language. Not here: how it is found out."""

from typing import NamedTuple

UNKNOWN = "und"


class Segment(NamedTuple):
    """A stretch of a text in one language: start and end in characters, as a slice."""

    start: int
    end: int
    language: str


class Told(NamedTuple):
    """language: ISO 639-1 or `und`. confidence: probability of the likeliest language, also where it is too low to be told.

    basis: what decided. "script": the letters; "text": the words; "text+locale", "script+locale": the locale decided where these left a
    doubt; "none": nothing to read. segments: only of a text of two languages or more; what lies between them is neither's.
    """

    language: str
    confidence: float
    basis: str
    segments: tuple[Segment, ...] = ()


NOTHING = Told(UNKNOWN, 0.0, "none")
