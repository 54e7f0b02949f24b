"""Stretches of HTML that are not read: scripts, styles, comments, what is hidden, and the quoted mails and signatures that programs mark.

Marked quotes and signatures go only where words are left without them: a record that is nothing but a quote is what the customer sent.
Not here: single tags (markup.py), quotes and signatures that only their wording tells (mail.py).
"""

import re

from feedback_assets.silver.offsets import Edit

_UNREAD = "script|style|head|template|svg|noscript|title"
_OPENING = re.compile(rf"<(?:!--|({_UNREAD})(?=[\s/>])[^<>]*>|([a-zA-Z][a-zA-Z0-9]{{0,14}})\s([^<>]{{0,2000}})>)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all", re.IGNORECASE)
_QUOTE = re.compile(
    r"(?:class|id)\s?=\s?[\"']?[^\"'<>]{0,80}(?:(?<![a-z])(?:gmail_quote|gmail_attr|yahoo_quoted|protonmail_quote|tutanota_quote|"
    r"moz-cite-prefix|"
    r"fastmail-quote|zmail_extra|outlookmessageheader|reply-quote|quoted-text|quotedtext|mail-quote|reference-message-container|"
    r"ms-outlook-mobile-reference-message)|[\"'\s=]quote[\"'\s])|type\s?=\s?[\"']?cite",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:class|id)\s?=\s?[\"']?[^\"'<>]{0,80}(?<![a-z])(?:gmail_signature|moz-signature|signature_block|applemailsignature|"
    r"ms-outlook-mobile-signature|mail-signature|email-signature|(?<=[\"'=])signature(?=[\"'\s>]))",
    re.IGNORECASE,
)
_REST = re.compile(r"id\s?=\s?[\"']?(?:divrplyfwdmsg|appendonsend|stopspelling|replysplit)", re.IGNORECASE)
"""What follows these is the quoted mail, to the end."""
_SIGN = re.compile(rf"<(?:!--|(?:{_UNREAD})[\s/>])", re.IGNORECASE)
_MARKED = ("class=", "id=", "style=", "type=", "CLASS=", "ID=", "STYLE=", "TYPE=")
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_TAGS = re.compile(r"<[^<>]{0,2000}>")

Span = tuple[int, int]


def unread_edits(s: str) -> list[Edit]:
    """Edits that take out what is not read, ascending. A quote or a signature leaves a line break where it stood."""
    if "<" not in s:
        return []
    if _SIGN.search(s) is None and not ("=" in s and any(sign in s for sign in _MARKED)):
        return []
    hard, soft = _found(s)
    spans = [(start, end, "") for start, end in hard]
    if not soft:
        return _merged(spans)
    everything = _merged(sorted([*spans, *((start, end, "\n") for start, end in soft)]))
    return everything if _words_left(s, everything) else _merged(spans)


def _merged(spans: list[tuple[int, int, str]]) -> list[Edit]:
    """Overlapping stretches as one edit each."""
    merged: list[Edit] = []
    for start, end, new in spans:
        if merged and start < merged[-1].end:
            merged[-1] = Edit(merged[-1].start, max(end, merged[-1].end), merged[-1].text or new)
        else:
            merged.append(Edit(start, end, new))
    return merged


def _found(s: str) -> tuple[list[Span], list[Span]]:
    """(what is never read, marked quotes and signatures), each without overlap in itself."""
    hard: list[Span] = []
    soft: list[Span] = []
    hopeless: set[str] = set()  # closings that the rest of the text does not have: never looked for twice
    at = 0
    while (m := _OPENING.search(s, at)) is not None:
        at = m.end()
        if m[1] is not None or m[0] == "<!--":
            end = _closed(s, at, (m[1] or "--").lower(), hopeless)
            hard.append((m.start(), end or at))
            at = end or at
            continue
        name, attributes = m[2].lower(), m[3]
        if _REST.search(attributes) is not None:
            soft.append((m.start(), len(s)))
            break
        hidden = _HIDDEN.search(attributes) is not None
        if not hidden and _QUOTE.search(attributes) is None and _SIGNATURE.search(attributes) is None:
            continue
        if name in _VOID or name in hopeless or s[m.end() - 2] == "/":
            continue
        end = _balanced(s, at, name)
        if end is None:
            hopeless.add(name)
            continue
        (hard if hidden else soft).append((m.start(), end))
        at = end
    return hard, soft


def _closed(s: str, at: int, name: str, hopeless: set[str]) -> int | None:
    """Where a comment, a script or the like ends."""
    if name in hopeless:
        return None
    if name == "--":
        found = s.find("-->", at)
        if found >= 0:
            return found + 3
    else:
        closing = re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE).search(s, at)
        if closing is not None:
            return closing.end()
    hopeless.add(name)
    return None


def _balanced(s: str, at: int, name: str) -> int | None:
    """Where the element that was opened before `at` is closed."""
    depth = 1
    for m in re.compile(rf"<(/?){name}(?=[\s/>])[^<>]*>", re.IGNORECASE).finditer(s, at):
        depth += -1 if m[1] else 0 if m[0].endswith("/>") else 1
        if not depth:
            return m.end()
    return None


def _words_left(s: str, edits: list[Edit]) -> bool:
    at = 0
    for start, end, _ in [*edits, (len(s), len(s), "")]:
        if any(ch.isalnum() for ch in _TAGS.sub("", s[at:start])):
            return True
        at = end
    return False
