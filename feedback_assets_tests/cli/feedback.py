"""Starting the real `feedback` command on a home, for tests."""

import os
import subprocess
import sys
from pathlib import Path

from feedback_assets_tests.keys import KEY_HEX


def environment(home: Path) -> dict[str, str]:
    """The environment of a user with this home. One key for all, so that the tables of two homes can be compared."""
    others = {k: v for k, v in os.environ.items() if not k.startswith(("FEEDBACK_", "DAGSTER_"))}
    return {**others, "FEEDBACK_HOME": str(home), "FEEDBACK_PSEUDONYM_KEY": KEY_HEX}


def forget_jobs() -> None:
    """For a process that serves one home after another, as only tests do: Dagster keeps the job that it loaded last, with its home."""
    from dagster._core.definitions.reconstruct import ReconstructableJob

    from feedback_assets.definitions import _services

    _services.cache_clear()
    ReconstructableJob.get_definition.cache_clear()
    ReconstructableJob.get_repository_definition.cache_clear()


def start(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Starts the command and does not wait."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("feedback")), *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def feedback(home: Path, *arguments: str, code: int = 0) -> str:
    """Runs the command to its end and returns its standard output; the exit code must be `code`."""
    process = start(home, *arguments)
    out, err = process.communicate(timeout=600)
    assert process.returncode == code, f"feedback {' '.join(arguments)} exited {process.returncode}\n{out}\n{err}"
    assert "Traceback" not in err, err
    return out
