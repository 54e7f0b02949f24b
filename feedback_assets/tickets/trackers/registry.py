"""Which trackers there are. A new one is its module and one line here."""

from collections.abc import Callable
from pathlib import Path

from feedback_assets.ground.errors import SettingError
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.tickets.trackers.interface import Tracker
from feedback_assets.tickets.trackers.local import LocalTracker

TRACKERS: dict[str, Callable[[Lakehouse, Path], Tracker]] = {
    "local": LocalTracker,
}


def tracker_named(name: str, *, lake: Lakehouse, folder: Path) -> Tracker:
    """folder: where a tracker may keep files. Raises SettingError, naming the trackers there are."""
    if name not in TRACKERS:
        known = ", ".join(sorted(TRACKERS))
        raise SettingError(f"no tracker is called {name!r}", expected=f"one of: {known}", mend="set FEEDBACK_TRACKER to one of them")
    return TRACKERS[name](lake, folder)
