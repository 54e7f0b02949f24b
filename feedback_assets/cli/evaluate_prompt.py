"""`feedback evaluate prompt`, `history`, `sentinels`, `drift`, `bars`: what golden set, sentinels and days say of the readers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli import context, output

if TYPE_CHECKING:
    from datetime import datetime

    from feedback_assets.evaluation.prompts import Evaluation

_FILE = click.Path(dir_okay=False, path_type=Path)


class WithSubcommands(click.Command):
    """A command whose first argument may be the name of another one. In a test it can be called by itself, too."""

    commands: dict[str, click.Command]

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        """The other command's context when it is named."""
        found = self.commands.get(args[0]) if args else None
        if found is None:
            return super().make_context(info_name, args, parent, **extra)
        return found.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Does what the context is of."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command("prompt")
@click.option("--task", default="classify_issues", show_default=True, help="Task of the prompt.")
@click.option("--version", required=True, help="Version of the prompt.")
@click.option("--split", type=click.Choice(["calibration", "test"]), default="calibration", show_default=True, help="Golden texts.")
@click.option("--gate-out", type=_FILE, help="Write what `feedback prompts promote` asks for into this file.")
@click.option("--again", is_flag=True, help="Ask anew, once a UTC day, what was asked before.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def prompt(task: str, version: str, split: Any, gate_out: Path | None, *, again: bool, as_json: bool) -> int:
    """Evaluate a version of a prompt on the golden set, by the configured model.

    What was asked before is taken from the home's answers and costs nothing; the budgets of a run and a day hold. Ends with 1 when the
    gate does not let the version in.
    """
    from feedback_assets.enrichment.golden import read_golden
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.evaluation.gate import write_gate
    from feedback_assets.evaluation.prompts import evaluate_prompt
    from feedback_assets.evaluation.routing_costs import FILE, load_routing_costs
    from feedback_assets.ground.errors import SettingError
    from feedback_assets.prompting.prompt import load_prompt
    from feedback_assets.prompting.rollout import active_prompt, load_rollout
    from feedback_assets.wiring.services import Services

    found = context.settings()
    asked = load_prompt(found.prompts, task, version)
    services = Services(found)
    settings, means = services.model_settings, services.answer_means
    if settings is None or means is None:
        raise SettingError(
            "no language model is set", expected="FEEDBACK_MODEL_NAME and what leads to it", mend="set it as docs/evaluation.md says"
        )
    taxonomy = services.reader.taxonomy
    evaluation = evaluate_prompt(
        services.lake,
        services.reader,
        LanguageModel(settings.model, asked, taxonomy),
        means,
        read_golden(found.taxonomy / "golden", taxonomy),
        split=split,
        costs=load_routing_costs(found.taxonomy / FILE, {c.owner for c in taxonomy.categories}),
        active=active_prompt(found.prompts, load_rollout(found.prompts), task),
        again=again,
    )
    if gate_out is not None:
        write_gate(gate_out, evaluation.gate_content())
    if as_json:
        asking = {"asked": evaluation.asked, "sent": evaluation.sent, "cost_usd": evaluation.cost_usd, "noted": evaluation.noted}
        output.print_json({**evaluation.gate_content(), **asking})
    else:
        _print(evaluation)
    return 0 if evaluation.passed else 1


@click.command("history")
@click.option("--task", default="", help="One task alone.")
@click.option("--slices", type=click.Choice(["all", "category", "language"]), default="all", show_default=True, help="Which slices.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def history(task: str, slices: str, as_json: bool) -> None:
    """List what was evaluated on this home, oldest first."""
    from feedback_assets.evaluation import history as past
    from feedback_assets.lakehouse.local import LocalLakehouse

    rows = past.history(LocalLakehouse(context.settings().lake), task=task, slice_kind=slices)
    if as_json:
        output.print_json(rows)
        return
    shown = ["evaluated_at", "version", "model", "split", *(["slice"] if slices != "all" else []), "n", "precision", "recall", "f1"]
    shown += ["lower", "upper", "ece", "evidence_validity"]
    output.table(shown, [[r[name] for name in shown] for r in rows], right=shown[4:])


@click.command("sentinels")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sentinels(as_json: bool) -> int:
    """Read the sentinel texts anew and compare with the last earlier day. Ends with 1 when one is read otherwise.

    The language model is asked about each once a UTC day, when one is set; the budgets hold.
    """
    from dataclasses import asdict

    from feedback_assets.enrichment.golden import read_golden
    from feedback_assets.evaluation.sentinels import score_sentinels, sentinel_verdict
    from feedback_assets.wiring.services import Services

    found = context.settings()
    services = Services(found)
    golden = read_golden(found.taxonomy / "golden", services.reader.taxonomy)
    report = score_sentinels(services.lake, services.reader, services.language_model, services.answer_means, services.now(), golden=golden)
    if as_json:
        output.print_json(asdict(report))
    else:
        output.table(
            ["tier", "read", "compared"], [[tier, n, report.compared[tier]] for tier, n in report.read.items()], right=["read", "compared"]
        )
        output.line()
        columns = ["tier", "golden_id", "before", "now", "since"]
        if report.flips:
            output.table(columns, [[f.tier, f.golden_id, f.before or "none", f.now or "none", f.since] for f in report.flips])
        output.line(sentinel_verdict(report).sentence())
    return 1 if report.flips else 0


@click.command("drift")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Day of delivery; the last one that has events without it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def drift(day: "datetime | None", as_json: bool) -> int:
    """Compare a day's feedback with that of the 28 days before. Ends with 1 when it is unlike it in some aspect."""
    from dataclasses import asdict

    from feedback_assets.contracts.silver import EVENTS
    from feedback_assets.evaluation.drift import drift_of, drift_verdicts, read_days
    from feedback_assets.ground.errors import FeedbackError
    from feedback_assets.lakehouse.local import LocalLakehouse

    lake = LocalLakehouse(context.settings().lake)
    asked = day.date() if day else max(lake.partitions(EVENTS), default=None)
    if asked is None:
        raise FeedbackError("there is no event yet", mend="feedback run")
    today, window = read_days(lake, asked)
    found = drift_of(today, window)
    if as_json:
        output.print_json({"day": asked, "days": len(window), "aspects": [asdict(d) for d in found]})
    else:
        for verdict in drift_verdicts(found, asked):
            output.line(verdict.sentence())
            for moved in verdict.sample:
                output.line("  " + ", ".join(f"{name} {value}" for name, value in moved.items()))
    return 1 if any(d.drifted for d in found) else 0


def _print(found: "Evaluation") -> None:
    figures, identity = found.figures, found.identity
    output.line(f"{identity.task} {identity.version} by {identity.model} on {figures.texts} texts of {identity.split}")
    output.line(f"{found.sent} questions sent now, {found.cost_usd:.4f} US dollars; taxonomy {identity.taxonomy_version}")
    output.line()
    columns = ["slice", "n", "precision", "recall", "f1", "from", "to", "ece", "evidence"]
    rows = [
        [s.name or "all", s.n, s.precision.value, s.recall.value, s.f1.value, s.f1.lower, s.f1.upper, s.ece, s.evidence_validity]
        for s in figures.slices
    ]
    output.table(columns, rows, right=columns[1:])
    output.line()
    failures = ", ".join(f"{name} {n}" for name, n in sorted(figures.failures.items())) or "none"
    output.line(f"failures: {failures}; owner accuracy {_share(figures.owner_accuracy)}, by cost {_share(figures.owner_score)}")
    for rule in found.rules:
        output.line(f"{'passed' if rule.passed else 'FAILED'}  {rule.name}: {rule.says}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


@click.command("bars")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bars(as_json: bool) -> None:
    """From which confidence on rules and local model answer alone, by category and language, as they were measured last.

    FEEDBACK_MODEL_AGREEMENT turns them on; the asset evaluation/tier_bars measures them.
    """
    from feedback_assets.enrichment.tier_bars import bar_rows
    from feedback_assets.wiring.services import Services

    services = Services(context.settings())
    target, tiers = services.settings.model_agreement, services.reader.tier_version
    found = bar_rows(services.lake, tiers, target)
    if as_json:
        shown = ("category", "language", "bar", "bound", "samples", "agreed", "samples_above", "agreed_above")
        output.print_json({"target": target, "tier_version": tiers, "bars": [{c: r[c] for c in shown} for r in found]})
    elif not target:
        output.line("FEEDBACK_MODEL_AGREEMENT is not set: the bars of taxonomy/taxonomy.yaml decide.")
    elif not found:
        output.line("No bars were measured of these tiers: all that they hold to be an issue is left to the language model.")
    else:
        rows = [
            [
                *(r["category"], r["language"], "abstains" if r["bar"] is None else f"{r['bar']:.3f}", f"{r['bound']:.2f}"),
                *(f"{r['agreed']}/{r['samples']}", f"{r['agreed_above']}/{r['samples_above']}"),
            ]
            for r in found
        ]
        columns = ["category", "language", "bar", "agrees at least", "agreed", "above the bar"]
        output.table(columns, rows, right=columns[2:])


COMMANDS = {"prompt": prompt, "history": history, "sentinels": sentinels, "drift": drift, "bars": bars}
