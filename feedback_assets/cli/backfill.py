"""`feedback backfill` and `feedback plan-backfill`: days brought to today's versions, and what that would take, said before."""

import os
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli import context, output
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.ground.home import prepare_home, run_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedback_assets.enrichment.asking import Plan
    from feedback_assets.ground.settings import Settings
    from feedback_assets.wiring.restating import Stale

STAGE_NAMES = ("silver", "enrichment", "themes")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("backfill")
@click.option("--stage", type=click.Choice(STAGE_NAMES), default="silver", show_default=True, help="First stage that is made anew.")
@click.option("--from", "first", type=_DAY, help="First feed date; all days by default.")
@click.option("--to", "last", type=_DAY, help="Last feed date.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backfill(stage: str, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Bring the rows of days to what today's code, rules, taxonomy and model say, from one stage on, and gold after them.

    The same as a backfill of these assets on the backfill page of the UI. Rows that come out as they are stay; nothing is published:
    that is `feedback tickets apply`.
    """
    from feedback_assets.cli.run import run_backfill

    settings = context.settings()
    prepare_home(settings)
    with run_lock(settings):
        before = _stale(settings, stage, first, last)
        report = run_backfill(settings, _from(stage), sorted(set().union(*(s.days for s in before))))
        left = _stale(settings, stage, first, last)
    if as_json:
        output.print_json({**report, "stale": [_row(s) for s in before], "left": [_row(s) for s in left]})
    else:
        _show(before, "made anew")
        output.line(f"{report['days']} days in {report['runs']} runs, gold {report['gold']}")
    if report["failed"] or any(s.rows for s in left):
        raise FeedbackError(
            f"{sum(len(s.days) for s in left)} days of a stage are still made by other versions: {', '.join(report['failed'][:5])}",
            expected="every day at today's versions",
            mend="`make dev`, open the failed runs, follow their checks' runbooks, then the same command again",
        )


@click.command("plan-backfill")
@click.option("--stage", type=click.Choice(STAGE_NAMES), default="silver", show_default=True, help="First stage that would be made anew.")
@click.option("--from", "first", type=_DAY, help="First feed date; all days by default.")
@click.option("--to", "last", type=_DAY, help="Last feed date.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan_backfill(stage: str, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Say which partitions a backfill would make anew, how many rows are stale, why, and what the language model would cost.

    Nothing is asked. With stage silver the texts are those of now.
    """
    settings = context.settings()
    found = _stale(settings, stage, first, last)
    plan = _planned(settings, first, last) if stage != "themes" else None
    if as_json:
        output.print_json({"stale": [_row(s) for s in found], "answers": None if plan is None else asdict(plan)})
        return
    _show(found, "stale")
    if plan is not None:
        basis = f"by {plan.answers} answers of before" if plan.answers else "from above: there is no answer yet to go by"
        output.line(
            f"language model: {plan.texts} texts open, {plan.calls} calls, {plan.prompt_tokens} + {plan.completion_tokens} tokens, "
            f"{plan.cost_usd:.2f} USD, {'by batch jobs, up to a day' if plan.by_jobs else f'{plan.minutes:.1f} minutes'} ({basis})"
        )


def _planned(settings: "Settings", first: datetime | None, last: datetime | None) -> "Plan | None":
    from feedback_assets.wiring.restating import planned_answers
    from feedback_assets.wiring.services import Services

    services = Services(settings)
    try:
        return planned_answers(services, first.date() if first else date.min, last.date() if last else date.max)
    finally:
        services.compute.close()


def _from(stage: str) -> "Sequence[str]":
    return STAGE_NAMES[STAGE_NAMES.index(stage) :]


def _stale(settings: "Settings", stage: str, first: datetime | None, last: datetime | None) -> "list[Stale]":
    from feedback_assets.wiring.restating import stale
    from feedback_assets.wiring.services import Services

    bounds = first.date() if first else date.min, last.date() if last else date.max
    if bounds[0] > bounds[1]:
        raise FeedbackError(f"--from {bounds[0]} is after --to {bounds[1]}", expected="a first day and a last one", mend="swap them")
    os.environ.setdefault("DAGSTER_HOME", str(settings.dagster_home))
    return stale(Services(settings), _from(stage), *bounds)


def _row(one: "Stale") -> dict[str, Any]:
    return {
        "stage": one.stage,
        "made_by": one.made_by,
        "partitions": [d.isoformat() for d in sorted(one.days)],
        "batches": one.batches,
        "rows": one.rows,
        "why": dict(sorted(one.why.items())),
    }


def _show(found: "Sequence[Stale]", what: str) -> None:
    rows = []
    for one in found:
        for reason, n in sorted(one.why.items()) or [("", 0)]:
            span = f"{min(one.days)} .. {max(one.days)}" if one.days else ""
            rows.append([one.stage, len(one.days), span, n, reason])
    output.table(["stage", "partitions", "days", f"rows {what}", "why"], rows, right=["partitions", f"rows {what}"])
