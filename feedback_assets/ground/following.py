"""Following tables: what changed in a step's inputs since it last read them, and the note of how far it has come.

A step writes its rows first and calls done() last. Killed in between, it finds the same changes again and writes the same rows.
Not here: how two versions of a table are compared (lakehouse/), what a step makes of the changes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.interface import Changes, Lakehouse, Mark

if TYPE_CHECKING:
    from datetime import date

_NOTHING = Mark("", -1)


class Following:
    """The inputs of one step, as they are now and as they were when the step last finished.

    consumer: names the step: the first table that it writes, or a destination.
    settings: name -> version of what the step's rows depend on beside its inputs. Where one differs, `is_new` holds and the step makes all
    its rows anew.
    """

    def __init__(self, lake: Lakehouse, consumer: str, inputs: Sequence[Table], settings: Mapping[str, str] | None = None) -> None:
        self._lake = lake
        self._consumer = consumer
        self._now = {t.name: lake.mark(t) for t in inputs}
        self._now |= {f"setting:{name}": Mark(version, -1) for name, version in (settings or {}).items()}
        rows = lake.read(CURSORS, where={"consumer": [self._consumer]}).to_pylist()
        self._then = {r["input"]: Mark(r["identity"], r["version"]) for r in rows}

    @property
    def unchanged(self) -> bool:
        """No input has a version that the step has not read, and no setting differs."""
        return all(self._then.get(name, _NOTHING) == mark for name, mark in self._now.items())

    @property
    def is_new(self) -> bool:
        """The step never finished, or a setting has changed since: everything counts as changed."""
        return any(name not in self._then or self._then[name] != self._now[name] for name in self._now if name.startswith("setting:")) or (
            not self._then
        )

    def differs(self, table: Table) -> bool:
        """Whether this input has a version that the step has not read."""
        return self._then.get(table.name, _NOTHING) != self._now[table.name]

    def changes(self, table: Table, columns: Sequence[str]) -> Changes | None:
        """The rows that came and went. None when that can not be told any more, or the step never read the table: all of it counts."""
        if self.is_new:
            return None
        return self._lake.changes(table, self._then.get(table.name, _NOTHING), columns=columns)

    def changed_partitions(self, table: Table) -> "set[date] | None":
        """The days whose files differ; None as for changes()."""
        return None if self.is_new else self._lake.changed_partitions(table, self._then.get(table.name, _NOTHING))

    def done(self) -> None:
        """Notes that all that was there at the start has been read. Nothing new: no commit."""
        rows = [
            {"consumer": self._consumer, "input": name, "identity": mark.identity, "version": mark.version}
            for name, mark in sorted(self._now.items())
        ]
        self._lake.upsert(CURSORS, to_arrow(CURSORS, rows))
