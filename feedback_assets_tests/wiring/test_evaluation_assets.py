"""Evaluation, sentinels and drift as the graph runs them: real runs on a real instance, and what the failures sensor tells of them."""

import json
import random
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.contracts.evaluation import RESULTS, SENTINEL_READINGS, TIER_BARS
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.enrichment.asking import ask_days
from feedback_assets.enrichment.golden import GoldenText, of_split, read_golden
from feedback_assets.enrichment.reader import Reader, build_reader
from feedback_assets.enrichment.tier_bars import read_tier_bars
from feedback_assets.evaluation.prompts import TASK
from feedback_assets.evaluation.readers import CHEAP_TASK
from feedback_assets.graph.jobs import EVALUATION_JOB, WATCH_JOB
from feedback_assets.graph.resources import SERVICES
from feedback_assets.ground.batches import Making
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.services import Services
from feedback_assets_tests.enrichment.answering import MODEL, labelled
from feedback_assets_tests.enrichment.test_decisions import decision
from feedback_assets_tests.enrichment.test_process import put, silver_row
from feedback_assets_tests.evaluation.golden_answers import golden_answers
from feedback_assets_tests.graph.conftest import execute
from feedback_assets_tests.keys import KEY_HEX
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.silver.duplicates.world import sentence

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]
DAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


class Clocked(Services):
    """The outside of a home at a set time, with a reader that is built once for all homes."""

    at = DAY
    shared: Reader

    def now(self) -> datetime:
        return self.at

    @property
    def reader(self) -> Reader:
        return self.shared


