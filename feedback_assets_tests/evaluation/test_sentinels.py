"""Sentinels: read once a day, a reading that flips under the same versions is seen, and one under new versions is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feedback_assets.contracts.evaluation import SENTINEL_READINGS
from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.language_model import LanguageModel
from feedback_assets.enrichment.reader import Reader
from feedback_assets.evaluation.sentinels import CHEAP, MODEL, SentinelReport, score_sentinels, sentinel_verdict, sentinels
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.answering import means_of, model_of
from feedback_assets_tests.evaluation.golden_answers import golden_answers
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI

DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def model(reader: Reader) -> LanguageModel:
    return model_of(reader.taxonomy)


def scored(
    lake: LocalLakehouse,
    reader: Reader,
    model: LanguageModel,
    service: AzureOpenAI,
    *of: list[GoldenText],
    days: int = 0,
) -> SentinelReport:
    now = DAY + timedelta(days=days)
    means = replace(means_of(service, lake.root.parent), now=lambda: now)
    return score_sentinels(lake, reader, model, means, now, golden=of[0])


def test_the_sentinels_are_few_fixed_and_of_every_kind(reader: Reader, golden: list[GoldenText]) -> None:
    chosen = sentinels(golden, reader)
    assert 20 <= len(chosen) <= 40
    assert chosen == sentinels(list(reversed(golden)), reader)
    assert {t.split for t in chosen} == {"calibration"}
    assert len({label.category for t in chosen for label in t.labels}) >= 10
    assert any(not t.labels for t in chosen)


def test_the_cheap_tiers_are_read_without_a_model_and_twice_on_a_day_is_once(
    lake: LocalLakehouse,
    reader: Reader,
    golden: list[GoldenText],
) -> None:
    first = score_sentinels(lake, reader, None, None, DAY, golden=golden)
    version = lake.version(SENTINEL_READINGS)
    assert score_sentinels(lake, reader, None, None, DAY + timedelta(hours=3), golden=golden) == first
    assert lake.version(SENTINEL_READINGS) == version
    assert (first.read[MODEL], dict(first.compared)) == (0, {CHEAP: 0, MODEL: 0})
    second = score_sentinels(lake, reader, None, None, DAY + timedelta(days=1), golden=golden)
    assert second.compared[CHEAP] == second.read[CHEAP] == first.read[CHEAP]
    assert second.flips == ()
    assert sentinel_verdict(second).passed


def test_the_model_is_asked_once_a_day_and_a_flip_is_a_finding_of_that_day(
    lake: LocalLakehouse,
    reader: Reader,
    model: LanguageModel,
    golden: list[GoldenText],
) -> None:
    chosen = sentinels(golden, reader)
    labelled = [t for t in chosen if t.labels and t.labels[0].category != "feature_request"]
    with AzureOpenAI(golden_answers(chosen)) as service:
        first = scored(lake, reader, model, service, golden)
        assert (first.sent, first.read[MODEL], first.flips) == (len(chosen), len(chosen), ())
        assert scored(lake, reader, model, service, golden).sent == 0
        assert len(service.requests) == len(chosen)
        service.answer = golden_answers(chosen, wrong={labelled[0].id})
        service.model = "another-model"
        second = scored(lake, reader, model, service, golden, days=1)
        assert len(service.requests) == 2 * len(chosen)
        (flip,) = second.flips
        assert (flip.tier, flip.golden_id, flip.before) == (MODEL, labelled[0].id, labelled[0].labels[0].category)
        assert (flip.now, flip.returned[1]) == ("feature_request", "another-model")
        verdict = sentinel_verdict(second)
        assert (verdict.passed, verdict.number) == (False, 1)
        assert labelled[0].text not in str(verdict)
        assert scored(lake, reader, model, service, golden, days=1).flips == second.flips, "it stays found all day"
        assert scored(lake, reader, model, service, golden, days=2).flips == ()
        renamed = LanguageModel("gpt-4o", model.prompt, model.taxonomy)
        service.answer = golden_answers(chosen)
        other = scored(lake, reader, renamed, service, golden, days=3)
        assert (other.compared[MODEL], other.flips) == (0, ()), "a new version is compared with nothing"


def test_a_service_that_is_away_is_no_flip_and_a_refusal_is_one(
    lake: LocalLakehouse,
    reader: Reader,
    model: LanguageModel,
    golden: list[GoldenText],
) -> None:
    chosen = sentinels(golden, reader)
    with AzureOpenAI(golden_answers(chosen)) as service:
        scored(lake, reader, model, service, golden)
        service.faults.next("refusal")
        refused = scored(lake, reader, model, service, golden, days=1)
        assert [f.now for f in refused.flips] == ["!refusal"]
        means = replace(means_of(service, lake.root.parent), now=lambda: DAY + timedelta(days=2), run_budget=0.0)
        nothing = score_sentinels(lake, reader, model, means, DAY + timedelta(days=2), golden=golden)
    assert (nothing.read[MODEL], nothing.sent, nothing.stopped, nothing.flips) == (0, 0, "budget", ())
