"""The weights file: the shipped one loads, and every slip is refused with file and key."""

from pathlib import Path

import pytest

from feedback_assets.contracts.priority import FACTORS
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.priority.weights import FactorWeights, load_weights

SHIPPED = project_root() / "taxonomy" / "priority_weights.yaml"


def test_the_shipped_file_loads_and_has_a_version() -> None:
    weights = load_weights(SHIPPED)
    assert weights.version
    assert weights.tickets.customers >= 1


def test_the_file_weighs_exactly_the_factors_that_a_score_is_made_of() -> None:
    assert tuple(FactorWeights.model_fields) == FACTORS


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  severity: 3\n", "  severity: 3\n  sevrity: 4\n", "weights.sevrity"),
        ("  severity: 3\n", "", "weights.severity"),
        ("  severity: 3\n", "  severity: 0\n", "weights.severity"),
        ("  severity: 3\n", "  severity: .inf\n", "weights.severity"),
        ("  trend: 3\n", "", "weights.trend"),
        ("steady: 0.5, falling: 0.25", "steady: 0.5, falling: 0.75", "scales.trend"),
        ("never: 0.7", "never: 7", "scales.recurrence.never"),
        ("floor: 0.05", "floor: 0", "floor"),
        ("P1: 75", "P1: 50", "bands"),
        ("lowest_band: P3", "lowest_band: P5", "tickets.lowest_band"),
        ("half_life_days: 14", "half_life_days: fortnight", "scales.recency.half_life_days"),
        ("lowest: 1, highest: 5", "lowest: 5, highest: 1", "scales.severity"),
        ("enterprise: 1.0", "enterprise: 3", "scales.revenue.tiers.enterprise"),
    ],
)
def test_a_slip_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "priority_weights.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingError, match=r"priority_weights\.yaml") as caught:
        load_weights(path)
    assert key in str(caught.value)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- a list", b""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=r"w\.yaml"):
        load_weights(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"none\.yaml"):
        load_weights(tmp_path / "none.yaml")
