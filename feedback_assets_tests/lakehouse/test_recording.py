"""The lakehouse that records is a lakehouse like the one behind it."""

import pytest

from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse import Lakehouse
from feedback_assets.lakehouse.recording import RecordingLakehouse
from feedback_assets_tests.lakehouse.contract import LakehouseContract


@pytest.fixture
def lake(settings: Settings) -> Lakehouse:
    from feedback_assets.lakehouse.local import LocalLakehouse

    return RecordingLakehouse(LocalLakehouse(settings.lake), guard=lambda _table, _rows: None, shown=lambda t: [t.key[0]])


class TestRecordingLakehouse(LakehouseContract):
    """Every test of the contract."""
