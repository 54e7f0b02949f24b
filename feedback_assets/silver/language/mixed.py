"""Stretches of a text in different languages: who switches language in the middle says so with several words in a row.

The cheapest way through the words by dynamic programming: a change of language costs CHANGE, a word costs what it says against the
language. Only for texts that look mixed: it takes about a millisecond. Not here: which language the whole text is in.
"""

from typing import TYPE_CHECKING

from feedback_assets.silver.language.model import load
from feedback_assets.silver.language.scripts import ALONE, MODELLED, script_of
from feedback_assets.silver.language.told import Segment
from feedback_assets.silver.language.words import WORD, folded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AWAY = 3.2
"""How much likelier a word must be in another language than in the text's to count as a stray."""
STRAYS = 4
"""Strays that make a text worth looking at."""
CHANGE = 6.0
"""What a change of language costs, in logarithms."""
WORDS = 4
"""Words that a stretch has at least."""
EVIDENCE = 8.0
"""How much likelier, in logarithms, a stretch must be in its own language than in the text's."""

_FOREIGN = -7.0
"""What a word of another script says for a language."""
_Word = tuple[int, int, str, str]


def worth_it(scores: "NDArray[np.float32]", best: int) -> bool:
    """Whether several words in a row speak for one other language. `scores`: of a text's words; `best`: the text's language."""
    import numpy as np

    gained = np.cumsum(np.vstack([np.zeros((1, scores.shape[1]), np.float32), scores - scores[:, best : best + 1]]), axis=0)
    return bool((gained - np.minimum.accumulate(gained, axis=0)).max() >= EVIDENCE + CHANGE)


def segments(text: str, main: str, languages: frozenset[str]) -> tuple[Segment, ...]:
    """The stretches of `text` where two or more languages have one each, else nothing. `main`: the language of the whole."""
    words = _words(text)
    if len(words) < 2 or sum(map(_width, words)) < 2 * WORDS:
        return ()
    codes, scores = _scores(words, main, languages)
    if len(codes) < 2:
        return ()
    path = _path(scores)
    ends = [n for n in range(1, len(path) + 1) if n == len(path) or path[n] != path[n - 1]]
    joined: list[Segment] = []
    for low, high in zip([0, *ends], ends, strict=False):
        column = path[low]
        gain = float((scores[low:high, column] - scores[low:high, 0]).sum())
        if sum(map(_width, words[low:high])) < WORDS or (column and gain < EVIDENCE):
            continue
        start, end, code = words[low][0], words[high - 1][1], codes[column]
        if joined and joined[-1].language == code:
            start = joined.pop().start
        joined.append(Segment(start, end, code))
    return tuple(joined) if len({s.language for s in joined}) > 1 else ()


def _width(word: _Word) -> int:
    """Words that it counts for; scripts without spaces count two characters as one."""
    start, end, _, script = word
    return 1 if script in MODELLED else max(1, (end - start) // 2)


def _words(text: str) -> list[_Word]:
    """(start, end, folded word, script); a run of letters of a script without spaces is one word."""
    words: list[_Word] = []
    at, end = 0, len(text)
    while at < end:
        script = script_of(text[at])
        start = at
        at += 1
        while at < end and script_of(text[at]) == script:
            at += 1
        if script in MODELLED:
            piece = folded(text[start:at])
            if WORD.fullmatch(piece) and not _inside(text, start, at):
                words.append((start, at, piece, script))
        elif script:
            words.append((start, at, "", script))
    return words


def _inside(text: str, start: int, end: int) -> bool:
    """Whether the word is part of an address, a file's name or a number."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in {"@", "/", ".", "#", "_", "&"} or after in {"@", "_"} or before.isdigit() or after.isdigit():
        return True
    return after in {".", ":", "/"} and text[end + 1 : end + 2].isalnum()


def _scores(words: list[_Word], main: str, languages: frozenset[str]) -> "tuple[list[str], NDArray[np.float32]]":
    """(languages that any word could be of, the main one first; what each word says for each)."""
    import numpy as np

    models = load()
    scripts = {script for _, _, _, script in words}
    codes = [main]
    for script in sorted(scripts):
        of_script = models[script].codes if script in MODELLED else (ALONE.get(script, ""),)
        codes += [code for code in of_script if code in languages and code != main]
    places = {code: n for n, code in enumerate(codes)}
    scores = np.full((len(words), len(codes)), _FOREIGN, dtype=np.float32)
    for script in scripts:
        which = [n for n, word in enumerate(words) if word[3] == script]
        if script in MODELLED:
            told = models[script].of([words[n][2] for n in which])
            for column, code in enumerate(models[script].codes):
                if code in places:
                    scores[which, places[code]] = told[:, column]
        elif (code := ALONE.get(script, "")) in places:
            scores[which, places[code]] = 0.0
    return codes, scores


def _path(scores: "NDArray[np.float32]") -> list[int]:
    """The column of each word; where two ways cost the same, the earlier column."""
    import numpy as np

    best = scores[0].copy()
    back = np.zeros(scores.shape, dtype=np.int64)
    own = np.arange(scores.shape[1])
    for n in range(1, len(scores)):
        leader = int(best.argmax())
        changed = best[leader] - CHANGE
        back[n] = np.where(best >= changed, own, leader)
        best = np.maximum(best, changed) + scores[n]
    column = int(best.argmax())
    path = [column]
    for n in range(len(scores) - 1, 0, -1):
        column = int(back[n, column])
        path.append(column)
    return path[::-1]
