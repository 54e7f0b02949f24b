"""`feedback prompts`: what answers is shown, and changed by what passed its evaluation alone."""

import json
import shutil
from pathlib import Path

import pytest

from feedback_assets.ground.settings import project_root
from feedback_assets.prompting.prompt import load_prompt
from feedback_assets_tests.cli.conftest import Call

TASK = "classify_issues"


@pytest.fixture
def project(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the shipped prompts and a second version of one."""
    _ = call  # it clears the variables, so it comes first
    shutil.copytree(project_root() / "prompts", tmp_path / "prompts")
    one = tmp_path / "prompts" / TASK / "v1.yaml"
    one.with_name("v2.yaml").write_text(one.read_text(encoding="utf-8").replace("seed: 7", "seed: 8"), encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_PROJECT", str(tmp_path))
    return tmp_path


def gate(project: Path, **changes: object) -> str:
    prompt = load_prompt(project / "prompts", TASK, "v2")
    file = project / "gate.json"
    file.write_text(
        json.dumps({"task": TASK, "version": "v2", "content_hash": prompt.content_hash, "passed": True, **changes}), encoding="utf-8"
    )
    return str(file)


def states(call: Call, project: Path) -> dict[str, str]:
    return {v["version"]: v["state"] for v in call(project, "prompts", "list", "--json").json if v["task"] == TASK}


def test_a_version_is_promoted_and_rolled_back_each_by_one_command(project: Path, call: Call) -> None:
    assert states(call, project) == {"v1": "active", "v2": ""}
    done = call(project, "prompts", "promote", TASK, "v2", "--gate", gate(project))
    assert (done.code, done.err) == (0, "")
    assert "v2 answers instead of v1" in done.out
    assert states(call, project) == {"v1": "previous", "v2": "active"}
    assert call(project, "prompts", "promote", TASK, "v2", "--gate", gate(project), "--json").json["changed"] is False
    assert call(project, "prompts", "rollback", TASK, "--json").json == {"task": TASK, "before": "v2", "after": "v1", "changed": True}
    assert states(call, project) == {"v1": "active", "v2": "rolled back"}
    assert "answers already" in call(project, "prompts", "rollback", TASK).out


@pytest.mark.parametrize(("passed", "said"), [(False, "failed its evaluation: recall"), (None, "has not been evaluated")])
def test_a_promotion_without_a_passed_gate_is_refused_and_changes_nothing(
    project: Path, call: Call, passed: bool | None, said: str
) -> None:
    before = (project / "prompts" / "rollout.yaml").read_bytes()
    arguments = () if passed is None else ("--gate", gate(project, passed=passed, reason="recall"))
    refused = call(project, "prompts", "promote", TASK, "v2", *arguments)
    assert refused.code == 1
    assert said in refused.err
    assert "expected:" in refused.err
    assert "to mend:" in refused.err
    assert (project / "prompts" / "rollout.yaml").read_bytes() == before


def test_a_version_is_shown_as_it_is_read(project: Path, call: Call) -> None:
    shown = call(project, "prompts", "show", TASK, "v2", "--json").json
    assert (shown["version"], shown["parameters"]["seed"]) == ("v2", 8)
    assert shown["content_hash"] == load_prompt(project / "prompts", TASK, "v2").content_hash
    text = call(project, "prompts", "show", TASK).out
    assert text.startswith(f"{TASK} v1, content ")
    assert "{{ categories }}" in text


def test_an_active_version_that_was_edited_is_listed_so(project: Path, call: Call) -> None:
    call(project, "prompts", "promote", TASK, "v2", "--gate", gate(project))
    file = project / "prompts" / TASK / "v2.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("seed: 8", "seed: 9"), encoding="utf-8")
    assert states(call, project)["v2"] == "active, edited since it was promoted"


@pytest.mark.parametrize(
    "arguments", [("show", "guess"), ("show", TASK, "v9"), ("rollback", "guess"), ("rollback", TASK), ("promote", TASK, "v9")]
)
def test_what_is_not_there_is_said_in_one_line(project: Path, call: Call, arguments: tuple[str, ...]) -> None:
    refused = call(project, "prompts", *arguments)
    assert refused.code == 1
    assert refused.err.startswith("feedback: ")
    assert len(refused.err.splitlines()) == 1


def test_a_comparison_says_what_it_lacks_and_then_shows_both_versions(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(project_root() / "taxonomy", project / "taxonomy")
    refused = call(project, "prompts", "compare")
    assert (refused.code, "a language model" in refused.err) == (1, True), refused
    for name, value in (("NAME", "gpt-4o-mini"), ("ENDPOINT", "http://127.0.0.1:9"), ("API_KEY", "loopback-key-0123456789")):
        monkeypatch.setenv(f"FEEDBACK_MODEL_{name}", value)
    refused = call(project, "prompts", "compare")
    assert (refused.code, "a canary of classify_issues" in refused.err) == (1, True), refused
    rollout = project / "prompts" / "rollout.yaml"
    trial = f"  {TASK}:\n    active: v1\n    canary: {{version: v2, share: 0.5}}\n"
    rollout.write_text(rollout.read_text(encoding="utf-8").replace(f"  {TASK}:\n    active: v1\n", trial), encoding="utf-8")
    found = call(project, "prompts", "compare", "--json").json
    stamps = [load_prompt(project / "prompts", TASK, v).stamp for v in ("v1", "v2")]
    assert (found["texts"], [found[side]["version"] for side in ("active", "canary")]) == (0, stamps)
    assert "0 texts were asked of both" in call(project, "prompts", "compare").out
