"""A home: made ready, kept up to date, refused with a mend when it cannot be, and one `feedback run` at a time in it."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from feedback_assets.ground.errors import BusyError, SettingError
from feedback_assets.ground.home import prepare_home, run_lock
from feedback_assets.ground.settings import Settings, project_root


def test_a_fresh_home_has_the_projects_dagster_yaml(settings: Settings) -> None:
    prepare_home(settings)
    assert (settings.dagster_home / "dagster.yaml").read_bytes() == (project_root() / "dagster.yaml").read_bytes()
    assert all(p.is_dir() for p in (settings.landing, settings.lake, settings.local_tickets, settings.models))


def test_a_changed_dagster_yaml_reaches_a_home_that_is_there_already(settings: Settings, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    mine = replace(settings, project=project)
    prepare_home(mine)
    (project / "dagster.yaml").write_text("telemetry:\n  enabled: false\n# changed\n")
    prepare_home(mine)
    assert (mine.dagster_home / "dagster.yaml").read_text().endswith("# changed\n")
    assert [p.name for p in mine.dagster_home.iterdir()] == ["dagster.yaml"]


def test_making_a_home_ready_again_touches_nothing(settings: Settings) -> None:
    prepare_home(settings)
    before = {p: p.stat().st_mtime_ns for p in settings.home.rglob("*")}
    prepare_home(settings)
    assert {p: p.stat().st_mtime_ns for p in settings.home.rglob("*")} == before


def test_a_home_that_cannot_be_made_is_refused_with_its_path_and_a_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="FEEDBACK_HOME") as refused:
        prepare_home(Settings(home=tmp_path / "file" / "home"))
    assert str(tmp_path / "file" / "home") in refused.value.what
    assert "FEEDBACK_HOME" in refused.value.mend


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: the rights of a folder cannot be tested")
def test_a_home_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SettingError, match="FEEDBACK_HOME"):
            prepare_home(Settings(home=tmp_path / "home"))
    finally:
        tmp_path.chmod(0o700)


def test_a_wrong_project_folder_is_named_and_not_the_home(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="FEEDBACK_PROJECT") as refused:
        prepare_home(replace(settings, project=tmp_path / "nowhere"))
    assert "FEEDBACK_PROJECT" in refused.value.mend
    assert not settings.home.exists()


def test_one_run_at_a_time_and_the_lock_comes_free(settings: Settings) -> None:
    prepare_home(settings)
    with run_lock(settings), pytest.raises(BusyError, match="another `feedback run`"), run_lock(settings):
        pass
    with run_lock(settings):
        pass


def test_the_lock_of_another_process_holds_and_ends_with_it_when_it_is_killed(settings: Settings) -> None:
    prepare_home(settings)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from feedback_assets.ground.home import run_lock; from feedback_assets.ground.settings import Settings\n"
        "with run_lock(Settings(home=Path(sys.argv[1]))): print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(settings.home)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError), run_lock(settings):
            pass
        holder.kill()
        holder.wait(timeout=60)
    with run_lock(settings):
        pass


def test_two_homes_hold_each_other_up_in_nothing(settings: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other")
    prepare_home(settings)
    prepare_home(other)
    with run_lock(settings), run_lock(other):
        pass


def with_postgres_installed(monkeypatch: pytest.MonkeyPatch, *, installed: bool = True) -> None:
    """Answers for the one package; whether it works is tested on a real server in wiring/."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: installed or None)


def test_the_url_of_postgres_is_in_force_and_in_no_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_postgres_installed(monkeypatch)
    prepare_home(settings)
    plain = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())
    prepare_home(replace(settings, dagster_postgres="postgresql://u:hunter2@h/d"))
    changed = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())
    assert changed["storage"]["custom"]["config"] == {"postgres_url": {"env": "FEEDBACK_DAGSTER_POSTGRES"}}
    assert {k: v for k, v in changed.items() if k != "storage"} == {k: v for k, v in plain.items() if k != "storage"}
    assert [p for p in settings.home.rglob("*") if p.is_file() and b"hunter2" in p.read_bytes()] == []


def test_a_home_in_postgres_is_not_moved_to_sqlite_by_a_process_without_the_variable(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_postgres_installed(monkeypatch)
    prepare_home(replace(settings, dagster_postgres="postgresql://u:p@h/d"))
    before = (settings.dagster_home / "dagster.yaml").read_bytes()
    with pytest.raises(SettingError, match="FEEDBACK_DAGSTER_POSTGRES is not set"):
        prepare_home(settings)
    assert (settings.dagster_home / "dagster.yaml").read_bytes() == before


def test_postgres_without_its_package_is_refused_with_the_command_that_installs_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_postgres_installed(monkeypatch, installed=False)
    with pytest.raises(SettingError, match="dagster-postgres is not installed") as refused:
        prepare_home(replace(settings, dagster_postgres="postgresql://u:hunter2@h/d"))
    assert "make postgres" in refused.value.mend
    assert "hunter2" not in str(refused.value)
