"""An embedder that costs money pays once for a text, keeps the budget, and never stops a day: real tables, real HTTP on loopback."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.themes import ASSIGNMENTS, EMBEDDED_TEXTS, EMBEDDINGS, THEMES
from feedback_assets.ground.batches import Making
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings, project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.model_client.embedding_model import EmbeddingModel
from feedback_assets.reckoning.model_prices import FILE, ModelPrices, load_model_prices
from feedback_assets.themes.embed import embed_days, pending_days, waiting_days
from feedback_assets.themes.embedded_texts import spent_on
from feedback_assets.themes.embedders.openai import OpenAiEmbedder
from feedback_assets.themes.embedders.paid import Purse
from feedback_assets.wiring.services import Services
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI
from feedback_assets_tests.themes.stream import NOW, follow_themes, land, stream

MODEL = "text-embedding-3-small"
PRICES = load_model_prices(project_root() / "taxonomy" / FILE)
DEAR = ModelPrices.model_validate(
    {"version": "1", "source": "test", "prices": [{"model": "*", "from": "2024-01-01", "input": 1_000, "output": 0}]}
)


@pytest.fixture
def service() -> Iterator[AzureOpenAI]:
    with AzureOpenAI({}) as server:
        yield server


def variables(service: AzureOpenAI, **more: str) -> dict[str, str]:
    given = {"ENDPOINT": service.endpoint, "API_KEY": service.key, "EMBEDDING_NAME": MODEL, "EMBEDDING_DIMENSIONS": "16", **more}
    return {f"FEEDBACK_MODEL_{name}": value for name, value in given.items()}


def purse(service: AzureOpenAI, lake: LocalLakehouse, **more: Any) -> Purse:
    return replace(Purse(lake, variables(service), PRICES, 10.0, 20.0, lambda _day: 0.0, lambda: NOW), **more)


def sent(service: AzureOpenAI) -> list[str]:
    return [text for r in service.requests if r.status == 200 for text in r.body["input"]]


def refuse(service: AzureOpenAI, word: str) -> None:
    assert service.spec is not None
    service.spec.embeddings = lambda body: "blocked" if any(word in t for t in body["input"]) else ""  # type: ignore[method-assign]


def ledger(lake: LocalLakehouse) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.read(EMBEDDED_TEXTS).to_pylist()
    return found


def test_equal_texts_are_paid_for_once_and_come_back_the_same_in_any_company(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    texts = ["the app crashes", "", "it is slow", " the app crashes ", "   ", "broken \ud83d half"]
    rows = OpenAiEmbedder(purse(service, lake)).embed(texts)
    assert sorted(sent(service)) == sorted(["the app crashes", "it is slow", "broken ? half"])
    assert (rows.shape, rows.dtype) == ((6, 16), np.dtype(np.float32))
    assert np.array_equal(rows[0], rows[3])
    assert not rows[[1, 4]].any()
    assert np.allclose(np.linalg.norm(rows[[0, 2, 5]], axis=1), 1, atol=1e-6)
    other = OpenAiEmbedder(purse(service, lake))
    assert np.array_equal(other.embed(texts[::-1]), rows[::-1])
    later = OpenAiEmbedder(purse(service, lake, now=lambda: NOW + timedelta(days=3)))
    assert np.array_equal(later.embed(texts), rows)
    assert len(service.requests) == 1
    assert schema_verdict(EMBEDDED_TEXTS, lake.read(EMBEDDED_TEXTS), next_command="").passed
    assert not any(word in str(ledger(lake)) for word in ("crashes", "slow")), "the ledger keeps no text"


def test_another_length_or_model_is_another_embedder(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    short = OpenAiEmbedder(purse(service, lake))
    long = OpenAiEmbedder(purse(service, lake, variables=variables(service, EMBEDDING_DIMENSIONS="32")))
    assert (short.name, long.name) == (f"openai-{MODEL}-16", f"openai-{MODEL}-32")
    assert short.embed(["one"]).shape == (1, 16)
    assert long.embed(["one"]).shape == (1, 32)
    assert len(service.requests) == 2


def test_what_is_paid_adds_up_and_is_shared_among_the_texts(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    OpenAiEmbedder(purse(service, lake)).embed([f"text number {i} " * (i + 1) for i in range(40)])
    rows = ledger(lake)
    assert sum(r["tokens"] for r in rows) == sum(r.tokens for r in service.requests)
    cost = float(PRICES.cost(MODEL, sum(r["tokens"] for r in rows), 0, on=NOW.date()))
    assert spent_on(lake, NOW.date()) == pytest.approx(cost)
    assert cost > 0


@pytest.mark.parametrize("which", ["run", "day", "elsewhere"])
def test_no_budget_is_exceeded_and_what_is_left_is_embedded_when_there_is_more(
    service: AzureOpenAI, lake: LocalLakehouse, which: str
) -> None:
    texts = ["word " * 4_000 + str(i) for i in range(150)]  # some calls' worth
    limits: dict[str, dict[str, Any]] = {
        "run": {"run_budget": 500.0},
        "day": {"day_budget": 500.0},
        "elsewhere": {"spent_elsewhere": lambda _day: 500.0},
    }
    limit = limits[which]
    wide: dict[str, Any] = {"prices": DEAR, "run_budget": 1_000.0, "day_budget": 1_000.0}
    embedder = OpenAiEmbedder(purse(service, lake, **{**wide, **limit}))
    rows = embedder.embed(texts)
    missing = np.isnan(rows).any(axis=1)
    assert 0 < missing.sum() < len(texts)
    assert embedder.stopped == "budget"
    assert not embedder.can_pay()
    assert spent_on(lake, NOW.date()) <= 500
    before = len(service.requests)
    assert np.array_equal(np.isnan(embedder.embed(texts)).any(axis=1), missing)
    assert len(service.requests) == before
    whole = OpenAiEmbedder(purse(service, lake, prices=DEAR, run_budget=9e9, day_budget=9e9)).embed(texts)
    assert not np.isnan(whole).any()
    assert len(sent(service)) == len(set(sent(service))) == len(texts)


def test_a_text_that_is_never_taken_is_zero_and_not_sent_again(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    refuse(service, "forbidden")
    texts = ["forbidden thing", *(f"text {i}" for i in range(6))]
    embedder = OpenAiEmbedder(purse(service, lake))
    rows = embedder.embed(texts)
    assert not rows[0].any()
    assert rows[1:].any(axis=1).all()
    before = len(service.requests)
    assert np.array_equal(OpenAiEmbedder(purse(service, lake)).embed(texts), rows)
    assert len(service.requests) == before
    # Alone it is judged by an ordinary word beside it.
    assert not OpenAiEmbedder(purse(service, lake)).embed(["another forbidden one"]).any()
    assert sorted(r["outcome"] for r in ledger(lake)).count("rejected") == 2


def test_a_service_that_takes_nothing_is_told_before_every_text_is_tried(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    refuse(service, "")
    with pytest.raises(SettingError, match="takes no text"):
        OpenAiEmbedder(purse(service, lake)).embed([f"text {i}" for i in range(500)])
    assert len(service.requests) < 100
    assert ledger(lake) == [], "no text is blamed for it"


def test_a_long_text_is_cut_and_marked(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    rows = OpenAiEmbedder(purse(service, lake)).embed(["word " * 20_000, "short"])
    assert rows.any(axis=1).all()
    assert sorted(r["is_cut"] for r in ledger(lake)) == [False, True]
    assert service.count(200) == len(service.requests)


def test_no_key_or_no_service_leaves_texts_for_later(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    wrong = OpenAiEmbedder(purse(service, lake, variables=variables(service, API_KEY="wrong")))
    assert np.isnan(wrong.embed(["a text", "another"])).all()
    assert wrong.stopped == "access"
    assert ledger(lake) == []
    away = OpenAiEmbedder(
        purse(service, lake, variables=variables(service, ENDPOINT="", BASE_URL="http://127.0.0.1:9/v1", MOST_ATTEMPTS="1"))
    )
    assert np.isnan(away.embed(["a text"])).all()
    assert away.stopped
    assert OpenAiEmbedder(purse(service, lake)).embed(["a text"]).any()


def step(lake: LocalLakehouse, embedder: Any, days: Sequence[Any] | None = None) -> Any:
    return embed_days(lake, embedder, pending_days(lake) if days is None else days, now=NOW)


def test_a_day_whose_budget_ends_is_green_keeps_its_batch_open_and_goes_on(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    said = stream(days=3)
    land(lake, said)
    days = pending_days(lake)
    poor = OpenAiEmbedder(purse(service, lake, run_budget=0.0))
    reports = step(lake, poor)
    assert sum(r.unasked for r in reports.values()) == len(said)
    assert {r.stopped for r in reports.values()} == {"budget"}
    assert (lake.count(EMBEDDINGS), service.requests) == (0, [])
    assert waiting_days(lake) == pending_days(lake) == days
    for row in lake.read(STAGE_BATCHES, where={"stage": ["embeddings"]}).to_pylist():
        assert row["rows_in"] == row["rows_out"] + sum(json.loads(row["reasons"]).values())
    rich = OpenAiEmbedder(purse(service, lake))
    reports = step(lake, rich)
    assert sum(r.unasked for r in reports.values()) == 0
    assert (lake.count(EMBEDDINGS), waiting_days(lake), pending_days(lake)) == (len(said), [], [])
    follow_themes(lake, rich)
    assert lake.count(ASSIGNMENTS) == len(said)
    before, requests = [lake.version(t) for t in (EMBEDDED_TEXTS, EMBEDDINGS, ASSIGNMENTS, THEMES)], len(service.requests)
    step(lake, rich, days)
    follow_themes(lake, rich)
    embed_days(lake, rich, days, now=NOW, making=Making("v2", "backfill", restates=True))
    assert [lake.version(t) for t in (EMBEDDED_TEXTS, EMBEDDINGS, ASSIGNMENTS, THEMES)] == before
    assert len(service.requests) == requests, "a restatement pays for nothing that was paid for"


def test_only_masked_text_of_the_tables_is_sent(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    said = stream(days=2)
    land(lake, said)
    step(lake, OpenAiEmbedder(purse(service, lake)))
    assert len(sent(service)) == len(set(sent(service)))
    assert all(any(text in f.text or f.text in text for f in said) for text in sent(service))


def test_the_first_of_two_vectors_of_one_text_is_the_one_that_is_used(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    rows = OpenAiEmbedder(purse(service, lake)).embed(["one"])
    (row,) = ledger(lake)
    lake.append_new(EMBEDDED_TEXTS, to_arrow(EMBEDDED_TEXTS, [{**row, "asked_on": NOW.date() + timedelta(days=1), "vector": [0.25] * 16}]))
    assert np.array_equal(OpenAiEmbedder(purse(service, lake)).embed(["one"]), rows)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"EMBEDDING_NAME": ""}, "EMBEDDING_NAME"),
        ({"EMBEDDING_NAME": "mine", "EMBEDDING_DIMENSIONS": ""}, "EMBEDDING_DIMENSIONS"),
        ({"EMBEDDING_DIMENSIONS": "1537"}, "1536"),
        ({"EMBEDDING_DIMENSIONS": "many"}, "EMBEDDING_DIMENSIONS"),
        ({"ENDPOINT": "", "API_KEY": ""}, "BASE_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(service: AzureOpenAI, given: dict[str, str], told: str) -> None:
    with pytest.raises(SettingError) as error:
        EmbeddingModel.from_environment(variables(service, **given))
    assert told in str(error.value)


def test_dimensions_are_asked_for_only_where_they_are_not_the_models_own(service: AzureOpenAI) -> None:
    def asked(**given: str) -> int | None:
        return EmbeddingModel.from_environment(variables(service, **given)).asked_dimensions

    elsewhere = {"ENDPOINT": "", "BASE_URL": "http://127.0.0.1:9/v1"}
    assert asked() == 16
    assert asked(EMBEDDING_DIMENSIONS="") is None
    assert asked(EMBEDDING_NAME="mine") == 16
    assert asked(EMBEDDING_NAME="mine", **elsewhere) is None
    assert asked(**elsewhere) == 16


def test_vectors_of_another_length_than_is_set_are_refused(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    given = variables(service, ENDPOINT="", BASE_URL=f"{service.endpoint}/openai/v1", EMBEDDING_NAME="mine", EMBEDDING_DIMENSIONS="99")
    with pytest.raises(SettingError, match="16 numbers"):
        OpenAiEmbedder(purse(service, lake, variables=given, prices=DEAR)).embed(["one"])
    assert ledger(lake) == []


def test_a_model_without_a_price_is_refused_before_anything_is_sent(service: AzureOpenAI, lake: LocalLakehouse) -> None:
    with pytest.raises(SettingError, match="no price"):
        OpenAiEmbedder(purse(service, lake, variables=variables(service, EMBEDDING_NAME="mine"))).embed(["one"])
    assert service.requests == []


def test_a_home_that_sets_it_embeds_within_the_budget_that_answers_share(service: AzureOpenAI, settings: Settings) -> None:
    given = replace(settings, embedder="openai", model=tuple(variables(service).items()))
    services = Services(given)
    assert services.embedder.name == f"openai-{MODEL}-16"
    assert services.embedder_on(services.lake).embed(["one"]).any()
    assert spent_on(services.lake, datetime.now(UTC).date()) > 0
    means = Services(replace(given, model=(*given.model, ("FEEDBACK_MODEL_NAME", "gpt-4o-mini")))).answer_means
    assert means is not None
    assert means.spent_elsewhere(datetime.now(UTC).date()) > 0
