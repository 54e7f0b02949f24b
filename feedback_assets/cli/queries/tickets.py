"""The tickets of the local tracker, as a list."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedback_assets.cli.queries.reader import Reader
from feedback_assets.contracts.tickets import TICKETS


@dataclass(frozen=True)
class TicketLine:
    """One ticket. file: the Markdown file of the local tracker, empty for another one."""

    id: str
    theme_id: str
    title: str
    band: str
    score: float
    owner: str
    status: str
    category: str
    revision: int
    tracker: str
    external_key: str
    file: str
    opened_at: datetime | None
    updated_at: datetime | None


def all_tickets(reader: Reader, folder: Path) -> list[TicketLine]:
    """Open ones first, then by score, then id. `folder` holds the local tracker's files."""
    lines = [
        TicketLine(
            id=row["ticket_id"],
            theme_id=row["theme_id"],
            title=row["title"],
            band=row["band"],
            score=row["score"],
            owner=row["owner"],
            status=row["status"],
            category=row["category"],
            revision=row["revision"],
            tracker=row["tracker"],
            external_key=row["external_key"],
            file=ticket_file(folder, row["tracker"], row["external_key"]),
            opened_at=row["opened_at"],
            updated_at=row["updated_at"],
        )
        for row in reader.frame(TICKETS, TICKETS.column_names).iter_rows(named=True)
    ]
    return sorted(lines, key=lambda t: (t.status != "open", -t.score, t.id))


def ticket_file(folder: Path, tracker: str, external_key: str) -> str:
    """Where a ticket of the local tracker can be read; empty for another tracker."""
    return str(folder / external_key) if tracker == "local" and external_key else ""
