"""Answers are paid for once, within the budget, and what they decide is derived from the ledger: on real tables, over real HTTP."""

import json
import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWERS, ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.enrichment.asking import ask_days, plan_days
from feedback_assets.enrichment.process import enrich_days, pending_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.batches import Making
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.answering import MODEL, labelled, means_of, model_of, text_in
from feedback_assets_tests.enrichment.test_process import DAY, NEXT, NOW, put, silver_row
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.loopback.azure_openai_faults import Faults

LIVE = Making("v1", "live")
BACKFILL = Making("v1", "backfill", restates=True)
VAGUE = "{} is still broken for me"
"""A text in which the cheaper tiers see that something is wrong, and not what."""
THINGS = ("The lantern view", "My ember panel", "The violet thing", "Their quill mode", "That basalt gadget", "The marble lamp")
ALL = (*ISSUES.column_names,)


def vague(lake: LocalLakehouse, *, n: int = len(THINGS), batch: str = "a", day: Any = DAY) -> list[str]:
    texts = [VAGUE.format(THINGS[i % len(THINGS)]) + ("" if i < len(THINGS) else f" in room {i}") for i in range(n)]
    put(lake, [silver_row(100 * len(batch) + i, text, batch=batch, day=day) for i, text in enumerate(texts)])
    return texts


def derive(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, making: Making = LIVE, days: Any = (DAY, NEXT)) -> Any:
    return enrich_days(lake, reader, days, now=NOW, making=making, language_model=model_of(taxonomy))


def ledger(lake: LocalLakehouse, stage: str) -> list[dict[str, Any]]:
    return [{**r, "reasons": json.loads(r["reasons"])} for r in lake.read(STAGE_BATCHES, where={"stage": [stage]}).to_pylist()]


def test_what_the_cheaper_tiers_leave_open_is_asked_once_and_decided_by_the_answer(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    texts = vague(lake)
    put(lake, [silver_row(1, "The app crashes every time and I was charged twice.", batch="sure"), silver_row(2, "Thanks!", batch="sure")])
    labels = {THINGS[0]: "display_usability", THINGS[1]: "stability_performance/freeze", THINGS[2]: None}
    with AzureOpenAI(labelled(labels)) as service:
        means = means_of(service, tmp_path)
        report = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)[DAY]
        assert sorted(text_in(r.text) for r in service.requests) == sorted(texts)
        assert dict(report.outcomes) == {"ok": len(texts)}
        assert report.cost_usd > 0
        derive(lake, reader, taxonomy)
        found = {r["event_id"]: r for r in lake.read(ISSUES).to_pylist() if r["tier"] == "language_model"}
        assert sorted((r["category"], r["subcategory"], r["quote"]) for r in found.values()) == [
            ("display_usability", "", texts[0]),
            ("stability_performance", "freeze", texts[1]),
        ]
        assert all(json.loads(r["details"])["symptom"] for r in found.values())
        outcomes = {r["event_id"]: (r["outcome"], r["tier"]) for r in lake.read(ENRICHED_EVENTS).to_pylist()}
        assert sorted(outcomes.values()).count(("no_issue", "language_model")) == len(texts) - 2
        assert lake.count(REVIEW) == 0
        before = {t.name: lake.version(t) for t in (ANSWERS, ISSUES, REVIEW, ENRICHED_EVENTS, STAGE_BATCHES)}
        again = ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)[DAY]
        derive(lake, reader, taxonomy)
        assert (again.asked, len(service.requests)) == (0, len(texts))
        assert {t.name: lake.version(t) for t in (ANSWERS, ISSUES, REVIEW, ENRICHED_EVENTS, STAGE_BATCHES)} == before


def test_equal_texts_of_other_days_are_not_paid_for_again(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path) -> None:
    vague(lake)
    with AzureOpenAI(labelled({THINGS[0]: "display_usability"})) as service:
        means = means_of(service, tmp_path)
        ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)
        paid = len(service.requests)
        vague(lake, batch="bb", day=NEXT)
        report = ask_days(lake, reader, model_of(taxonomy), means, [NEXT], making=LIVE)[NEXT]
        assert (len(service.requests), report.asked, report.outcomes["ok"]) == (paid, 0, len(THINGS))
        derive(lake, reader, taxonomy)
        assert {r["feed_date"] for r in lake.read(ISSUES).to_pylist()} == {DAY, NEXT}


