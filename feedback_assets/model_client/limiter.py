"""One pace for requests and tokens a minute, shared by all coroutines and threads of a process that ask the same model.

The service counts requests in windows of 1 or 10 s and, for each request, tokens that it estimates from the prompt and the room for the
answer; failed calls count too (Azure OpenAI, quotas and limits). Nobody knows when its windows begin, so requests leave evenly spaced:
each is given a place on a timeline, and the next place is one request's and its tokens' share of a minute later. A window of any length
then holds what it allows, and never a burst.

What it learns: limits from x-ratelimit-limit-* (the lower of these and the settings), waits from Retry-After and from a remainder of 0,
a slower pace after each 429 (others may use the same quota; it recovers), and how the service's count of prompt tokens compares with ours.
Not here: which failures are repeated and when (retries.py).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from feedback_assets.model_client.clock import Clock
from feedback_assets.model_client.retries import reset_s
from feedback_assets.model_client.settings import ModelSettings

FULL_PACE = 0.98
"""Share of the limit that is used: a window of 1 s stands 20 ms of jitter between us and the service."""
_SLOWEST = 0.4
_SLOWER = 0.95
_FASTER = 0.0004
_CATCH_UP_S = 0.005
"""How late a place may be taken without moving those after it, when nobody was waiting."""
_LONGEST_RESET_S = 60.0


@dataclass(frozen=True)
class Place:
    """When a request may leave, in the clock's seconds. epoch: a pause since then makes it void.

    request_s, token_s: its shares of the timelines, in seconds.
    """

    at: float
    epoch: int
    request_s: float = 0.0
    token_s: float = 0.0


class Limiter:
    """Places on one timeline. 0 requests or tokens a minute: no such limit until the service names one."""

    def __init__(self, requests_per_minute: int = 0, tokens_per_minute: int = 0, *, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._requests = float(requests_per_minute)
        self._tokens = float(tokens_per_minute)
        self._stated = (self._requests, self._tokens)
        self._pace = FULL_PACE
        self._next_request = self._next_token = self._paused_until = self._slowed_at = float("-inf")
        self._after_request = self._after_token = float("-inf")  # what those that left took of the timelines
        self._epoch = 0
        self._estimated = self._counted = 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """Requests and tokens a minute as known now; 0: none known."""
        return self._requests, self._tokens

    @property
    def pace(self) -> float:
        """Share of the limits that is used now."""
        return self._pace

    def paused_s(self) -> float:
        """How long nobody may ask, in seconds from now."""
        return max(0.0, self._paused_until - self._clock.now())

    async def wait(self, prompt_tokens: int, output_tokens: int) -> None:
        """Returns when a request of so many estimated tokens may leave."""
        while True:
            place = self.reserve(prompt_tokens, output_tokens)
            delay = place.at - self._clock.now()
            if delay > 0:
                await self._clock.sleep(delay)
            if self.take(place):
                return

    def reserve(self, prompt_tokens: int, output_tokens: int) -> Place:
        """The next free place, and the timeline moves on. When its time has come, `take` says whether it still holds."""
        with self._lock:
            now = self._clock.now()
            at = max(now, self._paused_until, self._next_request, self._next_token)
            share = self.corrected(prompt_tokens) + output_tokens
            request_s = 60.0 / (self._requests * self._pace) if self._requests else 0.0
            token_s = 60.0 * share / (self._tokens * self._pace) if self._tokens else 0.0
            self._next_request = max(self._next_request, at - _CATCH_UP_S) + request_s
            self._next_token = max(self._next_token, at - _CATCH_UP_S) + token_s
            return Place(at, self._epoch, request_s, token_s)

    def take(self, place: Place) -> bool:
        """Whether the request leaves; False: there was a pause, and it needs a new place."""
        with self._lock:
            if place.epoch != self._epoch:
                return False
            self._after_request = max(self._after_request, place.at - _CATCH_UP_S + place.request_s)
            self._after_token = max(self._after_token, place.at - _CATCH_UP_S + place.token_s)
            return True

    def corrected(self, prompt_tokens: int) -> float:
        """An estimate of prompt tokens, by what the service counted of those so far."""
        if self._estimated < 1:
            return float(prompt_tokens)
        return prompt_tokens * min(1.5, max(0.2, self._counted / self._estimated))

    def pause(self, seconds: float) -> None:
        """Nobody asks for so long; places that were given are void and are taken anew from then on."""
        with self._lock:
            until = self._clock.now() + max(0.0, seconds)
            if until <= self._paused_until:
                return
            self._paused_until = until
            if until <= max(self._after_request, self._after_token):
                return  # no place before it was given
            self._epoch += 1
            self._next_request = self._next_token = until

    def refused(self) -> None:
        """The service answered 429: slower, at most once a second, since those in flight are refused together."""
        with self._lock:
            now = self._clock.now()
            if now - self._slowed_at >= 1.0:
                self._slowed_at = now
                self._pace = max(_SLOWEST, self._pace * _SLOWER)

    def answered(self, prompt_tokens: int, counted: int) -> None:
        """The service answered: back towards the full pace. counted: its prompt tokens for an estimate of so many; 0: it did not say."""
        with self._lock:
            self._pace = min(FULL_PACE, self._pace + _FASTER)
            if counted > 0 and prompt_tokens > 0:
                self._estimated = 0.99 * self._estimated + prompt_tokens
                self._counted = 0.99 * self._counted + counted

    def learn(self, headers: Mapping[str, str], *, refused: bool = False) -> None:
        """Takes x-ratelimit-* of any answer. A limit is one a minute, unless x-ratelimit-renewalperiod-* names other seconds.

        A remainder of 0 is a wait for everyone after a 429, and where the limit is not known. Where it is, the pace says when to ask; and
        the remainder is as old as the answer took.
        """
        if not any(name in headers for name in _LEARNED):
            return
        requests, tokens = _limit(headers, "requests"), _limit(headers, "tokens")
        with self._lock:
            self._requests = _lower(self._stated[0], requests, self._requests)
            self._tokens = _lower(self._stated[1], tokens, self._tokens)
        for kind, limit in (("requests", self._requests), ("tokens", self._tokens)):
            if (refused or not limit) and headers.get(f"x-ratelimit-remaining-{kind}", "").strip() == "0":
                wait = reset_s(headers.get(f"x-ratelimit-reset-{kind}", ""))
                if wait is not None:
                    self.pause(min(wait, _LONGEST_RESET_S))


_LEARNED = tuple(f"x-ratelimit-{what}-{kind}" for what in ("limit", "remaining") for kind in ("requests", "tokens"))


def _limit(headers: Mapping[str, str], kind: str) -> float:
    """What the service allows a minute; 0: it does not say."""
    raw = headers.get(f"x-ratelimit-limit-{kind}", "").strip()
    if not (raw.isascii() and raw.isdigit() and len(raw) < 12):
        return 0.0
    period = headers.get(f"x-ratelimit-renewalperiod-{kind}", "").strip()
    seconds = int(period) if period.isascii() and period.isdigit() and 0 < len(period) < 6 and int(period) else 60
    return int(raw) * 60.0 / seconds


def _lower(stated: float, said: float, known: float) -> float:
    if not said:
        return known
    return min(stated, said) if stated else said


_shared: dict[tuple[str, str], Limiter] = {}
_shared_lock = threading.Lock()


def shared_limiter(settings: ModelSettings) -> Limiter:
    """The limiter of this process for the model; the first settings of an address and model say its limits."""
    with _shared_lock:
        key = (settings.address, settings.model)
        if key not in _shared:
            _shared[key] = Limiter(settings.requests_per_minute, settings.tokens_per_minute)
        return _shared[key]