@pytest.fixture(scope="module", autouse=True)
def shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    Clocked.shared = build_reader(project_root() / "taxonomy", tmp_path_factory.mktemp("models"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def services_with(home: Path, service: AzureOpenAI | None = None, **more: Any) -> Clocked:
    """A home's services, with the stand-in as its language model where one is given."""
    named = {} if service is None else {"ENDPOINT": service.endpoint, "NAME": MODEL, "API_KEY": service.key}
    model = tuple((f"FEEDBACK_MODEL_{k}", v) for k, v in named.items())
    return Clocked(Settings(home=home, pseudonym_key=KEY_HEX, model=model, **more))


def run(services: Services, instance: dg.DagsterInstance, job: str) -> dg.ExecuteInProcessResult:
    done = execute(build_defs(services.settings, services, first_day=date(2025, 1, 1)), instance, job)
    assert done.success
    return done


def metadata(done: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    (event,) = [e for e in done.get_asset_materialization_events() if e.asset_key == dg.AssetKey(asset.split("/"))]
    return {k: v.value for k, v in event.materialization.metadata.items()}


def version_of(instance: dg.DagsterInstance) -> str:
    """The data version of the last figures."""
    event = instance.get_latest_materialization_event(dg.AssetKey(RESULTS.name.split("/")))
    assert event is not None
    assert event.asset_materialization is not None
    return (event.asset_materialization.tags or {})["dagster/data_version"]


def check(done: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    (found,) = [e for e in done.get_asset_check_evaluations() if e.check_name == name]
    return found


def tell(services: Services, instance: dg.DagsterInstance) -> list[dict[str, Any]]:
    """One tick of the sensor `failures`, and all messages of the home so far."""
    repository = build_defs(services.settings, services).get_repository_def()
    with dg.build_sensor_context(
        instance=instance, repository_def=repository, resources={SERVICES: services}, sensor_name="failures"
    ) as context:
        repository.get_sensor_def("failures").evaluate_tick(context)
    files = sorted(services.settings.local_alerts.rglob("*.json")) if services.settings.local_alerts.exists() else []
    return [json.loads(p.read_text()) for p in files]


def test_what_people_decided_is_measured_by_and_shown_with_how_often_they_overruled_the_machine(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    services = services_with(tmp_path / "home")
    before = metadata(run(services, instance, EVALUATION_JOB), RESULTS.name)
    assert (before["decided texts to measure by"], before["decisions"]) == (0.0, 0.0)
    rows = []
    for n in range(80):
        said = decision(sentence(random.Random(n), 20), "product_quality", verdict="corrected" if n % 2 else "accepted")
        machine = {
            "machine_stand": "accepted",
            "machine_category": "product_quality" if n % 2 == 0 else "billing_payment",
            "machine_tier": "rules",
        }
        rows.append({**said, **machine, "issue_id": f"{n + 1:032x}", "decision_id": f"{n + 1:032x}"})
    services.lake.append_new(DECISIONS, to_arrow(DECISIONS, rows))
    found = metadata(run(services, instance, EVALUATION_JOB), RESULTS.name)
    assert 5 < found["decided texts to measure by"] < 40
    assert (found["decisions"], found["override rate of decisions"]) == (80.0, 0.5)
    assert 0 <= found["cheap tiers on decided texts recall"] < 1
    noted = [r for r in services.lake.read(RESULTS).to_pylist() if r["split"] == "decided"]
    assert {r["n"] for r in noted if r["slice_kind"] == "all"} == {int(found["decided texts to measure by"])}


def test_bars_are_off_unless_an_agreement_is_asked_for_and_then_shown_with_their_samples(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    off = run(services_with(tmp_path / "off"), instance, WATCH_JOB)
    assert metadata(off, TIER_BARS.name)["bars"].startswith("off:")
    with AzureOpenAI(labelled({"crashes": "stability_performance/crash"})) as service:
        services = services_with(tmp_path / "on", service, model_agreement=0.6, model_audit=1.0)
        lake = LocalLakehouse(services.settings.lake)
        put(lake, [silver_row(i, f"The app crashes every time I open page {i}.", day=DAY.date()) for i in range(12)])
        model, means = services.language_model, services.answer_means
        assert model is not None
        assert means is not None
        ask_days(lake, services.barred_reader_on(lake), model, means, [DAY.date()], making=Making("v1", "live"))
        found = metadata(run(services, instance, WATCH_JOB), TIER_BARS.name)
    assert (found["samples"], found["bars"], found["abstaining"], found["set anew"]) == (12.0, 1.0, 0.0, True)
    assert "| stability\\_performance | en | 0.500 |" in found["bars by category and language"]
    bars = read_tier_bars(lake, services.reader.tier_version, 0.6)
    assert services.barred_reader_on(lake).model_version == f"{services.reader.tier_version}+bars-{bars.identity}"


def golden_of(services: Services) -> list[GoldenText]:
    return read_golden(project_root() / "taxonomy" / "golden", services.reader.taxonomy)


def test_without_a_model_the_cheap_tiers_are_measured_and_the_models_part_says_that_it_is_off(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    services = services_with(tmp_path / "home")
    done = run(services, instance, EVALUATION_JOB)
    said = metadata(done, RESULTS.name)
    assert said["language model"].startswith("off")
    assert 0 < said["cheap tiers f1"] < 1
    assert {type(said[f"cheap tiers {n}"]) for n in ("precision", "recall", "f1", "ece", "owner cost", "evidence validity")} == {float}
    assert (said["calls"], said["dollars"]) == (0.0, 0.0)
    assert " to " in said["cheap tiers by language"]
    assert "| en |" in said["cheap tiers by language"]
    rows = services.lake.read(RESULTS).to_pylist()
    assert {r["task"] for r in rows} == {CHEAP_TASK}
    version = services.lake.version(RESULTS)
    assert metadata(run(services, instance, EVALUATION_JOB), RESULTS.name) == said
    assert services.lake.version(RESULTS) == version
    watched = run(services, instance, WATCH_JOB)
    assert metadata(watched, SENTINEL_READINGS.name)["language model"].startswith("off")
    assert metadata(watched, SENTINEL_READINGS.name)["read by cheap_tiers"] >= 20
    assert check(watched, "sentinel").passed
    assert check(watched, "drift").passed, "a home without feedback has not drifted"
    assert "0 of 4 aspects" in str(check(watched, "drift").metadata["threshold"].value)


def test_the_active_prompt_is_asked_once_and_again_nothing_is_sent_or_written(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    services = services_with(tmp_path / "home")
    held = of_split(golden_of(services), "calibration")
    with AzureOpenAI(golden_answers(held)) as service:
        poor = services_with(tmp_path / "home", service, model_run_budget=0.0)
        stopped = metadata(run(poor, instance, EVALUATION_JOB), RESULTS.name)
        in_part = version_of(instance)
        assert stopped["language model asked"] == f"0 of {len(held)} texts, then it stopped: budget"
        assert "language model f1" not in stopped, "a budget that ended is no worse model"
        services = services_with(tmp_path / "home", service)
        done = run(services, instance, EVALUATION_JOB)
        said = metadata(done, RESULTS.name)
        assert (said["calls"], len(service.requests)) == (float(len(held)), len(held))
        assert said["dollars"] > 0
        assert said["language model f1"] > said["cheap tiers f1"]
        assert said["language model evidence validity"] == 1.0
        assert check(done, "schema").passed
        whole = version_of(instance)
        assert in_part == f"{whole}-part", "the UI must not say that both are the same"
        before = {t.name: services.lake.version(t) for t in (RESULTS, ANSWERS)}
        again = metadata(run(services, instance, EVALUATION_JOB), RESULTS.name)
        assert {t.name: services.lake.version(t) for t in (RESULTS, ANSWERS)} == before
        assert len(service.requests) == len(held)
        assert version_of(instance) == whole
    assert {**again, "calls": 0, "dollars": 0} == {**said, "calls": 0, "dollars": 0}
    assert (again["calls"], again["dollars"]) == (0.0, 0.0)
    assert {r["task"] for r in services.lake.read(RESULTS).to_pylist()} == {CHEAP_TASK, TASK}
    assert {r["purpose"] for r in services.lake.read(ANSWERS).to_pylist()} == {"evaluation"}
    assert service.key not in str(said)


def test_a_flip_without_a_new_version_is_an_error_that_people_hear_of_once_and_the_next_day_clears_it(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    services = services_with(tmp_path / "home")
    services.at = DAY - timedelta(days=2)
    run(services, instance, WATCH_JOB)
    assert tell(services, instance) == []
    (first, *_) = rows = services.lake.read(SENTINEL_READINGS).to_pylist()
    # Yesterday's reading, as a reader left it that has changed since without a version.
    was = {**first, "read_on": (DAY - timedelta(days=1)).date(), "reading": "no_such_reading"}
    services.lake.append_new(SENTINEL_READINGS, to_arrow(SENTINEL_READINGS, [was]))
    services.at = DAY
    flipped = check(run(services, instance, WATCH_JOB), "sentinel")
    assert (flipped.passed, flipped.severity) == (False, dg.AssetCheckSeverity.ERROR)
    said = {k: v.value for k, v in flipped.metadata.items()}
    assert (said["number"], said["runbook"], said["next command"]) == (1.0, "docs/runbooks/sentinel.md", "feedback evaluate sentinels")
    assert f"no flip among {len(rows)} readings" in str(said["threshold"])
    assert first["golden_id"].replace("_", "\\_") in str(said["sample"])
    (message,) = tell(services, instance)
    assert (message["state"], message["runbook"]) == ("failed", "docs/runbooks/sentinel.md")
    assert "evaluation/sentinel_readings sentinel" in json.dumps(message)
    assert len(tell(services, instance)) == 1
    services.at = DAY + timedelta(days=1)
    assert check(run(services, instance, WATCH_JOB), "sentinel").passed
    assert sorted(m["state"] for m in tell(services, instance)) == ["all_clear", "failed"]


def test_a_day_in_other_languages_is_a_warning_that_names_the_aspect_and_alerts_nobody(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    services = services_with(tmp_path / "home")
    today, usual, strange = DAY.date(), ["de", "en", "en", "en"], ["tr", "tr", "tr", "en"]
    rows = []
    for back in range(16):  # today is as strange, but not over
        day, languages = today - timedelta(days=back), usual if back > 1 else strange
        number = 1000 * back
        rows += [silver_row(number + n, "a text", day=day, batch=f"b{back}", language=languages[n % 4]) for n in range(200 + back % 3)]
    put(LocalLakehouse(services.settings.lake), rows)
    done = run(services, instance, WATCH_JOB)
    found = check(done, "drift")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    said = {k: v.value for k, v in found.metadata.items()}
    assert "language\\_mix" in str(said["sample"])
    assert "source\\_mix" not in str(said["sample"])
    assert "1% of days without a change" in str(said["threshold"])
    assert said["next command"] == f"feedback evaluate drift --day {today - timedelta(days=1)}"
    assert metadata(done, "evaluation/drift")["p of language_mix"] < 0.0025
    assert metadata(done, "evaluation/drift")["day"] == str(today - timedelta(days=1)), "a day that is not over is not judged"
    assert tell(services, instance) == []


def test_rows_that_do_not_fit_their_contract_are_refused_and_the_run_is_red(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    services = services_with(tmp_path / "home")
    nameless = copy(services.reader)
    nameless.model_version = None  # type: ignore[assignment]
    services.shared = nameless
    done = execute(build_defs(services.settings, services, first_day=date(2025, 1, 1)), instance, EVALUATION_JOB)
    assert not done.success
    assert (check(done, "schema").passed, services.lake.count(RESULTS)) == (False, 0)
    assert "evaluation/results schema" in json.dumps(tell(services, instance))
