"""Bars with a bound: from which confidence on a model's answers may stand alone, chosen from labelled samples so that a lower bound holds.

Two promises. Of a *share*: of the answers at or above the bar at least this share agrees (one bar a class, category or language). Of a
*batch*: of all records of a batch, those that are asked elsewhere among them, at least this share is right (one bar for a cascade).
Both at 95 %, with the choice among many bars paid for; where the samples are too few, there is no bar and nothing is answered.

The samples must be like what the bar is used on, and not learnt from. Not here: confidence (certainty.py, calibration.py), where samples
come from (evaluation/cascade.py, decisions.py).
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

MISS = 0.05
"""How often a bound may fail to hold: 1 - its level."""
GRID = (0.999, 0.998, 0.995, 0.99, 0.985, 0.98, 0.97, 0.96, 0.95, 0.925, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
"""The bars that a promise of a share looks at, strictest first: fixed beforehand, for what was picked by the samples proves nothing."""
_ENOUGH = 3
"""Times the fewest samples with which a flawless class would pass: from there on a class is judged by its own samples."""


@dataclass(frozen=True)
class Bar:
    """Answers with at least this confidence stand. `bar` is infinite where none may (the tier abstains); then `bound` is 0.

    bound: what was promised, a share from 0 to 1. n: samples at or above the bar, or, where there is none, all that were looked at.
    agreed: how many of these n were right.
    """

    bar: float = math.inf
    bound: float = 0.0
    n: int = 0
    agreed: int = 0

    @property
    def abstains(self) -> bool:
        return math.isinf(self.bar)


@dataclass(frozen=True)
class ClassBars:
    """Bars by class; the classes that had too few samples of their own share `pooled`, as do classes never seen."""

    by_class: Mapping[Hashable, Bar] = field(default_factory=dict)
    pooled: Bar = field(default_factory=Bar)

    def of(self, name: Hashable) -> Bar:
        return self.by_class.get(name, self.pooled)


class Judged(NamedTuple):
    """One answer of a cheap tier that a better one (an accepted answer of the language model, or a person) has judged."""

    language: str
    category: str
    confidence: float
    agreed: bool


def least_agreement(agreed: int, n: int, miss: float = MISS) -> float:
    """Lower bound of a share of which `agreed` of `n` independent samples were seen (Clopper and Pearson 1934, one-sided). 0 for none."""
    from scipy.special import betaincinv

    if agreed <= 0:
        return 0.0
    return float(betaincinv(agreed, n - agreed + 1, miss))


def fewest_samples(target: float, miss: float = MISS) -> int:
    """With fewer samples not even a flawless record shows the target at one look."""
    _demand(target, miss)
    return math.ceil(math.log(miss) / math.log(target))


def bar_for_agreement(confidence: "Floats", agreed: "Bools", target: float, miss: float = MISS, *, grid: Sequence[float] = GRID) -> Bar:
    """The lowest bar of the grid above which at least `target` of the answers agree, with probability 1 - miss.

    Fallback procedure (Wiens 2003; Wiens and Dmitrienko 2005): each bar, strictest first, is tested with its part of `miss`, and a bar that
    passes hands what it had on to the next. So all bars that pass hold together, however agreement runs with confidence, and a
    strict bar that few samples reach costs its part alone. confidence: from 0 to 1; a row each, as in agreed. Raises ValueError.
    """
    import numpy as np

    _demand(target, miss)
    levels = sorted(grid, reverse=True)
    part = miss / len(levels)
    chosen = Bar(n=len(confidence), agreed=int(agreed.sum()))
    level = part
    for value in levels:
        above = confidence >= value
        n, right = int(np.count_nonzero(above)), int(np.count_nonzero(agreed & above))
        if n and least_agreement(right, n, level) >= target:
            chosen = Bar(value, target, n, right)
            level += part
        else:
            level = part
    return chosen


def bars_by_class(
    confidence: "Floats", agreed: "Bools", classes: Sequence[Hashable], target: float, miss: float = MISS, *, grid: Sequence[float] = GRID
) -> ClassBars:
    """A bar for each class that has enough samples, one for the rest together. Each bound holds by itself, at 1 - miss.

    Which classes stand alone is decided by their number of samples, never by how they did: else a bad class would hide in the pool.
    The pooled bound is of the pooled classes together, not of each. Raises ValueError.
    """
    import numpy as np

    enough = _ENOUGH * fewest_samples(target, miss)
    rows: dict[Hashable, list[int]] = {}
    for i, name in enumerate(classes):
        rows.setdefault(name, []).append(i)
    alone = {name: np.array(found) for name, found in rows.items() if len(found) >= enough}
    rest = np.array([i for name, found in rows.items() if name not in alone for i in found], np.int64)
    return ClassBars(
        {name: bar_for_agreement(confidence[found], agreed[found], target, miss, grid=grid) for name, found in alone.items()},
        bar_for_agreement(confidence[rest], agreed[rest], target, miss, grid=grid),
    )


def tier_bars(judged: Iterable[Judged], target: float, miss: float = MISS) -> dict[tuple[str, str], Bar]:
    """(category, language) -> the bar of a cheap tier there, with its bound and number of samples; it abstains where they are too few.

    Nothing is pooled: what one language shows says nothing of another. The rows must be a fair sample of the tier's answers: those
    that people happened to be shown are worse than the rest, those that agreed by construction are better. Raises ValueError.
    """
    import numpy as np

    groups: dict[tuple[str, str], list[Judged]] = {}
    for row in judged:
        groups.setdefault((row.category, row.language), []).append(row)
    return {
        key: bar_for_agreement(np.array([r.confidence for r in found]), np.array([r.agreed for r in found], bool), target, miss)
        for key, found in sorted(groups.items())
    }


@lru_cache(maxsize=4096)
def wrong_allowed(n: int, target: float, batch: int, miss: float = MISS) -> int:
    """How many of n samples may be answered wrongly so that a batch answered alike keeps the target; -1: not even none.

    Exact for samples and batch that are exchangeable. Going down in confidence, let the bar stop before wrong answer number k + 1 among the
    samples. The batch has more than e wrong answers above it only if, of the first k + e + 1 wrong answers of both together, at most k are
    samples: a hypergeometric chance, since which rows are samples is chance. The stop is the choice, so choosing is paid for.
    Raises ValueError.
    """
    _demand(target, miss)
    if n < 1 or batch < 1:
        return -1
    wrong = _wrong_of(target, batch)
    low, high = -1, n
    while low < high:  # the chance rises with k
        k = (low + high + 1) // 2
        if k + wrong + 1 <= n + batch and _chance(k, wrong, n, batch) <= miss:
            low = k
        else:
            high = k - 1
    return low


def batch_bound(allowed: int, n: int, batch: int, miss: float = MISS) -> float:
    """The share of a batch that is right at least, with probability 1 - miss, under a bar that lets `allowed` of n samples be wrong.

    0 where nothing can be said. The same exact chance as in wrong_allowed, asked for another size of batch.
    """
    if n < 1 or batch < 1 or allowed < 0:
        return 0.0
    low, high = 0, batch
    while low < high:  # the chance falls with the number of wrong answers
        wrong = (low + high) // 2
        if allowed + wrong + 1 > n + batch or _chance(allowed, wrong, n, batch) <= miss:
            high = wrong
        else:
            low = wrong + 1
    return 1 - low / batch


def bar_for_batches(confidence: "Floats", agreed: "Bools", target: float, batch: int, miss: float = MISS) -> Bar:
    """The lowest bar at which at least `target` of a batch of so many records is right, when what is below the bar is asked and comes back
    right. `bound` is that target; n and agreed are the samples above the bar. Raises ValueError.
    """
    import numpy as np

    allowed = wrong_allowed(len(confidence), target, batch, miss)
    order = np.argsort(-confidence, kind="stable")
    descending, wrong = confidence[order], np.cumsum(~agreed[order])
    good = last_of_ties(descending) & (wrong <= allowed)
    if not good.any():
        return Bar(n=len(confidence), agreed=int(agreed.sum()))
    place = int(np.flatnonzero(good)[-1])
    return Bar(float(descending[place]), target, place + 1, place + 1 - int(wrong[place]))


def last_of_ties(descending: "Floats") -> "Bools":
    """Where a run of equal values ends: answers of the same confidence stand or fall together."""
    import numpy as np

    return np.append(descending[1:] < descending[:-1], True)[: len(descending)]


def _chance(allowed: int, wrong: int, n: int, batch: int) -> float:
    """That at most `allowed` of allowed + wrong + 1 rows, drawn from n samples and a batch, are samples."""
    import numpy as np
    from scipy.special import gammaln

    def ways(total: int, chosen: "Floats") -> "Floats":
        out: Floats = gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1)
        return out

    drawn = allowed + wrong + 1
    ours = np.arange(max(0, drawn - batch), min(allowed, n) + 1, dtype=np.float64)
    every = ways(n + batch, np.array([float(drawn)]))
    return float(min(1.0, np.exp(ways(n, ours) + ways(batch, drawn - ours) - every).sum()))


def _wrong_of(target: float, batch: int) -> int:
    return math.floor((1 - target) * batch + 1e-9)  # 1 - .99 is a little less than .01


def _demand(target: float, miss: float) -> None:
    if not (0 < target < 1 and 0 < miss < 1):
        raise ValueError(f"target {target} and miss {miss}: shares between 0 and 1 expected")
