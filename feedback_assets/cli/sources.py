"""`feedback sources`: what can be ingested."""

import click

from feedback_assets.cli import output


@click.command("sources")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def sources(as_json: bool) -> None:
    """List the sources, their other names and the formats of their files."""
    from feedback_assets.sources.registry import SOURCES

    formats = {s.name: [] if s.needs_mapping else list(s.layout().formats) for s in SOURCES}
    if as_json:
        output.print_json(
            [
                {
                    "name": s.name,
                    "aliases": list(s.aliases),
                    "channel": s.channel,
                    "needs_mapping": s.needs_mapping,
                    "formats": formats[s.name],
                }
                for s in SOURCES
            ]
        )
        return
    output.table(
        ["source", "channel", "formats", "other names"],
        [
            [
                s.name,
                s.channel or "as its mapping says",
                ", ".join(formats[s.name]) or "csv, json, jsonl, with --mapping",
                ", ".join(s.aliases),
            ]
            for s in SOURCES
        ],
    )
    output.line("Every format also as .gz and .zst.")
