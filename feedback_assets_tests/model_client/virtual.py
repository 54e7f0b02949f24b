"""Virtual time: an event loop whose clock stands still while anything runs and jumps to the next timer when nothing does."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from feedback_assets.model_client.clock import Clock

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Never waits: the wait becomes time that has passed."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.passed += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Only for code without real input and output."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.passed


def in_virtual_time(work: Callable[[Clock], Awaitable[T]]) -> T:
    """Runs the work to its end; an hour of sleeping takes no time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work(Clock(loop.time, asyncio.sleep)))
    finally:
        loop.close()


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)
