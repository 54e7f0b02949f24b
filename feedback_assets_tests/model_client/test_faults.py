"""A fifth of all requests meets a fault: sent is ok plus each class, nothing is lost, nothing is asked twice that was answered."""

import asyncio
from collections import Counter, defaultdict

import pytest

from feedback_assets.model_client.asks import OUTCOMES, UNAVAILABLE
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Request
from feedback_assets_tests.loopback.azure_openai_faults import ANSWERS, TRANSPORT, Faults
from feedback_assets_tests.model_client.responses import ask_all, asks, client_of, reading

RECORDS = 3_000
PASSING = ("429", "429-retry-after", "429-x-ratelimit", "429-none", "500", "503", "drop", "drop_late", "cut_body", "slow")
LASTING = ("refusal", "filter_prompt", "filter_prompt_inner", "filter_output")
FIRST = {
    "length": "truncated",
    "length_400": "truncated",
    "cut_json": "malformed_json",
    "empty": "malformed_json",
    "wrong_schema": "schema",
}
SINGLE = {
    "refusal": "refusal",
    "filter_prompt": "content_filter_prompt",
    "filter_prompt_inner": "content_filter_prompt",
    "filter_output": "content_filter_output",
}


def expected(requests: list[Request]) -> str:
    """The class of a question from what the server did to its requests, in order."""
    again: set[str] = set()
    outcome = ""
    for request in requests:
        if request.fault in PASSING and request.fault != "slow":
            continue
        if request.fault in SINGLE:
            return SINGLE[request.fault]
        outcome = FIRST.get(request.fault, "ok")
        kind = "schema" if outcome == "malformed_json" else outcome
        if outcome == "ok" or kind in again:
            return outcome
        again.add(kind)
    return outcome or UNAVAILABLE


@pytest.mark.slow
def test_every_question_has_one_outcome_and_it_is_what_the_server_did_to_it() -> None:
    assert set(PASSING) == set(TRANSPORT)
    every = [f for f in (*TRANSPORT, *ANSWERS) if f not in ("429-retry-after",)]  # that one waits whole seconds: test_client.py has it
    # Half of the faults that a second question can mend hang on the text, so that they come again.
    faults = Faults(
        {f: 0.2 / len(every) for f in every},
        seed=1,
        sticky=frozenset({*LASTING, "length", "wrong_schema"}),
        slow_s=0.02,
        retry_s=0.02,
    )
    with AzureOpenAI(lambda q: reading(q.first), faults=faults) as service:
        tally, answers = asyncio.run(ask_all(client_of(service, concurrency=12, most_attempts=12), asks(RECORDS)))
        requests = list(service.chats)
    assert tally.stopped == ""
    assert tally.asked == len(answers) == sum(tally.outcomes.values()) == RECORDS
    assert len({a.key for a in answers}) == RECORDS
    assert set(tally.outcomes) <= set(OUTCOMES)

    by_text: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        by_text[next(m["content"] for m in request.body["messages"] if m["role"] == "user")].append(request)
    assert len(by_text) == RECORDS
    for answer in answers:
        met = by_text[f"text {answer.key[1:]}: the app crash came after the update"]
        assert answer.attempts == len(met)
        assert answer.outcome == expected(met), [r.fault for r in met]
        assert answer.lost == sum(r.fault in ("drop", "drop_late", "cut_body") for r in met)
        # An answer that arrived is never asked for again by the same body.
        arrived = Counter(str(r.body) for r in met if r.status == 200 and r.fault not in ("drop_late", "cut_body"))
        assert set(arrived.values()) <= {1}
    seen = Counter(tally.outcomes)
    for outcome in ("ok", "refusal", "content_filter_prompt", "content_filter_output", "truncated", "schema"):
        assert seen[outcome] > 0, outcome
    faulty = sum(bool(r.fault) for r in requests) / len(requests)
    assert 0.15 < faulty < 0.3
