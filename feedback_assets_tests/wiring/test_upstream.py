"""Characterization of Dagster's storages: these test upstream, not us. Each holds something that the classes in wiring/ lean on."""

import inspect
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import BATCH_WRITABLE_EVENTS
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorageWatchdog
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage

from feedback_assets_tests.wiring import graph, server, writers
from feedback_assets_tests.wiring.conftest import DEFAULT, OURS, Opened

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


@pytest.mark.parametrize(
    ("owner", "method", "parameters"),
    [
        (SqliteEventLogStorage, "_connect", ["self", "shard"]),
        (SqliteEventLogStorage, "_initdb", ["self", "engine", "for_index_shard"]),
        (SqliteEventLogStorage, "path_for_shard", ["self", "run_id"]),
        (SqlEventLogStorage, "_event_to_row", ["self", "event"]),
        (SqlEventLogStorage, "_store_asset_event", ["self", "conn", "event", "event_id"]),
        (SqlEventLogStorage, "_store_asset_event_tags", ["self", "conn", "events", "event_ids"]),
        (SqlEventLogStorage, "_get_asset_entry_values", ["self", "event", "event_id", "has_asset_key_index_cols"]),
        (SqlEventLogStorage, "_has_asset_key_col_on_connection", ["self", "conn", "column_name"]),
        (SqlEventLogStorage, "store_asset_check_event", ["self", "event", "event_id"]),
        (SqlEventLogStorage, "store_event_batch", ["self", "events"]),
        (SqliteEventLogStorageWatchdog, "_process_log", ["self"]),
        (SqliteRunStorage, "connect", ["self"]),
        (SqliteScheduleStorage, "connect", ["self"]),
    ],
)
def test_what_is_overridden_or_called_is_still_there(owner: type, method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, method)).parameters) == parameters


def test_what_is_handed_over_together_is_planned_events_and_what_steps_materialize() -> None:
    assert {e.value for e in BATCH_WRITABLE_EVENTS} == {
        "ASSET_MATERIALIZATION",
        "ASSET_OBSERVATION",
        "ASSET_FAILED_TO_MATERIALIZE",
        "ASSET_MATERIALIZATION_PLANNED",
        "ASSET_CHECK_EVALUATION_PLANNED",
    }


def batches_of_a_run(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each call of the storage got that got more than one."""
    sizes: list[int] = []
    storage = instance.event_log_storage
    store = storage.store_event_batch

    def counted(events: list[dg.EventLogEntry]) -> None:
        sizes.append(len(events))
        store(events)

    monkeypatch.setattr(storage, "store_event_batch", counted)
    graph.run_range(instance)
    return [size for size in sizes if size > 1]


def test_dagster_hands_over_together_only_where_the_environment_says_so_which_our_storage_does(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(OURS) as instance:
        assert int(os.environ["DAGSTER_EVENT_BATCH_SIZE"]) > 1
        assert len(batches_of_a_run(instance, monkeypatch)) == 3, "planned events, and the days of each of two assets"
        monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "0")
        assert batches_of_a_run(instance, monkeypatch) == []


def test_dagsters_own_storage_leaves_the_file_of_a_deleted_run_and_ours_does_not(opened: Opened) -> None:
    for kind, left in ((DEFAULT, True), (OURS, False)):
        with opened(kind) as instance:
            run = writers.new_run(instance)
            instance.delete_run(run.run_id)
            assert (Path(instance.root_directory) / "history" / "runs" / f"{run.run_id}.db").exists() is left


def test_our_databases_have_the_tables_and_the_mode_of_dagsters_own(opened: Opened) -> None:
    found: dict[str, dict[str, object]] = {}
    for kind in (DEFAULT, OURS):
        with opened(kind) as instance:
            run = writers.new_run(instance)
            root = Path(instance.root_directory)
            names = {"run": f"history/runs/{run.run_id}.db", "index": "history/runs/index.db", "runs": "history/runs.db"}
            found[kind] = {name: described(root / path) for name, path in {**names, "schedules": "schedules/schedules.db"}.items()}
    assert found[OURS] == found[DEFAULT]


def described(path: Path) -> object:
    """Mode, tables and indexes, and the revision of the schema."""
    with closing(sqlite3.connect(path)) as connection:
        return (
            connection.execute("PRAGMA journal_mode").fetchone(),
            sorted(connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall(), key=str),
            connection.execute("SELECT version_num FROM alembic_version").fetchall(),
        )


@pytest.mark.skipif(bool(server.missing()), reason=server.missing() or "there")
def test_dagster_postgres_needs_its_driver_named(postgres_server: str) -> None:
    from dagster_postgres.event_log import PostgresEventLogStorage

    from feedback_assets.wiring.postgres import with_driver

    url = server.new_database(postgres_server, "driver")
    assert with_driver(url).startswith("postgresql+psycopg2://")
    assert with_driver(with_driver(url)) == with_driver(url)
    with pytest.raises(ModuleNotFoundError, match="psycopg"):
        PostgresEventLogStorage(url)
