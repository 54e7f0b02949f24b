"""Kept connections to SQLite databases, and databases that come into being whole.

Dagster opens an engine and a connection for each operation, waits for the disk at each commit, and again when the last connection closes.
Here a process keeps one connection a database, in WAL mode with synchronous=NORMAL: a killed process loses nothing that was committed, a
power cut at most the last commits, and neither damages a database. What the databases hold is not known here.
"""

import fcntl
import os
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

_LOCK_FILE = ".making.lock"
_WAL_FORMAT = b"\x02\x02"
_FORMAT_AT = slice(18, 20)
"""Bytes of a database's header that say whether it is in WAL mode (https://www.sqlite.org/fileformat.html)."""

_every: "weakref.WeakSet[KeptConnections]" = weakref.WeakSet()
_abandoned: list[Engine] = []
"""Engines whose connections must not be closed: of a parent process, or of a file that is no longer the one under its name. Closing them
would take the write-ahead log away from those who use it."""


class KeptConnections:
    """Engines of one process by file, each with a connection that stays open; the least recently used is closed when there are too many.

    Threads get a connection each. A forked child opens its own. A file that was removed or replaced is opened anew.
    """

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._start()
        _every.add(self)

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._engines: OrderedDict[Path, tuple[tuple[int, int], Engine]] = OrderedDict()

    @contextmanager
    def transaction(self, path: Path, prepare: Callable[[Path], None]) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end. `prepare` is called before a file is opened for the first time."""
        with self._engine(path, prepare).connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Closes all connections; the next use opens them again."""
        with self._lock:
            for path in list(self._engines):
                self._drop(path)

    def forget(self, path: Path) -> None:
        """Closes the connections to a file that is to be removed."""
        with self._lock:
            if path in self._engines:
                self._drop(path)

    def _engine(self, path: Path, prepare: Callable[[Path], None]) -> Engine:
        with self._lock:
            kept = self._engines.get(path)
            if kept is not None and kept[0] == _identity(path):
                self._engines.move_to_end(path)
                return kept[1]
            if kept is not None:
                self._drop(path)
            prepare(path)
            engine = engine_of(path)
            with engine.connect():  # makes the file where `prepare` did not
                pass
            self._engines[path] = (_identity(path) or (0, 0), engine)
            while len(self._engines) > self._most:
                self._drop(next(iter(self._engines)))
            return engine

    def _drop(self, path: Path) -> None:
        identity, engine = self._engines.pop(path)
        if identity == _identity(path):
            engine.dispose()
        else:
            _abandoned.append(engine)

    def _after_fork(self) -> None:
        _abandoned.extend(engine for _, engine in self._engines.values())
        self._start()


def _forked() -> None:
    for kept in list(_every):
        kept._after_fork()


os.register_at_fork(after_in_child=_forked)


def engine_of(path: Path) -> Engine:
    """An engine that keeps one connection open; further threads get one that is closed after use."""
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=64,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    sqlalchemy.event.listen(engine, "connect", _tune)
    return engine


def _tune(connection: sqlite3.Connection, _: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino


def is_stamped(path: Path) -> bool:
    """Whether a database was made to its end: Dagster writes the revision of its schema last."""
    with closing(sqlite3.connect(path, timeout=SQLITE_BUSY_TIMEOUT_SECONDS)) as connection:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        return found is not None and connection.execute("SELECT 1 FROM alembic_version").fetchone() is not None


def content_of(path: Path) -> bytes:
    """The bytes of a database, in WAL mode."""
    with closing(sqlite3.connect(path)) as connection:
        return in_wal_mode(connection.serialize())


def in_wal_mode(content: bytes) -> bytes:
    """The same database, opened in WAL mode from now on."""
    return content[: _FORMAT_AT.start] + _WAL_FORMAT + content[_FORMAT_AT.stop :]


def make_whole(path: Path, content: Callable[[], bytes]) -> None:
    """Makes a database where there is none, so that a killed process leaves all of it or nothing. Several processes may do it at once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = content()
    with _making(path.parent):
        if path.exists():
            return
        _remove_side_files(path)  # of a database that was removed: they would be taken for this one's
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as handle:
            handle.write(new)
            handle.flush()
            os.fsync(handle.fileno())
        part.rename(path)


def size_of(path: Path) -> int:
    """The bytes that a database takes with its side files."""
    total = 0
    for each in (path, *_side_files(path)):
        with suppress(FileNotFoundError):
            total += each.stat().st_size
    return total


def remove(path: Path) -> None:
    """Removes a database that nothing writes any more."""
    with _making(path.parent):
        path.unlink(missing_ok=True)  # first: SQLite drops side files without a database
        _remove_side_files(path)


def _remove_side_files(path: Path) -> None:
    for side in _side_files(path):
        side.unlink(missing_ok=True)


def _side_files(path: Path) -> tuple[Path, Path]:
    return Path(f"{path}-wal"), Path(f"{path}-shm")


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    with (folder / _LOCK_FILE).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
