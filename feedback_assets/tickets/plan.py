"""Which ticket belongs to which theme now. Pure: last states and themes in, one wish a ticket out.

Exactly one open ticket a theme:
- a living theme keeps the open ticket that it has; one that was closed opens again when the theme deserves a ticket;
- the ticket of a retired theme goes to the living theme at the end of its line of successors, when that one has no open ticket yet. Of
  several such tickets the one with most issues goes (then by id); the others are closed with a pointer to the one that stays;
- a ticket whose theme has no issues in force and no successor is closed with the reason;
- a living theme without any ticket gets one when it deserves it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from feedback_assets.ground.identity import ticket_id
from feedback_assets.reckoning.ticket_minimum import Minimum, deserves_ticket
from feedback_assets.tickets.content import TicketContent
from feedback_assets.tickets.themes import ThemeView, successor_of


@dataclass(frozen=True)
class Wish:
    """What one ticket should be: open for a theme, or closed because of something."""

    ticket_id: str
    theme_id: str
    closed_because: str = ""
    moved_to: str = ""


def wishes(tracker: str, themes: Mapping[str, ThemeView], last: Mapping[str, TicketContent], minimum: Minimum) -> list[Wish]:
    """One wish for each ticket that is open or should be, by ticket id.

    tracker: its name. last: ticket id -> the last state that was wanted of it. A living theme that is not scored yet gets no wish: its
    ticket stays as it is.
    """
    holder = _own_tickets(themes, last)
    orphans: dict[str, list[str]] = {}
    closed: list[Wish] = []
    for ticket, content in sorted(last.items()):
        if content.status != "open" or holder.get(content.theme_id) == ticket:
            continue
        heir = successor_of(content.theme_id, themes)
        if heir:
            orphans.setdefault(heir, []).append(ticket)
        else:
            closed.append(Wish(ticket, content.theme_id, closed_because=_why_closed(content.theme_id, themes)))
    for heir, tickets in sorted(orphans.items()):
        tickets.sort(key=lambda t: (-last[t].issues, t))
        if heir not in holder or last[holder[heir]].status != "open":
            holder[heir] = tickets.pop(0)
        closed += [Wish(t, last[t].theme_id, f"its theme was merged into theme {heir}", holder[heir]) for t in tickets]
    opened = [
        Wish(ticket, theme)
        for theme, ticket in sorted(holder.items())
        if themes[theme].score is not None and (last[ticket].status == "open" or _deserving(themes[theme], minimum))
    ]
    taken = set(last)
    for theme, view in sorted(themes.items()):
        if theme not in holder and view.alive and view.score is not None and _deserving(view, minimum):
            new = _free_id(tracker, theme, taken)
            taken.add(new)
            opened.append(Wish(new, theme))
    return sorted(opened + closed, key=lambda w: w.ticket_id)


def _own_tickets(themes: Mapping[str, ThemeView], last: Mapping[str, TicketContent]) -> dict[str, str]:
    """Living theme -> the ticket that is its: the open one before closed ones, then the one with most states, then by id."""
    own: dict[str, str] = {}
    for ticket, content in sorted(last.items(), key=lambda item: (item[1].status != "open", -item[1].revision, item[0])):
        theme = content.theme_id
        if theme in themes and themes[theme].alive:
            own.setdefault(theme, ticket)
    return own


def _deserving(view: ThemeView, minimum: Minimum) -> bool:
    score = view.score or {}
    return deserves_ticket(minimum, score["band"], view.theme["issues"], view.theme["customers"])


def _why_closed(theme: str, themes: Mapping[str, ThemeView]) -> str:
    if theme not in themes:
        return "its theme no longer exists"
    if themes[theme].theme["status"] == "remark":
        return "its theme turned out to be a remark beside unrelated complaints, not a complaint of its own"
    if themes[theme].theme["status"] == "retired":
        return "its theme was retired and no living theme took over"
    return "its theme has no feedback in force any more: it was deleted or edited by its senders"


def _free_id(tracker: str, theme: str, taken: Collection[str]) -> str:
    """The theme's ticket id. When another theme holds that id (it moved on, or two hashes meet), the next one in a fixed series."""
    n = 0
    while True:
        candidate = ticket_id(tracker, theme if n == 0 else f"{theme}:{n}")
        if candidate not in taken:
            return candidate
        n += 1
