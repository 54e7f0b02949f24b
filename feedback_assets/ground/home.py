"""The folder that holds everything a run writes: making it ready, and letting one `feedback run` at a time into it."""

import fcntl
import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedback_assets.ground.errors import BusyError, SettingError
from feedback_assets.ground.settings import POSTGRES_VARIABLE, Settings

POSTGRES_CLASS = "PostgresStorage"
POSTGRES_STORAGE = f"""storage:                  # written because {POSTGRES_VARIABLE} was set; its value is never stored
  custom:
    module: feedback_assets.wiring.postgres
    class: {POSTGRES_CLASS}
    config:
      postgres_url:
        env: {POSTGRES_VARIABLE}
"""
STORAGE_BLOCK = re.compile(r"^storage:.*\n(?:[ \t]+.*\n|\n)*", re.MULTILINE)


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
        _put_in_force(wanted.read_text(encoding="utf-8"), settings)
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


def _put_in_force(instance: str, settings: Settings) -> None:
    """Writes the home's dagster.yaml, with Postgres as its storage where that is set. Raises SettingError rather than change the storage
    of a home by a variable that is missing: its history would be in two places."""
    target = settings.dagster_home / "dagster.yaml"
    before = target.read_text(encoding="utf-8") if target.is_file() else ""
    if settings.dagster_postgres:
        if importlib.util.find_spec("dagster_postgres") is None:
            raise SettingError(
                f"{POSTGRES_VARIABLE} is set, and dagster-postgres is not installed",
                expected="the packages of requirements-postgres.lock",
                mend="`make postgres`, or unset it for SQLite in the home",
            )
        instance = f"{STORAGE_BLOCK.sub('', instance)}\n{POSTGRES_STORAGE}"
    elif POSTGRES_CLASS in before:
        raise SettingError(
            f"Dagster's runs and events of {settings.home} are in Postgres, and {POSTGRES_VARIABLE} is not set",
            expected="the variable in every process of a home that has used it",
            mend=f"set {POSTGRES_VARIABLE} as before, or delete {target} to begin a new history in SQLite",
        )
    if before != instance:
        _write_atomically(instance, target)


def _write_atomically(text: str, target: Path) -> None:
    part = target.with_name(f".dagster.yaml.{os.getpid()}.part")  # two processes may make one home ready at once
    part.write_text(text, encoding="utf-8")
    part.replace(target)
