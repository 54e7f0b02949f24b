"""Fixtures that every test may use: a fresh home, a local lakehouse, where the real data is, a home that was run."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.once import once
from feedback_assets_tests.story import Story, tell

# Property tests draw new examples at a desk; where a landing depends on them they draw the same ones every time.
# An example has no deadline: workers share the cores, and what is slow for once is no fault.
hypothesis.settings.register_profile("new", deadline=None)
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable" if os.environ.get("CI") else "new")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a slow test first: workers take a file each, and none shall begin a long one when the others have ended."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A home that went through `feedback run` with a broken day that was mended later. Read only: copy its tables to change them."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as environment:
            told = tell(folder / "home", environment)
        (folder / "story.pickle").write_bytes(pickle.dumps(told))

    told: Story = pickle.loads((once(tmp_path_factory, "story", make) / "story.pickle").read_bytes())  # noqa: S301  # what this session wrote
    return told
