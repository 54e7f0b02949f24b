"""`feedback evaluate prompt`: the gate that it writes is the one that a promotion asks for; `history` lists what was noted."""

import json
import shutil
from pathlib import Path

import pytest

from feedback_assets.enrichment.golden import of_split, read_golden
from feedback_assets.enrichment.taxonomy import load_taxonomy
from feedback_assets.ground.settings import project_root
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.enrichment.answering import MODEL
from feedback_assets_tests.evaluation.golden_answers import golden_answers
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI

TASK = "classify_issues"


@pytest.fixture
def project(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the shipped prompts and taxonomy, and a second version of a prompt."""
    _ = call  # it clears the variables, so it comes first
    for name in ("prompts", "taxonomy"):
        shutil.copytree(project_root() / name, tmp_path / "project" / name)
    one = tmp_path / "project" / "prompts" / TASK / "v1.yaml"
    one.with_name("v2.yaml").write_text(one.read_text(encoding="utf-8").replace("seed: 7", "seed: 8"), encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_PROJECT", str(tmp_path / "project"))
    return tmp_path


@pytest.mark.slow
def test_a_version_is_evaluated_promoted_by_its_gate_and_listed(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    home, gate = project / "home", project / "gate.json"
    taxonomy = load_taxonomy(project / "project" / "taxonomy")
    held = of_split(read_golden(project / "project" / "taxonomy" / "golden", taxonomy), "calibration")
    with AzureOpenAI(golden_answers(held)) as service:
        for name, value in (("NAME", MODEL), ("ENDPOINT", service.endpoint), ("API_KEY", service.key)):
            monkeypatch.setenv(f"FEEDBACK_MODEL_{name}", value)
        early = call(home, "evaluate", "prompt", "--version", "v2", "--gate-out", str(gate))
        assert (early.code, early.err) == (1, "")
        assert "FAILED  active: the active v1 has no figures" in early.out
        assert "failed its evaluation" in call(home, "prompts", "promote", TASK, "v2", "--gate", str(gate)).err
        assert call(home, "evaluate", "prompt", "--version", "v1").code == 0
        paid = len(service.requests)
        done = call(home, "evaluate", "prompt", "--task", TASK, "--version", "v2", "--gate-out", str(gate), "--json")
        assert (done.code, len(service.requests), done.json["sent"]) == (0, paid, 0)
    assert service.key not in gate.read_text()
    content = json.loads(gate.read_text())
    assert {"task", "version", "content_hash", "passed", "reason", "figures", "model", "taxonomy_version", "n"} <= set(content)
    assert call(home, "prompts", "promote", TASK, "v2", "--gate", str(gate)).code == 0
    listed = call(home, "evaluate", "history", "--json").json
    assert [(r["version"], r["model"], r["n"]) for r in listed] == [("v2", MODEL, len(held)), ("v1", MODEL, len(held))]
    assert "calibration" in call(home, "evaluate", "history", "--slices", "language").out


def test_without_a_model_the_command_says_what_to_set(project: Path, call: Call) -> None:
    refused = call(project / "home", "evaluate", "prompt", "--version", "v1")
    assert refused.code == 1
    assert "no language model is set" in refused.err
    assert "v9" in call(project / "home", "evaluate", "prompt", "--version", "v9").err


def test_the_help_of_each_is_its_own(project: Path, call: Call) -> None:
    assert "--gate-out" in call(project, "evaluate", "prompt", "--help").out
    assert "--slices" in call(project, "evaluate", "history", "--help").out
    assert "--pairs" in call(project, "evaluate", "--help").out
    assert call(project, "evaluate", "history").code == 0


def test_sentinels_are_read_by_what_there_is(project: Path, call: Call) -> None:
    first = call(project / "home", "evaluate", "sentinels", "--json")
    assert (first.code, first.json["flips"], first.json["read"]["language_model"]) == (0, [], 0)
    assert first.json["read"]["cheap_tiers"] >= 20
    assert "This holds" in call(project / "home", "evaluate", "sentinels").out


def test_drift_is_told_of_the_last_day_and_few_days_are_said_to_be_too_few(finished: Path, call: Call) -> None:
    told = call(finished, "evaluate", "drift")
    assert (told.code, told.err) == (0, "")
    assert told.out.count("too few to judge") == 4
    assert call(finished, "evaluate", "drift", "--json").json["days"] == 2
    assert call(finished, "evaluate", "drift", "--day", "2025-06-02", "--json").json["day"] == "2025-06-02"


def test_drift_without_any_event_says_what_to_do(project: Path, call: Call) -> None:
    assert "there is no event yet" in call(project / "home", "evaluate", "drift").err
