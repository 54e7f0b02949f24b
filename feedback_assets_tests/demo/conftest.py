"""One demo of the usual size for all tests that only read it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from feedback_assets.demo.generator import DemoReport, generate
from feedback_assets.demo.truth import Truth, read_truth


@dataclass(frozen=True)
class Demo:
    """A generated landing zone, what generate() reported and the truth about it."""

    landing: Path
    report: DemoReport
    truth: Truth

    def files(self) -> list[Path]:
        """All delivery files, without the mappings."""
        return sorted(p for p in self.landing.rglob("*") if p.is_file() and "_mappings" not in p.parts)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    landing = tmp_path_factory.mktemp("demo") / "landing"
    report = generate(landing, records=5000, days=14, seed=7)
    return Demo(landing, report, read_truth(report.truth))
