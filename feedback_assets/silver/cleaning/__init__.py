"""From raw text to readable text: what a person reads of a message, and of that what the customer said, with the way back to the raw text.

The steps, each on the text that the one before left, each edits of a MappedText: regions.py (HTML that is not read), markup.py (markup,
entities, unseen characters, white space), characters.py (the form of characters), transcript.py (pasted chat logs), mail.py (quotes and
signatures), notices.py (notices around mails), links.py (tracking). Nothing here knows about personal data (personal/). Every pattern is
bounded or scans forward only: time grows with the length of the text, whatever the text says.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from feedback_assets.silver.cleaning.characters import formed
from feedback_assets.silver.cleaning.leads import leads_of
from feedback_assets.silver.cleaning.links import link_edits
from feedback_assets.silver.cleaning.mail import mail_edits
from feedback_assets.silver.cleaning.markup import readable, storable
from feedback_assets.silver.cleaning.notices import notice_edits
from feedback_assets.silver.cleaning.regions import unread_edits
from feedback_assets.silver.cleaning.transcript import transcript_edits
from feedback_assets.silver.offsets import MappedText

__all__ = ["RAW_LIMIT", "TEXT_LIMIT", "Cleaned", "clean", "clean_batch", "cleaned", "seen", "storable"]

RAW_LIMIT = 200_000
"""Raw characters that are looked at: an HTML mail can carry a long style sheet before its first word."""
TEXT_LIMIT = 20_000
"""Cleaned characters that are kept for analysis."""


_MARKS = frozenset(">＞")
_GAP = re.compile(r"\n{3,}")


def seen(raw: str) -> str:
    """A short field as a person sees it: without markup and unseen characters, in composed form; quotes and signatures stay."""
    text = _readable(raw[:TEXT_LIMIT]).text
    return text.strip()


class Cleaned(NamedTuple):
    """A readable text, how many characters beyond the limits were cut off, and how many turns of agents and bots were left out."""

    text: MappedText
    dropped: int
    turns_left_out: int


def clean(raw: str) -> tuple[MappedText, int]:
    """Readable text with its map to `raw`, and how many characters beyond the limits were cut off."""
    text, dropped, _ = cleaned(raw)
    return text, dropped


def clean_batch(raws: Sequence[str]) -> list[Cleaned]:
    """The same for many texts, in their order."""
    return [cleaned(raw) for raw in raws]


def cleaned(raw: str) -> Cleaned:
    """Readable text with its map to `raw`, and what was left out of it."""
    dropped = 0
    if len(raw) > RAW_LIMIT:
        dropped = len(raw) - RAW_LIMIT
        raw = raw[:RAW_LIMIT]
    text = _readable(raw)
    turns = 0
    if "\n" in text.text or text.text[:1] in _MARKS:
        text, turns = _own_words(text)
    if "://" in text.text and (edits := link_edits(text.text)):
        text = text.edited(edits)
    if len(text.text) > TEXT_LIMIT:
        dropped += len(text.text) - TEXT_LIMIT
        text = text.cut(TEXT_LIMIT)
    return Cleaned(_trimmed(text), dropped, turns)


def _own_words(text: MappedText) -> tuple[MappedText, int]:
    """The text without the lines that others wrote, and how many turns of agents and bots were among them."""
    leads = leads_of(text.text)
    edits, turns = transcript_edits(text.text, leads)
    if edits:
        text = text.edited(edits)
    # Notices stand below signatures: without them a signature ends the text.
    if edits := notice_edits(text.text, leads):
        text = text.edited(edits)
    if edits := mail_edits(text.text, leads):
        text = text.edited(edits)
    if "\n\n\n" in text.text:
        text = text.edited((m.start() + 2, m.end(), "") for m in _GAP.finditer(text.text))
    return text, turns


def _readable(raw: str) -> MappedText:
    edits = unread_edits(raw)
    if not edits:
        return formed(readable(raw))
    # What is not read goes first: then the rest is read as if it had not been there.
    rest = MappedText.raw(raw).edited(edits)
    return formed(readable(rest.text).over(rest))


def _trimmed(text: MappedText) -> MappedText:
    s = text.text
    body = s.strip()
    if len(body) == len(s):
        return text
    lead = len(s) - len(s.lstrip())
    if lead == len(s):
        return text.edited(((0, lead, ""),))
    return text.edited(((0, lead, ""), (lead + len(body), len(s), "")))
