"""Sends the alerts that are due, through the outbox. Only a live run writes or sends anything.

What was told is remembered in the outbox itself: intents of one theme and reason form a chain. When a reason ceases to hold, the chain gets
a mark (state ended, status superseded) that is never sent; the reason may then be told again when it begins to hold on a later day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from feedback_assets.alerts.channels.interface import AlertChannel
from feedback_assets.alerts.conditions import message_of, reasons_of
from feedback_assets.alerts.content import AlertContent, content_from
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEMES
from feedback_assets.contracts.tickets import TICKETS
from feedback_assets.effects.outbox import Intent, newest, read_intents, settle, write_intents
from feedback_assets.effects.purpose import may_publish
from feedback_assets.effects.touched import Touched
from feedback_assets.ground.identity import intent_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse


@dataclass(frozen=True)
class AlertsReport:
    """What a run did. published: False is a preview: `due` is what a live run would tell now, and nothing was touched."""

    published: bool
    purpose: str
    due: tuple[str, ...] = ()
    intents_written: int = 0
    applied: int = 0
    superseded: int = 0
    refused: int = 0
    waiting: int = 0
    errors: tuple[str, ...] = ()


def update_alerts(lake: Lakehouse, channel: AlertChannel, *, purpose: str | None, now: datetime, everything: bool = False) -> AlertsReport:
    """Tells what is due since the last time of themes that live data touched. Again with nothing new: no commit, nothing sent.

    purpose: only "live" publishes; with any other, and without one, what is due comes back as a preview. everything: the explicit apply.
    """
    destination = f"alerts:{channel.name}"
    touched = Touched(lake, destination)
    stored = read_intents(lake, destination)
    known = {i.intent_id for i in stored}
    themes = None if everything or not may_publish(purpose) else touched.themes
    fresh = [i for i in _wanted(lake, destination, newest(stored, _chain), now, themes) if i.intent_id not in known]
    due = tuple(content_from(i.content).message for i in fresh if i.status == "pending")
    if not may_publish(purpose):
        return AlertsReport(published=False, purpose=purpose or "", due=due)
    written = write_intents(lake, fresh)
    touched.done()
    settled = settle(
        lake,
        destination,
        now=now,
        chain_of=_chain,
        deliver=lambda intent: channel.send(intent.intent_id, content_from(intent.content)),
        flush=_nothing,
        batch=channel.batch,
    )
    return AlertsReport(
        published=True,
        purpose="live",
        due=due,
        intents_written=written.inserted,
        applied=settled.applied,
        superseded=settled.superseded,
        refused=settled.refused,
        waiting=settled.waiting,
        errors=settled.errors,
    )


def _wanted(lake: Lakehouse, destination: str, last: Mapping[str, Intent], now: datetime, touched: frozenset[str] | None) -> list[Intent]:
    """An intent for each reason that began to hold, of the touched themes alone unless that is None, or ceased to hold."""
    holding = _holding(lake)
    wanted = []
    for chain, content in sorted(holding.items()):
        before = last.get(chain)
        if touched is not None and content.theme_id not in touched:
            continue
        if before is None or content_from(before.content).state == "ended":
            wanted.append(_intent(destination, content, before, now))
    for chain, before in sorted(last.items()):
        content = content_from(before.content)
        if chain not in holding and content.state == "raised":
            wanted.append(_intent(destination, _ended(content, lake), before, now))
    return wanted


def _holding(lake: Lakehouse) -> dict[str, AlertContent]:
    """Chain -> what there is to tell, for every reason that holds now."""
    themes = {
        t["theme_id"]: t for t in lake.read(THEMES, columns=["theme_id", "name", "category", "owner", "customers", "status"]).to_pylist()
    }
    trends = {t["theme_id"]: t for t in lake.read(TRENDS).to_pylist()}
    tickets = {t["theme_id"]: t["ticket_id"] for t in _open_tickets(lake)}
    found = {}
    for score in lake.read(SCORES, columns=["theme_id", "band", "score", "as_of"]).to_pylist():
        theme = themes.get(score["theme_id"])
        trend = trends.get(score["theme_id"], {"trend": "steady", "last_7_days": 0, "previous_7_days": 0})
        if theme is None or theme["status"] != "active":
            continue
        for reason in reasons_of(score["band"], trend["trend"]):
            title = " ".join(theme["name"].split()) or theme["theme_id"]
            content = AlertContent(
                theme_id=theme["theme_id"],
                reason=reason,
                state="raised",
                as_of=score["as_of"].isoformat(),
                message=message_of(reason, title, score["band"], score["score"], trend["last_7_days"]),
                title=title,
                category=theme["category"],
                owner=theme["owner"],
                band=score["band"],
                score=score["score"],
                trend=trend["trend"],
                last_7_days=trend["last_7_days"],
                previous_7_days=trend["previous_7_days"],
                customers=theme["customers"],
                ticket_id=tickets.get(theme["theme_id"], ""),
            )
            found[_chain_name(content)] = content
    return found


def _open_tickets(lake: Lakehouse) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(TICKETS, columns=["theme_id", "ticket_id"], where={"status": ["open"]}).to_pylist()
    return sorted(rows, key=lambda r: str(r["ticket_id"]))


def _ended(content: AlertContent, lake: Lakehouse) -> AlertContent:
    """The mark that a reason ceased to hold, on the last event day that is known."""
    days = [row["as_of"].isoformat() for row in lake.read(SCORES, columns=["as_of"]).to_pylist()]
    return replace(content, state="ended", as_of=max([*days, content.as_of]))


def _intent(destination: str, content: AlertContent, before: Intent | None, now: datetime) -> Intent:
    """The id hangs on theme, reason, state and day alone, so that figures that moved within the day do not tell it twice."""
    text = content.to_json()
    told = sha256_hex(f"{content.reason}:{content.state}:{content.as_of}".encode())
    return Intent(
        intent_id=intent_id(destination, content.theme_id, "alert", told),
        destination=destination,
        action="alert",
        ticket_id=content.ticket_id,
        theme_id=content.theme_id,
        sequence=before.sequence + 1 if before else 1,
        content=text,
        content_sha256=sha256_hex(text.encode()),
        written_at=now,
        status="pending" if content.state == "raised" else "superseded",
    )


def _chain(intent: Intent) -> str:
    return _chain_name(content_from(intent.content))


def _chain_name(content: AlertContent) -> str:
    return f"{content.theme_id}:{content.reason}"


def _nothing() -> None:
    """Channels keep nothing back."""
