"""`feedback tickets`: the tickets, with the files they can be read in."""

from dataclasses import asdict

import click

from feedback_assets.cli import context, output


@click.command("tickets")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def tickets(as_json: bool) -> None:
    """List the tickets, open ones first, by score."""
    from feedback_assets.cli.queries.tickets import all_tickets

    settings = context.settings()
    found = all_tickets(context.reader(settings), settings.local_tickets)
    if as_json:
        output.print_json([asdict(t) for t in found])
        return
    if not found:
        output.note("no tickets yet: a live `feedback run` makes them for themes over their bar")
        return
    output.table(
        ["ticket", "band", "score", "status", "owner", "category", "revision", "title"],
        [[t.id, t.band, t.score, t.status, t.owner, t.category, t.revision, output.safe(t.title, width=90)] for t in found],
        right=["score", "revision"],
    )
    output.line(f"{len(found)} tickets; the local tracker's files are in {settings.local_tickets}")
