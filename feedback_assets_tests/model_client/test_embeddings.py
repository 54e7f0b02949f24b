"""Vectors through the client: limits of a call, order, faults, and texts that the service does not take."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.asks import Tally
from feedback_assets.model_client.embeddings import (
    MOST_CALL_TOKENS,
    MOST_INPUT_TOKENS,
    MOST_INPUTS,
    EmbeddedTexts,
    calls,
    embed_all,
    embeddings,
    within_limit,
)
from feedback_assets.model_client.tokens import estimated_tokens
from feedback_assets_tests.loopback.azure_openai import DIMENSIONS, AzureOpenAI
from feedback_assets_tests.model_client.responses import client_of, settings_of


@pytest.fixture
def service() -> Iterator[AzureOpenAI]:
    with AzureOpenAI({}) as server:
        yield server


def embed(service: AzureOpenAI, texts: list[tuple[str, str]], **arguments: Any) -> tuple[Tally, list[EmbeddedTexts]]:
    found: list[EmbeddedTexts] = []

    async def work() -> Tally:
        async with client_of(service, concurrency=2) as client:
            return await embed_all(client, texts, on_vectors=found.append, **arguments)

    return asyncio.run(work()), found


@pytest.mark.parametrize("api_version", ["", "2024-10-21"])
def test_each_text_gets_its_own_vector_whatever_the_order_of_the_answer(service: AzureOpenAI, api_version: str) -> None:
    texts = [f"text {i}" for i in range(50)]
    together, tally = embeddings(settings_of(service, api_version=api_version), texts)
    alone, _ = embeddings(settings_of(service, api_version=api_version), texts[7:8])
    assert tally.outcomes == {"ok": 50}
    assert np.array_equal(together[7], alone[0])
    assert together[7].dtype == np.float32
    assert len(together[7]) == DIMENSIONS
    assert abs(float(np.linalg.norm(together[7])) - 1) < 1e-5


def test_a_call_keeps_the_limits_and_every_text_is_in_one(service: AzureOpenAI) -> None:
    texts = [(str(i), "word " * 200) for i in range(2_100)] + [("long", "word " * 20_000), ("empty", " "), ("short", "x")]
    tally, found = embed(service, texts)
    assert tally.outcomes == {"ok": 2_102}
    assert sorted(k for e in found for k in e.keys) == sorted(k for k, _ in texts if k != "empty")
    assert [e.cut for e in found if e.cut] == [("long",)]
    for request in service.requests:
        assert len(request.body["input"]) <= MOST_INPUTS
        assert request.status == 200  # the server refuses what is over a limit


@given(st.lists(st.text(max_size=40) | st.builds(lambda t, n: t * n, st.text(min_size=1, max_size=5), st.integers(1, 30_000)), max_size=12))
def test_no_call_is_over_a_limit_and_no_text_is_lost(texts: list[str]) -> None:
    made = list(calls((str(i), t) for i, t in enumerate(texts)))
    assert [k for call in made for k in call.keys] == [str(i) for i, t in enumerate(texts) if t.strip()]
    for call in made:
        assert call.tokens <= MOST_CALL_TOKENS
        assert all(estimated_tokens(t) <= MOST_INPUT_TOKENS for t in call.texts)
    assert all(within_limit(t, 10)[1] <= 10 for t in texts)


def test_faults_are_repeated_and_a_text_that_is_not_taken_stands_alone(service: AzureOpenAI) -> None:
    service.faults.next("429", "drop_late", "500", "cut_body")
    tally, _ = embed(service, [("a", "one"), ("b", "two")])
    assert tally.outcomes == {"ok": 2}
    refuse = service.spec
    assert refuse is not None
    refuse.embeddings = lambda body: "blocked" if "bad" in body["input"] else ""  # type: ignore[method-assign]
    tally, found = embed(service, [(str(i), "bad" if i == 5 else f"good {i}") for i in range(8)])
    assert tally.outcomes == {"ok": 7, "rejected": 1}
    assert [e.keys for e in found if e.outcome == "rejected"] == [("5",)]


def test_a_budget_stops_before_the_call(service: AzureOpenAI) -> None:
    tally, found = embed(service, [("a", "one")], may_spend=lambda _keys, tokens: tokens < 1)
    assert (tally.stopped, tally.asked, found, service.requests) == ("budget", 0, [], [])


def test_lone_surrogates_are_sent_as_question_marks(service: AzureOpenAI) -> None:
    tally, _ = embed(service, [("a", "broken \ud83d half")])
    assert tally.outcomes == {"ok": 1}
    assert service.requests[0].body["input"] == ["broken ? half"]
