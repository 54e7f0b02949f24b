"""The project's own taxonomy, its golden set, and a reader of them, built once."""

from pathlib import Path

import pytest

from feedback_assets.enrichment.golden import GoldenText, read_golden
from feedback_assets.enrichment.reader import Reader, build_reader
from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.ground.settings import project_root

TAXONOMY = project_root() / "taxonomy"


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return load_taxonomy(TAXONOMY)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of stored models, shared by the tests so that training happens once."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def reader(models: Path) -> Reader:
    return build_reader(TAXONOMY, models)


@pytest.fixture(scope="session")
def golden(taxonomy: Taxonomy) -> list[GoldenText]:
    return read_golden(TAXONOMY / "golden", taxonomy)
