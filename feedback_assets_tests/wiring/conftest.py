"""A home with each storage: Dagster's default, ours, Postgres where it is installed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets.ground.home import STORAGE_BLOCK, prepare_home
from feedback_assets.ground.settings import POSTGRES_VARIABLE, Settings, project_root
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.wiring import server

DEFAULT, OURS, POSTGRES = "default", "ours", "postgres"
Opened = Callable[[str], AbstractContextManager[dg.DagsterInstance]]
_numbers = count()


def dagsters_own() -> str:
    """Our settings of an instance, with Dagster's default storage."""
    return STORAGE_BLOCK.sub("", (project_root() / "dagster.yaml").read_text())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that runs for these tests alone; skips where none is installed."""
    if reason := server.missing():
        pytest.skip(reason)
    with server.postgres() as url:
        yield url


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens the instance of a fresh home of a kind; a second time, the same home again."""
    databases: dict[str, str] = {}

    @contextmanager
    def open_one(kind: str) -> Iterator[dg.DagsterInstance]:
        if kind == POSTGRES and kind not in databases:
            databases[kind] = server.new_database(request.getfixturevalue("postgres_server"), f"home_{next(_numbers)}")
            monkeypatch.setenv(POSTGRES_VARIABLE, databases[kind])
        folder = tmp_path / kind / "dagster"
        if kind == DEFAULT:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "dagster.yaml").write_text(dagsters_own())
        else:
            prepare_home(Settings(home=tmp_path / kind, pseudonym_key=KEY_HEX, dagster_postgres=databases.get(kind, "")))
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            yield instance

    return open_one
