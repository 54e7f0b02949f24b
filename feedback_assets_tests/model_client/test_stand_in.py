"""The stand-in itself: it refuses what the service refuses, counts as the service counts, and answers by its own description."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from feedback_assets_tests.loopback.azure_openai import KEY, AzureOpenAI
from feedback_assets_tests.loopback.azure_openai_faults import Faults
from feedback_assets_tests.loopback.azure_openai_limits import Limits
from feedback_assets_tests.loopback.azure_openai_spec import SPEC, SpecCheck
from feedback_assets_tests.model_client.responses import ask_all, asks, client_of, reading

GOOD = {"messages": [{"role": "user", "content": "hi"}], "model": "gpt"}


def post(service: AzureOpenAI, path: str, body: Any, key: str = KEY) -> tuple[int, Any, dict[str, str]]:
    headers = {"api-key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(service.endpoint + path, json.dumps(body).encode(), headers)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310  # loopback
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as e:
        with e:
            return e.code, json.load(e), {k.lower(): v for k, v in e.headers.items()}


@pytest.mark.parametrize("path", ["/openai/v1/chat/completions", "/openai/deployments/gpt/chat/completions?api-version=2024-10-21"])
def test_a_bad_body_is_refused_by_the_vendors_description(path: str) -> None:
    if not SPEC.is_file():
        pytest.skip("the vendor's description is not beside the project: bodies are judged by hand-written rules alone")
    with AzureOpenAI({"hi": "yes"}) as service:
        assert service.has_spec
        assert post(service, path, GOOD)[0] == 200
        bad = [
            {},
            {"messages": []},
            {**GOOD, "messages": [{"role": "user"}]},
            {**GOOD, "messages": [{"role": "nobody", "content": "hi"}]},
            {**GOOD, "temperature": 3},
            {**GOOD, "temperature": "hot"},
            {**GOOD, "max_tokens": 1.5},
            {**GOOD, "seed": "x"},
            {**GOOD, "max_token": 5},
            {**GOOD, "response_format": {"type": "json_schema"}},
            {**GOOD, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True}}},
            {**GOOD, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "array"}}}},
            [],
        ]
        for body in bad:
            assert post(service, path, body)[0] == 400, body
        assert service.count(200) == 1


def test_without_the_description_it_says_so_and_still_refuses_what_has_no_messages(tmp_path: Any) -> None:
    check = SpecCheck(tmp_path / "none.json")
    assert not check.has_spec
    assert check.chat({})
    assert check.chat(GOOD) == ""


def test_a_wrong_key_or_a_dated_path_without_its_version_finds_nothing() -> None:
    with AzureOpenAI({"hi": "yes"}) as service:
        assert post(service, "/openai/v1/chat/completions", GOOD, key="other")[0] == 401
        assert post(service, "/openai/deployments/gpt/chat/completions", GOOD)[0] == 404


def test_answers_fit_the_vendors_description() -> None:
    if not SPEC.is_file():
        pytest.skip("the vendor's description is not beside the project")
    from jsonschema import Draft202012Validator

    from feedback_assets_tests.loopback.azure_openai_spec import with_null_types

    spec = with_null_types(json.loads(SPEC.read_text("utf-8")))
    answer = Draft202012Validator({"$ref": "#/components/schemas/createChatCompletionResponse", "components": spec["components"]})
    with AzureOpenAI({"hi": "yes"}) as service:
        for fault in ("", "refusal", "filter_output", "length", "other_model"):
            service.faults.next(fault)
            status, body, _ = post(service, "/openai/v1/chat/completions", GOOD)
            assert status == 200
            assert [e.message for e in answer.iter_errors(body)] == []
    assert list(answer.iter_errors({"choices": []}))


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("retry-after-ms", {"retry-after-ms", "retry-after", "x-ratelimit-limit-requests"}),
        ("retry-after", {"retry-after", "x-ratelimit-limit-requests"}),
        ("x-ratelimit", {"x-ratelimit-reset-requests", "x-ratelimit-limit-requests"}),
        ("none", set()),
    ],
)
def test_a_limit_is_enforced_in_its_window_with_each_kind_of_headers(variant: str, names: set[str]) -> None:
    # Three in a window that does not end while the test runs.
    with AzureOpenAI({"hi": "yes"}, limits=Limits(3, 0, request_window_s=1e9, window_holds=3, headers=variant)) as service:
        found = [post(service, "/openai/v1/chat/completions", GOOD) for _ in range(5)]
    assert [status for status, _, _ in found] == [200, 200, 200, 429, 429]
    told = {k for k in found[-1][2] if k.startswith(("retry-after", "x-ratelimit"))}
    assert names <= told
    assert variant != "none" or not told


def test_tokens_are_counted_with_the_room_for_the_answer() -> None:
    limits = Limits(0, 1_000, token_window_s=60)
    assert limits.take(600, 0.0)[0] == 0
    assert limits.take(600, 1.0)[0] == 59
    assert limits.take(400, 2.0)[0] == 0
    assert limits.take(600, 60.0)[0] == 0


def test_faults_hang_on_the_seed_and_the_request_not_on_the_order() -> None:
    def classes(seed: int, hands: int) -> dict[str, str]:
        rates = {"refusal": 0.1, "cut_json": 0.2, "500": 0.1}
        with AzureOpenAI(lambda q: reading(q.first), faults=Faults(rates, seed=seed)) as service:
            _, answers = asyncio.run(ask_all(client_of(service, concurrency=hands), asks(100)))
        return {a.key: f"{a.outcome} {a.attempts}" for a in answers}

    assert classes(1, 1) == classes(1, 16) != classes(2, 16)
