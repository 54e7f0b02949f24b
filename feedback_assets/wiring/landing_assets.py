"""The landing zone in the graph: one asset a source that is filled from outside. Nothing here runs.

The step of bronze that finds new files reports them on it, however the run was started. So its freshness is when the source last
delivered, and its events say how much. Dagster reckons freshness by such events alone, not by observations.
"""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from feedback_assets.contracts.bronze import SOURCES

GROUP = "0_landing"
SILENT_AFTER = timedelta(days=2)


def landing_assets() -> Sequence[dg.AssetSpec]:
    """One for each source that is understood."""
    return [
        dg.AssetSpec(
            key=dg.AssetKey(["landing", source]),
            group_name=GROUP,
            description=f"Files of {source} as they landed, a folder a day. An event each time bronze found new ones.",
            owners=["team:data-platform"],
            kinds={"file"},
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=SILENT_AFTER, warn_window=SILENT_AFTER / 2),
        )
        for source in SOURCES
    ]
