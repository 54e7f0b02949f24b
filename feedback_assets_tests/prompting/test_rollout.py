"""Which version answers: deterministic by event, promoted only through its gate, rolled back in one step, never half-written."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.ground.errors import SettingError
from feedback_assets.prompting.gate import GateResult, read_gate
from feedback_assets.prompting.prompt import load_prompt
from feedback_assets.prompting.rollout import (
    FILE,
    Canary,
    Choice,
    Rollout,
    TaskRollout,
    active_prompt,
    canary_prompt,
    choice_for,
    is_edited,
    load_rollout,
    promote,
    rollback,
)
from feedback_assets.prompting.tasks import TASKS
from feedback_assets_tests.prompting.promotion import promote_v2
from feedback_assets_tests.prompting.test_prompts import SMALL, written
from feedback_assets_tests.prompting.values import PROMPTS

TASK = "classify_issues"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Prompts with three versions of a task, the first of them active."""
    for version in ("v1", "v2", "v3"):
        written(tmp_path, {**SMALL, "system": f"{version}\n{{{{ categories }}}}"}, version)
    (tmp_path / FILE).write_text(yaml.safe_dump({"tasks": {t: {"active": "v1"} for t in TASKS}}), encoding="utf-8")
    return tmp_path


def passed(folder: Path, of_version: str, **changes: Any) -> GateResult:
    of = {"task": TASK, "version": of_version, "content_hash": load_prompt(folder, TASK, of_version).content_hash, "passed": True}
    return GateResult.model_validate({**of, **changes})


def trial(share: float, version: str = "v2") -> Rollout:
    tasks = {t: TaskRollout(active="v1") for t in TASKS}
    return Rollout(tasks={**tasks, TASK: TaskRollout(active="v1", canary=Canary(version=version, share=share))})


def test_the_shipped_rollout_names_versions_that_are_there() -> None:
    rollout = load_rollout(PROMPTS)
    for task in TASKS:
        assert not is_edited(rollout, active_prompt(PROMPTS, rollout, task))
        assert canary_prompt(PROMPTS, rollout, task) is None


@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_every_record_of_a_smaller_one(event: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    if choice_for(trial(small), TASK, event).canary:
        assert choice_for(trial(large), TASK, event) == Choice("v1", "v2")
    assert choice_for(trial(0), TASK, event) == Choice("v1")
    assert choice_for(trial(1), TASK, event) == Choice("v1", "v2")
    assert choice_for(trial(1), "suggest_owner", event) == Choice("v1")


def test_the_share_of_events_is_the_share_and_another_canary_gets_others() -> None:
    events = [f"{i:032x}" for i in range(20_000)]
    two = {e for e in events if choice_for(trial(0.1), TASK, e).canary}
    three = {e for e in events if choice_for(trial(0.1, "v3"), TASK, e).canary}
    assert 0.09 < len(two) / len(events) < 0.11
    assert 0.05 < len(two & three) / len(two) < 0.15
    # Written down, so that a change of the hash is seen: it would move records between versions.
    assert [i for i in range(40) if events[i] in two] == [6, 23, 31]


def test_a_promotion_notes_the_version_before_and_done_twice_does_nothing_more(folder: Path) -> None:
    assert promote(folder, TASK, "v2", passed(folder, "v2")).changed
    content = (folder / FILE).read_bytes()
    found = load_rollout(folder).tasks[TASK]
    assert (found.active, found.previous, found.content_hash) == ("v2", "v1", load_prompt(folder, TASK, "v2").content_hash)
    again = promote(folder, TASK, "v2", passed(folder, "v2"))
    assert (again.changed, again.after) == (False, "v2")
    assert (folder / FILE).read_bytes() == content
    assert [t.active for n, t in load_rollout(folder).tasks.items() if n != TASK] == ["v1"] * 4
    assert [p.name for p in folder.iterdir() if "part" in p.name] == []


def test_a_rollback_goes_back_one_version_and_done_twice_does_nothing_more(folder: Path) -> None:
    promote(folder, TASK, "v2", passed(folder, "v2"))
    promote(folder, TASK, "v3", passed(folder, "v3"))
    step = rollback(folder, TASK)
    assert (step.before, step.after, step.changed) == ("v3", "v2", True)
    content = (folder / FILE).read_bytes()
    step = rollback(folder, TASK)
    assert (step.after, step.changed) == ("v2", False)
    assert (folder / FILE).read_bytes() == content
    assert load_rollout(folder).tasks[TASK].rolled_back == "v3"


def test_nothing_to_go_back_to_is_said(folder: Path) -> None:
    with pytest.raises(SettingError, match="no previous version"):
        rollback(folder, TASK)


def test_a_rollback_to_a_version_whose_file_is_gone_changes_nothing(folder: Path) -> None:
    promote(folder, TASK, "v2", passed(folder, "v2"))
    content = (folder / FILE).read_bytes()
    (folder / TASK / "v1.yaml").unlink()
    with pytest.raises(SettingError, match=r"v1\.yaml is missing"):
        rollback(folder, TASK)
    assert (folder / FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (None, "has not been evaluated"),
        ({"passed": False, "reason": "recall fell by .04"}, "recall fell by .04"),
        ({"version": "v3"}, "is of classify_issues v3"),
        ({"task": "suggest_owner"}, "is of suggest_owner v2"),
        ({"content_hash": "0" * 64}, "was changed since it was evaluated"),
    ],
)
def test_a_version_that_did_not_pass_as_it_is_now_is_refused(folder: Path, changes: dict[str, Any] | None, said: str) -> None:
    content = (folder / FILE).read_bytes()
    with pytest.raises(SettingError, match=said) as e:
        promote(folder, TASK, "v2", None if changes is None else passed(folder, "v2", **changes))
    assert e.value.expected
    assert e.value.mend
    assert (folder / FILE).read_bytes() == content


