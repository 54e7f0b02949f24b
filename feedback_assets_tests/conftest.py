"""Fixtures that every test may use: a fresh home, a local lakehouse, where the real data is."""

from pathlib import Path

import pytest

from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh, empty home."""
    return Settings(home=tmp_path / "home")


@pytest.fixture
def lake(settings: Settings) -> LocalLakehouse:
    """An empty lakehouse of real Delta tables."""
    return LocalLakehouse(settings.lake)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and vendors' specs beside the project; skips where it is absent."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("the shared data folder is not beside the project: tests on real data cannot run")
    return path
