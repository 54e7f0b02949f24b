"""Sends one request until the service has spoken: its turn, its timeout, its repeats. Knows no question and no answer.

The order for each attempt: the breaker lets it through, the limiter gives it a place, it is sent, all learn from what came.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feedback_assets.model_client.breaker import Breaker
from feedback_assets.model_client.clock import Clock
from feedback_assets.model_client.limiter import Limiter
from feedback_assets.model_client.retries import Backoff, is_passing, retry_after_s
from feedback_assets.model_client.settings import ModelSettings

if TYPE_CHECKING:
    from httpx2 import Response

_SPREAD_S = 0.25
"""After a wait that the service named, those who waited come back over so many seconds."""


@dataclass(frozen=True)
class Reply:
    """What the service said in the end.

    status: of the last response; 0: none came. body: its JSON object. gave_up: "" when the service has spoken, else why no more was sent.
    forbidden: a repeat that might cost was not allowed. attempts, lost, seconds: as in Answer.
    """

    status: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)
    gave_up: str = ""
    forbidden: bool = False
    attempts: int = 0
    lost: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Exchange:
    """One attempt. problem: why there is no response that can be read."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    problem: str = ""


class Sender:
    """Sends requests of one client, one after another or many at once. What it shares with others of the process: limiter and breaker."""

    def __init__(self, settings: ModelSettings, limiter: Limiter, breaker: Breaker, backoff: Backoff, clock: Clock) -> None:
        self._settings = settings
        self._limiter, self._breaker = limiter, breaker
        self._backoff, self._clock = backoff, clock

    @property
    def is_down(self) -> bool:
        """Whether asking on has no sense now: the service is away, or asked for a wait beyond the longest."""
        return self._breaker.is_open or self._limiter.paused_s() > self._settings.longest_wait_s

    async def send(
        self,
        call: "Callable[[], Awaitable[Response]]",
        *,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        may_repeat: Callable[[], bool] = lambda: True,
        timeout_s: float | None = None,
    ) -> Reply:
        """The service's answer, or why it was given up. may_repeat: asked before a repeat of a request whose answer was lost, since the
        service may have counted it. timeout_s: of one attempt, when it is not the one that is set."""
        attempts = lost = 0
        seconds = 0.0
        while True:
            away = await self._turn(prompt_tokens, output_tokens)
            if away:
                return Reply(gave_up=away, attempts=attempts, lost=lost, seconds=seconds)
            attempts += 1
            started = self._clock.now()
            exchange = await self._once(call, timeout_s or self._settings.timeout_s)
            seconds += self._clock.now() - started
            self._learn(exchange, prompt_tokens)
            if not _worth_repeating(exchange):
                return Reply(exchange.status, exchange.body, attempts=attempts, lost=lost, seconds=seconds)
            if exchange.problem:
                lost += 1
            what = exchange.problem or f"HTTP {exchange.status}"
            if attempts >= self._settings.most_attempts:
                return Reply(exchange.status, exchange.body, f"{what} after {attempts} attempts", False, attempts, lost, seconds)
            if exchange.problem and not may_repeat():
                return Reply(exchange.status, exchange.body, f"{what}; a repeat was not allowed", True, attempts, lost, seconds)
            await self._clock.sleep(self._delay(exchange, attempts))

    async def pause_after(self, attempt: int) -> None:
        """The wait between two attempts of something that is not sent by this."""
        await self._clock.sleep(self._backoff.seconds(attempt))

    async def _turn(self, prompt_tokens: int, output_tokens: int) -> str:
        """Returns when the request may leave; or says why it will not."""
        longest = self._settings.longest_wait_s
        while True:
            if self._breaker.down_s() > longest:
                return f"the service has been away for {self._breaker.down_s():.0f} s"
            if self._limiter.paused_s() > longest:
                return f"the service asks to wait for {self._limiter.paused_s():.0f} s"
            wait = self._breaker.allow()
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            await self._limiter.wait(prompt_tokens, output_tokens)
            return ""

    async def _once(self, call: "Callable[[], Awaitable[Response]]", timeout_s: float) -> Exchange:
        import openai

        try:
            async with asyncio.timeout(timeout_s):
                response = await call()
        except openai.APIStatusError as e:
            return Exchange(e.status_code, e.response.headers, _json_object(e.response.content) or {})
        except (TimeoutError, openai.APITimeoutError):
            return Exchange(0, {}, {}, "timeout")
        except openai.APIConnectionError:
            return Exchange(0, {}, {}, "lost connection")
        body = _json_object(response.content)
        if body is None:
            return Exchange(response.status_code, response.headers, {}, "a body that is no JSON object")
        return Exchange(response.status_code, response.headers, body)

    def _learn(self, exchange: Exchange, prompt_tokens: int) -> None:
        """Tells limiter and breaker what came."""
        if exchange.problem or exchange.status >= 500:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        self._limiter.learn(exchange.headers, refused=exchange.status == 429)
        if exchange.status == 429:
            self._limiter.refused()
        elif 200 <= exchange.status < 300 and not exchange.problem:
            self._limiter.answered(prompt_tokens, token_counts(exchange.body)[0])
        wait = retry_after_s(exchange.headers) if exchange.status >= 400 and _worth_repeating(exchange) else None
        if wait is not None:
            self._limiter.pause(wait)  # a pause beyond the longest wait ends this request and all others at their next turn

    def _delay(self, exchange: Exchange, attempts: int) -> float:
        """Seconds until this request tries again; the limiter holds it for longer while everyone waits."""
        if retry_after_s(exchange.headers) is not None:
            return self._backoff.draw() * min(_SPREAD_S, self._backoff.base_s)
        delay = self._backoff.seconds(attempts)
        if exchange.status == 429:
            self._limiter.pause(delay)
        return delay


def token_counts(body: Mapping[str, Any]) -> tuple[int, int, int]:
    """Prompt, completion and cached prompt tokens that the service counted; 0 where it says nothing."""
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return 0, 0, 0
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")), _count(cached)


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _worth_repeating(exchange: Exchange) -> bool:
    if exchange.problem:
        return True
    error = exchange.body.get("error")
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    return exchange.status >= 400 and is_passing(exchange.status, exchange.headers, code)


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
