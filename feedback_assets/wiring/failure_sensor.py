"""The sensor that lets people hear of failed runs and checks, and the same for `feedback run`, which has no daemon.

Thin: outcomes.py reads the instance, standing.py judges what goes stale, alerts/failures.py decides what is told.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from feedback_assets.alerts.channels.interface import AlertChannel
from feedback_assets.alerts.failures import FailuresReport, tell
from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.effects.files import exclusive
from feedback_assets.effects.purpose import LIVE
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.wiring.outcomes import Cursor, read_outcomes
from feedback_assets.wiring.pending import gold_is_behind
from feedback_assets.wiring.standing import record_standing

if TYPE_CHECKING:
    from feedback_assets.wiring.services import Services

STORED_CURSOR = "feedback/failures"
"""Where the instance keeps the cursor of `feedback run`; the sensor has its own."""

Idle = Callable[[Collection[str]], Collection[str]]
"""Days -> those of them that have nothing to do; "" stands for the work that has no day: gold."""


def tell_failures(
    instance: dg.DagsterInstance, lake: Lakehouse, channel: AlertChannel, now: datetime, *, idle: Idle = lambda _: ()
) -> FailuresReport:
    """Tells what failed or is well again since it was last called. For whoever has no daemon: called when a run has ended.

    idle: of these days, the ones that have nothing to do.
    """
    storage = instance.daemon_cursor_storage
    report, cursor = tell_since(instance, lake, channel, now, storage.get_cursor_values({STORED_CURSOR}).get(STORED_CURSOR), idle=idle)
    storage.set_cursor_values({STORED_CURSOR: cursor})
    return report


def tell_since(
    instance: dg.DagsterInstance, lake: Lakehouse, channel: AlertChannel, now: datetime, cursor: str | None, *, idle: Idle = lambda _: ()
) -> tuple[FailuresReport, str]:
    """The same from a cursor on; returns where the next call begins. One process of a machine at a time."""
    with exclusive(Path(instance.root_directory) / "failures"):
        record_standing(instance, lake, now)
        outcomes, after = read_outcomes(instance, Cursor.from_json(cursor), now=now)
        return tell(lake, channel, outcomes, now=now, idle=idle), after.to_json()


def failure_sensors() -> list[dg.SensorDefinition]:
    """The sensor. It runs from the start: a site must not have to turn on that it hears of failures. It starts no run, and says nothing of
    any customer."""

    @dg.sensor(
        name="failures",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={SERVICES},
        description="Failed runs and failed checks of every job and origin, told once through the alert channel, and once more when they "
        "are well again. Also judges held days and old intents, so that they do not stay green until gold runs. Resetting it is harmless.",
    )
    def failures(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        services = services_of(context)

        def idle(days: Collection[str]) -> Collection[str]:
            return idle_days(services, days)

        report, cursor = tell_since(context.instance, services.lake, services.alert_channel, services.now(), context.cursor, idle=idle)
        for line in report.failing:
            context.log.info(line)
        waits = f"; {report.waiting} messages wait: {'; '.join(report.errors)}" if report.waiting else ""
        return dg.SensorResult(skip_reason=f"{report.applied} messages sent, {len(report.failing)} failures go on{waits}", cursor=cursor)

    return [failures]


def idle_days(services: "Services", days: Collection[str]) -> set[str]:
    """Of these days the ones for which nothing waits in the landing zone and no stage lacks a batch; and gold, when it is not behind."""
    from feedback_assets.bronze.ingest import pending_files
    from feedback_assets.ground.accounts import unfinished_sources

    wanted = {date.fromisoformat(d) for d in days if d}
    gold = {d for d in days if not d and not gold_is_behind(services, LIVE)}
    busy = {f.feed_date for source in SOURCES for f in pending_files(services.lake, services.landing, source, wanted)}
    busy |= set(unfinished_sources(services.lake))
    return {d.isoformat() for d in wanted - busy} | gold
