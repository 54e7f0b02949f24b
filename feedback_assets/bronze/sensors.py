"""A sensor a source: sees landed files that bronze does not know and asks for a run of their day. Thin; the manifest is the truth."""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import dagster as dg

from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.jobs import DAY_JOB
from feedback_assets.partitions import is_partition
from feedback_assets.resources import SERVICES, services_of
from feedback_assets.settings import PURPOSE_TAG

SETTLE_SECONDS = 10.0
"""A file younger than this may still be being written."""
MOST_DAYS = 25
"""Most runs that one tick asks for; the rest follows on the next ticks."""


def landing_sensors(first_day: date) -> Sequence[dg.SensorDefinition]:
    """One for each source. They start stopped: `feedback run` does the same by hand. first_day: the first partition."""
    return [_landing_sensor(s, first_day) for s in SOURCES]


def _landing_sensor(source: str, first_day: date) -> dg.SensorDefinition:
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
        required_resource_keys={SERVICES},
        description=f"Watches the landing folder of {source}. The cursor holds which days were asked for; resetting it is harmless.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from feedback_assets.accounts import unfinished_sources
        from feedback_assets.bronze.ingest import pending_files

        services = services_of(context)
        now = services.now()
        days: dict[str, list[str]] = {}
        unsettled = outside = 0
        for file in pending_files(services.lake, services.landing, source):
            if not is_partition(file.feed_date, first_day, now):
                outside += 1
                continue
            if abs((now - file.received_at).total_seconds()) < SETTLE_SECONDS:
                unsettled += 1
                continue
            days.setdefault(file.feed_date.isoformat(), []).append(f"{file.path}|{file.size}|{file.received_at.isoformat()}")
        states = {day: sha256("\n".join(sorted(files)).encode()).hexdigest()[:16] for day, files in days.items()}
        asked = {day: state for day, state in _asked(context.cursor).items() if states.get(day) == state}
        wanted = sorted(states.keys() - asked.keys())[:MOST_DAYS]
        if not wanted:
            waiting = f"; {len(asked)} days were asked for already" if asked else ""
            waiting += f"; {unsettled} files are still being written" if unsettled else ""
            waiting += f"; {outside} files lie under days before {first_day} or after today (docs/oncall.md)" if outside else ""
            return dg.SkipReason(f"nothing new from {source}{waiting}")
        unfinished = unfinished_sources(services.lake)
        requests = [
            dg.RunRequest(
                run_key=f"{source}-{day}-{states[day]}",
                partition_key=day,
                # A day that waits behind a failed check of another source must meet that check again, or it would go on unseen.
                asset_selection=[
                    *(dg.AssetKey(["bronze", s]) for s in sorted({source, *unfinished.get(date.fromisoformat(day), ())})),
                    *later,
                ],
                tags={PURPOSE_TAG: "live", "feedback/source": source},
            )
            for day in wanted
        ]
        asked |= {day: states[day] for day in wanted}
        return dg.SensorResult(run_requests=requests, cursor=json.dumps({"version": 1, "asked": asked}))

    return landing


def _asked(cursor: str | None) -> dict[str, str]:
    """Day -> state of its files, as they were asked for. Empty for a cursor that is lost or damaged: run keys still hold back repeats."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    asked = found.get("asked") if isinstance(found, dict) and found.get("version") == 1 else None
    return asked if isinstance(asked, dict) else {}