def test_a_live_run_does_not_pay_for_history_and_a_backfill_does(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake)
    enrich_days(lake, reader, [DAY], now=NOW, making=Making("v0"))
    assert lake.count(REVIEW) == len(THINGS)
    with AzureOpenAI(labelled({THINGS[0]: "display_usability"})) as service:
        means = means_of(service, tmp_path)
        ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)
        assert service.requests == []
        ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=BACKFILL)
        assert len(service.requests) == len(THINGS)
    assert pending_days(lake) == [DAY]
    derive(lake, reader, taxonomy, Making("v1", "live"))
    (found,) = lake.read(ISSUES).to_pylist()
    assert found["restated_for"] == "backfill", "what a backfill paid for waits behind the fence"
    assert lake.count(REVIEW) == 0


def test_the_budget_is_never_exceeded_and_the_rest_is_asked_when_there_is_more(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=30)
    with AzureOpenAI(labelled({})) as service:
        small = means_of(service, tmp_path, run_budget=0.02, concurrency=4)
        report = ask_days(lake, reader, model_of(taxonomy), small, [DAY], making=LIVE)[DAY]
        spent = sum(r["cost_usd"] for r in lake.read(ANSWERS).to_pylist())
        asked = len(service.requests)
        assert 0 < asked < 30
        assert spent <= 0.02
        assert (report.outcomes["ok"], report.outcomes["unasked"], report.stopped) == (asked, 30 - asked, "budget")
        derive(lake, reader, taxonomy)
        assert lake.count(REVIEW) == 30 - asked
        whole = means_of(service, tmp_path)
        rest = ask_days(lake, reader, model_of(taxonomy), whole, [DAY], making=LIVE)[DAY]
        assert (rest.asked, len(service.requests)) == (30 - asked, 30)
        derive(lake, reader, taxonomy)
        assert lake.count(REVIEW) == 0
        none_left = means_of(service, tmp_path, day_budget=spent)
        vague(lake, n=40, batch="bbb")
        assert ask_days(lake, reader, model_of(taxonomy), none_left, [DAY], making=LIVE)[DAY].asked == 0


def test_every_class_of_failure_is_counted_and_nothing_is_lost_or_paid_twice(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=150)
    kinds = (
        "429",
        "500",
        "503",
        "drop",
        "cut_json",
        "wrong_schema",
        "invented_quotes",
        "refusal",
        "filter_prompt",
        "filter_output",
        "length",
    )
    with AzureOpenAI(labelled({"broken": "display_usability"}), faults=Faults(dict.fromkeys(kinds, 0.02), seed=5)) as service:
        report = ask_days(lake, reader, model_of(taxonomy), means_of(service, tmp_path), [DAY], making=LIVE)[DAY]
    (account,) = ledger(lake, "answers")
    assert account["rows_in"] == account["rows_out"] + sum(account["reasons"].values()) == 150
    rows = lake.read(ANSWERS).to_pylist()
    assert len({r["request_key"] for r in rows}) == len(rows) == report.asked
    assert {"refusal", "content_filter_prompt", "no_evidence"} <= {r["outcome"] for r in rows}
    derive(lake, reader, taxonomy)
    invented = {r["request_key"] for r in rows if r["outcome"] == "no_evidence"}
    assert invented
    assert not any("nobody in this text" in r["quote"] for r in lake.read(ISSUES).to_pylist())
    outcomes = [r["outcome"] for r in lake.read(ENRICHED_EVENTS).to_pylist()]
    assert outcomes.count("review") == 150 - account["rows_out"], "what no answer decides goes to people"


def _ask_in_a_process(root: str, endpoint: str, folder: str) -> None:
    from feedback_assets.enrichment.reader import build_reader
    from feedback_assets.ground.settings import project_root

    class Service:
        key = "loopback-key-0123456789"

    service: Any = Service()
    service.endpoint = endpoint
    reader = build_reader(project_root() / "taxonomy", Path(folder) / "models")
    means = means_of(service, Path(folder), concurrency=4)
    ask_days(LocalLakehouse(Path(root)), reader, model_of(reader.taxonomy), means, [DAY], making=LIVE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("FEEDBACK_TEST_KILLS", "3"))))
def test_a_process_that_is_killed_loses_at_most_what_was_in_flight(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path, seed: int
) -> None:
    vague(lake, n=60)
    context = multiprocessing.get_context("spawn")
    with AzureOpenAI(labelled({}), latency_s=0.05) as service:
        process = context.Process(target=_ask_in_a_process, args=(str(lake.root), service.endpoint, str(tmp_path)))
        process.start()
        enough = 1 + (4 + 17 * seed) % 52
        while len(service.requests) < enough and process.is_alive():
            time.sleep(0.005)
        time.sleep(seed % 7 * 0.007)  # anywhere between two answers
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert len(service.requests) < 60
        ask_days(lake, reader, model_of(taxonomy), means_of(service, tmp_path), [DAY], making=LIVE)
        assert 60 <= len(service.requests) <= 60 + 4
    rows = lake.read(ANSWERS).to_pylist()
    assert len({r["request_key"] for r in rows}) == len(rows) == 60
    assert not list((tmp_path / "journals").iterdir())


