"""How the lines of a text begin: the quick look that tells which steps have nothing to do.

A lead is the first letters of a line, three at most, in lower case; one character in scripts without spaces. The steps that work on lines
(transcript.py, mail.py, notices.py) each know the leads of the lines that they look for, so that their patterns meet few lines.
"""

import re

_LEADS = re.compile(r"\n\W{0,12}(\w{1,3})")
_LEAD = re.compile(r"\W{0,12}(\w{1,3})")
_UNSPACED = "\u2e80"


def leads_of(s: str) -> set[str]:
    """The leads of all lines of a text."""
    return {w.lower() if w < _UNSPACED else w[0] for w in _LEADS.findall("\n" + s)}


def lead(line: str) -> str:
    """The lead of one line; empty when it has no letter or digit near its beginning."""
    m = _LEAD.match(line)
    if m is None:
        return ""
    return m[1].lower() if m[1] < _UNSPACED else m[1][0]


def leads(words: str) -> frozenset[str]:
    """The leads of lines that begin with one of these words, given with spaces between."""
    return frozenset(w[:3].lower() if w < _UNSPACED else w[0] for w in words.split())
