"""Files that are whole or absent, whenever the writer is killed. Not a store: who may write at once is the caller's matter.

A folder that cannot be written or a full disk is a destination that is not there: UnavailableError, so that the outbox keeps the intent.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedback_assets.effects.refusals import UnavailableError


def write_whole(path: Path, text: str) -> None:
    """Writes `text` as UTF-8 beside `path` and moves it there in one step. The folder must exist.

    The name beside it is always the same, so that a killed writer leaves at most one such file and the next writer takes it over;
    callers hold `exclusive` for the folder. Raises UnavailableError.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    except OSError as e:
        raise _unavailable(path.parent, e) from e


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Makes the folder and holds it against other processes of this machine. The lock ends with the process that holds it.

    Raises UnavailableError when the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as e:
        raise _unavailable(folder, e) from e
    with handle:
        yield


def _unavailable(folder: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"{folder} cannot be written: {error.strerror or type(error).__name__}",
        expected="a folder that this user can write, on a disk with room",
        mend=f"free some space, or chown or chmod {folder}; feedback doctor",
    )
