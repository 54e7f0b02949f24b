"""Files that are whole or absent, whenever the writer is killed. Not a store: who may write at once is the caller's matter."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes `text` as UTF-8 beside `path` and moves it there in one step. The folder must exist.

    The name beside it is always the same, so that a killed writer leaves at most one such file and the next writer takes it over;
    callers hold `exclusive` for the folder.
    """
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(path)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Makes the folder and holds it against other processes of this machine. The lock ends with the process that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
