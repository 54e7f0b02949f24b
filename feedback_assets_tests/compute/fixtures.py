"""Engines for tests: import the fixtures that a test module uses."""

from collections.abc import Iterator

import pytest

from feedback_assets.compute.sail import SailCompute
from feedback_assets_tests.compute.jvm import JvmCompute, java_missing


@pytest.fixture(scope="session")
def sail() -> Iterator[SailCompute]:
    """Sail, started once."""
    compute = SailCompute()
    yield compute
    compute.close()


@pytest.fixture(scope="session")
def jvm() -> Iterator[JvmCompute]:
    """Apache Spark, started once; skips without Java."""
    reason = java_missing()
    if reason:
        pytest.skip(reason)
    compute = JvmCompute()
    yield compute
    compute.close()
