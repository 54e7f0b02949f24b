"""Brings tickets about: plan what should be, write intents, apply them. Only a live run writes or applies anything.

A kill at any point, then a re-run, leaves exactly one ticket a theme: see effects/outbox.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from feedback_assets.effects.outbox import Intent, Settled, newest, read_intents, settle, write_intents
from feedback_assets.effects.purpose import may_publish
from feedback_assets.effects.touched import Touched
from feedback_assets.ground.identity import intent_id
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.content import TicketContent, content_from, content_hash
from feedback_assets.tickets.evidence import (
    issues_in_force,
    notes_by_theme,
    representative,
    said_by_theme,
    segments_by_theme,
    translated_quotes,
)
from feedback_assets.tickets.plan import Wish, wishes
from feedback_assets.tickets.policy import TicketWeights, reasons_to_change
from feedback_assets.tickets.themes import ThemeView, content_of, read_themes, successor_of
from feedback_assets.tickets.trackers.interface import Tracker


@dataclass(frozen=True)
class TicketChange:
    """One change of one ticket that is wanted. reasons: what differs from its last state."""

    ticket_id: str
    theme_id: str
    action: str
    title: str
    band: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class TicketsReport:
    """What a run did. published: False is a preview: `changes` is what a live run would do now, and nothing was touched."""

    published: bool
    purpose: str
    changes: tuple[TicketChange, ...] = ()
    intents_written: int = 0
    applied: int = 0
    superseded: int = 0
    refused: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


def destination_of(tracker: Tracker) -> str:
    """The name under which the outbox knows a tracker."""
    return f"tickets:{tracker.name}"


def update_tickets(
    lake: Lakehouse, tracker: Tracker, *, purpose: str | None, weights: TicketWeights, now: datetime, everything: bool = False
) -> TicketsReport:
    """Makes the tracker say what the themes say that live data touched. Again with nothing new: no commit, no request.

    purpose: only "live" publishes; with any other, and without one, the plan comes back as a preview. everything: the explicit apply, which
    publishes what backfills and replays changed, too.
    """
    destination = destination_of(tracker)
    touched = Touched(lake, destination)
    last = newest(read_intents(lake, destination), _ticket)
    themes = None if everything or not may_publish(purpose) else touched.themes
    planned = _plan(lake, tracker.name, {t: content_from(i.content) for t, i in last.items()}, weights, themes)
    changes = tuple(change for change, _ in planned)
    if not may_publish(purpose):
        return TicketsReport(published=False, purpose=purpose or "", changes=changes)
    written = write_intents(lake, (_intent(destination, change, content, now) for change, content in planned))
    touched.done()
    settled = settle(
        lake,
        destination,
        now=now,
        chain_of=_ticket,
        deliver=lambda intent: _apply(tracker, content_from(intent.content), now),
        flush=tracker.flush,
        batch=tracker.batch,
    )
    return _report(changes, written.inserted, settled)


def _report(changes: tuple[TicketChange, ...], written: int, settled: Settled) -> TicketsReport:
    return TicketsReport(
        published=True,
        purpose="live",
        changes=changes,
        intents_written=written,
        applied=settled.applied,
        superseded=settled.superseded,
        refused=settled.refused,
        waiting=settled.waiting,
        errors=settled.errors,
    )


def _plan(
    lake: Lakehouse, tracker: str, last: Mapping[str, TicketContent], weights: TicketWeights, touched: frozenset[str] | None
) -> list[tuple[TicketChange, TicketContent]]:
    """The changes that are worth making, with the whole state that each wants. touched: themes that may be published; None for all."""
    if touched is not None and not touched:
        return []
    themes = read_themes(lake)
    wanted = wishes(tracker, themes, last, weights.tickets)
    if touched is not None:
        wanted = [w for w in wanted if touched & _themes_of(w, last, themes)]
    open_themes = {w.theme_id for w in wanted if not w.closed_because}
    said = said_by_theme(lake, open_themes)
    segments = segments_by_theme(lake, open_themes)
    notes, translated = notes_by_theme(lake, open_themes), translated_quotes(lake, open_themes)
    in_force = issues_in_force(lake, [one for w in wanted if w.ticket_id in last for one in last[w.ticket_id].shown_issues])
    planned = []
    for wish in wanted:
        before = last.get(wish.ticket_id)
        revision = before.revision + 1 if before else 1
        if wish.closed_because and before:
            content = replace(before.closed(wish.closed_because, wish.moved_to), revision=revision)
        else:
            view = themes[wish.theme_id]
            content = content_of(
                view,
                ticket_id=wish.ticket_id,
                revision=revision,
                segments=segments.get(wish.theme_id, {}),
                quotes=representative(said.get(wish.theme_id, ()), view.theme["quote_issue_id"], translated),
                notes=notes.get(wish.theme_id),
            )
        reasons = reasons_to_change(before, content, in_force.__contains__) if before else ("new",)
        if reasons:
            planned.append((_change(content, "create" if before is None else "update", reasons), content))
    return planned


def _themes_of(wish: Wish, last: Mapping[str, TicketContent], themes: Mapping[str, ThemeView]) -> set[str]:
    """The themes that a ticket is about, or was until now: its own, and the one that took over from it."""
    before = last[wish.ticket_id].theme_id if wish.ticket_id in last else wish.theme_id
    return {wish.theme_id, before, successor_of(before, themes)}


def _change(content: TicketContent, action: str, reasons: Iterable[str]) -> TicketChange:
    return TicketChange(
        ticket_id=content.ticket_id,
        theme_id=content.theme_id,
        action="close" if content.status == "closed" else action,
        title=content.title,
        band=content.band,
        score=content.score,
        reasons=tuple(reasons),
    )


def _intent(destination: str, change: TicketChange, content: TicketContent, now: datetime) -> Intent:
    text = content.to_json()
    sha256 = content_hash(text)
    return Intent(
        intent_id=intent_id(destination, content.ticket_id, change.action, sha256),
        destination=destination,
        action=change.action,
        ticket_id=content.ticket_id,
        theme_id=content.theme_id,
        sequence=content.revision,
        content=text,
        content_sha256=sha256,
        written_at=now,
    )


def _apply(tracker: Tracker, content: TicketContent, now: datetime) -> None:
    """Whatever the intent was called: a ticket that is there is updated, one that is not is made. So an intent can be applied again,
    and a newer one can stand in for a creation that never happened. A state that is there already, or a newer one, is left alone."""
    there = tracker.find(content.ticket_id)
    if there is None:
        tracker.create(content, now=now)
    elif there.order < (content.revision, content_hash(content.to_json())):
        tracker.update(content, now=now)


def _ticket(intent: Intent) -> str:
    return intent.ticket_id
