"""Where a language model is there, rules and local model answer alone only what they are shown to get right: on real tables, real HTTP."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ANSWERS, ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.evaluation import TIER_BARS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.asking import Means, ask_days, plan_days
from feedback_assets.enrichment.language_model import reading_versions
from feedback_assets.enrichment.process import enrich_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.tier_bars import BarsReport, TierBars, is_audited, measure_tier_bars, read_tier_bars
from feedback_assets.ground.batches import Making
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.answering import labelled, means_of, model_of
from feedback_assets_tests.enrichment.test_process import DAY, NOW, put, silver_row
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI

LIVE = Making("v1", "live")
TARGET = 0.6
CRASH, CHARGE = "stability_performance", "billing_payment"
TOLD = {"crashes": f"{CRASH}/crash", "charged": None}
"""The model agrees that a crash is one, and holds that a double charge is no issue."""
N = 24


@pytest.fixture
def service() -> Iterator[AzureOpenAI]:
    with AzureOpenAI(labelled(TOLD)) as stand_in:
        yield stand_in


def sure(lake: LocalLakehouse, batch: str, *, n: int = N) -> None:
    """Texts of which the cheaper tiers are sure: half of them crashes, half double charges."""
    rows = []
    for i in range(n):
        text = f"The app crashes every time I open page {batch}{i}." if i % 2 else f"I was charged twice for order {batch}{i}."
        rows.append(silver_row(1000 * ord(batch) + i, text, batch=batch))
    put(lake, rows)


def measured(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, share: float = 1.0) -> BarsReport:
    return measure_tier_bars(lake, reader, model_of(taxonomy), tier_version=reader.tier_version, target=TARGET, share=share, now=NOW)


def barred(lake: LocalLakehouse, reader: Reader) -> Reader:
    return reader.with_bars(read_tier_bars(lake, reader.tier_version, TARGET))


def run(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, means: Means, making: Making = LIVE) -> int:
    """Asks and derives. Returns how many questions were sent."""
    model = model_of(taxonomy)
    making = replace(making, made_by=json.dumps(reading_versions(reader, model)))
    sent = ask_days(lake, reader, model, means, [DAY], making=making)[DAY].asked
    enrich_days(lake, reader, [DAY], now=NOW + timedelta(hours=1), making=making, language_model=model)
    return sent


def tiers_of(lake: LocalLakehouse, category: str) -> set[str]:
    return {r["tier"] for r in lake.read(ISSUES).to_pylist() if r["category"] == category}


def test_bars_let_stand_what_the_model_agrees_with_and_nothing_else(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, service: AzureOpenAI, tmp_path: Path
) -> None:
    plain_means = means_of(service, tmp_path)
    sure(lake, "a")
    # Nothing is known: the tiers abstain, and everything is asked.
    abstaining = barred(lake, reader)
    assert plan_days(lake, abstaining, model_of(taxonomy), plain_means, [DAY], making=LIVE).calls == N
    assert run(lake, abstaining, taxonomy, plain_means) == N
    assert tiers_of(lake, CRASH) == {"language_model"}
    assert tiers_of(lake, CHARGE) == set(), "the answer decides: no issue"

    report = measured(lake, reader, taxonomy)
    assert report.is_new
    by_category = {r["category"]: r for r in report.rows}
    assert (by_category[CRASH]["samples"], by_category[CRASH]["agreed"]) == (N // 2, N // 2)
    assert by_category[CRASH]["bound"] == TARGET
    assert (by_category[CHARGE]["bar"], by_category[CHARGE]["agreed"]) == (None, 0)

    # The next batch: crashes stand alone, charges are asked.
    sure(lake, "b")
    now = barred(lake, reader)
    assert now.model_version != abstaining.model_version != reader.model_version
    assert run(lake, now, taxonomy, plain_means) == N // 2
    assert len({r["request_key"] for r in lake.read(ANSWERS).to_pylist()}) == N + N // 2
    assert tiers_of(lake, CRASH) >= {"language_model", "rules"}

    # Nothing has been paid for twice, and restating the history under the new bars asks nothing: all of it was answered.
    before = len(service.requests)
    assert run(lake, now, taxonomy, plain_means, Making("v1", "backfill", restates=True)) == 0
    assert len(service.requests) == before
    assert "language_model" not in tiers_of(lake, CRASH)


def test_an_audited_text_is_asked_although_the_tiers_are_sure_and_its_answer_decides_nothing(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, service: AzureOpenAI, tmp_path: Path
) -> None:
    sure(lake, "a")
    audited = [e for e in lake.read(EVENTS)["event_id"].to_pylist() if is_audited(e, 0.4)]
    assert 0 < len(audited) < N
    assert run(lake, reader, taxonomy, replace(means_of(service, tmp_path), audit=0.4)) == len(audited)
    assert tiers_of(lake, CHARGE) == {"rules"}
    assert lake.count(ISSUES) == N
    assert measured(lake, reader, taxonomy, 0.4).samples == len(audited)


def test_bars_stay_until_there_are_a_tenth_more_samples(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, service: AzureOpenAI, tmp_path: Path
) -> None:
    assert not measured(lake, reader, taxonomy).is_new
    assert lake.version(TIER_BARS) == -1, "nothing to measure: nothing written"
    means = replace(means_of(service, tmp_path), audit=1.0)
    sure(lake, "a")
    run(lake, reader, taxonomy, means)
    assert measured(lake, reader, taxonomy).is_new
    version, rows = lake.version(TIER_BARS), lake.read(TIER_BARS).to_pylist()
    sure(lake, "b", n=2)
    run(lake, reader, taxonomy, means)
    assert not measured(lake, reader, taxonomy).is_new
    assert (lake.version(TIER_BARS), lake.read(TIER_BARS).to_pylist()) == (version, rows)
    sure(lake, "c", n=4)
    run(lake, reader, taxonomy, means)
    assert measured(lake, reader, taxonomy).is_new


def test_bars_of_a_month_ago_are_measured_anew_whatever_the_number_of_samples(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, service: AzureOpenAI, tmp_path: Path
) -> None:
    sure(lake, "a")
    run(lake, reader, taxonomy, replace(means_of(service, tmp_path), audit=1.0))
    measured(lake, reader, taxonomy)
    version = lake.version(TIER_BARS)
    lake.upsert(TIER_BARS, to_arrow(TIER_BARS, [r | {"agreed": 1, "bar": 0.99} for r in lake.read(TIER_BARS).to_pylist()]))
    model = model_of(taxonomy)
    for days, is_new in ((29, False), (31, True)):
        now = NOW + timedelta(days=days)
        found = measure_tier_bars(lake, reader, model, tier_version=reader.tier_version, target=TARGET, share=1.0, now=now)
        assert found.is_new == is_new
    assert lake.version(TIER_BARS) == version + 2
    assert {r["agreed"] for r in lake.read(TIER_BARS).to_pylist()} == {0, N // 2}


def test_a_text_with_one_issue_above_its_bar_and_one_below_is_left_open_whole(
    lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy, service: AzureOpenAI, tmp_path: Path
) -> None:
    text = "The app crashes every time I open it. I was also charged twice for the order."
    put(lake, [silver_row(1, text)])
    enrich_days(lake, reader, [DAY], now=NOW, making=LIVE)
    assert {r["category"] for r in lake.read(ISSUES).to_pylist()} == {CRASH, CHARGE}
    half = reader.with_bars(TierBars(TARGET, {(CRASH, "en"): 0.5}))
    assert plan_days(lake, half, model_of(taxonomy), means_of(service, tmp_path), [DAY], making=Making("v2", "backfill", True)).texts == 1
    both = reader.with_bars(TierBars(TARGET, {(CRASH, "en"): 0.5, (CHARGE, "en"): 0.5}))
    assert plan_days(lake, both, model_of(taxonomy), means_of(service, tmp_path), [DAY], making=Making("v2", "backfill", True)).texts == 0


def test_what_stands_below_a_bar_and_nobody_answered_goes_to_people(lake: LocalLakehouse, reader: Reader, taxonomy: Taxonomy) -> None:
    sure(lake, "a", n=4)
    enrich_days(lake, reader.with_bars(TierBars(TARGET)), [DAY], now=NOW, making=LIVE, language_model=model_of(taxonomy))
    found = lake.read(REVIEW).to_pylist()
    assert {(r["category"], r["reason"]) for r in found} == {(CRASH, "low_confidence"), (CHARGE, "low_confidence")}
    assert lake.count(ISSUES) == 0


def test_without_measured_bars_a_text_is_read_as_ever(lake: LocalLakehouse, reader: Reader) -> None:
    sure(lake, "a", n=4)
    assert reader.model_version == reader.tier_version
    enrich_days(lake, reader, [DAY], now=NOW, making=LIVE)
    every: Any = lake.read(ENRICHED_EVENTS)["outcome"].to_pylist()
    assert every == ["issues"] * 4


def test_other_languages_and_categories_abstain_whatever_is_known_of_one() -> None:
    bars = TierBars(TARGET, {(CRASH, "en"): 0.9})
    assert bars.bar(CRASH, "en") == 0.9
    assert bars.bar(CRASH, "de") == bars.bar(CHARGE, "en") == float("inf")
    assert bars.identity != TierBars(TARGET).identity
