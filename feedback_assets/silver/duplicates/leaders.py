"""Which text stands for which: each text joins the earliest representative that it is a copy of, or becomes one. Not here: tables.

Every member was compared with its representative, so groups do not chain. The result depends on the texts and their times alone. What was
decided before can be given: then only what new or changed texts touch is decided anew, and it comes out as if all had been.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from feedback_assets.silver.duplicates.candidates import SHARED, Index, Tokens
from feedback_assets.silver.duplicates.comparing import Comparer
from feedback_assets.silver.duplicates.reading import Read, Reader

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WINDOW_DAYS = 45
"""Most days between a text and its representative."""
_READ_AHEAD = 8_000  # texts
_COMPARED_AHEAD = 2_000  # pairs: more at once is no faster, and of a flood of copies all but the first text's are in vain
_COMPARED_ELSEWHERE = 8_000
_WIDER = 4  # times as many representatives are compared with a text when the ones before are not its own
_NOBODY = -1

OPEN = -1
"""Leader of a text that is not decided."""
OUTSIDE = -2
"""Leader of a text whose representative is too far back to be among the texts at hand: further than any that is open."""

Normals = Callable[[Sequence[int]], Sequence[str]]
"""Numbers of texts -> their normalised forms."""

Compared = Callable[["npt.NDArray[np.int64]", "npt.NDArray[np.int64]"], Callable[[], "npt.NDArray[np.float64]"]]
"""Begins to compare texts, by number, pairs with one first text together -> gives their similarities when asked."""


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


class Memory:
    """What was read and compared while texts were decided, for when they are decided again among more texts.

    Texts go by their hashes here, since their numbers change. A pair's similarity is a function of its two texts, the earlier one first."""

    def __init__(self) -> None:
        self._pairs: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]] = []
        self._keys: npt.NDArray[np.int64] | None = None
        self._similar: npt.NDArray[np.float64] | None = None
        self.read: dict[int, Read] = {}

    def number(self, hashes: "npt.NDArray[np.int64]", numbers: "npt.NDArray[np.int64]") -> None:
        """Gives the texts with these ascending hashes their numbers of now. All that were compared before are among them."""
        import numpy as np

        if not self._pairs:
            return
        one, other = (numbers[np.searchsorted(hashes, np.concatenate([pair[i] for pair in self._pairs]))] for i in (0, 1))
        self._keys, first = np.unique((one << 32) | other, return_index=True)
        self._similar = np.concatenate([similar for _, _, similar in self._pairs])[first]

    def put(self, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]", similar: "npt.NDArray[np.float64]") -> None:
        """Keeps the similarity of each pair of hashes."""
        self._pairs.append((ones, others, similar))

    def similarities(self, ones: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]") -> "npt.NDArray[np.float64]":
        """The similarity of each pair of numbers; NaN for those that were not compared before the numbers were given."""
        import numpy as np

        result = np.full(len(ones), np.nan)
        if self._keys is not None and self._similar is not None and len(self._keys):
            asked = (ones << 32) | others
            at = np.minimum(np.searchsorted(self._keys, asked), len(self._keys) - 1)
            found = self._keys[at] == asked
            result[found] = self._similar[at[found]]
        return result


def settle(
    texts: Texts, standing: Standing, *, window: int = WINDOW_DAYS, memory: Memory | None = None, elsewhere: Compared | None = None
) -> None:
    """Decides every text whose leader is OPEN, and what follows from that. memory: what was read and compared among some of the texts.
    elsewhere: what compares texts beside this, by the numbers of the first that say the same; then nothing is remembered."""
    _Settling(texts, standing, window, memory, elsewhere).run()


@dataclass(frozen=True)
class _Underway:
    """Texts that are compared with those of their later candidates that were free: which, how many, and what gives the similarities."""

    free: "Mapping[int, npt.NDArray[np.bool_]]"
    numbers: Sequence[int]
    similar: "Callable[[], npt.NDArray[np.float64]]"


