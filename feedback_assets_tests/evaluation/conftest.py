"""The project's own golden set and a reader of its taxonomy, built once, and an empty lake."""

from pathlib import Path

import pytest

from feedback_assets.enrichment.golden import GoldenText, of_split, read_golden
from feedback_assets.enrichment.reader import Reader, build_reader
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse

TAXONOMY = project_root() / "taxonomy"


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return build_reader(TAXONOMY, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def golden(reader: Reader) -> list[GoldenText]:
    return read_golden(TAXONOMY / "golden", reader.taxonomy)


@pytest.fixture(scope="session")
def held(golden: list[GoldenText]) -> list[GoldenText]:
    """The texts that a prompt is evaluated on."""
    return of_split(golden, "calibration")


@pytest.fixture
def lake(tmp_path: Path) -> LocalLakehouse:
    return LocalLakehouse(tmp_path / "lake")
