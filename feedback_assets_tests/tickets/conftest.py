"""What the ticket tests share: a tracker on the test's own lakehouse and folder, and a run of it."""

from pathlib import Path

import pytest

from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import Weights, load_weights
from feedback_assets.tickets.trackers.local import LocalTracker


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where the local tracker keeps its files."""
    return settings.local_tickets


@pytest.fixture
def tracker(lake: LocalLakehouse, folder: Path) -> LocalTracker:
    """The built-in tracker."""
    return LocalTracker(lake, folder)


@pytest.fixture(scope="session")
def weights() -> Weights:
    """The shipped weights."""
    return load_weights(project_root() / "taxonomy" / "priority_weights.yaml")
