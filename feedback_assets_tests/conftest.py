"""Fixtures that every test may use: a fresh home, a local lakehouse, where the real data is, a home that was run."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.story import Story, tell

# Property tests draw new examples at a desk; where a landing depends on them they draw the same ones every time.
hypothesis.settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def one_key() -> Iterator[None]:
    """One key for all homes that read their settings from the environment: their tables can be compared."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FEEDBACK_PSEUDONYM_KEY", KEY_HEX)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh, empty home."""
    return Settings(home=tmp_path / "home", pseudonym_key=KEY_HEX)


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


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A home that went through `feedback run` with a broken day that was mended later. Read only: copy its tables to change them."""
    with pytest.MonkeyPatch.context() as environment:
        yield tell(tmp_path_factory.mktemp("story") / "home", environment)
