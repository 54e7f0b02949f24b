"""Which text stands for which: each text joins the earliest representative that it is a copy of, or becomes one. Not here: tables.

Every member was compared with its representative, so groups do not chain. The result depends on the texts and their times alone. What was
decided before can be given: then only what new or changed texts touch is decided anew, and it comes out as if all had been.
"""

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.candidates import SHARED, Index, Tokens
from feedback_assets.silver.duplicates.comparing import Comparer, Reader

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WINDOW_DAYS = 45
"""Most days between a text and its representative."""
_READ_AHEAD = 8_000  # texts

OPEN = -1
"""Leader of a text that is not decided."""
OUTSIDE = -2
"""Leader of a text whose representative is too far back to be among the texts at hand: further than any that is open."""

Normals = Callable[[Sequence[int]], Sequence[str]]
"""Numbers of texts -> their normalised forms."""


@dataclass
class Texts:
    """Texts in the order in which they were said; one that several people wrote on a day is one text."""

    days: "npt.NDArray[np.int64]"
    hashes: "npt.NDArray[np.int64]"
    sketches: Tokens
    normals: Normals


@dataclass
class Standing:
    """Who stands for whom: `leader[i]` is i for a representative, or OPEN, or OUTSIDE; the similarity to it beside."""

    leader: "npt.NDArray[np.int64]"
    similarity: "npt.NDArray[np.float64]"
    touched: set[int] = field(default_factory=set)
    """Texts that were decided anew."""


def settle(texts: Texts, standing: Standing, *, window: int = WINDOW_DAYS) -> None:
    """Decides every text whose leader is OPEN, and what follows from that."""
    _Settling(texts, standing, window).run()


