"""Stretches of a text in different languages: who switches language in the middle says so with several words in a row.

The cheapest way through the words by dynamic programming: a change of language costs CHANGE, a word costs what it says against the
language. Only for texts that look mixed: it takes some hundred microseconds. Not here: which language the whole text is in.
"""

from typing import TYPE_CHECKING

from feedback_assets.silver.language.model import load
from feedback_assets.silver.language.scripts import ALONE, MODELLED, script_of
from feedback_assets.silver.language.told import Segment
from feedback_assets.silver.language.words import RUNNING, folded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AWAY = 2.5
"""How much likelier a word must be in another language than in the text's to count as a stray."""
STRAYS = 3
"""Strays that make a text worth looking at."""
CHANGE = 6.0
WORDS = 3
"""Words that a stretch has at least."""
EVIDENCE = 6.0
"""How much likelier, in logarithms, a stretch must be in its own language than in the text's."""

_CANDIDATES = 4
_FOREIGN = -7.0


def worth_it(scores: "NDArray[np.float32]", away: "NDArray[np.bool_]", best: int) -> bool:
    """Whether the stray words of a text agree on another language. `scores`: of its words; `away`: which of them stray from `best`."""
    strays = scores[away]
    return bool((strays - strays[:, best : best + 1]).sum(axis=0).max() >= EVIDENCE + 1.5 * CHANGE)


def segments(text: str, main: str, languages: frozenset[str]) -> tuple[Segment, ...]:
    """The stretches of `text` where two or more languages have one each, else nothing. `main`: the language of the whole."""
    spans = _words(text)
    if len(spans) < 2 * WORDS:
        return ()
    costs = _scores(spans, languages)
    totals: dict[str, float] = {}
    for cost in costs:
        for code, score in cost.items():
            totals[code] = totals.get(code, 0.0) + max(0.0, score - _FOREIGN)
    codes = sorted(totals, key=lambda code: (code != main, -totals[code], code))[: _CANDIDATES + 1]
    path = _path(costs, codes)
    found: list[tuple[int, int, str]] = []
    start = 0
    for n in range(1, len(path) + 1):
        if n == len(path) or path[n] != path[start]:
            found.append((start, n, path[start]))
            start = n
    kept = [
        (low, high, code)
        for low, high, code in found
        if _width(spans[low:high]) >= WORDS
        and (code == main or sum(c.get(code, _FOREIGN) - c.get(main, _FOREIGN) for c in costs[low:high]) >= EVIDENCE)
    ]
    joined: list[Segment] = []
    for low, high, code in kept:
        if joined and joined[-1].language == code:
            joined[-1] = Segment(joined[-1].start, spans[high - 1][1], code)
        else:
            joined.append(Segment(spans[low][0], spans[high - 1][1], code))
    return tuple(joined) if len({s.language for s in joined}) > 1 else ()


def _width(spans: list[tuple[int, int, str, str]]) -> int:
    """Words of the stretch; scripts without spaces count two characters as one."""
    return sum(1 if script in MODELLED else max(1, (end - start) // 2) for start, end, _, script in spans)


def _words(text: str) -> list[tuple[int, int, str, str]]:
    """(start, end, folded word, script); a run of letters without spaces of another script is one word."""
    spans: list[tuple[int, int, str, str]] = []
    at, end = 0, len(text)
    while at < end:
        script = script_of(text[at])
        if not script:
            at += 1
            continue
        start = at
        while at < end and script_of(text[at]) == script:
            at += 1
        piece = folded(text[start:at])
        if script not in MODELLED or (RUNNING.fullmatch(piece) and not _inside(text, start, at)):
            spans.append((start, at, piece, script))
    return spans


def _inside(text: str, start: int, end: int) -> bool:
    """Whether the word is part of an address, a file's name or a number."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return (
        before in "@/.#_&"
        or before.isdigit()
        or after in "@_"
        or after.isdigit()
        or (after in ".:/" and text[end + 1 : end + 2].strip() != "")
    )


def _scores(spans: list[tuple[int, int, str, str]], languages: frozenset[str]) -> list[dict[str, float]]:
    models = load()
    result: list[dict[str, float]] = []
    for _, _, word, script in spans:
        if script in MODELLED:
            row = models[script].row(word)
            result.append({code: score for code, score in zip(models[script].codes, row, strict=True) if code in languages})
        else:
            code = ALONE.get(script, "")
            result.append({code: 0.0} if code in languages else {})
    return result


def _path(costs: list[dict[str, float]], codes: list[str]) -> list[str]:
    best = dict.fromkeys(codes, 0.0)
    back: list[dict[str, str]] = []
    for cost in costs:
        leader = min(codes, key=lambda code: (-best[code], codes.index(code)))
        step: dict[str, str] = {}
        after: dict[str, float] = {}
        for code in codes:
            stay, change = best[code], best[leader] - CHANGE
            step[code] = code if stay >= change else leader
            after[code] = max(stay, change) + cost.get(code, _FOREIGN)
        back.append(step)
        best = after
    code = min(codes, key=lambda c: (-best[c], codes.index(c)))
    path: list[str] = []
    for step in reversed(back):
        path.append(code)
        code = step[code]
    return path[::-1]
