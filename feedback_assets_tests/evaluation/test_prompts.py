"""A prompt's version is evaluated over real HTTP and real tables: paid for once, noted once, let in by its gate alone."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.contracts.evaluation import RESULTS
from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.language_model import LanguageModel
from feedback_assets.enrichment.reader import Reader
from feedback_assets.evaluation.history import history
from feedback_assets.evaluation.leakage import Leak, example_texts, leaks, training_texts
from feedback_assets.evaluation.prompts import Evaluation, evaluate_prompt
from feedback_assets.evaluation.routing_costs import RoutingCosts
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.prompting.prompt import Prompt, load_prompt
from feedback_assets_tests.enrichment.answering import MODEL, NOW, means_of
from feedback_assets_tests.evaluation.golden_answers import golden_answers
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI

TASK = "classify_issues"


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Prompt]:
    """The shipped version and one that differs in its seed."""
    folder = tmp_path_factory.mktemp("prompts")
    shutil.copytree(project_root() / "prompts" / TASK, folder / TASK)
    one = folder / TASK / "v1.yaml"
    one.with_name("v2.yaml").write_text(one.read_text(encoding="utf-8").replace("seed: 7", "seed: 8"), encoding="utf-8")
    return [load_prompt(folder, TASK, v) for v in ("v1", "v2")]


def evaluated(
    lake: LocalLakehouse, reader: Reader, service: AzureOpenAI, golden: Sequence[GoldenText], *of: Prompt, again: bool = False, **means: Any
) -> Evaluation:
    """of: the version that is evaluated, and the active one."""
    prompt, active = of
    return evaluate_prompt(
        lake,
        reader,
        LanguageModel(MODEL, prompt, reader.taxonomy),
        replace(means_of(service, lake.root.parent, **means), now=lambda: NOW + timedelta(hours=again)),
        golden,
        split="calibration",
        costs=RoutingCosts(),
        active=active,
        again=again,
    )


@pytest.mark.slow
def test_the_same_evaluation_again_costs_nothing_and_is_not_noted_again(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], held: list[GoldenText], versions: list[Prompt]
) -> None:
    v1 = versions[0]
    with AzureOpenAI(golden_answers(held)) as service:
        first = evaluated(lake, reader, service, golden, v1, v1)
        assert first.passed, first.gate_content()["reason"]
        assert (first.sent, first.asked, first.noted) == (len(held), len(held), True)
        assert first.figures.whole.f1.value > 0.95
        assert first.figures.whole.evidence_validity == 1
        marks = {t.name: lake.version(t) for t in (ANSWERS, RESULTS)}
        again = evaluated(lake, reader, service, golden, v1, v1)
        assert (again.sent, again.cost_usd, again.noted, len(service.requests)) == (0, 0, False, len(held))
        assert again.figures == first.figures
        assert {t.name: lake.version(t) for t in (ANSWERS, RESULTS)} == marks
        service.answer = golden_answers(held, wrong=[t.id for t in held if t.labels][:10])
        anew = evaluated(lake, reader, service, golden, v1, v1, again=True)
        assert (anew.sent, anew.noted, len(service.requests)) == (len(held), True, 2 * len(held))
        assert anew.figures.whole.f1.value < first.figures.whole.f1.value
        assert evaluated(lake, reader, service, golden, v1, v1, again=True).sent == 0
    row, _ = history(lake, task=TASK)
    assert (row["version"], row["n"], row["f1"]) == ("v1", len(held), first.figures.whole.f1.value)
    assert {r["slice"] for r in history(lake, slice_kind="language")} == {t.language for t in held}
    assert history(lake, task="other") == []


@pytest.mark.slow
def test_a_version_that_reads_worse_than_the_active_one_fails_and_one_as_good_passes(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], held: list[GoldenText], versions: list[Prompt]
) -> None:
    v1, v2 = versions
    labelled = [t.id for t in held if t.labels]
    with AzureOpenAI(golden_answers(held)) as service:
        unknown = evaluated(lake, reader, service, golden, v2, v1)
        assert "the active v1 has no figures" in unknown.gate_content()["reason"]
        evaluated(lake, reader, service, golden, v1, v1)
        asked = len(service.requests)
        assert evaluated(lake, reader, service, golden, v2, v1).passed
        assert len(service.requests) == asked
    other = LocalLakehouse(lake.root.parent / "other" / "lake")
    with AzureOpenAI(golden_answers(held)) as service:
        evaluated(other, reader, service, golden, v1, v1)
    with AzureOpenAI(golden_answers(held, wrong=labelled[:40])) as service:
        worse = evaluated(other, reader, service, golden, v2, v1)
    assert not worse.passed
    assert [r.name for r in worse.rules if not r.passed][:1] == ["active"]
    assert worse.figures.confusion.keys() & {(c.id, "feature_request") for c in reader.taxonomy.categories if c.id != "feature_request"}


def test_invented_quotes_and_refusals_are_counted_and_fail_the_gate(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], held: list[GoldenText], versions: list[Prompt]
) -> None:
    v1 = versions[0]
    invented = {t.id: "nobody wrote these words here" for t in [t for t in held if t.labels][-5:]}
    with AzureOpenAI(golden_answers(held, quotes=invented)) as service:
        service.faults.next(*["refusal"] * 6)
        found = evaluated(lake, reader, service, golden, v1, v1, concurrency=1)
    failed = {r.name for r in found.rules if not r.passed}
    assert {"evidence", "failures"} <= failed
    assert found.figures.failures == {"refusal": 6}
    assert found.figures.whole.evidence_validity is not None
    assert 0.9 < found.figures.whole.evidence_validity < 0.99


def test_a_budget_that_ends_early_fails_the_gate_and_notes_nothing_and_the_rest_is_asked_later(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], held: list[GoldenText], versions: list[Prompt]
) -> None:
    v1 = versions[0]
    with AzureOpenAI(golden_answers(held)) as service:
        cut = evaluated(lake, reader, service, golden, v1, v1, run_budget=0.05, concurrency=4)
        assert 0 < cut.asked < len(held)
        assert cut.cost_usd <= 0.05
        assert (cut.stopped, cut.noted, cut.passed) == ("budget", False, False)
        assert "were asked" in cut.gate_content()["reason"]
        rest = evaluated(lake, reader, service, golden, v1, v1)
        assert (rest.sent, len(service.requests), rest.passed) == (len(held) - cut.asked, len(held), True)


def test_a_golden_text_in_an_example_or_in_training_is_found_and_fails_the_gate(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], held: list[GoldenText], versions: list[Prompt]
) -> None:
    v1 = versions[0]
    measured = {t.id: t.text for t in held}
    long = next(t for t in held if 60 < len(t.text) < 120)
    assert leaks(measured, example_texts(v1), training_texts(reader.taxonomy, golden)) == []
    assert leaks(measured, [("here", f"Hello, {long.text.upper()} Bye")]) == [Leak("here", long.id)]
    assert leaks(measured, [], [("there", long.text + "!")]) == [Leak("there", long.id)]
    example = v1.file.examples[0].model_copy(update={"input": {**v1.file.examples[0].input, "text": long.text}})
    shown = replace(v1, file=v1.file.model_copy(update={"examples": (example,)}), content_hash="0" * 64)
    with AzureOpenAI(golden_answers(held)) as service:
        found = evaluated(lake, reader, service, golden, shown, shown)
    assert [r.name for r in found.rules if not r.passed] == ["leakage"]


def test_another_task_and_the_texts_that_are_learnt_from_are_refused(
    lake: LocalLakehouse, reader: Reader, golden: list[GoldenText], versions: list[Prompt]
) -> None:
    v1 = versions[0]
    owner = load_prompt(project_root() / "prompts", "suggest_owner", "v1")
    with AzureOpenAI(golden_answers([])) as service:
        with pytest.raises(SettingError, match="suggest_owner"):
            evaluated(lake, reader, service, golden, owner, owner)
        with pytest.raises(SettingError, match="cannot be measured on"):
            evaluated(lake, reader, service, [t for t in golden if t.split == "train"], v1, v1)
