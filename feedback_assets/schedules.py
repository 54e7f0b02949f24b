"""Schedules: gold every hour, a nightly catch-up of yesterday, nightly upkeep. Runs of the first two are live: they may publish."""

from datetime import timedelta

import dagster as dg

from feedback_assets.jobs import DAY_JOB, GOLD_JOB, UPKEEP_JOB
from feedback_assets.settings import PURPOSE_TAG


def feedback_schedules() -> list[dg.ScheduleDefinition]:
    """All start stopped: a site turns on what it wants, in the UI or by `dagster schedule start`."""

    @dg.schedule(
        cron_schedule="20 1 * * *",
        job_name=DAY_JOB,
        execution_timezone="UTC",
        description="Yesterday once more: what came late is picked up, nothing is done twice.",
    )
    def nightly_catch_up(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
        return dg.RunRequest(run_key=f"catch-up-{yesterday}", partition_key=yesterday, tags={PURPOSE_TAG: "live"})

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
    return [nightly_catch_up, hourly, nightly_upkeep]
