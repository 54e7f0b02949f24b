"""The client against a real server on loopback: each class of outcome, second questions, budgets, streams that stop."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from feedback_assets.model_client.asks import Answer, Ask
from feedback_assets.model_client.breaker import Breaker
from feedback_assets.model_client.client import ModelClient, answers, estimate
from feedback_assets.model_client.limiter import Limiter
from feedback_assets_tests.loopback.azure_openai import INVENTED, OTHER_MODEL, AzureOpenAI, Question
from feedback_assets_tests.model_client.responses import QUICK, Reading, ask, ask_all, asks, client_of, reading, settings_of

TEXT = "the app crash came after the update"


def said(question: Question) -> object:
    return reading(question.first)


@pytest.fixture
def service() -> Iterator[AzureOpenAI]:
    with AzureOpenAI(said) as server:
        yield server


def one(service: AzureOpenAI, *faults: str, **fields: Any) -> Answer:
    """The answer to one question whose requests meet these faults."""

    async def work() -> Answer:
        service.faults.next(*faults)
        async with client_of(service, **fields) as client:
            return await client.ask(ask("k", TEXT))

    return asyncio.run(work())


@pytest.mark.parametrize("api_version", ["", "2024-10-21"])
def test_an_answer_comes_parsed_with_its_model_and_tokens_over_both_paths(service: AzureOpenAI, api_version: str) -> None:
    answer = one(service, api_version=api_version)
    assert answer.outcome == "ok"
    assert answer.parsed == Reading.model_validate(reading(TEXT))
    assert answer.model == service.model
    assert (answer.attempts, answer.lost) == (1, 0)
    assert answer.prompt_tokens > 0
    assert answer.completion_tokens > 0
    (request,) = service.requests
    assert request.path == ("/openai/deployments/gpt/chat/completions" if api_version else "/openai/v1/chat/completions")
    assert request.body["max_completion_tokens"] == 200
    assert (request.body["temperature"], request.body["seed"]) == (0.0, 7)


def test_a_compatible_server_is_reached_by_its_base_url_with_the_older_field(service: AzureOpenAI) -> None:
    answer = one(service, endpoint="", base_url=f"{service.endpoint}/openai/v1/", output_limit_field="max_tokens")
    assert answer.outcome == "ok"
    assert service.requests[0].body["max_tokens"] == 200


def test_a_question_without_a_response_model_is_answered_by_text() -> None:
    with AzureOpenAI({"how are you": "fine"}) as service:

        async def work() -> Answer:
            async with client_of(service) as client:
                return await client.ask(ask("k", "how are you", None))

        answer = asyncio.run(work())
    assert (answer.outcome, answer.text, answer.parsed) == ("ok", "fine", None)
    assert "response_format" not in service.requests[0].body


@pytest.mark.parametrize(
    ("faults", "outcome", "requests"),
    [
        (("refusal",), "refusal", 1),
        (("filter_prompt",), "content_filter_prompt", 1),
        (("filter_prompt_inner",), "content_filter_prompt", 1),
        (("filter_output",), "content_filter_output", 1),
        (("length",), "ok", 2),
        (("length_400",), "ok", 2),
        (("length", "length_400"), "truncated", 2),
        (("cut_json",), "ok", 2),
        (("cut_json", "cut_json"), "malformed_json", 2),
        (("empty",), "ok", 2),
        (("wrong_schema",), "ok", 2),
        (("wrong_schema", "wrong_schema"), "schema", 2),
        (("cut_json", "wrong_schema"), "schema", 2),
        (("length", "cut_json"), "ok", 3),
        (("length", "cut_json", "length"), "truncated", 3),
        (("cut_json", "refusal"), "refusal", 2),
        (("429",), "ok", 2),
        (("429-retry-after",), "ok", 2),
        (("429-x-ratelimit",), "ok", 2),
        (("429-none",), "ok", 2),
        (("500", "503"), "ok", 3),
        (("drop", "drop_late", "cut_body"), "ok", 4),
        (("500",) * 8, "unavailable", 8),
        (("cut_json", *["drop"] * 8), "malformed_json", 9),
    ],
)
def test_each_fault_ends_in_its_class_after_as_many_requests_as_it_is_worth(
    service: AzureOpenAI, faults: tuple[str, ...], outcome: str, requests: int
) -> None:
    service.faults.retry_s = 0.01 if "429-retry-after" not in faults else 1
    answer = one(service, *faults)
    assert answer.outcome == outcome
    assert len(service.requests) == answer.attempts == requests
    assert (answer.parsed is not None) == (outcome == "ok")
    assert outcome == "ok" or answer.detail


def test_what_a_question_costs_counts_its_second_question(service: AzureOpenAI) -> None:
    single, double = one(service), one(service, "cut_json")
    assert double.prompt_tokens > 2 * single.prompt_tokens
    assert double.completion_tokens > single.completion_tokens


def test_a_truncated_answer_is_given_twice_the_room_and_one_that_does_not_fit_is_told_why(service: AzureOpenAI) -> None:
    one(service, "length", "wrong_schema")
    first, second, third = (r.body for r in service.requests)
    assert (first["max_completion_tokens"], second["max_completion_tokens"], third["max_completion_tokens"]) == (200, 400, 400)
    assert second["messages"] == first["messages"]
    assert [m["role"] for m in third["messages"]] == ["system", "user", "assistant", "user"]
    assert "findings: Field required" in third["messages"][-1]["content"]


def test_a_slow_answer_is_given_up_and_counted_as_one_that_may_have_been_paid(service: AzureOpenAI) -> None:
    service.faults.slow_s = 2
    answer = one(service, "slow", timeout_s=0.2)
    assert (answer.outcome, answer.attempts, answer.lost) == ("ok", 2, 1)


@pytest.mark.parametrize("fault", ["drop", "drop_late", "cut_body"])
def test_an_answer_that_breaks_off_is_a_lost_request_and_the_same_body_is_sent_again(service: AzureOpenAI, fault: str) -> None:
    answer = one(service, fault)
    assert (answer.outcome, answer.attempts, answer.lost) == ("ok", 2, 1)
    assert service.requests[0].body == service.requests[1].body


def test_an_answer_of_another_model_says_so_and_invented_quotes_are_the_callers_to_find(service: AzureOpenAI) -> None:
    assert one(service, "other_model").model == OTHER_MODEL
    answer = one(service, "invented_quotes")
    assert answer.outcome == "ok"
    assert INVENTED in answer.text


def test_a_long_wait_that_the_service_asks_for_is_kept_or_given_up_at_once(service: AzureOpenAI) -> None:
    service.faults.retry_s = 3600
    answer = one(service, "429", longest_wait_s=60)
    assert (answer.outcome, answer.attempts) == ("unavailable", 1)
    assert "3600 s" in answer.detail


def test_no_feedback_text_and_no_key_is_in_a_detail_or_a_log(service: AzureOpenAI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Jane Doe of 5 Lime Street wrote that the app crash came after the update"
    for fault in ("filter_prompt", "refusal", "cut_json", "wrong_schema", "500", "drop", ""):
        service.faults.next(*[fault] * 8)

        async def work() -> Answer:
            async with client_of(service) as client:
                return await client.ask(ask("k", secret))

        answer = asyncio.run(work())
        assert "Jane" not in answer.detail
        service.faults.queue_clear()
    assert "Lime Street" not in caplog.text
    assert service.key not in caplog.text
    assert not [r for r in caplog.records if r.name.startswith(("openai", "httpx2", "httpcore2"))]  # nor a line for each request


def test_a_stream_is_read_only_as_far_as_there_are_hands_and_each_is_asked_once(service: AzureOpenAI) -> None:
    read = 0
    furthest = 0
    answered = 0

    def questions() -> Iterator[Ask]:
        nonlocal read, furthest
        for question in asks(300):
            read += 1
            furthest = max(furthest, read - answered)
            yield question

    def count(_answer: Answer) -> None:
        nonlocal answered
        answered += 1

    async def work() -> None:
        async with client_of(service, concurrency=5) as client:
            tally = await client.ask_all(questions(), on_answer=count)
        assert tally.outcomes == {"ok": 300}

    asyncio.run(work())
    assert furthest <= 5
    assert set(Counter(r.text for r in service.requests).values()) == {1}


def test_a_budget_stops_before_the_request_that_would_exceed_it_and_what_is_in_flight_finishes(service: AzureOpenAI) -> None:
    cap = 20_000
    reserved: dict[str, int] = {}
    spent = 0
    most = 0

    def may_spend(question: Ask, tokens: int) -> bool:
        nonlocal most
        if spent + sum(reserved.values()) + tokens > cap:
            return False
        reserved[question.key] = reserved.get(question.key, 0) + tokens
        most = max(most, spent + sum(reserved.values()))
        return True

    done: list[Answer] = []

    def keep(answer: Answer) -> None:
        nonlocal spent
        spent += answer.prompt_tokens + answer.completion_tokens
        reserved.pop(answer.key)
        done.append(answer)

    async def work() -> str:
        service.faults.rates = {"cut_json": 0.1, "429": 0.1}
        async with client_of(service, concurrency=4) as client:
            tally = await client.ask_all(asks(1_000), on_answer=keep, may_spend=may_spend)
        assert tally.asked == len(done)
        return tally.stopped

    assert asyncio.run(work()) == "budget"
    assert 0 < len(done) < 1_000
    assert cap - 4 * 800 < spent <= most <= cap
    assert not reserved


def test_a_second_question_that_the_budget_does_not_allow_leaves_the_first_answer(service: AzureOpenAI) -> None:
    service.faults.next("cut_json")
    allowed = iter([True, False])
    tally, (answer,) = asyncio.run(ask_all(client_of(service, concurrency=1), asks(5), lambda _a, _t: next(allowed)))
    assert (answer.outcome, tally.stopped, tally.asked) == ("malformed_json", "budget", 1)


def test_a_repeat_of_an_answer_that_was_lost_is_asked_of_the_budget_and_one_of_a_429_is_not(service: AzureOpenAI) -> None:
    service.faults.next("429", "500", "drop_late", "")
    asked: list[int] = []

    def may_spend(_ask: Ask, tokens: int) -> bool:
        asked.append(tokens)
        return True

    tally, _ = asyncio.run(ask_all(client_of(service, concurrency=1), asks(1), may_spend))
    assert tally.outcomes == {"ok": 1}
    assert len(asked) == 2


def test_a_wrong_key_stops_the_stream_instead_of_rejecting_every_record(service: AzureOpenAI) -> None:
    tally, answers_ = asyncio.run(ask_all(client_of(service, api_key="another"), asks(1_000)))
    assert tally.stopped == "access"
    assert tally.outcomes == {"rejected": len(answers_)}
    assert len(answers_) < 30


def test_a_service_that_is_away_stops_the_stream_and_one_that_comes_back_is_asked_on() -> None:
    with AzureOpenAI(said) as service:
        service.faults.rates = {"503": 1.0}
        service.faults.retry_s = 0
        breaker = Breaker(failures=4, cooldown_s=0.05, longest_s=0.1)
        tally, _ = asyncio.run(ask_all(client_of(service, breaker=breaker, longest_wait_s=0.5), asks(1_000)))
        assert tally.stopped == "unavailable"
        assert set(tally.outcomes) == {"unavailable"}
        assert tally.asked <= 16
        before = len(service.requests)
        assert before < 16 * 8
        service.faults.rates = {}
        tally, _ = asyncio.run(ask_all(client_of(service, breaker=Breaker(failures=4, cooldown_s=0.05)), asks(50)))
        assert tally.outcomes == {"ok": 50}


def test_what_the_callback_raises_ends_the_stream_after_those_in_flight(service: AzureOpenAI) -> None:
    seen: list[str] = []

    def break_(answer: Answer) -> None:
        seen.append(answer.key)
        if len(seen) == 10:
            raise OSError("disk full")

    async def work() -> None:
        async with client_of(service, concurrency=4) as client:
            await client.ask_all(asks(1_000), on_answer=break_)

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(work())
    assert len(seen) == len(service.requests) <= 13  # nothing that was paid for was kept back


def test_callers_without_a_loop_have_a_way_in_and_a_callback_may_be_a_coroutine(service: AzureOpenAI) -> None:
    kept: list[str] = []

    async def keep(answer: Answer) -> None:
        await asyncio.sleep(0)
        kept.append(answer.key)

    tally = answers(settings_of(service), asks(20), on_answer=keep)
    assert tally.outcomes == {"ok": 20}
    assert sorted(kept) == sorted(f"k{i}" for i in range(20))


def test_an_estimate_is_above_what_the_service_counts(service: AzureOpenAI) -> None:
    async def work() -> None:
        settings = settings_of(service)
        client = ModelClient(settings, limiter=Limiter(), breaker=Breaker(), backoff=QUICK)
        async with client:
            for question in asks(5):
                answer = await client.ask(question)
                prompt, room = estimate(question, settings)
                assert answer.prompt_tokens <= prompt
                assert room == 200

    asyncio.run(work())
