"""The folder that holds everything a run writes: making it ready, and letting one `feedback run` at a time into it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedback_assets.errors import BusyError, SettingError
from feedback_assets.settings import Settings


def prepare_home(settings: Settings) -> None:
    """Makes the folders and puts the project's dagster.yaml in force. Raises SettingError when the place cannot be written."""
    wanted = settings.project / "dagster.yaml"
    if not wanted.is_file():
        raise SettingError(
            f"FEEDBACK_PROJECT {settings.project} has no dagster.yaml",
            expected="the folder that holds dagster.yaml and taxonomy/",
            mend="unset FEEDBACK_PROJECT or set it to that folder",
        )
    try:
        for folder in (settings.landing, settings.lake, settings.dagster_home, settings.local_tickets, settings.models):
            folder.mkdir(parents=True, exist_ok=True)
        target = settings.dagster_home / "dagster.yaml"
        if not target.is_file() or target.read_bytes() != wanted.read_bytes():
            _copy_atomically(wanted, target)
    except OSError as e:
        raise SettingError(
            f"FEEDBACK_HOME {settings.home} cannot be used: {e.strerror or e}",
            expected="a folder that this user can write",
            mend="set FEEDBACK_HOME to another folder, or run `feedback doctor`",
        ) from e


@contextmanager
def run_lock(settings: Settings) -> Iterator[None]:
    """Held while `feedback run` works; freed by the system when the process dies. Raises BusyError when another one holds it."""
    path = settings.home / "run.lock"
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"another `feedback run` works in {settings.home}",
                expected="one at a time in a home",
                mend="wait for it, or use another FEEDBACK_HOME",
            ) from None
        yield


def _copy_atomically(source: Path, target: Path) -> None:
    part = target.with_name(f".dagster.yaml.{os.getpid()}.part")  # two processes may make one home ready at once
    shutil.copyfile(source, part)
    part.replace(target)
