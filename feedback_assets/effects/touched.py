"""Which themes live data touched since a destination was last told: the fence for what gold makes of backfilled data.

Each destination has its own place in themes/touches, moved only by a run that publishes, so what a backfill's gold saw first is not lost to
the next live one. Not here: what a run's purpose is (purpose.py), how touches come about (themes/).
"""

from feedback_assets.contracts.themes import TOUCHES
from feedback_assets.effects.purpose import may_publish
from feedback_assets.ground.following import Following
from feedback_assets.lakehouse.interface import Lakehouse


class Touched:
    """What one destination has not been told yet. `done` after the intents that follow from it are written."""

    def __init__(self, lake: Lakehouse, destination: str) -> None:
        self._lake = lake
        self._inputs = Following(lake, destination, (TOUCHES,))

    @property
    def themes(self) -> frozenset[str]:
        """Themes that a batch of live data touched."""
        if self._inputs.unchanged:
            return frozenset()
        columns = ["theme_id", "touch_id", "purpose"]
        changes = self._inputs.changes(TOUCHES, columns)
        rows = self._lake.read(TOUCHES, columns=columns).to_pylist() if changes is None else changes.came.to_dicts()
        return frozenset(row["theme_id"] for row in rows if may_publish(row["purpose"]))

    def done(self) -> None:
        """Notes that all of it is told."""
        self._inputs.done()
