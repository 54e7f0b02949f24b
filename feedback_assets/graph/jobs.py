"""The jobs that everything launches: days, what looks across days, the standing checks, evaluation, upkeep. Sensors, schedules, backfills
and `feedback run` share them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from feedback_assets.contracts.evaluation import RESULTS, SENTINEL_READINGS, TIER_BARS
from feedback_assets.graph.checks import key_of
from feedback_assets.graph.step_assets import group_name
from feedback_assets.graph.steps import Step

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAY_JOB = "feedback_day"
GOLD_JOB = "feedback_gold"
UPKEEP_JOB = "feedback_upkeep"
STANDING_JOB = "standing_checks"
EVALUATION_JOB = "feedback_evaluation"
WATCH_JOB = "feedback_watch"
DRIFT = dg.AssetKey(["evaluation", "drift"])
STANDING = dg.AssetKey(["standing", "tables"])
"""The asset that the standing checks are on."""


def feedback_jobs(steps: Sequence[Step]) -> "list[UnresolvedAssetJobDefinition]":
    """The day job takes a partition or a range of them; the others take none. A step is in one of them by its declaration."""
    return [
        dg.define_asset_job(
            DAY_JOB,
            selection=_selection([s for s in steps if s.daily]),
            description="Landing files of a day to bronze, silver, issues and vectors.",
        ),
        dg.define_asset_job(
            GOLD_JOB,
            selection=_selection([s for s in steps if not s.daily]),
            description="Revisions, duplicates, themes, signals, priority, tickets and alerts across all days.",
        ),
        dg.define_asset_job(
            STANDING_JOB,
            selection=dg.AssetSelection.assets(STANDING),
            description="Judges whole tables and days, sampled where they are large. Runs judge only what they write.",
        ),
        dg.define_asset_job(
            EVALUATION_JOB,
            selection=dg.AssetSelection.assets(key_of(RESULTS.name)),
            description="Measures what reads feedback today on the golden set. Asks the language model only what it was not asked before.",
        ),
        dg.define_asset_job(
            WATCH_JOB,
            selection=dg.AssetSelection.assets(key_of(SENTINEL_READINGS.name), key_of(TIER_BARS.name), DRIFT),
            description="Sentinels, read anew once a day, the bars of the cheaper tiers, and drift of the newest whole day.",
        ),
        dg.define_asset_job(
            UPKEEP_JOB,
            selection=dg.AssetSelection.groups(group_name("upkeep")),
            description="Tables and Dagster's history are kept small. Touches no row.",
        ),
    ]


def _selection(steps: Sequence[Step]) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*(key_of(name) for s in steps for name in s.assets))
