"""One version of a prompt: what its file may say, reading it, and the hash that is its identity. Unknown keys are refused.

Not here: which version a record gets (rollout.py), messages (rendering.py).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from feedback_assets.contracts.silver import CHANNELS
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.model_file import read_model
from feedback_assets.prompting.tasks import Task, task_named
from feedback_assets.prompting.template import names_of

VERSION_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
Version = Annotated[str, Field(pattern=VERSION_NAME)]
Text = Annotated[str, Field(min_length=1)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameters(_Strict):
    """How the model answers. What is None is not sent: some models refuse a temperature, others know no effort."""

    max_output_tokens: Annotated[int, Field(ge=16, le=32_768)]
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: int | None = None
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = None


class Example(_Strict):
    """An invented input and the answer to it. input: the values of the template by name. answer: as the response model has it."""

    input: dict[str, Text]
    answer: dict[str, Any]

    @field_validator("input")
    @classmethod
    def _by_name(cls, value: dict[str, str]) -> dict[str, str]:
        return dict(sorted(value.items()))  # the template says in which order they are shown


class Change(_Strict):
    """One line of the changelog."""

    day: date
    what: Text


class Variant(_Strict):
    """What is different for some channels or languages; what it leaves out is as in the rest of the file. Both given: both must fit."""

    channels: tuple[Text, ...] = ()
    languages: tuple[Language, ...] = ()
    system: Text | None = None
    template: Text | None = None
    examples: tuple[Example, ...] | None = None

    @field_validator("channels")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(CHANNELS))
        if unknown:  # it would fit no record, and nobody would notice
            raise ValueError(f"{', '.join(unknown)}: there are {', '.join(CHANNELS)}")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.channels and not self.languages:
            raise ValueError("a variant needs channels or languages, else it is the prompt itself")
        if self.system is None and self.template is None and self.examples is None:
            raise ValueError("a variant must give a system, a template or examples of its own")
        return self

    def fits(self, channel: str, language: str) -> bool:
        """Whether it is for a record of this channel and language."""
        return (not self.channels or channel in self.channels) and (not self.languages or language in self.languages)


class PromptFile(_Strict):
    """A file prompts/<task>/<version>.yaml."""

    system: Text
    template: Text
    parameters: Parameters
    changelog: Annotated[tuple[Change, ...], Field(min_length=1)]
    examples: tuple[Example, ...] = ()
    variants: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Variant] = {}

    @field_validator("system", "template")
    @classmethod
    def _placeholders(cls, value: str) -> str:
        names_of(value)
        return value


@dataclass(frozen=True)
class Wording:
    """The texts for one channel and language."""

    system: str
    template: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Prompt:
    """One version of a task's prompt, checked.

    content_hash: SHA-256 over the parsed content without the changelog, as canonical JSON: what is asked hangs on nothing else of the
    file, so that comments, the order of its keys and a corrected changelog leave it as it is. The order of variants and that within an
    example's answer change what is asked, and so the hash.
    """

    task: Task
    version: str
    file: PromptFile
    content_hash: str

    @property
    def parameters(self) -> Parameters:
        return self.file.parameters

    @property
    def stamp(self) -> str:
        """Version and the first digits of the hash, as rows name what asked."""
        return f"{self.version}+{self.content_hash[:8]}"

    def wording(self, channel: str = "", language: str = "") -> Wording:
        """The first variant that fits, in the order of the file, else the prompt itself."""
        base = self.file
        found = next((v for v in base.variants.values() if v.fits(channel, language)), None)
        if found is None:
            return Wording(base.system, base.template, base.examples)
        return Wording(
            base.system if found.system is None else found.system,
            base.template if found.template is None else found.template,
            base.examples if found.examples is None else found.examples,
        )


def prompt_from(task: Task, version: str, file: PromptFile, where: str) -> Prompt:
    """The checked prompt. where: names the file in errors. Raises SettingError that names the key and each unknown or missing name."""
    _check_texts(task, file, where)
    _check_examples(task, file, where)
    content = {"task": task.name, **file.model_dump(mode="json", exclude={"changelog"})}
    canonical = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)  # the fields of a model have one order
    return Prompt(task, version, file, sha256_hex(canonical.encode()))


def load_prompt(folder: Path, task: str, version: str) -> Prompt:
    """A version of a task's prompt. folder: prompts/. Raises SettingError that names the file and the key."""
    known = task_named(task)
    path = folder / task / f"{version}.yaml"
    if version not in versions_of(folder, task):
        there = ", ".join(versions_of(folder, task)) or "none"
        raise SettingError(f"{path} is missing", expected=f"a version of {task}: {there}", mend="name one of these, or write the file")
    return prompt_from(known, version, read_model(path, PromptFile), str(path))


def versions_of(folder: Path, task: str) -> tuple[str, ...]:
    """The versions that have a file, by name."""
    return tuple(sorted(p.stem for p in (folder / task).glob("*.yaml")))


def _check_texts(task: Task, file: PromptFile, where: str) -> None:
    for key, text, allowed in _texts(task, file):
        used = names_of(text)
        unknown = sorted(used - allowed)
        if unknown:
            raise SettingError(
                f"{where}: {key}: unknown variable {', '.join(unknown)}",
                expected=f"of {', '.join(sorted(allowed)) or 'none'} in {key.rpartition('.')[2]} of {task.name}",
                mend="correct the name between the braces",
            )
        left_out = sorted(allowed - task.optional - used)
        if left_out:
            raise SettingError(
                f"{where}: {key}: the variable {', '.join(left_out)} is missing",
                expected=f"{{{{ {left_out[0]} }}}} in {key.rpartition('.')[2]} of {task.name}",
                mend="put it where its value belongs",
            )


def _texts(task: Task, file: PromptFile) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(key, text, names that it may have)."""
    parts: list[tuple[str, PromptFile | Variant]] = [("", file), *((f"variants.{name}.", v) for name, v in file.variants.items())]
    for prefix, part in parts:
        if part.system is not None:
            yield f"{prefix}system", part.system, task.settled
        if part.template is not None:
            yield f"{prefix}template", part.template, task.in_template


def _check_examples(task: Task, file: PromptFile, where: str) -> None:
    of_variants = ((f"variants.{name}.examples", v.examples or ()) for name, v in file.variants.items())
    for key, examples in (("examples", file.examples), *of_variants):
        for i, example in enumerate(examples):
            wrong = _differing(task, example.input)
            if wrong:
                raise SettingError(
                    f"{where}: {key}.{i}.input: {wrong}",
                    expected=f"a value for each of {', '.join(sorted(task.in_template - task.optional))}",
                    mend="correct the example",
                )


def _differing(task: Task, values: Mapping[str, str]) -> str:
    unknown = sorted(values.keys() - task.in_template)
    missing = sorted(task.in_template - task.optional - values.keys())
    said = [f"unknown variable {', '.join(unknown)}"] if unknown else []
    said += [f"no value for {', '.join(missing)}"] if missing else []
    return "; ".join(said)
