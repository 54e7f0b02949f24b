"""Trackers and lakehouses that misbehave on purpose: killed at a chosen step, refusing, unreachable. The real ones do the work."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from feedback_assets.contracts.table import Table
from feedback_assets.effects.refusals import RefusedError, UnavailableError
from feedback_assets.lakehouse.interface import Lakehouse, Where, WriteResult
from feedback_assets.tickets.content import TicketContent
from feedback_assets.tickets.trackers.interface import TicketState, Tracker

if TYPE_CHECKING:
    import pyarrow as pa


class Killed(BaseException):
    """The process is gone: no `except` of the code under test may see it."""


class Fuse:
    """Blows at the n-th step (from 1); never without n. A step is a point just before or just after something lasting happens."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


class FusedLake:
    """A real lakehouse with a fuse before and after each write."""

    def __init__(self, lake: Lakehouse, fuse: Fuse) -> None:
        self._lake = lake
        self._fuse = fuse

    def read(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "pa.Table":
        return self._lake.read(table, columns=columns, where=where)

    def slices(self, table: Table, *, columns: Sequence[str] | None = None, where: Where | None = None) -> "Iterator[pa.Table]":
        return self._lake.slices(table, columns=columns, where=where)

    def count(self, table: Table, where: Where | None = None) -> int:
        return self._lake.count(table, where)

    def append_new(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._fuse.step()
        result = self._lake.append_new(table, rows)
        self._fuse.step()
        return result

    def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._fuse.step()
        result = self._lake.upsert(table, rows)
        self._fuse.step()
        return result

    def replace(self, table: Table, rows: "pa.Table", *, where: Where | None = None) -> WriteResult:
        self._fuse.step()
        result = self._lake.replace(table, rows, where=where)
        self._fuse.step()
        return result

    def version(self, table: Table) -> int:
        return self._lake.version(table)

    def location(self, table: Table) -> str:
        return self._lake.location(table)


class FusedTracker:
    """A real tracker with a fuse around each call, and one ticket between two flushes when asked for."""

    def __init__(self, tracker: Tracker, fuse: Fuse, batch: int) -> None:
        self._tracker = tracker
        self._fuse = fuse
        self.name = tracker.name
        self.batch = batch

    def find(self, ticket_id: str) -> TicketState | None:
        return self._tracker.find(ticket_id)

    def create(self, content: TicketContent, *, now: datetime) -> None:
        self._fuse.step()
        self._tracker.create(content, now=now)
        self._fuse.step()

    def update(self, content: TicketContent, *, now: datetime) -> None:
        self._fuse.step()
        self._tracker.update(content, now=now)
        self._fuse.step()

    def flush(self) -> None:
        self._fuse.step()
        self._tracker.flush()
        self._fuse.step()


class MoodyTracker(FusedTracker):
    """Refuses some tickets, or is not there at all."""

    def __init__(self, tracker: Tracker, *, refuses: frozenset[str] = frozenset(), away: bool = False, batch: int = 500) -> None:
        super().__init__(tracker, Fuse(), batch)
        self.refuses = refuses
        self.away = away
        self.asked = 0

    def create(self, content: TicketContent, *, now: datetime) -> None:
        self._ask(content)
        super().create(content, now=now)

    def update(self, content: TicketContent, *, now: datetime) -> None:
        self._ask(content)
        super().update(content, now=now)

    def _ask(self, content: TicketContent) -> None:
        self.asked += 1
        if self.away:
            raise UnavailableError("the tracker does not answer", mend="try later")
        if content.ticket_id in self.refuses:
            raise RefusedError("the tracker does not accept the component", expected="a component of its project")
