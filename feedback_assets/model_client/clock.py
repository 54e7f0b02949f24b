"""The time that a client lives in: monotonic seconds and a sleep, so that tests can run in virtual time. Not here: the date."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """now: seconds that never go back. sleep: waits so many seconds of the same time."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
