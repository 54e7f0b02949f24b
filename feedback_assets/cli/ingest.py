"""`feedback ingest`: puts files into the landing zone."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from feedback_assets.cli import context, output


@click.command("ingest")
@click.option("--source", "source", required=True, help="Name of the source; `feedback sources` lists them.")
@click.option("--mapping", type=click.Path(path_type=Path, dir_okay=False), help="Mapping file; the source `generic` needs one.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Land the files whole, under this day. Without it they are split by event day."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def ingest(source: str, mapping: Path | None, day: datetime | None, as_json: bool, paths: tuple[Path, ...]) -> int:
    """Put files, or all files of folders, into the landing zone. The same file again changes nothing.

    Ends with 1 when a path was refused, or when a file has not one readable record: it lands all the same, as dead letters.
    """
    from feedback_assets.bronze.landing import LandingZone
    from feedback_assets.ground.home import prepare_home
    from feedback_assets.sources.zones import load_zones

    settings = context.settings()
    prepare_home(settings)
    today = context.now().date()
    landing = LandingZone(settings.landing, load_zones(settings.taxonomy / "sources.yaml"))
    report = landing.put(source, paths, today=today, mapping=mapping, day=day.date() if day else None, first_day=settings.first_day)
    if as_json:
        output.print_json({**asdict(report), "records": report.records, "unreadable": report.unreadable, "days": report.days})
    else:
        for file in report.files:
            span = "" if not file.days else f"{min(file.days)}" if len(file.days) == 1 else f"{min(file.days)} .. {max(file.days)}"
            did = "was here already" if file.already else f"{file.records} records, {file.unreadable} unreadable, {len(file.parts)} files"
            output.line(f"{file.origin}: {did}  {span}")
        if report.records or report.unreadable:
            output.line(f"{report.records} records on {len(report.days)} days; next: feedback run")
    for refusal in report.refused:
        output.note(f"feedback: {refusal.path}: {refusal.reason}")
    garbage = [f for f in report.files if f.unreadable and not f.records and f.reason != "empty_file"]
    for file in garbage:
        what = f"the file cannot be read ({file.reason})" if file.reason else f"none of its {file.unreadable} records can be read"
        mend = f"feedback dead-letters --source {report.source} after feedback run, or put it in with its own --source"
        output.note(f"feedback: {file.origin}: {what} as {report.source}; expected: {_expected(report.source)}; to mend: {mend}")
    return 1 if report.refused or garbage else 0


def _expected(source: str) -> str:
    """What files of a source look like, in a few words."""
    from feedback_assets.sources.registry import source_named

    found = source_named(source)
    if found.needs_mapping:
        return "a file as the mapping says: its format, its columns or keys"
    layout = found.layout()
    keys = f", records under {' or '.join(layout.record_keys)} or as an array" if layout.record_keys else ""
    columns = f" with the columns {', '.join(layout.columns)}" if layout.columns else ""
    marks = f", each with {', '.join(layout.marks)}" if layout.marks else ""
    return f"{' or '.join(layout.formats)}{columns}{keys}{marks}"