class _Settling:
    def __init__(self, texts: Texts, standing: Standing, window: int) -> None:
        import numpy as np

        self._texts = texts
        self._standing = standing
        self._leader = standing.leader
        self._window = window
        self._open = np.flatnonzero(standing.leader == OPEN).tolist()
        self._queue: list[int] = list(self._open)  # ascending, so a heap
        self._claimed: dict[int, tuple[int, float]] = {}
        """Text -> the earliest representative known to claim it."""
        self._doubtful: set[int] = set()
        """Texts whose earlier representatives must be looked for when it is their turn."""
        self._later: dict[int, list[int]] = {}
        self._comparer = Comparer()
        self._reader = Reader(texts.normals)
        self._indexes = self._indexed(self._open)

    def _indexed(self, asked: Sequence[int]) -> tuple[Index, Index]:
        import numpy as np

        t = self._texts
        # A hash as one more token of an index of its own: equal texts need not be compared.
        number = len(t.days)
        same = np.unique(t.hashes, return_inverse=True)[1].astype(np.uint32)
        equal = Tokens(same, np.arange(number + 1, dtype=np.int64))
        return (
            Index(t.sketches, t.days, window=self._window, least=SHARED, asked=asked),
            Index(equal, t.days, window=self._window, least=1, asked=asked),
        )

    def run(self) -> None:
        self._claim_by_standing()
        while self._queue:
            x = heapq.heappop(self._queue)
            self._standing.touched.add(x)
            if x in self._doubtful:
                self._doubtful.discard(x)
                self._claimed.pop(x, None)
                self._claim(x, self._leaders_before(x))
            else:
                claim = self._claimed.get(x)
                if claim is not None and self._leader[claim[0]] != claim[0]:
                    self._claimed.pop(x)
                    self._claim(x, self._leaders_before(x))
            claim = self._claimed.pop(x, None)
            if claim is not None:
                self._leader[x], self._standing.similarity[x] = claim
                self._later.pop(x, None)
            else:
                self._leader[x], self._standing.similarity[x] = x, 1.0
                self._lead(x)

    def _claim_by_standing(self) -> None:
        """Looks for the standing representatives of all open texts at once."""
        import numpy as np

        is_leader = self._leader == np.arange(len(self._leader))
        if not is_leader.any():
            return
        found: dict[int, set[int]] = {}
        for index in self._indexes:
            rest = self._open
            while rest:
                x, y, done = index.earlier(rest)
                kept = is_leader[y]
                for a, b in zip(x[kept].tolist(), y[kept].tolist(), strict=True):
                    found.setdefault(a, set()).add(b)
                rest = rest[done:]
        for text in sorted(found):
            self._read_ahead(text, found)
            self._claim(text, sorted(found[text]))

    def _claim(self, x: int, leaders: Sequence[int]) -> None:
        for y in leaders:
            similarity = self._similarity(y, x)
            if similarity > 0:
                self._claimed[x] = (y, similarity)
                return

    def _leaders_before(self, x: int) -> list[int]:
        if not self._indexes[0].covers(x):
            self._indexes = self._indexed([*self._queue, x])
        found: set[int] = set()
        for index in self._indexes:
            y = index.earlier([x])[1]
            found.update(y[self._leader[y] == y].tolist())
        return sorted(found)

    def _lead(self, x: int) -> None:
        """Claims for the representative x every later text that has no earlier one."""
        if x not in self._later:
            self._look_ahead(x)
        self._read_ahead(x, self._later)
        free = [y for y in self._later.pop(x) if self._is_free(y, x)]
        for y, similarity in zip(free, self._similarities(x, free), strict=True):
            if similarity <= 0:
                continue
            leader = int(self._leader[y])
            if leader == OPEN:
                self._claimed[y] = (x, similarity)
                continue
            self._leader[y], self._standing.similarity[y] = x, similarity
            self._standing.touched.add(y)
            if leader == y:
                self._orphan(y)

    def _is_free(self, y: int, x: int) -> bool:
        """Whether nothing earlier than x leads the later text y."""
        leader = int(self._leader[y])
        if leader != OPEN:
            return leader > x
        claim = self._claimed.get(y)
        return claim is None or claim[0] > x or self._leader[claim[0]] != claim[0]

    def _orphan(self, gone: int) -> None:
        """Opens again the texts that stood under one that is a representative no more."""
        import numpy as np

        for z in np.flatnonzero(self._leader == gone).tolist():
            self._leader[z] = OPEN
            self._doubtful.add(z)
            heapq.heappush(self._queue, z)

    def _look_ahead(self, x: int) -> None:
        """Finds the later candidates of x, and of the next texts that nothing claims so far."""
        upcoming = [x, *(y for y in sorted(self._queue) if y > x and y not in self._claimed and y not in self._doubtful)]
        if not self._indexes[0].covers(x):
            self._indexes = self._indexed(upcoming)
        near, equal = self._indexes
        asked = [y for y in upcoming if near.covers(y) and y not in self._later]
        xs, ys, done = near.later(asked)
        found: dict[int, list[int]] = {y: [] for y in asked[:done]}
        for a, b in zip(xs.tolist(), ys.tolist(), strict=True):
            found[a].append(b)
        rest = asked[:done]
        both: set[int] = set()
        while rest:
            xs, ys, step = equal.later(rest)
            for a, b in zip(xs.tolist(), ys.tolist(), strict=True):
                found[a].append(b)
                both.add(a)
            rest = rest[step:]
        for a in both:
            found[a] = sorted(set(found[a]))
        self._later.update(found)

    def _similarity(self, leader: int, other: int) -> float:
        if self._texts.hashes[leader] == self._texts.hashes[other]:
            return 1.0
        return self._comparer.similarity(self._reader[leader], self._reader[other])

    def _similarities(self, leader: int, others: Sequence[int]) -> list[float]:
        hashes = self._texts.hashes
        same = [bool(hashes[leader] == hashes[y]) for y in others]
        if all(same):
            return [1.0] * len(others)
        reader = self._reader
        reader.need([leader, *(y for y, equal in zip(others, same, strict=True) if not equal)])
        found = iter(self._comparer.similarities(reader[leader], [reader[y] for y, equal in zip(others, same, strict=True) if not equal]))
        return [1.0 if equal else next(found) for equal in same]

    def _read_ahead(self, text: int, pairs: Mapping[int, Collection[int]]) -> None:
        """Reads the candidates of a text, and while one must be read, those of the next texts."""
        others = pairs.get(text, ())
        if not others or (self._reader.has(text) and all(self._reader.has(y) for y in others)):
            return
        wanted: dict[int, None] = {}
        for x in sorted(i for i in pairs if i >= text):
            if pairs[x] and x not in self._claimed:
                wanted[x] = None
                wanted.update(dict.fromkeys(pairs[x]))
            if len(wanted) > _READ_AHEAD:
                break
        self._reader.need([*wanted, text])
