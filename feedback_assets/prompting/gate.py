"""The result of a version's evaluation, as a file, and whether it lets that version in. Not here: evaluating (evaluation/)."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback_assets.ground.errors import SettingError
from feedback_assets.prompting.prompt import Prompt


class GateResult(BaseModel):
    """What an evaluation says of one version. It may say more (figures, thresholds): that is not read here.

    content_hash: of the content that was evaluated. reason: what failed, in a sentence.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    task: str
    version: str
    content_hash: str
    passed: bool
    reason: str = ""


def read_gate(path: Path) -> GateResult:
    """Raises SettingError that names the file, and the key where one is wrong."""
    mend = f"write {path.name} anew by evaluating the version"
    try:
        return GateResult.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SettingError(f"{path} is missing", expected="the result of an evaluation", mend=mend) from None
    except OSError as e:
        raise SettingError(f"{path} cannot be read: {type(e).__name__}", expected="the result of an evaluation", mend=mend) from e
    except ValidationError as e:
        mistakes = "; ".join(
            f"{'.'.join(map(str, m['loc'])) or 'the file'}: {m['msg']}" for m in e.errors(include_input=False, include_url=False)
        )
        raise SettingError(f"{path}: {mistakes}", expected="JSON with task, version, content_hash and passed", mend=mend) from None


def check_gate(prompt: Prompt, gate: GateResult | None) -> None:
    """Raises SettingError unless this very content was evaluated and passed."""
    name = f"{prompt.task.name} {prompt.version}"
    if gate is None:
        raise SettingError(
            f"{name} has not been evaluated",
            expected="the result of its evaluation",
            mend="evaluate it and pass the result's file with --gate",
        )
    if (gate.task, gate.version) != (prompt.task.name, prompt.version):
        raise SettingError(
            f"the gate's result is of {gate.task} {gate.version}",
            expected=f"one of {name}",
            mend="pass the file of this version with --gate",
        )
    if gate.content_hash != prompt.content_hash:
        raise SettingError(
            f"{name} was changed since it was evaluated: its content is {prompt.content_hash[:12]}",
            expected=f"{json.dumps(gate.content_hash[:12])}, as evaluated",
            mend="evaluate it again",
        )
    if not gate.passed:
        why = f": {gate.reason}" if gate.reason else ""
        raise SettingError(
            f"{name} failed its evaluation{why}", expected="a version that passes", mend="write a new version and evaluate it"
        )
