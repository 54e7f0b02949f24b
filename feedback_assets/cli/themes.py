"""`feedback themes`: the themes with the highest scores."""

from dataclasses import asdict

import click

from feedback_assets.cli import context, output
from feedback_assets.cli.summary import print_themes


@click.command("themes")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def themes(limit: int, as_json: bool) -> None:
    """List the themes with the highest scores."""
    from feedback_assets.cli.queries.themes import top_themes

    found = top_themes(context.reader(context.settings()), limit)
    if as_json:
        output.print_json([asdict(t) for t in found])
    elif found:
        print_themes(found)
    else:
        output.note("no themes yet: `feedback run` makes them from what was landed")
