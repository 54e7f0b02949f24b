"""`feedback tickets`: the tickets, with the files they can be read in; `feedback tickets apply`: publish what waits behind the fence."""

import os
from dataclasses import asdict

import click

from feedback_assets.cli import context, output


@click.group("tickets", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def tickets(ctx: click.Context, as_json: bool) -> None:
    """List the tickets, open ones first, by score."""
    if ctx.invoked_subcommand is None:
        _list(as_json=as_json)


@tickets.command("apply")
@click.option("--json", "as_json", is_flag=True, help="Print what was published as JSON.")
def apply(as_json: bool) -> None:
    """Publish what backfills and replays changed: until then it waits, and live runs publish what live data touched."""
    from feedback_assets.cli.run import publish_all
    from feedback_assets.ground.home import prepare_home, run_lock

    settings = context.settings()
    prepare_home(settings)
    with run_lock(settings):
        before, after = publish_all(settings, os.environ)
    if as_json:
        output.print_json({"tickets_before": before, "tickets": after})
    else:
        output.line(f"{after} tickets, {after - before} of them new")


def _list(*, as_json: bool) -> None:
    from feedback_assets.cli.queries.tickets import all_tickets

    settings = context.settings()
    found = all_tickets(context.reader(settings), settings.local_tickets)
    if as_json:
        output.print_json([asdict(t) for t in found])
        return
    if not found:
        output.note("no tickets yet: a live `feedback run` makes them for themes over their bar; `feedback tickets apply` for backfills")
        return
    output.table(
        ["ticket", "band", "score", "status", "owner", "category", "revision", "title"],
        [[t.id, t.band, t.score, t.status, t.owner, t.category, t.revision, output.safe(t.title, width=90)] for t in found],
        right=["score", "revision"],
    )
    output.line(f"{len(found)} tickets; the local tracker's files are in {settings.local_tickets}")
