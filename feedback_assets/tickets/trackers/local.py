"""The built-in tracker: the table tickets/tickets, and one Markdown file a ticket in a folder. Needs no server.

The file is written whole before the row, and both under a lock of the folder: a kill in between leaves a file that the next run writes
again, the same.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.tickets import TICKETS
from feedback_assets.effects.files import exclusive, write_whole
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.content import TicketContent, content_hash
from feedback_assets.tickets.markdown import render
from feedback_assets.tickets.trackers.interface import TicketState

NAME = "local"


@dataclass(frozen=True)
class _Gathered:
    content: TicketContent
    sha256: str
    now: datetime

    @property
    def order(self) -> tuple[int, str]:
        return (self.content.revision, self.sha256)


class LocalTracker:
    """Makes no folder and no table before the first flush that has something to write."""

    name = NAME
    batch = 500

    def __init__(self, lake: Lakehouse, folder: Path) -> None:
        self._lake = lake
        self._folder = folder
        self._gathered: dict[str, _Gathered] = {}
        self._stored: dict[str, dict[str, Any]] | None = None

    def find(self, ticket_id: str) -> TicketState | None:
        if ticket_id in self._gathered:
            waiting = self._gathered[ticket_id]
            return TicketState(ticket_id, _file_name(ticket_id), waiting.content.revision, waiting.sha256)
        if self._stored is None:
            self._stored = self._rows()
        row = self._stored.get(ticket_id)
        return None if row is None else TicketState(ticket_id, row["external_key"], row["revision"], row["content_sha256"])

    def create(self, content: TicketContent, *, now: datetime) -> None:
        self._gather(content, now)

    def update(self, content: TicketContent, *, now: datetime) -> None:
        self._gather(content, now)

    def flush(self) -> None:
        self._stored = None
        if not self._gathered:
            return
        with exclusive(self._folder):
            stored = self._rows()
            rows = []
            for ticket_id, gathered in sorted(self._gathered.items()):
                row = stored.get(ticket_id)
                if row is not None and (row["revision"], row["content_sha256"]) >= gathered.order:
                    continue
                write_whole(self._folder / _file_name(ticket_id), render(gathered.content))
                rows.append(_row(gathered, row["opened_at"] if row else gathered.now))
            self._lake.upsert(TICKETS, to_arrow(TICKETS, rows))
        self._gathered.clear()

    def _gather(self, content: TicketContent, now: datetime) -> None:
        new = _Gathered(content, content_hash(content.to_json()), now)
        waiting = self._gathered.get(content.ticket_id)
        if waiting is None or waiting.order < new.order:
            self._gathered[content.ticket_id] = new

    def _rows(self) -> dict[str, dict[str, Any]]:
        return {row["ticket_id"]: row for row in self._lake.read(TICKETS, where={"tracker": [NAME]}).to_pylist()}


def _file_name(ticket_id: str) -> str:
    return f"{ticket_id}.md"


def _row(gathered: _Gathered, opened_at: datetime) -> dict[str, Any]:
    content = gathered.content
    return {
        "ticket_id": content.ticket_id,
        "theme_id": content.theme_id,
        "tracker": NAME,
        "external_key": _file_name(content.ticket_id),
        "title": content.title,
        "category": content.category,
        "owner": content.owner,
        "band": content.band,
        "score": content.score,
        "status": content.status,
        "revision": content.revision,
        "content_sha256": gathered.sha256,
        "opened_at": opened_at,
        "updated_at": gathered.now,
    }
