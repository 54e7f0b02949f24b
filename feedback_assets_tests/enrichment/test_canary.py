"""A prompt on trial is asked beside the active one, decides nothing, holds nothing up, and is compared: on real tables, over real HTTP."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWERS, ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.enrichment.asking import Trial, ask_days
from feedback_assets.enrichment.canary import compare_versions
from feedback_assets.enrichment.language_model import LanguageModel
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.prompting.prompt import load_prompt
from feedback_assets_tests.enrichment.answering import MODEL, issue, means_of, model_of, reply, text_in
from feedback_assets_tests.enrichment.test_asking import BACKFILL, LIVE, THINGS, derive, vague
from feedback_assets_tests.enrichment.test_process import DAY
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Question

TABLES = (ISSUES, REVIEW, ENRICHED_EVENTS, STAGE_BATCHES)
N = 20
NEW = "Be brief."
"""Words that the version on trial alone says."""


def answers(question: Question) -> Any:
    """The version on trial names another category for every second thing."""
    text = text_in(question.text)
    number = next((i for i, thing in enumerate(THINGS) if thing in text), 0)
    is_new = any(NEW in str(m["content"]) for m in question.body["messages"])
    kind = "billing_payment" if is_new and number % 2 else "display_usability"
    return reply(issue(text.strip()[:200], kind, severity=3))


@pytest.fixture
def on_trial(taxonomy: Taxonomy, tmp_path: Path) -> LanguageModel:
    folder = tmp_path / "prompts"
    shutil.copytree(project_root() / "prompts", folder)
    first = folder / "classify_issues" / "v1.yaml"
    (folder / "classify_issues" / "v2.yaml").write_text(first.read_text().replace("system: |\n", f"system: |\n  {NEW}\n", 1))
    return LanguageModel(MODEL, load_prompt(folder, "classify_issues", "v2"), taxonomy)


def some(event_id: str) -> bool:
    return int(event_id[:2], 16) % 2 == 0


def contents(lake: LocalLakehouse) -> dict[str, list[dict[str, Any]]]:
    return {t.name: sorted(lake.read(t).to_pylist(), key=repr) for t in TABLES}


def with_trial(model: LanguageModel, gets: Callable[[str], bool] = some) -> Trial:
    return Trial(model, gets)


def test_a_canary_is_asked_for_its_share_and_changes_no_derived_row(
    reader: Reader, taxonomy: Taxonomy, on_trial: LanguageModel, tmp_path: Path
) -> None:
    found = []
    for name, trial in (("without", None), ("with", with_trial(on_trial))):
        lake = LocalLakehouse(tmp_path / name)
        vague(lake, n=N)
        with AzureOpenAI(answers) as service:
            means = replace(means_of(service, tmp_path / name), trial=trial)
            report = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)[DAY]
            derive(lake, reader, taxonomy)
            assert report.asked == N
            assert len(service.requests) == N + report.on_trial
            assert (0 < report.on_trial < N) == (trial is not None)
            assert report.cost_per_1000_records == pytest.approx(1000 * report.cost_usd / report.records)
            again = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)[DAY]
            assert (again.asked, again.on_trial) == (0, 0)
        found.append(contents(lake))
        versions = {r["prompt_version"] for r in lake.read(ANSWERS).to_pylist()}
        assert versions == {model_of(taxonomy).prompt.stamp} | ({on_trial.prompt.stamp} if trial else set())
    assert found[0] == found[1]


def test_runs_that_restate_ask_no_canary(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, on_trial: LanguageModel, tmp_path: Path
) -> None:
    vague(lake, n=4)
    with AzureOpenAI(answers) as service:
        means = replace(means_of(service, tmp_path), trial=with_trial(on_trial, lambda _: True))
        report = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=BACKFILL)[DAY]
        assert (report.asked, report.on_trial, len(service.requests)) == (4, 0, 4)


def test_a_budget_goes_to_the_active_version_first_and_what_it_leaves_of_a_canary_holds_no_batch(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, on_trial: LanguageModel, tmp_path: Path
) -> None:
    vague(lake, n=6)
    with AzureOpenAI(answers) as service:
        alone = ask_days(lake, reader, model_of(taxonomy), means_of(service, tmp_path), [DAY], making=LIVE)[DAY]
        vague(lake, n=6, batch="bb")  # the same words: paid for
        vague(lake, n=12, batch="ccc")
        budget = 2.2 * alone.cost_usd
        means = replace(means_of(service, tmp_path, run_budget=budget, concurrency=1), trial=with_trial(on_trial, lambda _: True))
        report = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)[DAY]
        assert report.asked == 6, "what was not asked of the twelve"
        assert 0 < report.on_trial < 12
        assert report.cost_usd <= budget
    assert report.outcomes == {"ok": 18}
    assert not report.stopped


def test_two_versions_are_compared_over_the_texts_that_both_answered(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, on_trial: LanguageModel, tmp_path: Path
) -> None:
    vague(lake, n=N)
    model = model_of(taxonomy)
    versions = (model.prompt.stamp, on_trial.prompt.stamp)
    assert compare_versions(lake, "classify_issues", MODEL, *versions).texts == 0
    with AzureOpenAI(answers) as service:
        means = replace(means_of(service, tmp_path), trial=with_trial(on_trial))
        report = ask_days(lake, reader, model, means, [DAY], making=LIVE)[DAY]
    found = compare_versions(lake, "classify_issues", MODEL, *versions)
    assert (found.texts, found.answered, found.same_severity) == (report.on_trial,) * 3
    assert 0 < found.same_categories < found.answered
    assert found.canary.outcomes == found.active.outcomes == {"ok": report.on_trial}
    assert found.canary.prompt_tokens > found.active.prompt_tokens > 0
    assert found.canary.version == on_trial.prompt.stamp