class _Settling:
    def __init__(self, texts: Texts, standing: Standing, window: int, memory: Memory | None, elsewhere: Compared | None) -> None:
        import numpy as np

        self._texts = texts
        self._standing = standing
        self._leader = standing.leader
        self._stood = standing.leader.copy()
        """The leaders as they were given. Of the representatives among them a text joined the earliest that it is a copy of."""
        self._window = window
        number = len(standing.leader)
        self._open = standing.leader == OPEN
        self._claimant = np.full(number, _NOBODY, np.int64)
        """The earliest representative known to claim a text; how alike they are beside."""
        self._alike = np.zeros(number)
        self._doubtful = np.zeros(number, np.bool_)
        """Texts whose earlier representatives must be looked for when it is their turn."""
        self._later: dict[int, npt.NDArray[np.int64]] = {}
        """Text -> its later candidates."""
        self._compared: dict[int, npt.NDArray[np.float64]] = {}
        """Text -> how alike its later candidates are, compared before its turn; NaN for those that were not."""
        self._members: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None
        hashes, firsts, which = np.unique(texts.hashes, return_index=True, return_inverse=True)
        firsts = firsts.astype(np.int64)
        self._first = firsts[which]
        """Of each text the first one that says the same."""
        self._comparer = Comparer()
        self._reader = Reader(number, texts.normals)
        self._elsewhere = elsewhere
        self._underway: _Underway | None = None
        """Texts that are compared elsewhere before their turn."""
        self._memory = memory
        if memory is not None:
            memory.number(hashes, firsts)
            self._reader.keep(firsts[np.searchsorted(hashes, list(memory.read))].tolist(), list(memory.read.values()))
        self._indexes = self._indexed(np.flatnonzero(self._open))

    def _indexed(self, asked: "npt.NDArray[np.int64]") -> tuple[Index, Index]:
        import numpy as np

        t = self._texts
        # A hash as one more token of an index of its own: equal texts need not be compared.
        equal = Tokens(self._first.astype(np.uint32), np.arange(len(t.days) + 1, dtype=np.int64))
        return (
            Index(t.sketches, t.days, window=self._window, least=SHARED, asked=asked),
            Index(equal, t.days, window=self._window, least=1, asked=asked),
        )

    def run(self) -> None:
        """Decides one text after the other. What one of them opens again comes after it."""
        self._claim_by_standing()
        leader, similarity, touched = self._leader, self._standing.similarity, self._standing.touched
        x = 0
        while x < len(leader):
            x += int(self._open[x:].argmax())
            if not self._open[x]:
                break
            self._open[x] = False
            touched.add(x)
            if self._doubtful[x]:
                self._claim_doubtful(x)
            claimant = int(self._claimant[x])
            if claimant >= 0 and leader[claimant] != claimant:
                self._claimant[x] = _NOBODY
                self._claim(x)
                claimant = int(self._claimant[x])
            if claimant >= 0:
                leader[x], similarity[x] = claimant, self._alike[x]
                self._later.pop(x, None)
                self._compared.pop(x, None)
            else:
                leader[x], similarity[x] = x, 1.0
                self._lead(x)
        if self._memory is not None:
            self._memory.read = {int(self._texts.hashes[number]): text for number, text in self._reader.shelf.all()}

    def _claim_by_standing(self) -> None:
        """Looks for the standing representatives of all open texts at once."""
        import numpy as np

        self._claim_earlier(np.flatnonzero(self._open))

    def _claim_doubtful(self, x: int) -> None:
        """Looks for the earlier representatives of all doubtful texts at once, at the turn of the first of them, x.

        Whoever becomes a representative after this claims what is left to him in _lead(); one that ceases to be is seen at the text's turn.
        """
        import numpy as np

        asked = np.flatnonzero(self._doubtful)
        self._doubtful[asked] = False
        self._claimant[asked] = _NOBODY
        if len(self._indexes[0].covered(asked)) < len(asked):
            self._indexes = self._indexed(np.union1d(np.flatnonzero(self._open), np.append(asked, x)))
        self._claim_earlier(asked)

    def _claim_earlier(self, asked: "npt.NDArray[np.int64]") -> None:
        """Looks for the present representatives of texts, which are ascending."""
        import numpy as np

        is_leader = self._leader == np.arange(len(self._leader))
        if not is_leader.any():
            return
        found = [np.zeros(0, np.int64)]
        for index in self._indexes:
            rest = asked
            while len(rest):
                x, y, done = index.earlier(rest)
                kept = is_leader[y] & ~self._known_apart(x, y)
                found.append((x[kept] << 32) | y[kept])
                rest = rest[done:]
        self._claim_all(*_parted(found))

    def _claim(self, x: int) -> None:
        """Looks for the earliest representative of one text."""
        import numpy as np

        if not self._indexes[0].covers(x):
            self._indexes = self._indexed(np.union1d(np.flatnonzero(self._open), [x]))
        found = np.unique(np.concatenate([index.earlier(np.array([x]))[1] for index in self._indexes]))
        asked = np.full(len(found), x)
        kept = (self._leader[found] == found) & ~self._known_apart(asked, found)
        self._claim_all(asked[kept], found[kept])

    def _known_apart(self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]") -> "npt.NDArray[np.bool_]":
        """Whether x is no copy of the earlier text y, by what was decided before: it would have joined y, who stood before its leader."""
        apart: npt.NDArray[np.bool_] = (self._stood[y] == y) & (y < self._stood[x])
        return apart

    def _claim_all(self, texts: "npt.NDArray[np.int64]", leaders: "npt.NDArray[np.int64]") -> None:
        """Compares each text with the earliest of its candidates, those that are no copies with the next ones, and so on. Pairs by text,
        then representative."""
        import numpy as np

        if len(texts) == 0:
            return
        if len(texts) > 1:
            self._read_soon(texts, leaders)
        rank = np.arange(len(texts)) - np.searchsorted(texts, texts)
        first, last = 0, 1
        while len(texts):
            now = (first <= rank) & (rank < last)
            x, y = texts[now], leaders[now]
            order = np.argsort(y, kind="stable")  # so that those compared with one text are compared in one go
            for start in range(0, len(order), _COMPARED_AHEAD):
                some = order[start : start + _COMPARED_AHEAD]
                similar = self._similarities(y[some], x[some], {})
                copies = np.flatnonzero(similar > 0)
                # The earliest representative is written last, since of all that claim a text in one go the last one stays.
                self._hold(x[some][copies][::-1], y[some][copies][::-1], similar[copies][::-1])
            left = (rank >= last) & (self._claimant[texts] < 0)
            texts, leaders, rank = texts[left], leaders[left], rank[left]
            first, last = last, last + _WIDER * (last - first)

    def _hold(self, texts: "npt.NDArray[np.int64]", leaders: "npt.NDArray[np.int64]", similar: "npt.NDArray[np.float64]") -> None:
        """Notes that these claim the texts, unless an earlier one does already."""
        claimed = self._claimant[texts]
        better = (claimed < 0) | (claimed > leaders)
        self._claimant[texts[better]] = leaders[better]
        self._alike[texts[better]] = similar[better]

    def _lead(self, x: int) -> None:
        """Claims for the representative x every later text that has no earlier one."""
        import numpy as np

        if x not in self._later:
            self._look_ahead(x)
        if len(self._later[x]) and x not in self._compared:
            self._compare_ahead(x)
        later = self._later.pop(x)
        if len(later) == 0:
            return
        similar = self._compared.pop(x)
        free = self._is_free(later, x)
        missing = free & np.isnan(similar)
        if missing.any():
            similar[missing] = self._similarities(np.full(int(missing.sum()), x), later[missing], {})
        copies = free & (similar > 0)
        for y, similarity in zip(later[copies].tolist(), similar[copies].tolist(), strict=True):
            leader = int(self._leader[y])
            if leader == OPEN:
                self._claimant[y], self._alike[y] = x, similarity
                continue
            self._leader[y], self._standing.similarity[y] = x, similarity
            self._standing.touched.add(y)
            if leader == y:
                self._orphan(y)

    def _is_free(self, y: "npt.NDArray[np.int64]", x: int) -> "npt.NDArray[np.bool_]":
        """Whether nothing earlier than x leads the later texts y."""
        import numpy as np

        leader, claimant = self._leader[y], self._claimant[y]
        unclaimed = (claimant < 0) | (claimant > x) | (self._leader[claimant] != claimant)
        free: npt.NDArray[np.bool_] = np.where(leader == OPEN, unclaimed, leader > x)
        return free

    def _orphan(self, gone: int) -> None:
        """Opens again the texts that stood under one that is a representative no more."""
        import numpy as np

        if self._members is None:
            # Nobody joins a representative before its turn, and none whose turn was is orphaned: who stood under it is known at the start.
            order = np.argsort(self._leader, kind="stable")
            self._members = order, self._leader[order]
        order, led_by = self._members
        members = order[np.searchsorted(led_by, gone) : np.searchsorted(led_by, gone, side="right")]
        members = members[self._leader[members] == gone]
        self._leader[members] = OPEN
        self._doubtful[members] = True
        self._open[members] = True

    def _look_ahead(self, x: int) -> None:
        """Finds the later candidates of x, and of the next texts that nothing claims so far."""
        import numpy as np

        upcoming = x + np.flatnonzero(self._open[x:] & (self._claimant[x:] < 0) & ~self._doubtful[x:])
        upcoming = np.concatenate([[x], upcoming])
        if not self._indexes[0].covers(x):
            self._indexes = self._indexed(upcoming)
        near, equal = self._indexes
        asked = near.covered(upcoming)
        asked = asked[~_within(asked, np.sort(np.fromiter(self._later, np.int64, len(self._later))))]
        xs, ys, done = near.later(asked)
        asked = asked[:done]
        found = [(xs << 32) | ys]
        rest = asked
        while len(rest):
            xs, ys, step = equal.later(rest)
            found.append((xs << 32) | ys)
            rest = rest[step:]
        xs, ys = _parted(found)
        ends = np.searchsorted(xs, asked, side="right").tolist()
        self._later.update(zip(asked.tolist(), (ys[i:j] for i, j in pairwise([0, *ends])), strict=True))

    def _compare_ahead(self, x: int) -> None:
        """Compares x, and the next texts that nothing claims so far, with their later candidates."""
        if self._underway is not None:
            self._take(self._underway)
        if x not in self._compared:
            self._take(self._begun({x: self._later[x]}))
        if self._elsewhere is not None:
            # While the leaders among these are decided, the next ones are compared.
            self._underway = self._begun({})

    def _begun(self, first: "Mapping[int, npt.NDArray[np.int64]]") -> "_Underway":
        """Begins to compare these texts, and the next that nothing claims so far, with their later candidates."""
        import numpy as np

        ahead: dict[int, npt.NDArray[np.bool_]] = {}
        pairs = 0
        most = _COMPARED_AHEAD if self._elsewhere is None else _COMPARED_ELSEWHERE
        for text, later in chain(first.items(), self._later.items()):
            if pairs >= most:
                break
            if len(later) and self._claimant[text] < 0 and text not in self._compared and text not in ahead:
                ahead[text] = self._is_free(later, text)
                pairs += int(np.count_nonzero(ahead[text]))
        numbers = [int(np.count_nonzero(free)) for free in ahead.values()]
        others = np.concatenate([np.zeros(0, np.int64), *(self._later[text][free] for text, free in ahead.items())])
        ones = np.repeat(np.fromiter(ahead, np.int64, len(ahead)), numbers)
        return _Underway(ahead, numbers, self._similar_soon(ones, others, self._later))

    def _take(self, underway: "_Underway") -> None:
        """Waits for what is underway, and keeps it for the texts whose turn is to come."""
        import numpy as np

        self._underway = None
        similar = underway.similar()
        for (text, free), (i, j) in zip(underway.free.items(), pairwise([0, *accumulate(underway.numbers)]), strict=True):
            if text in self._later:
                self._compared[text] = np.full(len(free), np.nan)
                self._compared[text][free] = similar[i:j]

    def _similarities(
        self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]", soon: "Mapping[int, npt.NDArray[np.int64]]"
    ) -> "npt.NDArray[np.float64]":
        """The similarity of each pair. soon: what will be asked for next."""
        return self._similar_soon(x, y, soon)()

    def _similar_soon(
        self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]", soon: "Mapping[int, npt.NDArray[np.int64]]"
    ) -> "Callable[[], npt.NDArray[np.float64]]":
        """Gives the similarity of each pair when asked; elsewhere it is looked for meanwhile."""
        import numpy as np

        result = np.ones(len(x))
        unequal = np.flatnonzero(self._texts.hashes[x] != self._texts.hashes[y])
        if len(unequal) == 0:
            return lambda: result
        # Texts said on several days are read, and compared, once.
        pairs, which = np.unique((self._first[x[unequal]] << 32) | self._first[y[unequal]], return_inverse=True)
        ones, others = pairs >> 32, pairs & 0xFFFFFFFF
        begun = None if self._elsewhere is None else self._elsewhere(ones, others)

        def similar() -> "npt.NDArray[np.float64]":
            result[unequal] = (self._compared_pairs(ones, others, soon) if begun is None else begun())[which]
            return result

        return similar

    def _compared_pairs(
        self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]", soon: "Mapping[int, npt.NDArray[np.int64]]"
    ) -> "npt.NDArray[np.float64]":
        """The similarity of each pair of first texts that say different things, remembered or compared now. Pairs by x."""
        import numpy as np

        if self._memory is None:
            self._read_ahead(np.concatenate([x, y]), soon)
            return self._comparer.similarities(self._reader.shelf, x, y)
        similar = self._memory.similarities(x, y)
        new = np.flatnonzero(np.isnan(similar))
        if len(new):
            x, y = x[new], y[new]
            self._read_ahead(np.concatenate([x, y]), soon)
            similar[new] = self._comparer.similarities(self._reader.shelf, x, y)
            self._memory.put(self._texts.hashes[x], self._texts.hashes[y], similar[new])
        return similar

    def _read_soon(self, x: "npt.NDArray[np.int64]", y: "npt.NDArray[np.int64]") -> None:
        """Reads the texts of pairs that must be compared in one go, unless they are too many."""
        import numpy as np

        if self._elsewhere is not None:
            return
        x, y = self._first[x], self._first[y]
        new = x != y
        if self._memory is not None:
            new &= np.isnan(self._memory.similarities(x, y))
        wanted = np.unique(np.concatenate([x[new], y[new]]))
        if len(wanted) <= _READ_AHEAD:
            self._reader.need(wanted)

    def _read_ahead(self, wanted: "npt.NDArray[np.int64]", soon: "Mapping[int, npt.NDArray[np.int64]]") -> None:
        """Reads the wanted texts, and while one of them must be read, those that will be asked for next."""
        import numpy as np

        if len(self._reader.shelf.missing(wanted)) == 0:
            return
        more = set(wanted.tolist())
        most = len(more) + _READ_AHEAD
        for x, others in soon.items():
            if len(others) and self._claimant[x] < 0:
                more.update(self._reader.shelf.missing(self._first[np.append(others, x)]).tolist())
                if len(more) > most:
                    break
        self._reader.need(np.array(sorted(more)))


def _parted(keys: "Sequence[npt.NDArray[np.int64]]") -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]":
    """Pairs (x, y) of several lists of x << 32 | y, each once, by x, then y."""
    import numpy as np

    joined = np.sort(np.concatenate(keys))
    new = np.ones(len(joined), np.bool_)
    np.not_equal(joined[1:], joined[:-1], out=new[1:])
    joined = joined[new]
    return joined >> 32, joined & 0xFFFFFFFF


def _within(some: "npt.NDArray[np.int64]", others: "npt.NDArray[np.int64]") -> "npt.NDArray[np.bool_]":
    """Which of `some` are among the others. Both are ascending."""
    import numpy as np

    if len(others) == 0:
        return np.zeros(len(some), np.bool_)
    found: npt.NDArray[np.bool_] = others[np.minimum(np.searchsorted(others, some), len(others) - 1)] == some
    return found
