"""Texts that were said, grouped in one go: what is long enough to be called a copy, and who leads whom. No tables here; what keeps
groups up to date batch after batch is update.py.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feedback_assets.silver.cleaning.leads import leads_of
from feedback_assets.silver.cleaning.mail import mail_edits
from feedback_assets.silver.duplicates.candidates import Tokens
from feedback_assets.silver.duplicates.leaders import Standing, Texts, settle
from feedback_assets.silver.duplicates.normal import all_normalised, weight
from feedback_assets.silver.duplicates.shingles import sketches

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Two people who write the same short sentence did so on their own; the same long one was copied. Below these weights (see normal.weight)
# nothing is a copy, not even an equal text.
EXACT_WEIGHT = 24
EXACT_WORDS = 5
NEAR_WEIGHT = 32
NEAR_WORDS = 6


def comparable(normal: str) -> tuple[bool, bool]:
    """Whether an equal text is a copy of this one, and whether a nearly equal one can be."""
    heft = weight(normal)
    dense = heft > 1.5 * len(normal)
    words = normal.count(" ") + 1
    return heft >= EXACT_WEIGHT and (dense or words >= EXACT_WORDS), heft >= NEAR_WEIGHT and (dense or words >= NEAR_WORDS)


def leaders(texts: Sequence[str]) -> list[int]:
    """For each text the number of the first one that it is a copy of, or its own: all said at one time, in this order.

    Signatures and quoted replies are left out, as cleaning does before a text comes to the tables."""
    import numpy as np

    normals = all_normalised([_own_words(t) for t in texts])
    first: dict[str, int] = {}
    nodes: list[int] = []  # one a different text
    places = [0] * len(normals)
    near: list[bool] = []
    for i, normal in enumerate(normals):
        known = first.get(normal)
        if known is None:
            exact, nearly = comparable(normal)
            known = len(nodes)
            if exact:
                first[normal] = known
            nodes.append(i)
            near.append(nearly)
        places[i] = known
    distinct = [normals[i] for i in nodes]
    found = Texts(
        days=np.zeros(len(nodes), np.int64),
        hashes=np.arange(len(nodes), dtype=np.int64),
        sketches=without(Tokens(*sketches(distinct)), np.array(near, np.bool_)),
        normals=lambda wanted: [distinct[i] for i in wanted],
    )
    standing = Standing(np.full(len(nodes), -1, np.int64), np.zeros(len(nodes)))
    settle(found, standing)
    return [nodes[int(standing.leader[place])] for place in places]


def _own_words(text: str) -> str:
    if "\n" not in text:
        return text
    kept, at = [], 0
    for start, end, _ in mail_edits(text, leads_of(text)):
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


def without(tokens: Tokens, kept: "npt.NDArray[np.bool_]") -> Tokens:
    """Texts that are not kept have no tokens."""
    import numpy as np

    number = np.diff(tokens.starts)
    values = tokens.values[np.repeat(kept, number)]
    return Tokens(values, np.concatenate([np.zeros(1, np.int64), np.cumsum(np.where(kept, number, 0))]))
