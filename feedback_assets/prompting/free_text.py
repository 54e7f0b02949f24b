"""Words that a model wrote, made fit to be shown: on one line, without unseen characters, refused when they carry more than words.

A sentence about feedback needs no link, no markup and no address: one that has them was put there by somebody. Not here: escaping for the
place where it is shown (tickets, pages), which is done there as for any text.
"""

import re

from feedback_assets.prompting.fence import escaped

_MORE_THAN_WORDS = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:javascript|data|mailto):|\S@\S+\.\S|\d[\d \-./()]{8,}\d"  # links, addresses, long numbers
    r"|\]\s*\(|!\[|```|<\s*[/!a-z]|\{\{|^\s*[=+@|#]",  # markup, formulas
    re.IGNORECASE,
)


def one_line(text: str | None, longest: int) -> str:
    """The words on one line of at most `longest` characters; empty for None and for words that are refused (see `is_refused`)."""
    if text is None or is_refused(text):
        return ""
    line = " ".join(escaped(text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def is_refused(text: str) -> bool:
    """Whether it has a link, markup, an address, a long number or the beginning of a formula."""
    return _MORE_THAN_WORDS.search(text) is not None
