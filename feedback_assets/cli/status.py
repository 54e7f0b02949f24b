"""`feedback status`: rows and ages by stage and source."""

from dataclasses import asdict
from datetime import datetime

import click

from feedback_assets.cli import context, output


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Count rows by stage and source, with ages.

    bronze counts all sources' records, review the open ones, themes the active ones with an issue, tickets open and closed ones.
    """
    from feedback_assets.cli.queries.status import status_of

    settings = context.settings()
    now = context.now()
    found = status_of(context.reader(settings), settings.landing, now=now)
    if as_json:
        output.print_json({"home": settings.home, **asdict(found)})
        return
    output.line(f"home {settings.home}")
    output.table(
        ["stage", "rows", "last decided"],
        [[stage, rows, _ago(found.last_processed.get(stage), now)] for stage, rows in found.stages.items()],
        right=["rows"],
    )
    output.line()
    output.table(
        ["source", "bronze", "dead", "silver", "enriched", "review", "files", "waiting", "oldest waiting", "feed dates", "last event"],
        [
            [
                name,
                s.bronze,
                s.dead_letters,
                s.silver,
                s.enriched,
                s.review,
                s.files,
                s.pending_files,
                output.age(s.oldest_pending_seconds),
                f"{s.first_day} .. {s.last_day}" if s.first_day else "",
                s.last_event_time,
            ]
            for name, s in found.sources.items()
        ],
        right=["bronze", "dead", "silver", "enriched", "review", "files", "waiting"],
    )
    output.line()
    output.line(f"{found.tickets_open} of {found.stages['tickets']} tickets open, {found.delta_commits} Delta commits")
    if found.pending_files:
        output.line(f"{found.pending_files} landed files are not ingested yet: feedback run")


def _ago(moment: datetime | None, now: datetime) -> str:
    return output.age((now - moment).total_seconds()) + " ago" if moment else ""
