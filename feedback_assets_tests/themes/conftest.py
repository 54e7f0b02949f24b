"""The real embedder, loaded once."""

import pytest

from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.embedders.registry import embedder_named


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """wordllama."""
    return embedder_named("wordllama")
