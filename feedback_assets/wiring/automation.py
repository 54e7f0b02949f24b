"""What follows from what: when days are done, gold follows. Whether it is behind is read from the tables, so a lost cursor costs nothing.

Not declarative automation: gold must wait until no day is being worked on, whoever started that, and Dagster's conditions see assets, not
runs (docs/decisions/0020-steps.md).
"""

import dagster as dg

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.graph.jobs import EVALUATION_JOB, GOLD_JOB, STANDING_JOB, UPKEEP_JOB, WATCH_JOB
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.ground.settings import PURPOSE_TAG

ELSEWHERE = frozenset({STANDING_JOB, UPKEEP_JOB, EVALUATION_JOB, WATCH_JOB})
"""Jobs that make no rows of days. Every other unfinished run may: those of the day job, backfills, assets chosen in the UI."""


def feedback_automation() -> list[dg.SensorDefinition]:
    """The sensor that starts gold. It starts stopped, like the others."""

    @dg.sensor(
        name="gold_after_days",
        job_name=GOLD_JOB,
        minimum_interval_seconds=60,
        required_resource_keys={SERVICES},
        description="When gold is behind its inputs and no day is being worked on: themes, signals, priority, tickets.",
    )
    def gold_after_days(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from feedback_assets.wiring.pending import gold_is_behind

        services = services_of(context)
        if not gold_is_behind(services, "live"):
            return dg.SkipReason("gold has read all there is")
        status = dg.DagsterRunStatus
        unfinished = [status.QUEUED, status.NOT_STARTED, status.STARTING, status.STARTED, status.CANCELING]
        busy = [r.dagster_run.job_name for r in context.instance.get_run_records(dg.RunsFilter(statuses=unfinished))]
        if any(job not in ELSEWHERE for job in busy):
            return dg.SkipReason("runs are at work; gold follows them")
        # The same state is asked for once: a gold run that fails is for a person, and what comes next asks again.
        key = f"gold-{services.lake.version(STAGE_BATCHES)}-{services.now():%Y-%m-%dT%H}"
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, tags={PURPOSE_TAG: "live"})])

    return [gold_after_days]
