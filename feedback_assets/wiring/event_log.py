"""Dagster's event log in SQLite with kept connections and whole batches: the same files and tables as its default.

A home can go back to Dagster's own storage at any time, and a home of Dagster's own can be opened with this one. Where the files are
is not known here: see storage.py.
"""

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool, StaticPool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

from feedback_assets.wiring.batches import Summaries, hand_over_in_batches
from feedback_assets.wiring.sqlite import KeptConnections, content_of, in_wal_mode, is_stamped, make_whole, remove

MIRRORED = frozenset({*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS})
"""Events that the index holds too: what the UI asks for across runs."""


MOST_WAITING = 500
"""Evaluations of checks that wait for the event after them."""


class EventLog(Summaries, SqliteEventLogStorage):
    """Dagster's SQLite event log, several times faster.

    A step over a range of days evaluates each check once a day, one event after the other. These wait for the step's next event of another
    kind, and are written with it: a process that is killed in between is killed within the step, which is done again. Whoever reads
    through this log sees them.
    """

    _obs: Any

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        folder = Path(base_dir).resolve()
        self._kept = KeptConnections()
        self._known: set[tuple[str, str]] = set()
        self._waiting: list[EventLogEntry] = []
        self._waiting_of = os.getpid()
        self._lock = threading.Lock()
        self._storing = threading.local()
        make_whole(folder / f"{INDEX_SHARD_NAME}.db", _empty_index)
        hand_over_in_batches()
        super().__init__(str(folder), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if shard == INDEX_SHARD_NAME and self.joined is not None:
            yield self.joined
            return
        if self._waiting and not getattr(self._storing, "now", False):
            self.store_event_batch([])
        with self._kept.transaction(Path(self.path_for_shard(shard)), self._prepare) as connection:
            yield connection

    def _prepare(self, path: Path) -> None:
        make_whole(path, _empty_index if path.stem == INDEX_SHARD_NAME else _empty_shard)
        if not is_stamped(path):  # Dagster's own storage was killed while it made the file
            engine = sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=NullPool)
            self._initdb(engine, for_index_shard=path.stem == INDEX_SHARD_NAME)

    def store_event(self, event: EventLogEntry) -> None:
        """Writes an event into its run, and into the index when the UI asks for its kind across runs."""
        if _is_evaluation_of_a_step(event):
            with self._lock:
                if self._waiting_of != os.getpid():  # a forked process has its parent's, which the parent writes
                    self._waiting, self._waiting_of = [], os.getpid()
                self._waiting.append(event)
                if len(self._waiting) < MOST_WAITING:
                    return
            self.store_event_batch([])
        else:
            self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Writes events in one transaction a file, after those that wait. When it fails nothing of them is stored: Dagster then hands
        them over one by one."""
        with self._lock:
            waiting, self._waiting = self._waiting if self._waiting_of == os.getpid() else [], []
        self._storing.now = True
        try:
            self._store([*waiting, *events])
        except BaseException:
            with self._lock:
                self._waiting, self._waiting_of = [*waiting, *self._waiting], os.getpid()
            raise
        finally:
            self._storing.now = False

    def _store(self, events: Sequence[EventLogEntry]) -> None:
        by_run: dict[str, list[EventLogEntry]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
        for run_id, of_run in by_run.items():
            rows = [self._event_to_row(event) for event in of_run]
            mirrored = [(e, row) for e, row in zip(of_run, rows, strict=True) if e.is_dagster_event and e.dagster_event_type in MIRRORED]
            with self.run_connection(run_id) as run:
                run.execute(SqlEventLogStorageTable.insert(), rows)
                if mirrored:
                    with self.joined_transaction() as index:
                        ids = [int(index.execute(SqlEventLogStorageTable.insert(), row).lastrowid) for _, row in mirrored]
                        self.store_summaries(index, [e for e, _ in mirrored], ids)

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        if not (event.dagster_event and event.dagster_event.asset_key):
            return
        values = self._get_asset_entry_values(event, event_id, self._has_asset_key_index_cols_on_connection(conn))
        if values:
            row = sqlite.insert(AssetKeyTable).values(asset_key=event.dagster_event.asset_key.to_string(), **values)
            conn.execute(row.on_conflict_do_update(index_elements=[AssetKeyTable.c.asset_key], set_=values))

    # What a database has, it keeps: asked once, not for each event.

    def has_table(self, table_name: str) -> bool:
        return self._once("table", table_name, lambda: super(EventLog, self).has_table(table_name))

    def has_secondary_index(self, name: str) -> bool:
        return self._once("index", name, lambda: super(EventLog, self).has_secondary_index(name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        return self._once("column", column_name, lambda: super(EventLog, self)._has_asset_key_col_on_connection(conn, column_name))

    def _once(self, kind: str, name: str, ask: Any) -> bool:
        if (kind, name) in self._known:
            return True
        found = bool(ask())
        if found:
            self._known.add((kind, name))
        return found

    def delete_events(self, run_id: str) -> None:
        """Deletes the events of a run, and its file: Dagster's own storage keeps an empty one for ever."""
        super().delete_events(run_id)
        path = Path(self.path_for_shard(run_id))
        self._kept.forget(path)
        remove(path)

    def wipe(self) -> None:
        self._waiting = []
        self._kept.close()
        self._known.clear()
        super().wipe()

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Calls back for each new event of a run, whichever process writes it."""
        if not self._obs:
            self._obs = Observer()
            self._obs.start()
        watchdog = _Watchdog(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watchdog, self._obs.schedule(watchdog, self._base_dir, recursive=True))

    def dispose(self) -> None:
        if self._waiting:
            self.store_event_batch([])
        super().dispose()
        self._kept.close()


def _is_evaluation_of_a_step(event: EventLogEntry) -> bool:
    """One that an event of the same run is sure to follow: its step ends."""
    return bool(event.run_id and event.dagster_event_type == DagsterEventType.ASSET_CHECK_EVALUATION and event.get_dagster_event().step_key)


class _Watchdog(SqliteEventLogStorageWatchdog):
    """Looks at the write-ahead log as well: with kept connections an event reaches the database's own file much later."""

    def __init__(self, storage: EventLog, run_id: str, callback: EventHandlerFn, cursor: str | None) -> None:
        super().__init__(storage, run_id, callback, cursor)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - watchdog's signature
        self._process_log()


@cache
def _empty_shard() -> bytes:
    """The file of a run without events, made by Dagster's own code, but in memory: each of its small commits would wait for the disk."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(connection):
        engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool, creator=lambda: connection)
        SqliteEventLogStorage._initdb(SqliteEventLogStorage.__new__(SqliteEventLogStorage), engine)
        return in_wal_mode(connection.serialize())


def _empty_index() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        SqliteEventLogStorage(folder)
        return content_of(Path(folder) / f"{INDEX_SHARD_NAME}.db")
