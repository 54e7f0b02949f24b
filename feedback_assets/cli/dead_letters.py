"""`feedback dead-letters`: what could not be read, where it is, and why."""

from dataclasses import asdict
from datetime import datetime

import click

from feedback_assets.cli import context, output


@click.command("dead-letters")
@click.option("--source", default="", help="Only this source.")
@click.option("--reason", default="", help="Only this reason.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only what came under this day.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="Most positions to list; JSON has all.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def dead_letters(source: str, reason: str, day: datetime | None, limit: int, as_json: bool) -> None:
    """Records and files that could not be read: counts by reason, then positions. The bytes are in the landing zone."""
    from feedback_assets.cli.queries.dead_letters import by_reason
    from feedback_assets.cli.queries.dead_letters import dead_letters as read
    from feedback_assets.sources.reasons import REASONS
    from feedback_assets.sources.registry import source_named

    settings = context.settings()
    found = read(context.reader(settings), source_named(source).name if source else "", reason, day.date() if day else None)
    if as_json:
        output.print_json([asdict(d) for d in found])
        return
    if not found:
        output.line("no dead letters")
        return
    output.table(
        ["source", "reason", "records", "meaning"], [[s, r, n, REASONS.get(r, "")] for s, r, n in by_reason(found)], right=["records"]
    )
    rows = [[d.source, d.day, d.file, f"{d.start}-{d.end}", d.reason, output.safe(d.detail, width=80)] for d in found[:limit]]
    output.table(["source", "day", "file in the landing zone", "bytes", "reason", "detail"], rows)
    if len(found) > limit:
        output.line(f"and {len(found) - limit} more: --limit, or --json for all")
