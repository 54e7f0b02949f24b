"""`feedback status`: rows and ages by stage and source, and what is held."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from feedback_assets.cli import context, output

if TYPE_CHECKING:
    from feedback_assets.cli.queries.held import Held

HELD = 3
"""Exit code: the status could be read, and something waits for a person. 1 would be a status that could not be read."""
SHOWN = 10
ERROR = 80


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> int:
    """Count rows by stage and source, with ages, and name what is held.

    Ends with 3 when something waits for a person: a held day, a broken file, a run that failed and has not succeeded since, or an effect
    that has waited for more than a day.

    Texts that wait for the language model are named and do not count as held.

    bronze counts all sources' records, review the open ones, themes the active ones with an issue, tickets open and closed ones.
    """
    from feedback_assets.cli.queries.status import status_of

    settings = context.settings()
    now = context.now()
    found = status_of(context.reader(settings), settings.landing, settings.dagster_home, now=now)
    if as_json:
        held = asdict(found.held)
        output.print_json({"home": settings.home, **asdict(found), "held": {"is_held": found.held.is_held, **held}})
        return HELD if found.held.is_held else 0
    output.line(f"home {settings.home}")
    output.table(
        ["stage", "rows", "last decided"],
        [[stage, rows, _ago(found.last_processed.get(stage), now)] for stage, rows in found.stages.items()],
        right=["rows"],
    )
    output.line()
    output.table(
        [
            "source",
            "bronze",
            "dead",
            "silver",
            "enriched",
            "review",
            "files",
            "waiting",
            "oldest waiting",
            "last file",
            "feed dates",
            "last event",
        ],
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
                _ago(s.last_file_at, now),
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
    if found.unasked.texts:
        days = list(found.unasked.by_day)
        output.line(
            f"{found.unasked.texts} texts of {_span(days)} wait for the language model, the oldest for "
            f"{output.age(found.unasked.oldest_seconds)}: docs/runbooks/answers_usable.md"
        )
    _print_held(found.held, now)
    return HELD if found.held.is_held else 0


def _print_held(held: "Held", now: datetime) -> None:
    """What waits for a person, then what is only quiet; nothing when there is nothing."""
    if held.days:
        output.line()
        output.table(
            ["unfinished day", "state", "since", "sources", "stages that lack it", "failed checks"],
            [
                [d.day, "held" if d.is_held else "in work", _ago(d.since, now), ", ".join(d.sources), ", ".join(d.stages), ", ".join(d.why)]
                for d in held.days[:SHOWN]
            ],
            title=_title(len(held.days), "days are unfinished: docs/runbooks/days_finished.md"),
        )
    if held.failed_runs:
        output.line()
        output.table(
            ["failed run", "job", "ended", "days"],
            [[r.run_id, r.job, _ago(r.ended, now), _span(r.days)] for r in held.failed_runs[:SHOWN]],
            title=_title(len(held.failed_runs), "runs failed and have not succeeded since: open them with make dev"),
        )
    if held.broken_files:
        output.line()
        output.table(
            ["broken file", "source", "day", "why"],
            [[f["file"], f["source"], f["day"], f["why"]] for f in held.broken_files[:SHOWN]],
            title=_title(len(held.broken_files), "files could not be read: docs/runbooks/files_read.md"),
        )
    if held.intents:
        output.line()
        output.table(
            ["waiting effect", "for", "ticket", "age", "attempts", "error"],
            [
                [i.action, i.destination, i.ticket_id, output.age(i.age_seconds), i.attempts, output.safe(i.error, width=ERROR)]
                for i in held.intents[:SHOWN]
            ],
            right=["attempts"],
            title=_title(len(held.intents), "effects wait: docs/runbooks/outbox_age.md"),
        )
    for s in held.silent:
        output.line(
            f"{s.source} is silent: its last day is {s.last_day}, its last file landed {_ago(s.last_file_at, now)}, "
            f"usually it delivers every {s.usual_gap_days} days"
        )
    if not held.are_runs_known:
        output.line("failed runs are not known here: Dagster's storage is not in this home, or cannot be read")


def _title(count: int, what: str) -> str:
    return f"{count} {what}" + (f" (the first {SHOWN})" if count > SHOWN else "")


def _span(days: Sequence[str]) -> str:
    return "" if not days else days[0] if len(days) == 1 else f"{days[0]} .. {days[-1]} ({len(days)})"


def _ago(moment: datetime | None, now: datetime) -> str:
    return output.age((now - moment).total_seconds()) + " ago" if moment else ""
