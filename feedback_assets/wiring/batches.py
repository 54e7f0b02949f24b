"""Events that Dagster hands over together, and what is kept of them for the UI: the newest of each asset, their tags, the state of checks.

For storages of any database. How the events themselves are written is each storage's own matter.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy.engine import Connection

BATCH_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
MOST_IN_BATCH = 1000


def hand_over_in_batches() -> None:
    """Has Dagster hand over the planned events of a run, and the materializations of a step, together.

    Dagster asks the environment for that, not the storage. A site's own value is left alone.
    """
    os.environ.setdefault(BATCH_VARIABLE, str(MOST_IN_BATCH))


class _Here(threading.local):
    storage: object = None
    transaction: Connection | None = None


class Summaries(SqlEventLogStorage):
    """What Dagster's SQL storages write beside an event, for many events in one transaction."""

    _here = _Here()

    @property
    def joined(self) -> Connection | None:
        """The transaction that this thread is in, which a storage's `index_connection` must give instead of a new connection."""
        return self._here.transaction if self._here.storage is self else None

    @contextmanager
    def joined_transaction(self) -> Iterator[Connection]:
        """A transaction of the index that Dagster's own methods take part in while this thread is in it."""
        with self.index_transaction() as connection:
            self._here.storage, self._here.transaction = self, connection
            try:
                yield connection
            finally:
                self._here.storage = self._here.transaction = None

    def has_summary(self, event: EventLogEntry) -> bool:
        """Whether anything is kept beside the event itself."""
        return event.is_dagster_event and (event.dagster_event_type in ASSET_EVENTS or event.dagster_event_type in ASSET_CHECK_EVENTS)

    def store_summaries(self, connection: Connection, events: Sequence[EventLogEntry], storage_ids: Sequence[int]) -> None:
        """Within a joined transaction. Assets come in the order of their keys, so that two runs do not wait for each other in a circle."""
        pairs = list(zip(events, storage_ids, strict=True))
        assets = [(e, i) for e, i in pairs if e.dagster_event and e.dagster_event_type in ASSET_EVENTS and e.dagster_event.asset_key]
        if assets:
            self._store_asset_event_tags(connection, [e for e, _ in assets], [i for _, i in assets])
            # An asset's row holds the newest event of each kind: one write for a step with many partitions.
            newest = {(str(e.get_dagster_event().asset_key), e.dagster_event_type): (e, i) for e, i in assets}
            for _, (event, storage_id) in sorted(newest.items(), key=lambda item: (item[0][0], item[1][1])):
                self._store_asset_event(connection, event, storage_id)
        for event, storage_id in pairs:
            if event.is_dagster_event and event.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, storage_id)
