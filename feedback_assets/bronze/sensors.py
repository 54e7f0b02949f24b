"""A sensor a source: sees landed files that bronze does not know and asks for a run of their day. Thin; the manifest is the truth.

A day whose run died is asked for again (again.py): its files may be in bronze already, so that the landing zone shows nothing new.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

import dagster as dg

from feedback_assets.bronze.again import LOOK_BACK, WAITS, is_dead, is_due
from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.graph.jobs import DAY_JOB
from feedback_assets.graph.partitions import is_partition
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.ground.settings import PURPOSE_TAG

SETTLE_SECONDS = 10.0
"""A file younger than this may still be being written."""
MOST_DAYS = 25
"""Most runs that one tick asks for; the rest follows on the next ticks."""
SOURCE_TAG, TRIES_TAG, PARTITION_TAG = "feedback/source", "feedback/tries", "dagster/partition"


def landing_sensors(first_day: date) -> Sequence[dg.SensorDefinition]:
    """One for each source. They start stopped: `feedback run` does the same by hand. first_day: the first partition."""
    return [_landing_sensor(s, first_day) for s in SOURCES]


def _landing_sensor(source: str, first_day: date) -> dg.SensorDefinition:
    later = [
        dg.AssetKey(k)
        for k in (
            ["silver", "events"],
            ["silver", "raw_text"],
            ["enrichment", "answers"],
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
        from feedback_assets.bronze.ingest import pending_files
        from feedback_assets.ground.accounts import unfinished_sources

        services = services_of(context)
        now = services.now()
        dead = _dead_runs(context.instance, source, now)
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
        unfinished = unfinished_sources(services.lake) if wanted or dead else {}
        left = {d.isoformat() for d, sources in unfinished.items() if source in sources} | asked.keys()
        again = [d for d in dead if d.day in left and d.day not in wanted]
        due = [d for d in again if is_due(d.tries, d.ended, now)][: MOST_DAYS - len(wanted)]
        if not wanted and not due:
            waiting = f"; {len(asked)} days were asked for already" if asked else ""
            waiting += f"; {unsettled} files are still being written" if unsettled else ""
            waiting += f"; {outside} files lie under days before {first_day} or after today (docs/oncall.md)" if outside else ""
            waiting += f"; {len(again)} days whose run died wait, or are held after {len(WAITS)} tries" if again else ""
            return dg.SkipReason(f"nothing new from {source}{waiting}")
        keys = {day: f"{source}-{day}-{states[day]}" for day in wanted} | {d.day: f"{source}-{d.day}-after-{d.run_id}" for d in due}
        tries = {d.day: {TRIES_TAG: str(d.tries + 1)} for d in due}
        requests = [
            dg.RunRequest(
                run_key=keys[day],
                partition_key=day,
                # A day that waits behind a failed check of another source must meet that check again, or it would go on unseen.
                asset_selection=[
                    *(dg.AssetKey(["bronze", s]) for s in sorted({source, *unfinished.get(date.fromisoformat(day), ())})),
                    *later,
                ],
                tags={PURPOSE_TAG: "live", SOURCE_TAG: source, **tries.get(day, {})},
            )
            for day in sorted(keys)
        ]
        asked |= {day: states[day] for day in wanted}
        return dg.SensorResult(run_requests=requests, cursor=json.dumps({"version": 1, "asked": asked}))

    return landing


@dataclass(frozen=True)
class _DeadRun:
    """The last run of a day, which died. tries: how often the day was asked for again before it."""

    day: str
    run_id: str
    ended: datetime
    tries: int


def _dead_runs(instance: dg.DagsterInstance, source: str, now: datetime) -> list[_DeadRun]:
    """Days of this source whose last run that a sensor asked for died lately."""
    failed = instance.get_run_records(
        dg.RunsFilter(tags={SOURCE_TAG: source}, statuses=[dg.DagsterRunStatus.FAILURE], updated_after=now - LOOK_BACK)
    )
    found = []
    for day, record in _first_by_day(failed).items():
        run = record.dagster_run
        newest = instance.get_run_records(dg.RunsFilter(tags={SOURCE_TAG: source, PARTITION_TAG: day}), limit=1)
        if newest and newest[0].dagster_run.run_id == run.run_id and is_dead(_raised(instance, run.run_id)):
            ended = datetime.fromtimestamp(record.end_time or record.update_timestamp.replace(tzinfo=UTC).timestamp(), UTC)
            found.append(_DeadRun(day, run.run_id, ended, _number(run.tags)))
    return sorted(found, key=lambda d: d.day)


def _first_by_day(records: Collection[dg.RunRecord]) -> dict[str, dg.RunRecord]:
    """The newest run of each day; the records come newest first."""
    found: dict[str, dg.RunRecord] = {}
    for record in records:
        day = record.dagster_run.tags.get(PARTITION_TAG)
        if day is not None:
            found.setdefault(day, record)
    return found


def _raised(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Classes of what the steps of a run raised."""
    records = instance.event_log_storage.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    errors = [r.event_log_entry.get_dagster_event().step_failure_data.error for r in records]
    causes = [(e.cause or e) if e else None for e in errors]
    return [(c.cls_name or "") if c else "" for c in causes]


def _number(tags: Mapping[str, str]) -> int:
    text = tags.get(TRIES_TAG, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _asked(cursor: str | None) -> dict[str, str]:
    """Day -> state of its files, as they were asked for. Empty for a cursor that is lost or damaged: run keys still hold back repeats."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    asked = found.get("asked") if isinstance(found, dict) and found.get("version") == 1 else None
    return asked if isinstance(asked, dict) else {}
