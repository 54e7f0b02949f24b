"""When a day whose run died is asked for again: a few times, each after a longer wait; then it is held, and people are told. Pure."""

from datetime import datetime, timedelta

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""After the first death, the second, the third. A fourth is not a hiccup: the machine or a file kills the run each time."""
LOOK_BACK = timedelta(days=2)
"""How long after its end a dead run is looked for: longer than all waits, also when the daemon stood still over a night."""
DEATHS = frozenset({"ChildProcessCrashException", "DagsterExecutionInterruptedError"})
"""What a step is recorded as having raised when its process was killed or the machine was stopped (a run that a person stopped is canceled,
not failed). Whatever else a step raises is a bug or a failed check."""


def is_dead(failed_steps: list[str]) -> bool:
    """Whether a failed run died: no step raised anything of its own. failed_steps: classes of what its steps raised."""
    return DEATHS.issuperset(failed_steps)


def is_due(tries: int, ended: datetime, now: datetime) -> bool:
    """Whether a day is asked for again now. tries: how often it was asked for again already."""
    return tries < len(WAITS) and now >= ended + WAITS[tries]
