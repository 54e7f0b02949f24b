"""A sensor for batch jobs that are out: asks, every few minutes, for the run that collects what they brought. Thin.

Which jobs are out is read from the ledger each time, so a lost cursor costs nothing: there is none.
A run covers all days of a job, because only such a run can close it, and has the purpose of the run that made the job. Not here: what a run
does with a job (batch_asking.py), the first run over a day (bronze/sensors.py).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import dagster as dg

from feedback_assets.graph.jobs import DAY_JOB
from feedback_assets.graph.partitions import is_partition
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.ground.settings import PURPOSE_TAG

COLLECTS_TAG = "feedback/collects"
FIRST, LAST = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
SENSOR = "batch_jobs"
_COLLECTING = (
    ("enrichment", "answers"),
    ("enrichment", "events"),
    ("enrichment", "issues"),
    ("enrichment", "review"),
    ("themes", "embeddings"),
)
_BEFORE = (("silver", "events"), ("silver", "raw_text"))
Span = tuple[str, date, date]
"""(purpose, first day, last day)"""


def batch_sensors(first_day: date) -> Sequence[dg.SensorDefinition]:
    """The sensor. It starts stopped, like those of the landing zone; `feedback run` does the same. first_day: the first partition."""

    @dg.sensor(
        name=SENSOR,
        job_name=DAY_JOB,
        minimum_interval_seconds=60,
        required_resource_keys={SERVICES},
        description="While batch jobs are out: a run over their days each FEEDBACK_BATCH_MINUTES, that takes what they answered.",
    )
    def batch_jobs(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from feedback_assets.enrichment.batch_jobs import open_jobs
        from feedback_assets.ground.accounts import unfinished_sources

        services = services_of(context)
        jobs = open_jobs(services.lake)
        if not jobs:
            return dg.SkipReason("no batch job is out")
        if services.answer_means is None:
            return dg.SkipReason(f"{len(jobs)} batch jobs are out, and no language model is set that could be asked for them")
        now = services.now()
        spans = spans_of(jobs)
        known = [s for s in spans if is_partition(s[1], first_day, now) and is_partition(s[2], first_day, now)]
        busy = _collecting(context.instance)
        due = [s for s in known if _named(s) not in busy]
        if not due:
            outside = f"; {len(spans) - len(known)} spans have days before {first_day}" if len(known) < len(spans) else ""
            return dg.SkipReason(f"{len(jobs)} batch jobs are out; {len(known)} runs that collect are at work{outside}")
        unfinished = unfinished_sources(services.lake)
        slot = _slot(now, services.settings.batch_minutes)
        return dg.SensorResult(run_requests=[_request(span, unfinished, slot) for span in due])

    return [batch_jobs]


def spans_of(jobs: Collection[Mapping[str, Any]]) -> list[Span]:
    """The days that runs must cover so that each job (rows of enrichment/batch_jobs) can be closed. A span within another of the same
    purpose is left out: a run looks at all jobs."""
    # A run without a purpose is not live: what it asked for goes on as a backfill.
    found = {(str(j["purpose"] or "backfill"), date.fromisoformat(min(j["days"])), date.fromisoformat(max(j["days"]))) for j in jobs}
    return sorted(s for s in found if not any(o != s and o[0] == s[0] and o[1] <= s[1] and s[2] <= o[2] for o in found))


def _request(span: Span, unfinished: Mapping[date, Collection[str]], slot: str) -> dg.RunRequest:
    purpose, first, last = span
    held = sorted({source for day, sources in unfinished.items() if first <= day <= last for source in sources})
    # A day that waits behind a failed check must meet that check again, or it would go on unseen.
    keys = [*(("bronze", source) for source in held), *(_BEFORE if held else ()), *_COLLECTING]
    days = {} if first == last else {FIRST: first.isoformat(), LAST: last.isoformat()}
    return dg.RunRequest(
        run_key=f"{_named(span)}-{slot}",
        partition_key=first.isoformat() if first == last else None,
        asset_selection=[dg.AssetKey(k) for k in keys],
        tags={PURPOSE_TAG: purpose, COLLECTS_TAG: _named(span), **days},
    )


def _named(span: Span) -> str:
    purpose, first, last = span
    return f"collect-{purpose}-{first}-{last}"


def _slot(now: datetime, minutes: int) -> str:
    """The same for all moments of one interval: a span is asked for once in it."""
    return str(int(now.timestamp()) // (60 * minutes))


def _collecting(instance: dg.DagsterInstance) -> set[str]:
    """The spans whose run is not done yet."""
    status = dg.DagsterRunStatus
    unfinished = [status.QUEUED, status.NOT_STARTED, status.STARTING, status.STARTED, status.CANCELING]
    records = instance.get_run_records(dg.RunsFilter(statuses=unfinished))
    return {r.dagster_run.tags[COLLECTS_TAG] for r in records if COLLECTS_TAG in r.dagster_run.tags}
