"""Which version of a prompt a record gets, and changing that: prompts/rollout.yaml. Not here: what a version says (prompt.py).

Every record is answered by the active version. A canary answers a share of the records beside it; its answers are kept and compared, and
never published. Which records is decided by the event's id alone, so that a rerun asks the same.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.model_file import read_model
from feedback_assets.prompting.gate import GateResult, check_gate
from feedback_assets.prompting.prompt import Prompt, Version, load_prompt
from feedback_assets.prompting.tasks import TASKS, task_named

FILE = "rollout.yaml"
_HEADER = """\
# Which version of each prompt answers. `feedback prompts promote` and `feedback prompts rollback` write this file; comments of yours are
# not kept. docs/prompts.md says what the keys mean. A canary is set by hand:
#   canary: {version: v2, share: 0.05}
"""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Canary(_Strict):
    """A version on trial. share: of the records, 0 to 1."""

    version: Version
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class TaskRollout(_Strict):
    """One task. content_hash: of the active version when it was promoted; empty for one that was never promoted.

    previous: what `rollback` goes back to. rolled_back: what it went back from. Each empty when there is none.
    """

    active: Version
    content_hash: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    previous: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,39})?$")] = ""
    rolled_back: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,39})?$")] = ""
    canary: Canary | None = None

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.canary is not None and self.canary.version == self.active:
            raise ValueError("canary: it is the active version")
        if self.previous == self.active:
            raise ValueError("previous: it is the active version")
        return self


class Rollout(_Strict):
    """The whole file."""

    tasks: dict[str, TaskRollout]

    @model_validator(mode="after")
    def _every_task(self) -> Self:
        unknown, missing = sorted(self.tasks.keys() - TASKS.keys()), sorted(TASKS.keys() - self.tasks.keys())
        if unknown or missing:
            raise ValueError(f"tasks: unknown {', '.join(unknown) or 'none'}; missing {', '.join(missing) or 'none'}")
        return self


@dataclass(frozen=True)
class Choice:
    """Versions for one record. active: answers, and is published. canary: answers beside it and is compared; empty: none."""

    active: str
    canary: str = ""


@dataclass(frozen=True)
class Step:
    """What a promotion or a rollback did. changed False: it was so already, and nothing was written."""

    task: str
    before: str
    after: str
    changed: bool


def load_rollout(folder: Path) -> Rollout:
    """folder: prompts/. Raises SettingError that names the file and the key."""
    return read_model(folder / FILE, Rollout)


def choice_for(rollout: Rollout, task: str, event_id: str) -> Choice:
    """The versions that a record gets. A larger share keeps the records of a smaller one; another canary gets others."""
    found = rollout.tasks[task_named(task).name]
    canary = found.canary
    if canary is None or _position(task, canary.version, event_id) >= canary.share:
        return Choice(found.active)
    return Choice(found.active, canary.version)


def active_prompt(folder: Path, rollout: Rollout, task: str) -> Prompt:
    """The version that answers. Raises SettingError that names the file and the key."""
    return load_prompt(folder, task, rollout.tasks[task_named(task).name].active)


def canary_prompt(folder: Path, rollout: Rollout, task: str) -> Prompt | None:
    """The version on trial, or None. Raises SettingError that names the file and the key."""
    canary = rollout.tasks[task_named(task).name].canary
    return load_prompt(folder, task, canary.version) if canary is not None and canary.share > 0 else None


def is_edited(rollout: Rollout, prompt: Prompt) -> bool:
    """Whether the active version was changed in place since it was promoted, so that what answers was never evaluated."""
    found = rollout.tasks[prompt.task.name]
    return found.active == prompt.version and found.content_hash not in ("", prompt.content_hash)


def promote(folder: Path, task: str, version: str, gate: GateResult | None) -> Step:
    """Makes a version active; the one before is noted. Done twice it does nothing more.

    Raises SettingError when the version cannot be read, was not evaluated as it is now, or failed.
    """
    prompt = load_prompt(folder, task, version)
    check_gate(prompt, gate)
    with _alone(folder):
        rollout = load_rollout(folder)
        before = rollout.tasks[task]
        if before.active == version:
            after = before.model_copy(update={"content_hash": prompt.content_hash})
        else:
            canary = None if before.canary is not None and before.canary.version == version else before.canary
            after = TaskRollout(active=version, content_hash=prompt.content_hash, previous=before.active, canary=canary)
        return _replace(folder, rollout, task, after)


def rollback(folder: Path, task: str) -> Step:
    """Makes the version before the last promotion active again, without asking a gate. Done twice it does nothing more.

    Raises SettingError when there is nothing to go back to, or its file cannot be used.
    """
    task_named(task)
    with _alone(folder):
        rollout = load_rollout(folder)
        before = rollout.tasks[task]
        if not before.previous:
            if before.rolled_back:
                return Step(task, before.active, before.active, changed=False)
            raise SettingError(
                f"{folder / FILE}: {task} has no previous version",
                expected="a version that was promoted before",
                mend="promote another version",
            )
        prompt = load_prompt(folder, task, before.previous)
        canary = None if before.canary is not None and before.canary.version == before.previous else before.canary
        after = TaskRollout(active=prompt.version, content_hash=prompt.content_hash, rolled_back=before.active, canary=canary)
        return _replace(folder, rollout, task, after)


def _position(task: str, canary: str, event_id: str) -> float:
    """Where a record stands between 0 and 1 (never 1, so that a share of 1 takes all)."""
    digest = hashlib.sha256("\x00".join(("canary", task, canary, event_id)).encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def _replace(folder: Path, rollout: Rollout, task: str, after: TaskRollout) -> Step:
    before = rollout.tasks[task]
    if after == before:
        return Step(task, before.active, after.active, changed=False)
    _write(folder / FILE, Rollout(tasks={**rollout.tasks, task: after}))
    return Step(task, before.active, after.active, changed=True)


def _write(path: Path, rollout: Rollout) -> None:
    """The whole file at once: who reads it meanwhile sees the old one or the new one."""
    import yaml

    content = rollout.model_dump(mode="json", exclude_defaults=True)
    text = _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    part.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time: of two promotions at once, none is lost."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
