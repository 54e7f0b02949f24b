"""Pruning Dagster's history: the UI shows the same assets, partitions and checks, and what nobody can ask for any more is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.wiring.history import prune_history
from feedback_assets_tests.wiring import graph, ui
from feedback_assets_tests.wiring.conftest import OURS, POSTGRES, Opened

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
TOMORROW = timedelta(days=1)
DAY = "2025-01-07"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def lived(opened: Opened) -> Any:
    """A home of a kind with two runs of one day, a range, two runs of the rest; and the ids of those that a later one superseded."""

    @contextmanager
    def live(kind: str) -> Iterator[tuple[dg.DagsterInstance, list[str]]]:
        with opened(kind) as instance:
            superseded = [graph.run_day(instance, DAY).run_id, graph.run_rest(instance).run_id]
            graph.run_day(instance, DAY)
            graph.run_range(instance)
            graph.run_rest(instance)
            yield instance, superseded

    return live


def shown(instance: dg.DagsterInstance) -> dict[str, Any]:
    """The pages of assets, as far as they are about the present: not the list of all materializations that there ever were."""
    pages = ui.pages(instance)
    for node in pages["assets"]["assetNodes"]:
        del node["assetMaterializations"], node["assetObservations"]
    return {name: pages[name] for name in ("assets", "latest")}


@pytest.mark.parametrize("kind", [OURS, POSTGRES])
def test_superseded_runs_go_and_assets_partitions_and_checks_read_the_same(kind: str, lived: Any) -> None:
    with lived(kind) as (instance, superseded):
        before = shown(instance)
        report = prune_history(instance, older_than=now() + TOMORROW, at_most=10)
        assert (report.deleted, report.kept, report.more) == (2, 3, False)
        assert {r.run_id for r in instance.get_runs()}.isdisjoint(superseded)
        assert shown(instance) == before
        assert prune_history(instance, older_than=now() + TOMORROW, at_most=10).deleted == 0
        assert graph.run_day(instance, DAY).success


def test_nothing_of_a_deleted_run_is_left_in_tables_or_files(lived: Any) -> None:
    with lived(OURS) as (instance, superseded):
        assert prune_history(instance, older_than=now() + TOMORROW, at_most=10).freed_bytes > 100_000
        left = [
            f"{path.name}: {table}"
            for path in Path(instance.root_directory).rglob("*.db")
            for table, text in everything(path)
            for run_id in superseded
            if run_id in text and table != "asset_keys"  # holds the newest event of an asset, whose text may name what it was made from
        ]
        assert left == []
        assert not [p for p in Path(instance.root_directory).rglob("*") for run_id in superseded if run_id in p.name]


def everything(database: Path) -> Iterator[tuple[str, str]]:
    """(table, text of a row) of a database."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name that the database gave
                yield table, str(row)


def test_a_call_deletes_at_most_as_many_as_it_may_and_says_that_more_are_left(lived: Any) -> None:
    with lived(OURS) as (instance, superseded):
        first = prune_history(instance, older_than=now() + TOMORROW, at_most=1)
        assert (first.deleted, first.more) == (1, True)
        assert [i for i in superseded if instance.get_run_by_id(i) is None] == superseded[:1], "the oldest goes first"
        second = prune_history(instance, older_than=now() + TOMORROW, at_most=1)
        assert (second.deleted, second.more) == (1, False)


def test_young_and_unfinished_runs_stay(lived: Any) -> None:
    with lived(OURS) as (instance, _):
        assert prune_history(instance, older_than=now() - TOMORROW, at_most=10).deleted == 0
        running = instance.create_run_for_job(graph.graph().resolve_job_def("days"), tags=graph.RANGE)
        assert prune_history(instance, older_than=now() + TOMORROW, at_most=10).deleted == 2
        assert instance.get_run_by_id(running.run_id) is not None


def test_a_pruning_that_was_killed_in_the_middle_is_finished_by_the_next(lived: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_run_id: str) -> None:
        raise KeyboardInterrupt

    with lived(OURS) as (instance, superseded):
        with monkeypatch.context() as patch:
            patch.setattr(instance.run_storage, "delete_run", killed)
            with pytest.raises(KeyboardInterrupt):
                prune_history(instance, older_than=now() + TOMORROW, at_most=10)
        assert instance.get_run_by_id(superseded[0]) is not None
        assert prune_history(instance, older_than=now() + TOMORROW, at_most=10).deleted == 2
        assert [i for i in superseded if instance.get_run_by_id(i)] == []
