"""The daily stages stream: a batch that is larger than a slice is read and written in parts, and the tables are the same."""

from pathlib import Path

import pytest

from feedback_assets.ground import slices
from feedback_assets.ground.settings import Settings
from feedback_assets.silver import process as silver
from feedback_assets.wiring.services import Services
from feedback_assets_tests.small import FIRST, SECOND, land, posts, run_days


def _state(home: Path) -> dict[str, list[str]]:
    from feedback_assets.contracts.bronze import STAGE_BATCHES
    from feedback_assets.contracts.enrichment import TABLES
    from feedback_assets.contracts.silver import EVENTS, RAW_TEXT
    from feedback_assets.contracts.themes import EMBEDDINGS
    from feedback_assets.lakehouse.local import LocalLakehouse

    lake = LocalLakehouse(home / "lake")
    tables = (EVENTS, RAW_TEXT, *TABLES, EMBEDDINGS, STAGE_BATCHES)
    return {t.name: sorted(map(repr, lake.read(t, columns=t.compared).to_pylist())) for t in tables}


def test_batches_larger_than_a_slice_give_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    """Twelve posts in three files of two days, one post in two of them, at once and in slices of two rows."""
    homes = [tmp_path / "at_once", tmp_path / "in_slices"]
    for home in homes:
        land(home, posts(5), name="a.jsonl")
        land(home, posts(5, first=4), name="b.jsonl")
        land(home, posts(2, day=SECOND), day=SECOND)
        (home / "models").symlink_to(models)
        if home.name == "in_slices":
            for module in (slices, silver):
                monkeypatch.setattr(module, "ROWS", 2)
        run_days(Services(Settings(home=home, pseudonym_key="ab" * 32)), [FIRST, SECOND])
    whole, cut = map(_state, homes)
    assert len(whole["silver/events"]) == 11
    assert whole["enrichment/issues"]
    assert cut == whole
