"""A process that ends between two writes, for tests of what the next run makes of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from feedback_assets.lakehouse.local import LocalLakehouse


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def kill_after(patch: pytest.MonkeyPatch, lake: LocalLakehouse, writes: int, operations: Sequence[str]) -> None:
    """Lets so many writes of these operations through, then ends the process."""
    left = [writes]

    def counted(original: Any) -> Any:
        def write(*arguments: Any, **more: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return original(*arguments, **more)

        return write

    for name in operations:
        patch.setattr(lake, name, counted(getattr(lake, name)))
