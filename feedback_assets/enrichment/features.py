"""What the local model sees of a sentence: words, word pairs and pieces of words, each with a weight.

A text is the sum of its tokens and a token is the sum of its features, so that reading needs one table row a token: fast for long
texts. Scripts without spaces give single characters, pairs and triples as tokens. Not here: the learnt weights (model.py).
"""

import re

from feedback_assets.enrichment.phrases import fold, is_unspaced
from feedback_assets.ground.placeholders import PATTERN

_RUNS = re.compile(r"[\w]+(?:'\w+)?|[!?]{2,}|[\U0001f300-\U0001faff\u2600-\u27bf]")
_MOST_LETTERS = 24
PAIR = "b:"
"""How the name of a pair begins; no token has a colon."""


def tokens(text: str) -> list[str]:
    """Tokens in order, folded: words, runs of marks, emoji, and n-grams of unspaced scripts.

    Numbers are one token; placeholders are words that name their kind.
    """
    out: list[str] = []
    for run in _RUNS.findall(fold(PATTERN.sub(_kind, text) if "[" in text else text)):
        if run.isascii():
            out.append("0" if run[0].isdigit() else run)
        elif is_unspaced(run):
            out.extend(run[i : i + n] for n in (1, 2, 3) for i in range(len(run) - n + 1))
        else:
            out.append("0" if run.isdigit() else run)
    return out


def _kind(found: re.Match[str]) -> str:
    return f" {found[0].strip('[]').partition(':')[0]} "


def features(token: str) -> list[tuple[str, float]]:
    """Features of one token with their weights: the word and, for spaced scripts, its pieces of 3 to 5 letters."""
    found = [("w:" + token, 1.0)]
    if not is_unspaced(token) and token[0].isalpha() and len(token) > 2:
        padded = f"<{token[:_MOST_LETTERS]}>"
        grams = [padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)]
        weight = 1.2 / max(1.0, len(grams)) ** 0.5
        found.extend(("c:" + gram, weight) for gram in grams)
    return found


def is_dense(token: str) -> bool:
    """Whether the token has a word vector of its own: words, and single characters of scripts without spaces."""
    return len(token) == 1 or not is_unspaced(token)


def pair(left: str, right: str) -> str:
    """The feature of two tokens that follow each other."""
    return f"{PAIR}{left} {right}"
