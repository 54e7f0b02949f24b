"""Works through a stream of any length with a fixed number of hands. Knows nothing of questions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def work_through(items: Iterable[T], one: Callable[[T], Awaitable[bool]], hands: int) -> None:
    """Calls `one` for each item, at most `hands` at a time, until one says False or raises; then nothing new is begun, and those on their
    way finish. Then the first error, if any, is raised. As many items as hands are held."""
    source = iter(items)
    going = True

    async def hand() -> None:
        nonlocal going
        while going:
            well = False
            try:
                try:
                    item = next(source)
                except StopIteration:
                    well = True  # the others finish what they have
                    return
                well = await one(item)
            finally:
                going = going and well

    results = await asyncio.gather(*(hand() for _ in range(hands)), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
