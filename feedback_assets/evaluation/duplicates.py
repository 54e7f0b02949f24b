"""How well near-duplicates are found, on texts with known pairs.

The truth: texts that the given pairs join, directly or through others, are copies of one another. The prediction: texts of one group are.
Precision and recall are over pairs of different texts so joined. A group of texts that really repeat without being among the given pairs
counts as wrong. Every text is held to be said at the same time, in the order of the file.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from feedback_assets.evaluation.outcome import LabelError, Outcome, Row, texts_of
from feedback_assets.silver.duplicates.grouping import leaders


def measure(rows: Sequence[Row], pairs: Sequence[tuple[str, str]]) -> Outcome:
    """precision, recall, groups; then the pairs that the first two are shares of. Raises LabelError."""
    texts = texts_of(rows)
    places = _places(rows)
    truth = joined(len(rows), [_spot(places, pair) for pair in pairs])
    leaders(texts[:100])
    started = time.process_time()
    predicted = leaders(texts)
    seconds = time.process_time() - started
    return Outcome(records=len(rows), seconds=seconds, figures=compared(predicted, truth))


def compared(predicted: Sequence[Hashable], truth: Sequence[Hashable]) -> dict[str, float]:
    """The figures of groups that were predicted against those that are true, each given as every text's group."""
    found, known = _pairs(predicted), _pairs(truth)
    right = _pairs(zip(predicted, truth, strict=True))
    return {
        "precision": round(right / found, 4) if found else 1.0,
        "recall": round(right / known, 4) if known else 1.0,
        "groups": sum(1 for n in Counter(predicted).values() if n > 1),
        "pairs_found": found,
        "pairs_known": known,
        "pairs_right": right,
    }


def _places(rows: Sequence[Row]) -> dict[str, int]:
    places: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        key = row.get("id")
        if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
            raise LabelError(f"record {number}: an id expected under 'id', as text or a whole number")
        if str(key) in places:
            raise LabelError(f"record {number}: the id {str(key)[:80]!r} stands twice; each record has its own")
        places[str(key)] = number - 1
    return places


def _spot(places: dict[str, int], pair: tuple[str, str]) -> tuple[int, int]:
    for key in pair:
        if key not in places:
            raise LabelError(f"the pair ({pair[0][:80]!r}, {pair[1][:80]!r}) names the id {key[:80]!r}, which no record has")
    return places[pair[0]], places[pair[1]]


def joined(number: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each text the least one that pairs join it to."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    first = list(range(number))
    seen: set[int] = set()
    for start in range(number):
        if start in seen or start not in near:
            continue
        open_ = [start]
        seen.add(start)
        while open_:
            x = open_.pop()
            first[x] = start
            fresh = [y for y in near[x] if y not in seen]
            seen.update(fresh)
            open_ += fresh
    return first


def _pairs(groups: Iterable[Hashable]) -> int:
    """Pairs of members of one group, over all groups."""
    return sum(n * (n - 1) // 2 for n in Counter(groups).values())
