"""Schedules: gold every hour, a nightly catch-up, upkeep, the standing checks. Runs that make rows are live: they may publish."""

from datetime import date, timedelta

import dagster as dg

from feedback_assets.graph.jobs import DAY_JOB, GOLD_JOB, STANDING_JOB, UPKEEP_JOB
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
    return [nightly_catch_up, hourly, nightly_upkeep, standing]
