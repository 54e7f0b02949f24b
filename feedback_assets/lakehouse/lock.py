"""The lock that a writer of a local table holds: one at a time a table, between threads and processes of one machine."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def table_lock(root: Path, name: str) -> Iterator[None]:
    """Held while the table of this name is written. The system frees it when the process dies."""
    path = root / "_locks" / (name.replace("/", ".") + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
