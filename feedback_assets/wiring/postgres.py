"""Dagster's runs, events and schedules in Postgres: dagster-postgres with connections that stay open and whole batches.

Named by the home's dagster.yaml when FEEDBACK_DAGSTER_POSTGRES is set (ground/home.py). Needs the extra `postgres`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine
from sqlalchemy.engine import Connection

from feedback_assets.wiring.batches import MOST_IN_BATCH, Summaries, hand_over_in_batches

DRIVER = "postgresql+psycopg2://"


class PostgresStorage(DagsterPostgresStorage):
    """dagster-postgres, for any way to write the URL."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        url = with_driver(postgres_url)
        super().__init__(url, inst_data=inst_data)
        self._event_log_storage = PostgresEventLog(url)
        hand_over_in_batches()
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            # As dagster-postgres itself does for the webserver, and asking first whether the server was started anew meanwhile.
            storage._engine = create_pg_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=20, pool_pre_ping=True)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "PostgresStorage":
        return cls(config_value["postgres_url"], inst_data)


class PostgresEventLog(Summaries, PostgresEventLogStorage):
    """dagster-postgres' event log, which writes a batch of any kinds by one statement."""

    def store_event(self, event: EventLogEntry) -> None:
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """The events first, by a statement that commits: numbers that a longer transaction made visible late would be passed over by
        sensors, whose cursors are beyond them."""
        for start in range(0, len(events), MOST_IN_BATCH):
            some = events[start : start + MOST_IN_BATCH]
            with self.index_connection() as connection:
                rows = [self._event_to_row(event) for event in some]
                stored = connection.execute(SqlEventLogStorageTable.insert().values(rows).returning(SqlEventLogStorageTable.c.id))
                ids = [int(row[0]) for row in stored.fetchall()]
            if any(self.has_summary(event) for event in some):
                with self.joined_transaction() as transaction:
                    self.store_summaries(transaction, some, ids)

    @contextmanager
    def index_connection(self) -> Iterator[Connection]:
        if self.joined is not None:
            yield self.joined
            return
        with self._connect() as connection:
            yield connection


def with_driver(url: str) -> str:
    """The URL with the driver that dagster-postgres works with: SQLAlchemy 2.1 takes another one for a plain `postgresql://`."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return DRIVER + url.removeprefix(plain)
    return url
