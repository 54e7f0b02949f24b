"""`feedback evaluate`: how good and how fast the shipped components are on a user's own labelled data."""

from pathlib import Path
from typing import Any

import click

from feedback_assets.cli import output
from feedback_assets.cli.evaluate_prompt import COMMANDS, WithSubcommands

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOST_ROWS = 40


@click.command("evaluate", cls=WithSubcommands)
@click.argument("task", type=click.Choice(["language", "pii", "duplicates", "classify", "cascade", "severity"]))
@click.option("--data", required=True, type=_FILE, help="JSONL file of labelled records, plain or .gz.")
@click.option("--pairs", type=_FILE, help='For duplicates: JSONL file of {"a": id, "b": id}.')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(task: str, data: Path, pairs: Path | None, as_json: bool) -> None:
    """Measure the shipped components on your own labelled data.

    Nothing is stored, and nothing of FEEDBACK_HOME is read. One JSON object a line:

    \b
    language    {"text", "language"}
    pii         {"text", "spans": [{"start", "end", "type"}]}
    duplicates  {"id", "text"}, and --pairs with {"a", "b"}
    classify    {"text", "label", "split"}; split is train or test, calibration if there is one
    cascade     as for classify: what the local tier would leave to an oracle, here the labels, and how sure that is
    severity    {"text", "severity"}; a number, higher is worse

    \b
    On this home, each with --help of its own:
    prompt      a version of a prompt on the golden set, and its gate
    history     what was evaluated before
    sentinels   texts that must be read as on the last day
    drift       a day against the 28 days before
    bars        from which confidence on the cheaper tiers answer alone
    """
    from feedback_assets.evaluation.labelled import read_pairs, read_rows
    from feedback_assets.evaluation.tasks import run_task

    figures = run_task(task, read_rows(data), read_pairs(pairs) if pairs else None)
    if as_json:
        output.print_json(figures)
        return
    single = {name: value for name, value in figures.items() if not isinstance(value, dict)}
    output.table(["figure", "value"], [[name, _shown(value)] for name, value in single.items()], right=["value"])
    for name, value in figures.items():
        if isinstance(value, dict):
            _print_table(name, value)


evaluate.commands = COMMANDS


def _print_table(name: str, values: dict[str, Any]) -> None:
    """A figure that is told for each language, type or label."""
    output.line()
    rows = list(values.items())
    columns = list(rows[0][1]) if rows and isinstance(rows[0][1], dict) else ["value"]
    output.table(
        [name, *columns],
        [[key, *(_shown(v.get(c, "")) for c in columns)] if isinstance(v, dict) else [key, _shown(v)] for key, v in rows[:_MOST_ROWS]],
        right=columns,
    )
    if not rows:
        output.line("none")
    elif len(rows) > _MOST_ROWS:
        output.line(f"and {len(rows) - _MOST_ROWS} more: --json has all")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4f}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
