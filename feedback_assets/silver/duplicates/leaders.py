"""Which text stands for which: each text joins the earliest representative that it is a copy of, or becomes one. Not here: tables.

Every member was compared with its representative, so groups do not chain. The result depends on the texts and their times alone. What was
decided before can be given: then only what new or changed texts touch is decided anew, and it comes out as if all had been.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.candidates import SHARED, Index, Tokens
from feedback_assets.silver.duplicates.comparing import Comparer
from feedback_assets.silver.duplicates.reading import Reader

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WINDOW_DAYS = 45
"""Most days between a text and its representative."""
_READ_AHEAD = 8_000  # texts
_COMPARED_AHEAD = 2_000  # pairs: more at once is no faster, and of a flood of copies all but the first text's are in vain

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
        self._compared: dict[int, dict[int, float]] = {}
        """Text -> similarity of later ones, compared before its turn."""
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
                self._compared.pop(x, None)
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
        self._claim_all({text: sorted(found[text]) for text in sorted(found)})

    def _claim_all(self, found: dict[int, list[int]]) -> None:
        """Compares each text with the earliest of its candidates, then those that are no copies with the next one."""
        left = found
        while left:
            step, left = dict(islice(left.items(), _COMPARED_AHEAD)), dict(islice(left.items(), _COMPARED_AHEAD, None))
            soon = step | left
            while step:
                compared = self._similarities([(leaders[0], [text]) for text, leaders in step.items()], soon)
                for text, similarities in zip(list(step), compared, strict=True):
                    first, *rest = step.pop(text)
                    if similarities[0] > 0:
                        self._claimed[text] = (first, similarities[0])
                    elif rest:
                        step[text] = rest

    def _claim(self, x: int, leaders: Sequence[int]) -> None:
        if leaders:
            self._claim_all({x: list(leaders)})

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
        later = self._later[x]
        if later and x not in self._compared:
            self._compare_ahead(x)
        del self._later[x]
        known = self._compared.pop(x, {})
        free = [y for y in later if self._is_free(y, x)]
        missing = [y for y in free if y not in known]
        if missing:
            known |= zip(missing, self._similarities([(x, missing)], {})[0], strict=True)
        for y in free:
            similarity = known[y]
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

    def _compare_ahead(self, x: int) -> None:
        """Compares x, and the next texts that nothing claims so far, with their later candidates."""
        ahead: dict[int, list[int]] = {x: [y for y in self._later[x] if self._is_free(y, x)]}
        pairs = len(ahead[x])
        for text, later in self._later.items():
            if pairs >= _COMPARED_AHEAD:
                break
            if later and text not in self._claimed and text not in self._compared and text != x:
                ahead[text] = [y for y in later if self._is_free(y, text)]
                pairs += len(ahead[text])
        for text, similarities in zip(ahead, self._similarities(list(ahead.items()), self._later), strict=True):
            self._compared[text] = dict(zip(ahead[text], similarities, strict=True))

    def _similarities(self, groups: Sequence[tuple[int, Sequence[int]]], soon: Mapping[int, Sequence[int]]) -> list[list[float]]:
        """The similarity of each text to each of several. soon: what will be asked for next."""
        hashes = self._texts.hashes
        unequal = [(x, [y for y in others if hashes[x] != hashes[y]]) for x, others in groups]
        self._read_ahead({i for x, others in unequal if others for i in (x, *others)}, soon)
        reader = self._reader
        found = self._comparer.similarities([(reader[x], [reader[y] for y in others]) for x, others in unequal if others])
        listed = iter([s for group in found for s in group])
        return [[1.0 if hashes[x] == hashes[y] else next(listed) for y in others] for x, others in groups]

    def _read_ahead(self, wanted: set[int], soon: Mapping[int, Sequence[int]]) -> None:
        """Reads the wanted texts, and while one of them must be read, those that will be asked for next."""
        if all(self._reader.has(i) for i in wanted):
            return
        wanted = set(wanted)
        for x, others in soon.items():
            if len(wanted) > _READ_AHEAD:
                break
            if others and x not in self._claimed:
                wanted.add(x)
                wanted.update(others)
        self._reader.need(sorted(wanted))
