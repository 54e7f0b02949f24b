"""Where Dagster keeps its runs, events and schedules on this machine: what `storage: custom:` in dagster.yaml names.

SQLite in the instance's own folder, in the places of Dagster's default, by connections that stay open. No path is configured, so a home
that is copied takes its history along and leaves the original alone.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._config.config_schema import UserConfigSchema
from dagster._core.instance import DagsterInstance
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.runs.base import RunStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.base import ScheduleStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from sqlalchemy.engine import Connection

from feedback_assets.wiring.event_log import EventLog
from feedback_assets.wiring.sqlite import KeptConnections, content_of, is_stamped, make_whole

HISTORY, EVENTS, SCHEDULES = "history", "history/runs", "schedules"
"""Where Dagster's default keeps them, below the instance's folder."""


class LocalStorage(DagsterStorage[DagsterInstance], ConfigurableClass):
    """Runs, events and schedules in SQLite, in the instance's folder."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._instance_weakref = None
        self._inst_data = inst_data
        self._runs, self._events, self._schedules = LocalRuns(), LocalEventLog(), LocalSchedules()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "LocalStorage":  # noqa: ARG003 - Dagster's signature
        return cls(inst_data)

    @property
    def event_log_storage(self) -> EventLogStorage[DagsterInstance]:
        return self._events

    @property
    def run_storage(self) -> RunStorage[DagsterInstance]:
        return self._runs

    @property
    def schedule_storage(self) -> ScheduleStorage[DagsterInstance]:
        return self._schedules


class LocalEventLog(EventLog):
    """The event log of the instance that it is registered with: its folder is known from then on."""

    def __init__(self) -> None:
        self._instance_weakref = None

    def register_instance(self, instance: DagsterInstance) -> None:
        EventLog.__init__(self, str(Path(instance.root_directory) / EVENTS))
        super().register_instance(instance)


class LocalRuns(SqliteRunStorage):
    """Dagster's run storage with a kept connection, in the folder of the instance that it is registered with."""

    def __init__(self) -> None:
        super().__init__(conn_string="")
        self._kept = KeptConnections()

    def register_instance(self, instance: DagsterInstance) -> None:
        super().register_instance(instance)
        self._path = Path(instance.root_directory) / HISTORY / "runs.db"
        self._conn_string = f"sqlite:///{self._path}"
        _prepare_runs(self._path)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._kept.transaction(self._path, _prepare_runs) as connection:
            yield connection

    def dispose(self) -> None:
        self._kept.close()


class LocalSchedules(SqliteScheduleStorage):
    """Dagster's schedule storage with a kept connection, in the folder of the instance that it is registered with."""

    def __init__(self) -> None:
        super().__init__(conn_string="")
        self._kept = KeptConnections()

    def register_instance(self, instance: DagsterInstance) -> None:
        super().register_instance(instance)
        self._path = Path(instance.root_directory) / SCHEDULES / "schedules.db"
        self._conn_string = f"sqlite:///{self._path}"
        _prepare_schedules(self._path)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._kept.transaction(self._path, _prepare_schedules) as connection:
            yield connection

    def dispose(self) -> None:
        self._kept.close()


def _prepare_runs(path: Path) -> None:
    make_whole(path, _empty_runs)
    if not is_stamped(path):  # Dagster's own storage was killed while it made the file
        SqliteRunStorage.from_local(str(path.parent))


def _prepare_schedules(path: Path) -> None:
    make_whole(path, _empty_schedules)
    if not is_stamped(path):
        SqliteScheduleStorage.from_local(str(path.parent))


def _empty_runs() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        SqliteRunStorage.from_local(folder)
        return content_of(Path(folder) / "runs.db")


def _empty_schedules() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        SqliteScheduleStorage.from_local(folder)
        return content_of(Path(folder) / "schedules.db")
