"""Gold that followed a history batch by batch has the rows of gold that is built from nothing, and again with nothing new reads no data."""

import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts import ALL_TABLES
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, ISSUE_FACTS, SAMPLES, STATES, THEME_DAYS, THEMES, TOUCHES
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.interface import Where
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import Weights, load_weights
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.embedders.registry import embedder_named
from feedback_assets.themes.facts import update_facts
from feedback_assets.themes.process import update_themes
from feedback_assets_tests.gold_history import History, embed_all, gold
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed
from feedback_assets_tests.themes.stream import RATES

MADE = (ASSIGNMENTS, STATES, CHECKPOINTS, ISSUE_FACTS, THEME_DAYS, SAMPLES, THEMES, DAILY_COUNTS, SENTIMENT, TRENDS, KPIS, SCORES)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load_weights(project_root() / "taxonomy" / "priority_weights.yaml")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return embedder_named("wordllama")


def contents(lake: LocalLakehouse, table: Table) -> list[dict[str, Any]]:
    """Rows by key. What is told of themes that ended depends on when they did, and is left out."""
    rows = [r for r in lake.read(table).to_pylist() if r.get("status") != "retired"]
    return sorted(rows, key=lambda r: tuple(str(r[k]) for k in table.key))


def rebuilt(lake: LocalLakehouse, root: Path, embedder: Embedder, weights: Weights) -> LocalLakehouse:
    """The same home with nothing of gold in it, and gold built once."""
    shutil.copytree(lake.root, root)
    for table in (*MADE, TOUCHES, CURSORS):
        shutil.rmtree(root / table.name, ignore_errors=True)
    other = LocalLakehouse(root)
    gold(other, embedder, weights)
    return other


@pytest.mark.parametrize("seed", range(int(os.environ.get("FEEDBACK_HISTORIES", "5"))))
def test_gold_that_followed_equals_gold_rebuilt_row_for_row(
    seed: int, lake: LocalLakehouse, tmp_path: Path, embedder: Embedder, weights: Weights
) -> None:
    history = History(random.Random(seed))
    for _ in range(3):
        history.deliver(lake, "live", days=3)
        embed_all(lake, embedder)
        gold(lake, embedder, weights)
    other = rebuilt(lake, tmp_path / "rebuilt", embedder, weights)
    assert lake.count(ISSUE_FACTS) > 0
    for table in MADE:
        assert contents(lake, table) == contents(other, table), table.name


@pytest.mark.parametrize("seed", range(int(os.environ.get("FEEDBACK_HISTORIES", "3"))))
def test_gold_that_followed_restatements_equals_gold_rebuilt_row_for_row(
    seed: int, lake: LocalLakehouse, tmp_path: Path, embedder: Embedder, weights: Weights
) -> None:
    history = History(random.Random(1000 + seed))
    for _ in range(3):
        history.deliver(lake, "live", days=3)
        embed_all(lake, embedder)
        gold(lake, embedder, weights)
        history.restate(lake, "backfill")
        embed_all(lake, embedder)
        gold(lake, embedder, weights)
    other = rebuilt(lake, tmp_path / "rebuilt", embedder, weights)
    assert lake.count(ISSUE_FACTS) > 0
    for table in MADE:
        assert contents(lake, table) == contents(other, table), table.name


def test_gold_with_nothing_new_reads_no_table_but_its_own_notes_and_commits_nothing(
    lake: LocalLakehouse, embedder: Embedder, weights: Weights
) -> None:
    history = History(random.Random(5))
    history.deliver(lake, "live")
    embed_all(lake, embedder)
    gold(lake, embedder, weights)
    read: set[str] = set()

    class Watched(LocalLakehouse):
        def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> Any:
            read.add(table.name)
            return super().read(table, columns=columns, where=where)

    before = {t.name: lake.version(t) for t in ALL_TABLES}
    gold(Watched(lake.root), embedder, weights)
    assert read == {CURSORS.name}
    assert {t.name: lake.version(t) for t in ALL_TABLES} == before


def test_gold_killed_at_any_write_of_facts_touches_what_it_would_have_touched(
    lake: LocalLakehouse, tmp_path: Path, embedder: Embedder, weights: Weights
) -> None:
    """Else what live data brought would wait behind the fence for ever."""
    history = History(random.Random(11))
    history.deliver(lake, "live")
    embed_all(lake, embedder)
    gold(lake, embedder, weights)
    history.deliver(lake, "live")
    embed_all(lake, embedder)
    update_themes(lake, embedder)

    def copy(name: str) -> LocalLakehouse:
        shutil.copytree(lake.root, tmp_path / name)
        return LocalLakehouse(tmp_path / name)

    whole, fuse = copy("whole"), Fuse()
    update_facts(FusedLake(whole, fuse), RATES)
    expected = [contents(whole, t) for t in (ISSUE_FACTS, TOUCHES)]
    assert whole.count(TOUCHES) > lake.count(TOUCHES)
    assert fuse.steps >= 6  # before and after touches, facts and cursors
    for at in range(1, fuse.steps + 1):
        killed = copy(f"killed {at}")
        with pytest.raises(Killed):
            update_facts(FusedLake(killed, Fuse(at)), RATES)
        update_facts(killed, RATES)
        assert [contents(killed, t) for t in (ISSUE_FACTS, TOUCHES)] == expected, at
