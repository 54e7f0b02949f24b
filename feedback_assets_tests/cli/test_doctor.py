"""`feedback doctor`: each thing that is wrong is a line with its mend, never a traceback."""

import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.ground.settings import project_root
from feedback_assets_tests.cli.conftest import Call, Outcome
from feedback_assets_tests.cli.delivered import only_bronze
from feedback_assets_tests.cli.feedback import feedback
from feedback_assets_tests.small import FIRST, land, posts


def broken(found: Outcome) -> list[dict[str, Any]]:
    assert found.json["broken"] == len([f for f in found.json["findings"] if f["state"] == "broken"])
    assert found.json["ok"] == (found.code == 0) == (found.json["broken"] == 0)
    return [f for f in found.json["findings"] if f["state"] == "broken"]


def test_a_good_home_has_nothing_broken(finished: Path, call: Call) -> None:
    found = call(finished, "doctor", "--json")
    assert broken(found) == []
    assert {f["area"] for f in found.json["findings"]} == {"settings", "versions", "home", "lake", "landing", "dagster", "taxonomy"}
    assert "0 broken" in feedback(finished, "doctor")


def test_a_home_that_is_not_made_yet_is_good_and_stays_unmade(tmp_path: Path, call: Call) -> None:
    assert broken(call(tmp_path / "new" / "home", "doctor", "--json")) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "below/it"])
def test_a_home_that_is_a_file_is_told_with_its_mend(tmp_path: Path, call: Call, below: str) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    (one,) = broken(call(file / below, "doctor", "--json"))
    assert str(file) in one["found"]
    assert "FEEDBACK_HOME" in one["mend"]
    for command in (["status"], ["trace", "abcdef"], ["tickets"], ["ingest", "--source", "forum", str(file)], ["demo-data"]):
        refused = call(file / below, *command)
        assert refused.code == 1
        assert refused.err.count("\n") == 1
        assert "FEEDBACK_HOME" in refused.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FEEDBACK_FIRST_DAY", "garbage"),
        ("FEEDBACK_DAYS_PER_RUN", "-3"),
        ("FEEDBACK_DAYS_PER_RUN", "٣"),
        ("FEEDBACK_FIRST_DAY", "2025-02-30"),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    (one,) = broken(call(tmp_path, "doctor", "--json"))
    assert variable in one["found"] + one["mend"]
    assert one["mend"]
    refused = call(tmp_path, "status")
    assert (refused.code, refused.out) == (1, "")
    assert variable in refused.err
    assert refused.err.count("\n") == 1


def test_a_user_that_does_not_exist_is_told(call: Call) -> None:
    (one,) = broken(call(Path("~no-such-user-here/x"), "doctor", "--json"))
    assert "FEEDBACK_HOME" in one["mend"]


def test_a_mistyped_variable_is_noted_and_its_value_is_not_shown(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_TRAKER", "hunter2")
    found = call(tmp_path, "doctor", "--json")
    assert found.code == 0
    (note,) = [f for f in found.json["findings"] if f["name"] == "FEEDBACK_TRAKER"]
    assert (note["state"], "FEEDBACK_TRACKER" in note["mend"]) == ("note", True)
    assert "hunter2" not in found.out


def test_a_damaged_table_is_told(finished: Path, tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished / "lake", home / "lake")
    for commit in (home / "lake" / "silver" / "revisions" / "_delta_log").glob("*.json"):
        commit.write_text("no JSON")
    found = call(home, "doctor", "--json")
    assert [(f["area"], f["name"]) for f in broken(found)] == [("lake", "tables")]
    for command in (["status"], ["trace", "abcdef01"]):
        refused = call(home, *command)
        if refused.code:
            assert refused.err.count("\n") == 1


def test_a_folder_that_no_source_reads_is_noted(tmp_path: Path, call: Call) -> None:
    (tmp_path / "landing" / "zendeks" / "2025-01-01").mkdir(parents=True)
    found = call(tmp_path, "doctor", "--json")
    (note,) = [f for f in found.json["findings"] if f["area"] == "landing"]
    assert (found.code, note["state"], "zendeks" in note["found"]) == (0, "note", True)


def test_damaged_dagster_runs_are_a_note(tmp_path: Path, call: Call) -> None:
    history = tmp_path / "dagster" / "history"
    history.mkdir(parents=True)
    (history / "runs.db").write_bytes(b"not a database" * 100)
    found = call(tmp_path, "doctor", "--json")
    assert broken(found) == []
    assert [f["state"] for f in found.json["findings"] if f["name"] == "runs"] == ["note"]


def test_the_lock_is_read_as_pip_reads_it(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines for one package, told apart by their markers, are one package that is as locked."""
    project = tmp_path / "project"
    shutil.copytree(project_root() / "taxonomy", project / "taxonomy")
    numpy = metadata.version("numpy")
    lines = [
        f"numpy=={numpy} ; python_full_version >= '3.11' \\",
        "numpy==0.0.1 ; python_full_version < '3.11' \\",
        "absent-here==1.0 ; sys_platform == 'win32' \\",
        "absent-everywhere==1.0 ; python_full_version >= '3.11' \\",
        "    --hash=sha256:00",
    ]
    for text, state, said in (("\n".join(lines[:3]), "ok", "all 1 packages"), ("\n".join(lines), "broken", "absent-everywhere")):
        (project / "requirements.lock").write_text(text)
        monkeypatch.setenv("FEEDBACK_PROJECT", str(project))
        found = call(tmp_path / "home", "doctor", "--json").json["findings"]
        (lock,) = [f for f in found if f["name"] == "requirements.lock"]
        assert (lock["state"], said in lock["found"]) == (state, True), lock


def test_what_is_held_is_broken_with_the_command_that_names_it(tmp_path: Path, call: Call) -> None:
    land(tmp_path, posts(2))
    assert broken(call(tmp_path, "doctor", "--json")) == []
    only_bronze(tmp_path, "forum", FIRST)
    (one,) = broken(call(tmp_path, "doctor", "--json"))
    assert (one["found"], one["mend"]) == ("1 held days", "feedback status")


def test_where_dagsters_history_is_is_told_without_the_url(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def finding() -> str:
        found = call(tmp_path, "doctor", "--json")
        assert "hunter2" not in found.out + found.err
        (one,) = [f for f in found.json["findings"] if f["name"] == "dagster_postgres"]
        return str(one["found"])

    assert finding().startswith("SQLite")
    monkeypatch.setenv("FEEDBACK_DAGSTER_POSTGRES", "postgresql://u:hunter2@h/d")
    assert "FEEDBACK_DAGSTER_POSTGRES" in finding()
    monkeypatch.setenv("FEEDBACK_DAGSTER_POSTGRES", "hunter2")
    assert "not a URL" in finding()


@pytest.mark.parametrize("name", ["exchange_rates", "personal_data", "priority_weights", "sources"])
def test_a_slip_in_a_file_that_a_site_edits_is_named(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    project = tmp_path / "project"
    shutil.copytree(project_root() / "taxonomy", project / "taxonomy")
    with (project / "taxonomy" / f"{name}.yaml").open("a", encoding="utf-8") as file:
        file.write("\nslip_of_the_pen: 1\n")
    monkeypatch.setenv("FEEDBACK_PROJECT", str(project))
    (one,) = broken(call(tmp_path / "home", "doctor", "--json"))
    assert one["name"] == name
    assert f"{name}.yaml: slip_of_the_pen" in one["found"]
