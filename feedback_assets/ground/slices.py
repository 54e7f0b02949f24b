"""A range of batches in slices, so that memory follows the largest slice and not the range.

A stage reads, works and writes slice by slice, and closes a batch in the ledger when all its rows are written. Batches stay in their
order and whole; one that is larger than a slice is a slice of its own, which a stage reads part by part. Not here: what a stage does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_assets.contracts.table import Table
    from feedback_assets.lakehouse.interface import Lakehouse

ROWS = 20_000
"""Most rows of a slice. Fewer would be more commits."""
BYTES = 40 << 20
"""Most bytes of a slice, for stages that know the size of a batch."""


class Named(Protocol):
    """A batch's row of the manifest or the ledger, or what stands for it: its values by name."""

    def __getitem__(self, name: str, /) -> Any: ...


Batch = TypeVar("Batch", bound=Named)


def in_slices(batches: Iterable[Batch], rows_of: Callable[[Batch], int]) -> Iterator[list[Batch]]:
    """The batches in their order, as many at a time as have no more than ROWS rows together, and at least one."""
    taken: list[Batch] = []
    rows = 0
    for batch in batches:
        more = rows_of(batch)
        if taken and rows + more > ROWS:
            yield taken
            taken, rows = [], 0
        taken.append(batch)
        rows += more
    if taken:
        yield taken


def rows_in_parts(lake: "Lakehouse", table: "Table", batches: Sequence[Named], columns: Sequence[str], rows: int) -> "Iterator[pa.Table]":
    """The rows of these batches: at once when the batches have no more than ROWS `rows`, else in parts of at most so many."""
    where = {"feed_date": sorted({b["feed_date"] for b in batches}), "batch_id": sorted({b["batch_id"] for b in batches})}
    if rows <= ROWS:
        yield lake.read(table, columns=columns, where=where)
        return
    for part in lake.slices(table, columns=columns, where=where):
        for start in range(0, part.num_rows, ROWS):
            yield part.slice(start, ROWS)
