"""The limiter in virtual time: what a service with windows sees of it."""

import asyncio
import math
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.clock import Clock
from feedback_assets.model_client.limiter import FULL_PACE, Limiter, shared_limiter
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets_tests.loopback.azure_openai_limits import HEADERS, Limits
from feedback_assets_tests.model_client.virtual import HandClock, in_virtual_time

MINUTES = 3


def share_and_refusals(
    limits: Limits, *, tokens: int, hands: int, jitter_s: float, seed: int = 1, estimate: float = 1.0
) -> tuple[float, float]:
    """What a client with so many hands reaches: share of what the limits allow, and share of its calls that were refused."""

    async def work(clock: Clock) -> tuple[float, float]:
        limiter = Limiter(limits.requests_per_minute, limits.tokens_per_minute, clock=clock)
        draw = random.Random(seed)
        served = refused = 0

        async def hand() -> None:
            nonlocal served, refused
            while clock.now() < 60 * MINUTES:
                await limiter.wait(round(tokens * estimate), 0)
                await clock.sleep(draw.random() * jitter_s)
                wait, headers = limits.take(tokens, clock.now() + 0.37)  # the service's windows begin where they like
                await clock.sleep(0.3 + draw.random())
                limiter.learn(headers, refused=wait > 0)
                if wait:
                    refused += 1
                    limiter.refused()
                    limiter.pause(wait)
                else:
                    served += 1
                    limiter.answered(round(tokens * estimate), tokens)

        await asyncio.gather(*(hand() for _ in range(hands)))
        most = min(limits.requests_per_minute or math.inf, (limits.tokens_per_minute or math.inf) / tokens)
        return served / (most * MINUTES), refused / (served + refused)

    return in_virtual_time(work)


@pytest.mark.parametrize("window", [1.0, 10.0])
@pytest.mark.parametrize("tokens", [200, 334, 700, 2_000])
def test_the_limits_are_used_almost_wholly_and_almost_no_call_is_refused(window: float, tokens: int) -> None:
    limits = Limits(600, 200_000, request_window_s=window)
    share, refused = share_and_refusals(limits, tokens=tokens, hands=32, jitter_s=0.01)
    assert share >= 0.95
    assert refused <= 0.01


@pytest.mark.parametrize("headers", HEADERS)
def test_a_network_that_jitters_more_than_the_window_allows_slows_the_pace_instead_of_being_refused_all_the_time(headers: str) -> None:
    share, refused = share_and_refusals(Limits(600, 0, headers=headers), tokens=10, hands=32, jitter_s=0.15)
    assert share >= 0.7
    assert refused <= 0.05


def test_an_estimate_that_is_far_too_high_does_not_keep_the_client_below_the_limit() -> None:
    share, refused = share_and_refusals(Limits(600, 200_000), tokens=1_000, hands=32, jitter_s=0.01, estimate=1.8)
    assert share >= 0.95
    assert refused <= 0.01


waits = st.lists(
    st.tuples(st.floats(0, 3), st.integers(1, 3_000), st.sampled_from(["ask", "ask", "ask", "pause"]), st.floats(0, 5)),
    min_size=5,
    max_size=80,
)


@given(steps=waits, rpm=st.integers(6, 6_000), tpm=st.integers(1_000, 1_000_000))
def test_no_window_holds_more_than_the_limits_allow_whatever_is_asked_and_paused(
    steps: list[tuple[float, int, str, float]], rpm: int, tpm: int
) -> None:
    left: list[tuple[float, int]] = []
    pauses: list[tuple[float, float]] = []

    async def work(clock: Clock) -> None:
        limiter = Limiter(rpm, tpm, clock=clock)

        async def one(after: float, tokens: int, what: str, pause: float) -> None:
            await clock.sleep(after)
            if what == "pause":
                pauses.append((clock.now(), clock.now() + pause))
                limiter.pause(pause)
                return
            await limiter.wait(tokens, 0)
            left.append((clock.now(), tokens))

        await asyncio.gather(*(one(*step) for step in steps))

    in_virtual_time(work)
    assert len(left) == sum(what == "ask" for _, _, what, _ in steps)
    left.sort()
    assert not [at for at, _ in left for start, end in pauses if start < at < end - 1e-6]
    for window in (1.0, 10.0, 60.0):
        for i, (start, _) in enumerate(left):
            inside = [tokens for at, tokens in left[i:] if at < start + window]
            assert len(inside) <= 1 + rpm * FULL_PACE * (window + 0.006 * len(inside)) / 60
            assert sum(inside[:-1]) <= tpm * FULL_PACE * (window + 0.006 * len(inside)) / 60 + 1


def test_a_limit_that_the_service_names_is_kept_when_it_is_lower_and_taken_when_none_is_set() -> None:
    known, unknown = Limiter(600, 0, clock=HandClock().clock), Limiter(clock=HandClock().clock)
    headers = {"x-ratelimit-limit-requests": "300", "x-ratelimit-limit-tokens": "10000"}
    for limiter in (known, unknown):
        limiter.learn(headers)
        assert limiter.limits == (300, 10_000)
    known.learn({"x-ratelimit-limit-requests": "9000"})
    assert known.limits[0] == 600
    unknown.learn({"x-ratelimit-limit-requests": "100", "x-ratelimit-renewalperiod-requests": "10"})
    assert unknown.limits[0] == 600
    unknown.learn({"x-ratelimit-limit-requests": "many", "x-ratelimit-limit-tokens": "-5"})
    assert unknown.limits == (600, 10_000)


def test_nothing_left_in_the_window_is_a_wait_for_everyone() -> None:
    hand = HandClock()
    limiter = Limiter(clock=hand.clock)
    limiter.learn({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2s"})
    assert limiter.paused_s() == 60.0  # at most so long: the header names the time until all is there again
    limiter.pause(5)
    assert limiter.paused_s() == 60.0


def test_nothing_left_in_a_window_that_the_pace_knows_is_no_wait_unless_a_call_was_refused() -> None:
    limiter = Limiter(600, clock=HandClock().clock)
    last = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "80ms"}
    limiter.learn(last)
    assert limiter.paused_s() == 0
    limiter.learn(last, refused=True)
    assert limiter.paused_s() == 0.08


def test_places_given_before_a_pause_are_void() -> None:
    hand = HandClock()
    limiter = Limiter(60, clock=hand.clock)
    places = [limiter.reserve(1, 1) for _ in range(3)]
    limiter.take(places[0])
    limiter.pause(30)
    assert not limiter.take(places[1])
    assert limiter.reserve(1, 1).at == 30.0


def test_threads_share_the_pace() -> None:
    limiter = Limiter(600, clock=HandClock().clock)
    places: list[float] = []

    def reserve() -> None:
        places.extend(limiter.reserve(1, 1).at for _ in range(500))

    threads = [threading.Thread(target=reserve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(places)) == 4_000


def test_clients_of_one_model_share_a_limiter_and_those_of_another_do_not() -> None:
    settings = ModelSettings(model="a", base_url="http://127.0.0.1:1/v1")
    assert shared_limiter(settings) is shared_limiter(settings)
    assert shared_limiter(settings) is not shared_limiter(settings.for_model("b"))
