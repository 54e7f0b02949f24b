"""Who took over from a theme that ended. Pure. Not here: when themes are joined (fold.py), how they are counted (catalogue.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def successors(
    known: Sequence[Mapping[str, Any]], active: set[str], joined: Mapping[str, str], moved: Mapping[str, Counter[str]]
) -> dict[str, str]:
    """Theme that was known and is no longer active -> the active theme that took over; "" when none did.

    known: rows with theme_id and successor_id. joined: theme -> the theme it was joined to. moved: theme -> where its issues are now.
    The successor is the theme that joined it, else the one with most of its issues (the first by id among equals), else the successor
    that it had; one that ended itself is followed to its own successor.
    """
    ended = {row["theme_id"]: row for row in known if row["theme_id"] not in active}
    heirs: dict[str, str] = {}
    for theme, row in ended.items():
        taken_by = {t: n for t, n in moved.get(theme, Counter()).items() if t and t != theme}
        most = min(taken_by, key=lambda t: (-taken_by[t], t), default="")
        heirs[theme] = joined.get(theme) or most or row["successor_id"]
    return {theme: _living(theme, heirs, active) for theme in ended}


def _living(theme: str, heirs: Mapping[str, str], active: set[str]) -> str:
    seen = {theme}
    heir = heirs.get(theme, "")
    while heir and heir not in active:
        if heir in seen:
            return ""
        seen.add(heir)
        heir = heirs.get(heir, "")
    return heir
