"""Asks a model: one question, or a stream of them with bounded concurrency and memory.

A question ends in one Answer of one outcome class (asks.py). An answer that was cut is asked for once more with twice the room; one that
is not JSON or does not fit is asked for once more with the error; a refusal or a filter never. What a question costs is counted over all
of that. Not here: what is asked, budgets (a callback says whether a request may be sent), where answers are kept.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from feedback_assets.model_client.asks import MALFORMED_JSON, REJECTED, SCHEMA, TRUNCATED, UNAVAILABLE, Answer, Ask, Tally
from feedback_assets.model_client.breaker import Breaker, shared_breaker
from feedback_assets.model_client.clock import Clock
from feedback_assets.model_client.connection import connect
from feedback_assets.model_client.limiter import Limiter, shared_limiter
from feedback_assets.model_client.outcomes import Verdict, judge
from feedback_assets.model_client.retries import Backoff
from feedback_assets.model_client.schema import response_format
from feedback_assets.model_client.sending import Reply, Sender, token_counts
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets.model_client.stream import work_through
from feedback_assets.model_client.tokens import estimated_tokens, message_tokens

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MaySpend = Callable[[Ask, int], bool]
"""Asked before each request that may cost: the first, each second question, a repeat after an answer was lost; with an estimate from above
of its tokens, prompt and room for the answer. False: this request is not sent, and no new question is begun."""
OnAnswer = Callable[[Answer], Awaitable[None] | None]
T = TypeVar("T")

_LONGEST_REPLAY = 8_000
_WRONG_ACCESS = ("HTTP 401", "HTTP 403", "HTTP 404")
_WRONG_IN_A_ROW = 3
_CORRECTION = (
    "Your last answer cannot be used. {error}\nAnswer the same question once more, with JSON that fits the schema and nothing else."
)


class ModelClient:
    """The client of one model. `async with ModelClient(settings) as client:`; one event loop for its whole life.

    limiter, breaker: those of the process for this model when not given. backoff, clock: for tests.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        limiter: Limiter | None = None,
        breaker: Breaker | None = None,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.limiter = limiter or shared_limiter(settings)
        self.breaker = breaker or shared_breaker(settings)
        self.sender = Sender(settings, self.limiter, self.breaker, backoff or Backoff(), clock or Clock())
        self._sdk: AsyncOpenAI | None = None

    @property
    def sdk(self) -> "AsyncOpenAI":
        """The SDK's client, made at first use. Raises SettingError (connection.py)."""
        if self._sdk is None:
            self._sdk = connect(self.settings)
        return self._sdk

    async def __aenter__(self) -> Self:
        _ = self.sdk
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._sdk is not None:
            await self._sdk.close()
            self._sdk = None

    async def ask(self, ask: Ask) -> Answer:
        """What comes of one question. Raises SchemaError for a response model that cannot be sent; no failure of the service raises."""
        answer = await _Question(self, ask, lambda _ask, _tokens: True).answer()
        if answer is None:  # only without a permission, and there was one
            raise AssertionError(ask.key)
        return answer

    async def ask_all(self, asks: Iterable[Ask], *, on_answer: OnAnswer, may_spend: MaySpend | None = None) -> Tally:
        """Asks until the questions end, or may_spend says no, or the service is away or refuses access; those in flight finish.

        asks: of any length; read as far as there are hands for it. on_answer: called as soon as an answer is there, one at a time. What
        asks, on_answer or may_spend raise ends the stream in the same way, then passes through.
        """
        tally = Tally()
        may = may_spend or (lambda _ask, _tokens: True)
        told = asyncio.Lock()
        wrong_access = 0

        async def one(ask: Ask) -> bool:
            """Whether to go on."""
            nonlocal wrong_access
            question = _Question(self, ask, may)
            answer = await question.answer()
            if question.forbidden:
                tally.stopped = tally.stopped or "budget"
            if answer is None:
                return False
            tally.add(answer.outcome)
            wrong_access = wrong_access + 1 if answer.outcome == REJECTED and answer.detail.startswith(_WRONG_ACCESS) else 0
            if wrong_access >= _WRONG_IN_A_ROW:
                tally.stopped = tally.stopped or "access"
            if answer.outcome == UNAVAILABLE and self.sender.is_down:
                tally.stopped = tally.stopped or "unavailable"
            async with told:
                result = on_answer(answer)
                if inspect.isawaitable(result):
                    await result
            return not tally.stopped

        await work_through(asks, one, self.settings.concurrency)
        return tally

    async def post(
        self, path: str, body: Mapping[str, Any], *, prompt_tokens: int, output_tokens: int = 0, may_repeat: Callable[[], bool]
    ) -> Reply:
        """Sends one request body to a path such as /chat/completions, as often as it takes."""
        import httpx2

        sdk = self.sdk

        async def call() -> httpx2.Response:
            # Below the SDK's typed methods: they turn body and answer into models and back, which costs more than the rest of a call.
            return await sdk.post(path, cast_to=httpx2.Response, body=body)

        return await self.sender.send(call, prompt_tokens=prompt_tokens, output_tokens=output_tokens, may_repeat=may_repeat)


