"""`feedback replay`: what the language model answered in a way that cannot be used is asked for once more, by class of failure."""

import json
from datetime import date, datetime

import click

from feedback_assets.cli import context, output
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWER_OUTCOMES
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.ground.home import prepare_home, run_lock
from feedback_assets.ground.settings import AGAIN_TAG

CLASSES = tuple(outcome for outcome in ANSWER_OUTCOMES if outcome != "ok")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("replay")
@click.option("--reason", type=click.Choice(CLASSES), required=True, help="Class of failure.")
@click.option("--from", "first", type=_DAY, help="First feed date; all days by default.")
@click.option("--to", "last", type=_DAY, help="Last feed date.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(reason: str, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Ask again what ended in one class of failure: after a prompt, a filter's setting or a limit was changed.

    Each attempt stays in the ledger; the last one counts. The same in the UI: materialize the assets of enrichment for the days with the
    tag feedback/ask_again: CLASS. Nothing is published: that is `feedback tickets apply`.
    """
    from feedback_assets.cli.run import run_backfill
    from feedback_assets.wiring.services import Services

    settings = context.settings()
    services = Services(settings)
    if services.model_settings is None:
        raise FeedbackError(
            "no language model is set", expected="FEEDBACK_MODEL_ENDPOINT or FEEDBACK_MODEL_BASE_URL", mend="docs/model.md says how"
        )
    bounds = first.date() if first else date.min, last.date() if last else date.max
    prepare_home(settings)
    with run_lock(settings):
        rows = services.lake.read(STAGE_BATCHES, columns=["feed_date", "reasons"], where={"stage": ["answers"]}).to_pylist()
        counts = {r["feed_date"]: 0 for r in rows if bounds[0] <= r["feed_date"] <= bounds[1]}
        for row in rows:
            if row["feed_date"] in counts:
                counts[row["feed_date"]] += json.loads(row["reasons"]).get(reason, 0)
        days = sorted(d for d, n in counts.items() if n)
        report = run_backfill(settings, ("enrichment", "themes"), days, "replay", {AGAIN_TAG: reason})
    report |= {"reason": reason, "texts": sum(counts.values())}
    if as_json:
        output.print_json(report)
    else:
        output.line(f"{report['texts']} texts with {reason} on {report['days']} days, {report['runs']} runs, gold {report['gold']}")
    if report["failed"]:
        raise FeedbackError(
            f"days failed: {', '.join(report['failed'][:5])}", expected="green runs", mend="`make dev`, open the failed runs"
        )