def test_a_promoted_canary_is_no_canary_any_more_and_another_one_stays(folder: Path) -> None:
    tasks = load_rollout(folder).tasks
    for canary, left in (("v2", None), ("v3", "v3")):
        content = {t: r.model_dump(exclude_defaults=True) for t, r in tasks.items()}
        content[TASK]["canary"] = {"version": canary, "share": 0.1}
        (folder / FILE).write_text(yaml.safe_dump({"tasks": content}), encoding="utf-8")
        promote(folder, TASK, "v2", passed(folder, "v2"))
        found = load_rollout(folder).tasks[TASK].canary
        assert (found.version if found else None) == left


def test_a_version_that_was_edited_after_its_promotion_is_told(folder: Path) -> None:
    promote(folder, TASK, "v2", passed(folder, "v2"))
    assert not is_edited(load_rollout(folder), load_prompt(folder, TASK, "v2"))
    written(folder, {**SMALL, "system": "Edited.\n{{ categories }}"}, "v2")
    assert is_edited(load_rollout(folder), load_prompt(folder, TASK, "v2"))
    assert promote(folder, TASK, "v2", passed(folder, "v2")).changed
    assert load_rollout(folder).tasks[TASK].previous == "v1"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"tasks": {"classify_issues": {"active": "v1"}}}, "missing executive_summary"),
        ({"tasks": {**{t: {"active": "v1"} for t in TASKS}, "guess": {"active": "v1"}}}, "unknown guess"),
        ({"tasks": {**{t: {"active": "v1"} for t in TASKS}, TASK: {"active": "v1", "share": 0.1}}}, "share"),
        ({"tasks": {**{t: {"active": "v1"} for t in TASKS}, TASK: {"active": "v1", "canary": {"version": "v1", "share": 0.1}}}}, "canary"),
        ({"tasks": {**{t: {"active": "v1"} for t in TASKS}, TASK: {"active": "v1", "canary": {"version": "v2", "share": 1.1}}}}, "share"),
    ],
)
def test_what_is_wrong_with_the_rollout_is_named(folder: Path, content: object, named: str) -> None:
    (folder / FILE).write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(SettingError, match=named):
        load_rollout(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"task": "x", "version": "v", "content_hash": "h", "passed": "yes"}', "\x00"])
def test_a_file_that_is_no_result_of_an_evaluation_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "gate.json").write_text(content, encoding="utf-8")
    with pytest.raises(SettingError, match=r"gate\.json"):
        read_gate(tmp_path / "gate.json")
    with pytest.raises(SettingError, match=r"nothing\.json is missing"):
        read_gate(tmp_path / "nothing.json")


def test_a_result_may_say_more_than_is_read(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text(json.dumps({"task": TASK, "version": "v2", "content_hash": "h", "passed": True, "f1": 0.8}))
    assert read_gate(tmp_path / "gate.json") == GateResult(task=TASK, version="v2", content_hash="h", passed=True)


def test_of_promotions_at_once_none_is_lost(tmp_path: Path) -> None:
    for task in TASKS:
        (tmp_path / task).mkdir()
        raw = yaml.safe_load((PROMPTS / task / "v1.yaml").read_text(encoding="utf-8"))
        for version in ("v1", "v2"):
            (tmp_path / task / f"{version}.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    (tmp_path / FILE).write_text(yaml.safe_dump({"tasks": {t: {"active": "v1"} for t in TASKS}}), encoding="utf-8")
    start = multiprocessing.get_context("spawn")
    processes = [start.Process(target=promote_v2, args=(str(tmp_path), task)) for task in TASKS]
    for p in processes:
        p.start()
    for p in processes:
        p.join(120)
    assert [p.exitcode for p in processes] == [0] * len(TASKS)
    assert {t: r.active for t, r in load_rollout(tmp_path).tasks.items()} == dict.fromkeys(TASKS, "v2")
