"""The jobs that everything launches: one for days, one across days, one for upkeep. Sensors, schedules and `feedback run` share them."""

from typing import TYPE_CHECKING

import dagster as dg

from feedback_assets.resources import group_name

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAY_JOB = "feedback_day"
GOLD_JOB = "feedback_gold"
UPKEEP_JOB = "feedback_upkeep"

DAY_ASSETS = dg.AssetSelection.groups(group_name("bronze")).materializable() | dg.AssetSelection.assets(
    ["silver", "events"],
    ["silver", "raw_text"],
    ["enrichment", "events"],
    ["enrichment", "issues"],
    ["enrichment", "review"],
    ["themes", "embeddings"],
)
GOLD_ASSETS = (
    dg.AssetSelection.assets(
        ["silver", "revisions"],
        ["silver", "event_days"],
        ["silver", "revised_batches"],
        ["silver", "duplicate_groups"],
        ["silver", "duplicate_counts"],
        ["silver", "duplicate_index"],
        ["silver", "compared_batches"],
        ["themes", "assignments"],
        ["themes", "states"],
        ["themes", "checkpoints"],
        ["themes", "issue_facts"],
        ["themes", "touches"],
        ["themes", "theme_days"],
        ["themes", "themes"],
        ["themes", "samples"],
    )
    | dg.AssetSelection.groups(*map(group_name, ("signals", "priority", "tickets", "alerts"))).materializable()
)


def feedback_jobs() -> "list[UnresolvedAssetJobDefinition]":
    """The day job takes a partition or a range of them; the gold job takes none."""
    return [
        dg.define_asset_job(DAY_JOB, selection=DAY_ASSETS, description="Landing files of a day to bronze, silver, issues and vectors."),
        dg.define_asset_job(
            GOLD_JOB,
            selection=GOLD_ASSETS,
            description="Revisions, duplicates, themes, signals, priority, tickets and alerts across all days.",
        ),
        dg.define_asset_job(
            UPKEEP_JOB,
            selection=dg.AssetSelection.groups(group_name("upkeep")),
            description="Tables and Dagster's history are kept small. Touches no row.",
        ),
    ]
