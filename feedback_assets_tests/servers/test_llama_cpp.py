"""The client over a real llama.cpp server and a real model, which nobody here wrote: over the path of Azure's v1 endpoint.

The model is small: it invents quotes and runs into its token limit. What is tested is that the client sorts its answers row by row; the
quality of the answers is not the point. Run by `make test-servers`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, Field

from feedback_assets.model_client.asks import Answer, Ask, Tally
from feedback_assets.model_client.breaker import Breaker
from feedback_assets.model_client.client import ModelClient
from feedback_assets.model_client.limiter import Limiter
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets_tests.servers.llama_server import missing

KEY = "a-key-of-this-test"
TEXTS = (
    "The app crashes every time I open the settings page.",
    "My parcel has not arrived for two weeks and nobody answers.",
    "I was charged twice for the same order.",
    "Great update, the dark mode looks wonderful.",
    "The login button does nothing on my tablet.",
    "Search finds nothing since the last update.",
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]


class Claim(BaseModel):
    """Bounded, so that a small model comes to an end."""

    category: str = Field(max_length=60)
    quote: str = Field(max_length=120)


class Claims(BaseModel):
    """Unbounded in what is sent: lengths are not part of what a strict schema may say."""

    claims: list[Claim]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, "-m", "feedback_assets_tests.servers.llama_server", KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("http://127.0.0.1:"), "the server did not start"
        yield line
        process.stdin.close()
        process.wait(30)


def answers(
    address: str, model: type[BaseModel], *, room: int, key: str = KEY, texts: tuple[str, ...] = TEXTS
) -> tuple[Tally, list[Answer]]:
    settings = ModelSettings(model="smollm2", endpoint=address, api_key=key, concurrency=1, timeout_s=120, most_attempts=2)
    system = "Name the category of the customer's complaint and quote the words of the customer that show it. Answer with JSON."
    found: list[Answer] = []

    async def work() -> Tally:
        asks = [
            Ask(str(i), [{"role": "system", "content": system}, {"role": "user", "content": text}], model, room, 0.0, 7)
            for i, text in enumerate(texts)
        ]
        async with ModelClient(settings, limiter=Limiter(), breaker=Breaker()) as client:
            return await client.ask_all(asks, on_answer=found.append)

    return asyncio.run(work()), found


def test_each_answer_of_a_real_model_has_a_class_and_its_quotes_are_mostly_invented(address: str) -> None:
    tally, found = answers(address, Claim, room=150)
    assert tally.asked == len(found) == len(TEXTS)
    assert set(tally.outcomes) <= {"ok", "truncated", "schema", "malformed_json"}
    read = [(TEXTS[int(a.key)], a.parsed) for a in found if isinstance(a.parsed, Claim)]
    assert read, tally
    invented = [claim.quote for text, claim in read if claim.quote not in text]
    print(f"{tally.outcomes}; {len(invented)} of {len(read)} quotes do not stand in the text")  # noqa: T201  # seen with -s
    assert invented
    assert all(a.prompt_tokens > 0 and a.completion_tokens > 0 for a in found)


def test_an_answer_that_runs_into_its_limit_is_truncated_after_a_second_try_with_more_room(address: str) -> None:
    tally, found = answers(address, Claims, room=12, texts=TEXTS[:3])
    print(tally.outcomes)  # noqa: T201  # seen with -s
    assert "truncated" in tally.outcomes
    assert all(a.attempts == 2 for a in found if a.outcome == "truncated")
    assert all(a.completion_tokens >= 30 for a in found if a.outcome == "truncated")  # 12 and 24


def test_the_same_question_gets_the_same_answer(address: str) -> None:
    (first,), (second,) = (answers(address, Claim, room=150, texts=TEXTS[:1])[1] for _ in range(2))
    assert first.text == second.text


def test_a_wrong_key_stops_the_stream(address: str) -> None:
    tally, _ = answers(address, Claim, room=150, key="another")
    assert tally.stopped == "access"
    assert tally.outcomes == {"rejected": 3}
