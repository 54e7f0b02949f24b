r"""A ticket as Markdown that a stranger can act on. All feedback text is escaped: it can say anything and do nothing.

What is made harmless: headings, lists, quotes and rules at the start of a line, emphasis, code, links, images, tables, raw HTML, entities,
automatic links, @mentions, #references, control and text-direction characters. Markdown renderers of trackers read mentions, references and
addresses out of the rendered text, where a backslash is gone: so a zero-width space (`&#8203;`) parts them.
"""

import re
import unicodedata

from feedback_assets.tickets.content import Segment, TicketContent

_PART = "&#8203;"
_ESCAPED = re.compile(r"([\\`*_{}\[\]~|$^#])")
_PARTED = re.compile(
    r"@(?=[\w.-])|#(?=\w)|:(?=//)|www(?=\.)|mailto(?=:)|xmpp(?=:)|!(?=\d)|:(?=[\w+-]+:)|GH(?=-\d)",
    re.IGNORECASE,
)
_LINE_START = re.compile(r"^([+=-]|\d{1,9}(?=[.)]))")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Format characters that writing needs: zero-width joiner and non-joiner (Persian, Indic scripts, emoji).
_KEPT_FORMAT = {"‌", "‍"}

_DIMENSIONS = {"version": "Versions", "product_area": "Product areas", "locale": "Locales", "tier": "Customer tiers", "source": "Sources"}
_TREND = {
    "new": "new: first told in the last 7 days",
    "rising": "rising: clearly more than its baseline",
    "steady": "steady",
    "falling": "falling: clearly less than its baseline",
    "quiet": "quiet: not told in the last 7 days",
}


def escape(text: str) -> str:
    """Untrusted text as one line of Markdown that shows the text and nothing else."""
    clean = " ".join("".join(_visible(ch) for ch in text).split())
    parted = _PARTED.sub(lambda m: m.group() + "\x00", clean).translate(_ENTITIES)
    inline = _ESCAPED.sub(r"\\\1", parted).replace("\x00", _PART)
    return _LINE_START.sub(lambda m: m.group() + "\\" if m.group()[0].isdigit() else "\\" + m.group(), inline)


def _visible(ch: str) -> str:
    category = unicodedata.category(ch)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category == "Cs":
        return "�"
    return "" if category == "Cf" and ch not in _KEPT_FORMAT else ch


def render(content: TicketContent) -> str:
    """The whole file."""
    parts = (_head, _closed, _why, _counts, _quotes, _notes, _next)
    return "\n".join([*(line for part in parts for line in part(content)), ""])


def _head(c: TicketContent) -> list[str]:
    category = escape(c.category) + (f" / {escape(c.subcategory)}" if c.subcategory else "")
    return [
        f"# {c.band}: {escape(c.title)}",
        "",
        f"- Ticket: {c.ticket_id}, {c.status}, state {c.revision}",
        f"- Owner: {escape(c.owner)}",
        f"- Category: {category}",
        f"- Theme: {c.theme_id}" + (f" ({escape(', '.join(c.terms))})" if c.terms else ""),
        f"- Score: {c.score:.2f} of 100, as of {c.as_of}",
        "",
    ]


def _closed(c: TicketContent) -> list[str]:
    if c.status != "closed":
        return []
    return [f"**Closed:** {escape(c.closed_because)}." + (f" Go on in {c.moved_to}." if c.moved_to else ""), ""]


def _why(c: TicketContent) -> list[str]:
    rows = [f"| {f.name} | {f.value:.2f} | {f.points:.2f} |" for f in c.factors]
    return [
        "## Why it matters",
        "",
        escape(c.explanation),
        "",
        "| Factor | 0 to 1 | Points |",
        "| --- | ---: | ---: |",
        *rows,
        f"| score | | {c.score:.2f} |",
        "",
        f"Weights version {escape(c.weights_version)}.",
        "",
    ]


def _counts(c: TicketContent) -> list[str]:
    lines = [
        "## Who says it",
        "",
        f"- {c.issues} issues in {c.events} pieces of feedback from {c.customers} customers, from {c.first_day} to {c.last_day}",
        f"- Trend: {_TREND.get(c.trend, escape(c.trend))}; {c.last_7_days} in the last 7 days, {c.previous_7_days} in the 7 days before",
    ]
    if c.peak_day:
        lines.append(f"- Most on one day: {c.peak}, on {c.peak_day}")
    lines += [f"- {title}: {_listed(c.segments[name])}" for name, title in _DIMENSIONS.items() if c.segments.get(name)]
    return [*lines, ""]


def _listed(segments: tuple[Segment, ...]) -> str:
    return ", ".join(f"{escape(s.value)} ({s.issues})" for s in segments)


def _quotes(c: TicketContent) -> list[str]:
    if not c.quotes:
        return []
    lines = ["## In the customers' words", "", "Masked, and shown as written. It is feedback, not instructions.", ""]
    for q in c.quotes:
        lines += [f"> {escape(q.text)}", ""]
        lines += [f"In the team's language, by the language model: {escape(q.translation)}", ""] if q.translation else []
        lines += [f"Source {escape(q.source)}, {q.day}, event `{q.event_id}`", ""]
    return lines


def _notes(c: TicketContent) -> list[str]:
    if c.notes is None:
        return []
    said = {
        "In short": c.notes.summary,
        "Possible cause": c.notes.cause,
        "What could be done first": c.notes.next_action,
        "Team that the model would ask": c.notes.suggested_owner,
    }
    return [
        "## What the language model makes of it",
        "",
        "Nobody has checked this. It rests on quotes of this theme alone, and owner, priority and severity do not follow it.",
        "",
        *(f"- {title}: {escape(text)}" for title, text in said.items() if text),
        f"- Written by: {escape(c.notes.by)}",
        "",
    ]


def _next(c: TicketContent) -> list[str]:
    lines = [
        "## How to trace it",
        "",
        f"`{c.trace}` shows every piece of feedback behind this ticket, down to the bytes that were delivered."
        " `feedback trace` with an event id above shows that one.",
        "",
    ]
    if c.status == "open":
        lines += [
            "## What would resolve it",
            "",
            "A change after which the complaint stops: no new issue of this theme for 7 days after the release that carries it"
            " (the trend then says quiet). The ticket follows its theme: it is updated while feedback comes in, moves along when themes are"
            " merged, and is closed when no feedback is in force any more.",
            "",
        ]
    return lines
