"""Texts that may mean the same in other words: for each, the nearest by vector. Candidates for a person or a model to decide, never merged.

Vectors come from the caller, all of one embedder. Of 2,503 issue reports with 65 pairs that people called duplicates, the five nearest by
the default embedder hold .66 of them, the twenty nearest .82; but 99 of 100 pairs above LEAST are no known duplicates, and 94 of 100 above
.95: that is why none is merged. Not here: vectors, tables, groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST = 0.6
"""Least cosine of a candidate."""
NEAREST = 5
"""Most candidates of a text."""
_ROWS = 1_024


@dataclass(frozen=True)
class Candidate:
    """Two texts, the one with the lesser id first, and the cosine of their vectors."""

    one: str
    other: str
    cosine: float


def semantic_candidates(
    ids: Sequence[str], vectors: "npt.NDArray[np.float32]", *, least: float = LEAST, nearest: int = NEAREST
) -> list[Candidate]:
    """Pairs of which one is among the nearest of the other, by id. Rows of unit length; a zero row has none. Any order: the same pairs."""
    import numpy as np

    order = sorted(range(len(ids)), key=lambda i: ids[i])
    names = [ids[i] for i in order]
    rows = vectors[order].astype(np.float32)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(rows), _ROWS):
        near = np.round(rows[start : start + _ROWS] @ rows.T, 4)
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -1
        for i, line in enumerate(near):
            close = np.flatnonzero(line >= least)
            for j in close[np.lexsort((close, -line[close]))][:nearest].tolist():
                a, b = min(start + i, j), max(start + i, j)
                found[a, b] = float(line[j])
    return [Candidate(names[a], names[b], round(cosine, 4)) for (a, b), cosine in sorted(found.items())]
