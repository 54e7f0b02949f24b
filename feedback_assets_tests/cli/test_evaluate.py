"""`feedback evaluate`: what it refuses, and the keys of its JSON."""

import json
import random
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from feedback_assets.cli.evaluate import evaluate
from feedback_assets.cli.main import main
from feedback_assets.evaluation.tasks import TASKS

ALWAYS = ["task", "records", "records_per_s", "peak_mb"]
FIGURES = {
    "language": ["accuracy", "coverage", "per_language"],
    "pii": ["precision", "recall", "f1", "per_type", "not_covered"],
    "duplicates": ["precision", "recall", "groups"],
    "classify": ["accuracy", "macro_f1", "ece", "precision_target", "share_answered", "precision_answered"],
    "cascade": ["accuracy", "oracle_share", "bound", "bound_held"],
    "severity": ["spearman", "auc_high"],
}
WORDS = ("crash", "refund", "login", "delivery")
REST = """
again after before since week month Monday phone laptop tablet window button screen parcel courier invoice card password account team
office kitchen garden garage winter summer spring morning evening manager colleague customer shop street letter email number page
music video sound light battery cable update version server network printer paper colour size shirt shoes jacket price order box
"""


def rows_of(task: str) -> list[dict[str, object]]:
    """A few labelled records of the task."""
    if task == "language":
        return [{"text": "Die Anwendung stürzt bei jedem Start ab.", "language": "de"}, {"text": "It does not start.", "language": "en"}]
    if task == "pii":
        text = "Write to ann@example.com or come by"
        return [{"text": text, "spans": [{"start": 9, "end": 24, "type": "EMAIL_ADDRESS"}, {"start": 0, "end": 5, "type": "PERSON"}]}]
    if task == "duplicates":
        long = "The parcel came three days late and the box was torn open at one side, nobody answers my mails."
        return [{"id": "1", "text": long}, {"id": "2", "text": long + " Thanks"}, {"id": 3, "text": "I love the new colours of the shop."}]
    said = random.Random(7)
    varied = [(w, f"{w} " + " ".join(said.sample(REST.split(), 9))) for w in WORDS for _ in range(20)]
    if task in {"classify", "cascade"}:
        return [{"text": text, "label": word, "split": "test" if i % 5 == 0 else "train"} for i, (word, text) in enumerate(varied)]
    return [{"text": text, "severity": WORDS.index(word)} for word, text in varied]


def asked(task: str, folder: Path, *more: str) -> list[str]:
    """The arguments that evaluate the task's few records."""
    data, pairs = folder / "data.jsonl", folder / "pairs.jsonl"
    data.write_text("".join(json.dumps(r) + "\n" for r in rows_of(task)))
    pairs.write_text('{"a": "1", "b": "2"}\n')
    return [task, "--data", str(data), *(("--pairs", str(pairs)) if task == "duplicates" else ()), *more]


@pytest.mark.parametrize("task", TASKS)
def test_json_is_one_object_with_every_promised_key(task: str, tmp_path: Path) -> None:
    answer = CliRunner().invoke(evaluate, asked(task, tmp_path, "--json"))
    assert answer.exit_code == 0, answer.output
    figures = json.loads(answer.stdout)
    assert list(figures)[: len(ALWAYS)] == ALWAYS
    assert set(FIGURES[task]) <= set(figures)
    assert (figures["task"], figures["records"]) == (task, len(rows_of(task)))
    assert figures["records_per_s"] > 0
    assert figures["peak_mb"] > 10


@pytest.mark.parametrize("task", TASKS)
def test_a_table_shows_every_figure_to_people(task: str, tmp_path: Path) -> None:
    answer = CliRunner().invoke(evaluate, asked(task, tmp_path))
    assert answer.exit_code == 0, answer.output
    assert [name for name in [*ALWAYS, *FIGURES[task]] if name not in answer.stdout] == []


def test_the_command_offers_exactly_the_tasks_that_there_are() -> None:
    choice = evaluate.params[0].type
    assert isinstance(choice, click.Choice)
    assert list(choice.choices) == list(TASKS)
    assert [t for t in TASKS if t not in (evaluate.help or "")] == []


@pytest.mark.parametrize("task", TASKS)
def test_a_record_without_what_the_task_needs_is_named(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = asked(task, tmp_path)
    (tmp_path / "data.jsonl").write_text('{"words": 1}\n')
    assert main(["evaluate", *arguments]) == 1
    assert "record 1" in capsys.readouterr().err


def test_pairs_are_asked_for_where_they_are_needed_and_refused_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = asked("duplicates", tmp_path)
    assert main(["evaluate", *arguments[:3]]) == 1
    assert "--pairs FILE" in capsys.readouterr().err
    assert main(["evaluate", "language", *arguments[1:]]) == 1
    assert "--pairs is for duplicates alone" in capsys.readouterr().err
