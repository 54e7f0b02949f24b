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
from feedback_assets_tests.cli.feedback import feedback, forget_jobs
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.once import once
from feedback_assets_tests.small import land, posts

DEMO = ("demo-data", "--records", "300", "--days", "3", "--seed", "3", "--first-day", "2025-06-02")
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
    monkeypatch.setenv("DAGSTER_HOME", "")  # `run` sets it; so it is put back as it was
    monkeypatch.delenv("DAGSTER_HOME")

    def run(home: Path, *arguments: str) -> Outcome:
        monkeypatch.setenv("FEEDBACK_HOME", str(home))
        forget_jobs()
        capsys.readouterr()
        code = main(list(arguments))
        seen = capsys.readouterr()
        return Outcome(code, seen.out, seen.err)

    return run


@pytest.fixture
def call_with_key(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The same under the key of `feedback()`: the tables that they make can be compared."""
    monkeypatch.setenv("FEEDBACK_PSEUDONYM_KEY", KEY_HEX)
    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a little demo feedback, posts with personal data and a post that drives terminals, after `feedback run`. Read only."""

    def make(folder: Path) -> None:
        home = folder / "home"
        feedback(home, *DEMO)
        at = f"{PLANTED_DAY}T10:00:00Z"
        hostile = json.dumps({"id": HOSTILE_ID, "created_at": at, "updated_at": at, "username": "x", "cooked": HOSTILE_TEXT})
        land(home, [*posts(4, day=PLANTED_DAY), hostile], day=PLANTED_DAY, name="planted.jsonl")
        feedback(home, "run")

    return once(tmp_path_factory, "finished", make) / "home"


@pytest.fixture(scope="module")
def done(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same home for tests that run in it again, which should change nothing."""
    home = tmp_path_factory.mktemp("done") / "home"
    shutil.copytree(finished, home)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def landed_copy(done: Path, home: Path) -> Path:
    """A fresh home with the same landing zone, modification times kept, and the trained model, which takes seconds to make."""
    shutil.copytree(done / "landing", home / "landing")
    shutil.copytree(done / "models", home / "models")
    return home
