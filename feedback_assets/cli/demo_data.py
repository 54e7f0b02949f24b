"""`feedback demo-data`: made-up feedback in the landing zone."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from feedback_assets.cli import context, output


@click.command("demo-data")
@click.option("--records", type=click.IntRange(min=1), default=5000, show_default=True, help="How many records, about.")
@click.option("--days", type=click.IntRange(min=1), default=14, show_default=True, help="Over how many days.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, on the same days, gives the same bytes.")
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), help="First feed date; by default yesterday is the last.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def demo_data(records: int, days: int, seed: int, first_day: datetime | None, as_json: bool) -> None:
    """Write made-up feedback of every source into the landing zone, with a truth file beside it.

    What was written before with the same options stays as it is, on whatever day it was.
    """
    from feedback_assets.demo.generator import delivered_from, generate

    settings = context.settings()
    settings.landing.mkdir(parents=True, exist_ok=True)
    chosen = first_day.date() if first_day else delivered_from(settings.landing, records=records, days=days, seed=seed)
    first = chosen or datetime.now(UTC).date() - timedelta(days=days)
    report = generate(settings.landing, records=records, days=days, seed=seed, first_day=first)
    if as_json:
        output.print_json(asdict(report))
        return
    output.line(
        f"{report.records} records in {report.files} files in {settings.landing} ({report.written} written, {report.unchanged} were there)"
    )
    output.line(f"what is planted in them: {report.truth}")
    output.line("next: feedback run")