def test_no_endpoint_leaves_everything_as_it_is(lake: LocalLakehouse, reader: Reader) -> None:
    vague(lake)
    enrich_days(lake, reader, [DAY], now=NOW + timedelta(hours=1), making=LIVE)
    assert lake.count(REVIEW) == len(THINGS)
    assert lake.count(ANSWERS) == 0
    assert MODEL


def test_a_plan_names_what_asking_then_takes_within_a_tenth(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=20)
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        means, model = means_of(service, tmp_path), model_of(taxonomy)
        first = plan_days(lake, reader, model, means, [DAY], making=LIVE)
        assert (first.texts, first.calls, first.answers) == (20, 20, 0)
        ask_days(lake, reader, model, means, [DAY], making=LIVE)
        assert sum(r["cost_usd"] for r in lake.read(ANSWERS).to_pylist()) <= first.cost_usd
        vague(lake, n=90, batch="bb")
        paid = len(service.requests)
        plan = plan_days(lake, reader, model, means, [DAY], making=LIVE)
        assert len(service.requests) == paid, "a plan asks nothing"
        report = ask_days(lake, reader, model, means, [DAY], making=LIVE)[DAY]
        assert (plan.texts, plan.calls) == (90, report.asked)
        assert abs(plan.cost_usd - report.cost_usd) <= 0.1 * report.cost_usd
        assert abs(plan.prompt_tokens - report.prompt_tokens) <= 0.1 * report.prompt_tokens


def edited(tmp_path: Path, category: str) -> Taxonomy:
    """The shipped taxonomy with other words about one category."""
    import shutil

    from feedback_assets.enrichment.taxonomy import load_taxonomy
    from feedback_assets.ground.settings import project_root

    folder = tmp_path / f"taxonomy {category}"
    shutil.copytree(project_root() / "taxonomy", folder)
    file = folder / "categories" / f"{category}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("description: ", "description: Edited. ", 1), encoding="utf-8")
    assert load_taxonomy(folder).digest != load_taxonomy(project_root() / "taxonomy").digest
    return load_taxonomy(folder)


def test_an_edited_label_sends_only_the_texts_that_it_can_touch(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    texts = vague(lake)
    labels = {THINGS[0]: "display_usability", THINGS[1]: "stability_performance/freeze", THINGS[2]: "display_usability"}
    with AzureOpenAI(labelled(labels)) as service:
        means = means_of(service, tmp_path)
        ask_days(lake, reader, model_of(taxonomy), means, [DAY], making=LIVE)
        paid = len(service.requests)
        other = edited(tmp_path, "display_usability")
        ask_days(lake, reader, model_of(other), means, [DAY], making=Making("v2", "backfill", restates=True))
        assert sorted(text_in(r.text) for r in service.requests[paid:]) == sorted([texts[0], texts[2]])
        derive(lake, reader, other)
        assert lake.count(REVIEW) == 0
        again = ask_days(lake, reader, model_of(other), means, [DAY], making=Making("v2", "backfill", restates=True))[DAY]
        assert again.batches == 0
        assert len(service.requests) == paid + 2


def test_what_was_refused_is_asked_again_by_its_class_and_nothing_else_is(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    vague(lake, n=12)
    model = model_of(taxonomy)
    with AzureOpenAI(labelled({"broken": "display_usability"}), faults=Faults({"refusal": 0.5}, seed=2)) as service:
        ask_days(lake, reader, model, means_of(service, tmp_path), [DAY], making=LIVE)
        derive(lake, reader, taxonomy)
        (account,) = ledger(lake, "answers")
        refused = account["reasons"]["refusal"]
        assert 0 < refused < 12
    with AzureOpenAI(labelled({"broken": "display_usability"})) as service:
        means, making = means_of(service, tmp_path), Making("v1", "replay", restates=True)
        ask_days(lake, reader, model, means, [DAY], making=making, again="schema")
        assert service.requests == []
        ask_days(lake, reader, model, means, [DAY], making=making, again="refusal")
        assert len(service.requests) == refused
    derive(lake, reader, taxonomy)
    (account,) = ledger(lake, "answers")
    assert (account["rows_out"], account["reasons"]) == (12, {})
    assert lake.count(REVIEW) == 0
    attempts = sorted(r["attempt"] for r in lake.read(ANSWERS).to_pylist())
    assert attempts == [1] * 12 + [2] * refused
