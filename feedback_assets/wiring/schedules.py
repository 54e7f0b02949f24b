"""Schedules: gold every hour, a nightly catch-up, upkeep, the standing checks, evaluation.

Runs that make rows of days or gold are live: they may publish.
"""

from datetime import date, timedelta

import dagster as dg

from feedback_assets.graph.jobs import DAY_JOB, EVALUATION_JOB, GOLD_JOB, STANDING_JOB, UPKEEP_JOB, WATCH_JOB
from feedback_assets.ground.settings import PURPOSE_TAG


def feedback_schedules(first_day: date) -> list[dg.ScheduleDefinition]:
    """All start stopped: a site turns on what it wants, in the UI or by `dagster schedule start`. first_day: the first partition."""

    @dg.schedule(
        cron_schedule="20 1 * * *",
        job_name=DAY_JOB,
        execution_timezone="UTC",
        description="Yesterday once more: what came late is picked up, nothing is done twice.",
    )
    def nightly_catch_up(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date()
        if yesterday < first_day:
            return dg.SkipReason(f"no data before {first_day}")
        return dg.RunRequest(run_key=f"catch-up-{yesterday}", partition_key=yesterday.isoformat(), tags={PURPOSE_TAG: "live"})

    hourly = dg.ScheduleDefinition(
        name="gold_hourly",
        job_name=GOLD_JOB,
        cron_schedule="5 * * * *",
        execution_timezone="UTC",
        tags={PURPOSE_TAG: "live"},
        description="Themes, signals, priority and tickets once an hour.",
    )
    nightly_upkeep = dg.ScheduleDefinition(
        name="nightly_upkeep",
        job_name=UPKEEP_JOB,
        cron_schedule="40 2 * * *",
        execution_timezone="UTC",
        description="Tables are compacted, superseded files and old history freed.",
    )
    standing = dg.ScheduleDefinition(
        name="standing_nightly",
        job_name=STANDING_JOB,
        cron_schedule="40 3 * * *",
        execution_timezone="UTC",
        description="A second look at what stands in every table, sampled where it is large.",
    )
    weekly_evaluation = dg.ScheduleDefinition(
        name="evaluation_weekly",
        job_name=EVALUATION_JOB,
        cron_schedule="40 4 * * 1",
        execution_timezone="UTC",
        description="What reads feedback today, on the golden set. Asks the language model only what it was not asked before.",
    )
    watch = dg.ScheduleDefinition(
        name="watch_daily",
        job_name=WATCH_JOB,
        cron_schedule="20 4 * * *",
        execution_timezone="UTC",
        description="Sentinels and drift. Asks the language model, where one is set, about each of 32 texts.",
    )
    return [nightly_catch_up, hourly, nightly_upkeep, standing, weekly_evaluation, watch]
