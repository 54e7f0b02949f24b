"""Coordinates of places: decimal pairs, and degrees with minutes. Not here: postal addresses, which need a recogniser of the site's own."""

import re
from collections.abc import Iterator

from feedback_assets.silver.personal.finds import Find

_FINE = re.compile(r"\.[0-9]{4}")
_PAIR = re.compile(
    r"(?<![0-9A-Za-z.,])[+-]?([0-9]{1,2}\.[0-9]{4,15})°?\s?[NnSs]?\s{0,2}[,;/ ]\s{0,2}[+-]?([0-9]{1,3}\.[0-9]{4,15})"
    r"°?(?:\s?[EeWwOo](?![A-Za-z]))?(?![0-9A-Za-z]|[.,][0-9])"
)
_DEGREES = r"[0-9]{1,3}\s?[°º]\s?[0-9]{1,2}(?:\.[0-9]{1,8})?\s?(?:['′’]\s?(?:[0-9]{1,2}(?:[.,][0-9]{1,6})?\s?(?:[\"″”]|'')\s?)?)?"
_DMS = re.compile(
    rf"(?<![0-9A-Za-z])(?:[NS]\s?{_DEGREES}[,;/ ]{{0,3}}[EWO]\s?{_DEGREES}|{_DEGREES}[NS][,;/ ]{{0,3}}{_DEGREES}[EWO](?![A-Za-z]))"
)
_NAMED = re.compile(r"\b(lat(?:itude)?|lon(?:g(?:itude)?)?|lng)\b\s{0,2}[:=]?\s{0,2}[+-]?[0-9]{1,3}\.[0-9]{2,15}", re.IGNORECASE)


def coordinates(s: str, lowered: str) -> Iterator[Find]:
    """Pairs that name a place to ten metres or closer, and numbers behind "lat" and "lon"."""
    if len(_FINE.findall(s)) >= 2:
        for m in _PAIR.finditer(s):
            # Two fractions of one are colours or shares: no land lies there but a strip of Ghana's sea.
            if float(m[1]) <= 90 and float(m[2]) <= 180 and (float(m[1]) >= 1 or float(m[2]) >= 1):
                yield m.start(), m.end(), "coordinates"
    if "°" in s or "º" in s:
        yield from ((m.start(), m.end(), "coordinates") for m in _DMS.finditer(s))
    if "." in s and ("lat" in lowered or "lng" in lowered or "lon" in lowered):
        for m in _NAMED.finditer(s):
            yield m.start() + re.search(r"[+-]?[0-9]", m[0]).start(), m.end(), "coordinates"  # type: ignore[union-attr]  # the pattern has a digit
