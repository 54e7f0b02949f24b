"""What a recogniser gives (a find), and the choice between finds that overlap. Not here: any recogniser."""

from bisect import bisect_right
from collections.abc import Iterable

from feedback_assets.ground.placeholders import KINDS, PATTERN

Find = tuple[int, int, str]
"""start, end, kind."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def chosen(s: str, finds: Iterable[Find]) -> list[Find]:
    """The finds that win, ascending: by kind, then the longer, then the earlier. Placeholders are never touched."""
    ordered = sorted(finds, key=lambda f: (_RANK[f[2]], f[0] - f[1], f[0]))
    if len(ordered) == 1 and "[" not in s:
        return ordered
    taken = _Taken()
    if "[" in s:
        for m in PATTERN.finditer(s):
            taken.take(m.start(), m.end())
    won = [f for f in ordered if taken.take(f[0], f[1])]
    won.sort()
    return won


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
