"""Checks that judge the whole home and go stale between runs of gold: judged here as well, and recorded when their answer has changed.

Gold records them when it runs. Until it runs again, a day may come to be held, or an intent grow too old: that must not stay green.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg

from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.graph.checks import result
from feedback_assets.ground.accounts import unfinished_sources, unfinished_verdict
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.rules import outbox_verdict

HELD_AFTER = timedelta(hours=1)
"""A day may be between two stages for so long; then it is held."""


@dataclass(frozen=True)
class StandingCheck:
    """One check: how it is judged, and whether what it finds counts already."""

    asset: dg.AssetKey
    name: str
    judge: Callable[[Lakehouse, datetime], Verdict]
    counts: Callable[[Lakehouse, datetime], bool]


def standing_checks() -> list[StandingCheck]:
    """Held days and old intents."""
    return [
        StandingCheck(dg.AssetKey(["silver", "revisions"]), "days_finished", lambda lake, _: unfinished_verdict(lake), _is_held),
        StandingCheck(dg.AssetKey(["tickets", "outbox"]), "outbox_age", outbox_verdict, lambda _lake, _now: True),
    ]


def record_standing(instance: dg.DagsterInstance, lake: Lakehouse, now: datetime) -> list[str]:
    """Records each standing check whose last record is not true any more; returns their names. Again: nothing is written."""
    recorded = []
    for standing in standing_checks():
        verdict = standing.judge(lake, now)
        last = instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(standing.asset, standing.name))
        evaluation = last.event.get_dagster_event().asset_check_evaluation_data if last and last.event and _is_done(last.event) else None
        was_good = evaluation is None or evaluation.passed
        if verdict.passed == was_good or not (verdict.passed or standing.counts(lake, now)):
            continue
        found = result(verdict, check=standing.name, asset=standing.asset)
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=standing.asset,
                check_name=standing.name,
                passed=verdict.passed,
                severity=found.severity,
                description=found.description,
                metadata=found.metadata,
                blocking=False,
            )
        )
        recorded.append(standing.name)
    return recorded


def _is_done(entry: dg.EventLogEntry) -> bool:
    """Whether it is an evaluation, and not one that a run has only planned."""
    return bool(entry.get_dagster_event().event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION)


def _is_held(lake: Lakehouse, now: datetime) -> bool:
    """Whether a day has been unfinished for longer than a day may be between two stages."""
    days = sorted(unfinished_sources(lake))
    if not days:
        return False
    times = lake.read(MANIFEST, columns=["processed_at"], where={"feed_date": days})["processed_at"].to_pylist()
    return bool(times) and now - min(times) > HELD_AFTER
