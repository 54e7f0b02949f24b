"""Where the pruning of Dagster's history is found: wiring has it, and a room does not import wiring."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def history_pruner() -> Callable[..., Any]:
    """`prune_history(instance, *, older_than, at_most)`, which returns a report of counts."""
    pruner: Callable[..., Any] = import_module("feedback_assets.wiring.history").prune_history
    return pruner
