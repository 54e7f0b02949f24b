"""`feedback prompts`: the prompts' versions; `show` one, `promote` one that passed its evaluation, `rollback`, `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli import context, output

if TYPE_CHECKING:
    from feedback_assets.prompting.rollout import Step

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("prompts")
def prompts() -> None:
    """List, show, promote and roll back the versions of prompts."""


@prompts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_versions(as_json: bool) -> None:
    """List every version of every task: which one answers, which one is on trial."""
    found = _versions(_folder())
    if as_json:
        output.print_json(found)
        return
    output.table(
        ["task", "version", "state", "share", "content", "examples", "variants"],
        [[v["task"], v["version"], v["state"], v["share"], v["content_hash"][:12], v["examples"], ", ".join(v["variants"])] for v in found],
        right=["share", "examples"],
    )


@prompts.command("show")
@click.argument("task")
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(task: str, version: str | None, as_json: bool) -> None:
    """Show a version as it is read; without VERSION the active one."""
    from feedback_assets.prompting.prompt import load_prompt
    from feedback_assets.prompting.rollout import active_prompt, load_rollout

    folder = _folder()
    prompt = load_prompt(folder, task, version) if version else active_prompt(folder, load_rollout(folder), task)
    if as_json:
        output.print_json(
            {
                "task": task,
                "version": prompt.version,
                "content_hash": prompt.content_hash,
                **prompt.file.model_dump(mode="json", exclude_unset=True),
            }
        )
        return
    output.line(f"{task} {prompt.version}, content {prompt.content_hash}")
    output.line(", ".join(f"{name} {value}" for name, value in prompt.parameters.model_dump(exclude_none=True).items()))
    for title, text in (("system", prompt.file.system), ("template", prompt.file.template)):
        output.line()
        output.line(f"{title}:")
        for written in text.rstrip().split("\n"):
            output.line(f"  {written}")
    output.line()
    output.line(f"{len(prompt.file.examples)} examples, {len(prompt.file.variants)} variants: --json has them")
    for change in prompt.file.changelog:
        output.line(f"{change.day} {change.what}")


@prompts.command("promote")
@click.argument("task")
@click.argument("version")
@click.option("--gate", "gate", type=_FILE, help="JSON file with the result of this version's evaluation.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def promote(task: str, version: str, gate: Path | None, as_json: bool) -> None:
    """Make VERSION the one that answers. Refused unless it passed its evaluation as it is now."""
    from feedback_assets.prompting import rollout
    from feedback_assets.prompting.gate import read_gate

    _print_step(rollout.promote(_folder(), task, version, read_gate(gate) if gate else None), as_json=as_json)


@prompts.command("rollback")
@click.argument("task")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def rollback(task: str, as_json: bool) -> None:
    """Go back to the version before the last promotion."""
    from feedback_assets.prompting import rollout

    _print_step(rollout.rollback(_folder(), task), as_json=as_json)


@prompts.command("compare")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(as_json: bool) -> None:
    """Compare the canary of classify_issues with the active version, over the texts that both were asked about."""
    from dataclasses import asdict

    from feedback_assets.enrichment.canary import compare_versions
    from feedback_assets.evaluation.reading import wilson
    from feedback_assets.ground.errors import SettingError
    from feedback_assets.wiring.services import Services

    services = Services(context.settings())
    model, means = services.language_model, services.answer_means
    if model is None or means is None or means.trial is None:
        missing = "a language model" if model is None else "a canary of classify_issues in prompts/rollout.yaml"
        raise SettingError("there is nothing to compare", expected=missing, mend="docs/prompts.md says how to set one")
    found = compare_versions(services.lake, "classify_issues", model.model, model.prompt.stamp, means.trial.model.prompt.stamp)
    if as_json:
        output.print_json(asdict(found))
        return
    output.line(f"{found.texts} texts were asked of both, {found.answered} were answered by both")
    for name, same in (("categories", found.same_categories), ("severity", found.same_severity)):
        share = wilson(same, found.answered)
        output.line(f"same {name}: {same} of {found.answered}, {share.value:.3f} ({share.lower:.3f} to {share.upper:.3f})")
    sides = (found.active, found.canary)
    means_of = ("prompt_tokens", "completion_tokens", "cost_usd", "latency_s")
    rows = [[name, *(f"{getattr(side, name):.6g}" for side in sides)] for name in means_of]
    classes = sorted({*found.active.outcomes, *found.canary.outcomes})
    rows += [[f"outcome {name}", *(str(side.outcomes.get(name, 0)) for side in sides)] for name in classes]
    output.line()
    output.table(["mean of a text", *(side.version for side in sides)], rows, right=[side.version for side in sides])


def _folder() -> Path:
    return context.settings().project / "prompts"


def _versions(folder: Path) -> list[dict[str, Any]]:
    from feedback_assets.prompting.prompt import load_prompt, versions_of
    from feedback_assets.prompting.rollout import is_edited, load_rollout
    from feedback_assets.prompting.tasks import TASKS

    rollout = load_rollout(folder)
    found = []
    for task in TASKS:
        of_task = rollout.tasks[task]
        for version in versions_of(folder, task):
            prompt = load_prompt(folder, task, version)
            canary = of_task.canary if of_task.canary and of_task.canary.version == version else None
            states = {of_task.active: "active", of_task.previous: "previous", of_task.rolled_back: "rolled back"}
            state = "canary" if canary else states.get(version, "")
            found.append(
                {
                    "task": task,
                    "version": version,
                    "state": "active, edited since it was promoted" if is_edited(rollout, prompt) else state,
                    "share": canary.share if canary else None,
                    "content_hash": prompt.content_hash,
                    "examples": len(prompt.file.examples),
                    "variants": list(prompt.file.variants),
                }
            )
    return found


def _print_step(step: "Step", *, as_json: bool) -> None:
    if as_json:
        output.print_json({"task": step.task, "before": step.before, "after": step.after, "changed": step.changed})
    elif step.changed and step.before != step.after:
        output.line(f"{step.task}: {step.after} answers instead of {step.before}; `feedback prompts rollback {step.task}` goes back")
    elif step.changed:
        output.line(f"{step.task}: {step.after} answers, as it is now")
    else:
        output.line(f"{step.task}: {step.after} answers already")
