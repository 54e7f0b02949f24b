"""By which code and which settings a step makes its rows: a short text that changes when either does. The UI then shows what is stale.

A step names the packages and modules whose source counts, and the settings. Read when the code location is loaded: some hundred small
files, a few milliseconds. Not here: which version a row was made by (the tables' own columns).
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from feedback_assets.graph.steps import Step
from feedback_assets.ground.settings import MODEL_PREFIX, Settings

PACKAGE = Path(__file__).parents[1]
WIRING = frozenset({"assets.py", "checks.py", "sensors.py"})
"""Files of a room that are Dagster's side of it: they make no rows."""


def _prompts(settings: Settings, *tasks: str) -> str:
    """Which versions of these tasks' prompts answer, and what they say."""
    files = "".join(_files(settings.prompts / task, "*.yaml") for task in tasks)
    return hashlib.sha256((_files(settings.prompts, "rollout.yaml") + files).encode()).hexdigest()[:8]


def code_version(step: Step, settings: Settings) -> str:
    """The hash of the step's source, then each setting that its rows depend on."""
    parts = [f"code {step_source(step)}"]
    parts += [f"{name} {VERSIONS[name](settings)}" for name in step.versions]
    return ", ".join(parts)


def step_source(step: Step) -> str:
    """The hash of the step's source: of what it names, else of its room."""
    return source_version(step.code or (step.room,))


@cache
def source_version(modules: tuple[str, ...]) -> str:
    """The hash of the source of modules and packages, named by their path below feedback_assets."""
    digest = hashlib.sha256()
    for name in modules:
        place = PACKAGE / name
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        for file in files:
            if file.name not in WIRING:
                digest.update(str(file.relative_to(PACKAGE)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def _files(folder: Path, pattern: str) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob(pattern)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def _embedder(settings: Settings) -> str:
    given = dict(settings.model)
    named = [given.get(f"{MODEL_PREFIX}EMBEDDING_{what}", "") for what in ("NAME", "DIMENSIONS")] if settings.embedder == "openai" else []
    return " ".join([settings.embedder, *filter(None, named)])


VERSIONS: Mapping[str, Callable[[Settings], str]] = {
    "taxonomy": lambda s: hashlib.sha256(
        (
            _files(s.taxonomy, "taxonomy.yaml") + _files(s.taxonomy / "categories", "*.yaml") + _files(s.taxonomy / "golden", "*.jsonl")
        ).encode()
    ).hexdigest()[:8],
    "personal data": lambda s: _files(s.taxonomy, "personal_data.yaml"),
    "weights": lambda s: _files(s.taxonomy, "priority_weights.yaml"),
    "exchange rates": lambda s: _files(s.taxonomy, "exchange_rates.yaml"),
    "embedder": _embedder,
    "prompts": lambda s: _prompts(s, "classify_issues"),
    "theme prompts": lambda s: _prompts(s, "summarise_theme", "suggest_owner", "translate_quotes"),
}
"""Name of a setting -> its version. A site without the file has the version of nothing."""
