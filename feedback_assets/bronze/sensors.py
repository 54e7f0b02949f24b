"""A sensor a source: sees landed files that bronze does not know and asks for a run of their day. Thin; the manifest is the truth."""

import json
from collections.abc import Sequence
from hashlib import sha256

import dagster as dg

from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.jobs import DAY_JOB
from feedback_assets.resources import SEAMS
from feedback_assets.settings import PURPOSE_TAG

SETTLE_SECONDS = 10.0
"""A file younger than this may still be being written."""
MOST_DAYS = 25
"""Most runs that one tick asks for; the rest follows on the next ticks."""


def landing_sensors() -> Sequence[dg.SensorDefinition]:
    """One for each source. They start stopped: `feedback run` does the same by hand."""
    return [_landing_sensor(s) for s in SOURCES]


def _landing_sensor(source: str) -> dg.SensorDefinition:
    later = [
        dg.AssetKey(k)
        for k in (
            ["silver", "events"],
            ["silver", "raw_text"],
            ["enrichment", "events"],
            ["enrichment", "issues"],
            ["enrichment", "review"],
            ["themes", "embeddings"],
        )
    ]

    @dg.sensor(
        name=f"landing_{source}",
        job_name=DAY_JOB,
        minimum_interval_seconds=30,
        required_resource_keys={SEAMS},
        description=f"Watches the landing folder of {source}. The cursor holds what was asked for last; resetting it is harmless.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from feedback_assets.bronze.ingest import pending_files

        seams = getattr(context.resources, SEAMS)
        now = seams.now()
        days: dict[str, list[str]] = {}
        unsettled = 0
        for file in pending_files(seams.lake, seams.landing, source):
            if (now - file.received_at).total_seconds() < SETTLE_SECONDS:
                unsettled += 1
                continue
            days.setdefault(file.feed_date.isoformat(), []).append(f"{file.path}|{file.size}|{file.received_at.isoformat()}")
        if not days:
            return dg.SkipReason(f"nothing new from {source}" + (f"; {unsettled} files are still being written" if unsettled else ""))
        asked = {}
        requests = []
        for day in sorted(days)[:MOST_DAYS]:
            state = sha256("\n".join(sorted(days[day])).encode()).hexdigest()[:16]
            asked[day] = state
            requests.append(
                dg.RunRequest(
                    run_key=f"{source}-{day}-{state}",
                    partition_key=day,
                    asset_selection=[dg.AssetKey(["bronze", source]), *later],
                    tags={PURPOSE_TAG: "live", "feedback/source": source},
                )
            )
        return dg.SensorResult(run_requests=requests, cursor=json.dumps({"version": 1, "asked": asked}))

    return landing
