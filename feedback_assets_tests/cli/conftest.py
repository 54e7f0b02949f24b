"""The command inside the test's own process, and one small home that went through `feedback run`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.cli.main import main
from feedback_assets_tests.cli.feedback import feedback
from feedback_assets_tests.small import land, posts

PLANTED_DAY = date(2025, 6, 2)
HOSTILE_ID = 990001
HOSTILE_TEXT = "The app \x1b[31mcrashes\x1b[0m every time \x1b]0;owned\x07 I open it \u202egnp.exe\u202c, nothing works since the update."


@dataclass(frozen=True)
class Outcome:
    """What one call of the command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Outcome]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`call(home, *arguments)`: the command with this home, without a process of its own."""
    for name in [n for n in os.environ if n.startswith(("FEEDBACK_", "DAGSTER_"))]:
        monkeypatch.delenv(name)

    def run(home: Path, *arguments: str) -> Outcome:
        monkeypatch.setenv("FEEDBACK_HOME", str(home))
        capsys.readouterr()
        code = main(list(arguments))
        seen = capsys.readouterr()
        return Outcome(code, seen.out, seen.err)

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a little demo feedback, posts with personal data and a post that drives terminals, after `feedback run`. Read only."""
    home = tmp_path_factory.mktemp("finished") / "home"
    feedback(home, "demo-data", "--records", "150", "--days", "2", "--first-day", "2025-06-02")
    at = f"{PLANTED_DAY}T10:00:00Z"
    hostile = json.dumps({"id": HOSTILE_ID, "created_at": at, "updated_at": at, "username": "x", "cooked": HOSTILE_TEXT})
    land(home, [*posts(4, day=PLANTED_DAY), hostile], day=PLANTED_DAY, name="planted.jsonl")
    feedback(home, "run")
    yield home
    shutil.rmtree(home, ignore_errors=True)
