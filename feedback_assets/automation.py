"""What follows from what: when days are done, gold is rebuilt. The state is a Delta version, so a lost cursor costs one idle run."""

import dagster as dg

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.jobs import DAY_JOB, GOLD_JOB
from feedback_assets.resources import SERVICES, services_of
from feedback_assets.settings import PURPOSE_TAG


def feedback_automation() -> list[dg.SensorDefinition]:
    """The sensor that starts gold. It starts stopped, like the others."""

    @dg.sensor(
        name="gold_after_days",
        job_name=GOLD_JOB,
        minimum_interval_seconds=60,
        required_resource_keys={SERVICES},
        description="When the ledger of done batches has moved and no day is running: themes, signals, priority, tickets.",
    )
    def gold_after_days(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        version = services_of(context).lake.version(STAGE_BATCHES)
        if version < 0 or context.cursor == str(version):
            return dg.SkipReason("no batch was done since the last gold run")
        status = dg.DagsterRunStatus
        unfinished = [status.QUEUED, status.NOT_STARTED, status.STARTING, status.STARTED, status.CANCELING]
        if context.instance.get_run_records(dg.RunsFilter(job_name=DAY_JOB, statuses=unfinished), limit=1):
            return dg.SkipReason("days are running; gold follows them")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"gold-{version}", tags={PURPOSE_TAG: "live"})], cursor=str(version))

    return [gold_after_days]