def request_body(ask: Ask, settings: ModelSettings) -> dict[str, Any]:
    """The body of a chat completion. The same for a request of its own and for a line of a batch. Raises SchemaError."""
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [dict(m) for m in ask.messages],
        settings.output_limit_field: ask.max_output_tokens or settings.max_output_tokens,
    }
    if ask.response_model is not None:
        body["response_format"] = response_format(ask.response_model)
    if ask.temperature is not None:
        body["temperature"] = ask.temperature
    if ask.seed is not None:
        body["seed"] = ask.seed
    return body


def estimate(ask: Ask, settings: ModelSettings) -> tuple[int, int]:
    """Tokens of the prompt, from above, its schema included, and room for the answer."""
    schema = _schema_tokens(ask.response_model) if ask.response_model is not None else 0
    return message_tokens(ask.messages) + schema, ask.max_output_tokens or settings.max_output_tokens


_schema_sizes: dict[Any, int] = {}


def _schema_tokens(model: Any) -> int:
    if model not in _schema_sizes:
        import json

        _schema_sizes[model] = estimated_tokens(json.dumps(response_format(model)["json_schema"], ensure_ascii=False))
    return _schema_sizes[model]


@dataclass
class _Spent:
    """What a question has cost so far, over all its requests."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    attempts: int = 0
    lost: int = 0
    seconds: float = 0.0

    def add(self, reply: Reply) -> None:
        prompt, completion, cached = token_counts(reply.body)
        self.prompt += prompt
        self.completion += completion
        self.cached += cached
        self.attempts += reply.attempts
        self.lost += reply.lost
        self.seconds += reply.seconds


class _Question:
    """One question on its way to an answer."""

    def __init__(self, client: ModelClient, ask: Ask, may_spend: MaySpend) -> None:
        self.client = client
        self.question = ask
        self.may_spend = may_spend
        self.forbidden = False
        self.spent = _Spent()
        self.model = ""

    async def answer(self) -> Answer | None:
        """None: its first request was not allowed."""
        settings = self.client.settings
        body = request_body(self.question, settings)
        prompt, room = estimate(self.question, settings)
        texts = [m["content"] for m in self.question.messages]
        again: set[str] = set()
        verdict: Verdict | None = None
        while True:
            if not self.may_spend(self.question, prompt + room):
                self.forbidden = True
                return self._answer(verdict) if verdict else None
            reply = await self._send(body, prompt, room)
            self.spent.add(reply)
            self.model = str(reply.body.get("model") or self.model) if reply.body else self.model
            if reply.gave_up:
                self.forbidden = self.forbidden or reply.forbidden
                # What an earlier request of this question brought is worth more than that a later one brought nothing.
                return self._answer(verdict or Verdict(UNAVAILABLE, detail=reply.gave_up))
            verdict = judge(reply.status, reply.body, self.question.response_model, texts)
            kind = SCHEMA if verdict.outcome == MALFORMED_JSON else verdict.outcome
            if kind in again or kind not in (TRUNCATED, SCHEMA):
                return self._answer(verdict)
            again.add(kind)
            if kind == TRUNCATED:
                room *= 2
                body[settings.output_limit_field] = room
            else:
                more = _correction(verdict)
                body["messages"] = [*body["messages"], *more]
                prompt += message_tokens(more)

    async def _send(self, body: dict[str, Any], prompt: int, room: int) -> Reply:
        return await self.client.post(
            "/chat/completions",
            body,
            prompt_tokens=prompt,
            output_tokens=room,
            may_repeat=lambda: self.may_spend(self.question, prompt + room),
        )

    def _answer(self, verdict: Verdict) -> Answer:
        spent = self.spent
        return Answer(
            key=self.question.key,
            outcome=verdict.outcome,
            parsed=verdict.parsed,
            text=verdict.text,
            detail=verdict.detail,
            model=self.model,
            prompt_tokens=spent.prompt,
            completion_tokens=spent.completion,
            cached_tokens=spent.cached,
            attempts=spent.attempts,
            lost=spent.lost,
            latency_s=spent.seconds,
        )


def _correction(verdict: Verdict) -> list[dict[str, str]]:
    told = {"role": "user", "content": _CORRECTION.format(error=verdict.correction)}
    return [{"role": "assistant", "content": verdict.text[:_LONGEST_REPLAY]}, told] if verdict.text else [told]


def run(settings: ModelSettings, work: Callable[[ModelClient], Awaitable[T]]) -> T:
    """Does the work with a client of the settings, in an event loop of its own: the way in for callers without one."""

    async def within() -> T:
        async with ModelClient(settings) as client:
            return await work(client)

    return asyncio.run(within())


def answers(settings: ModelSettings, asks: Iterable[Ask], *, on_answer: OnAnswer, may_spend: MaySpend | None = None) -> Tally:
    """`ModelClient.ask_all` for callers without an event loop."""
    return run(settings, lambda client: client.ask_all(asks, on_answer=on_answer, may_spend=may_spend))
