"""The demo with a stand-in for a language model: `make demo-llm`. It answers from the demo's own truth, and says so; it is no model.

Starts the stand-in on loopback, then `feedback run` on the home with it, and prints what was asked and what it would have cost.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from feedback_assets.contracts.enrichment import ANSWERS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.ground.identity import event_id
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.prompting.fence import escaped
from feedback_assets_tests.enrichment.answering import issue, reply, text_in
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Question

MODEL = "gpt-4o-mini"


theme_answers: dict[str, Any] = {
    "Translations": {"translations": []},
    "ThemeSummary": {
        "title": None,
        "summary": "Customers tell of one and the same thing (said by a stand-in, not by a model).",
        "quotes": [1],
    },
    "Interpretation": {
        "notes": [
            {"claims": [1], "cause": None, "cause_confidence": None, "next_action": "Read the quotes of this theme.", "owner": None},
        ]
    },
}


class Truth:
    """What the demo's author meant by each text, found by the text as it is asked."""

    def __init__(self, home: Path) -> None:
        self._lake = LocalLakehouse(home / "lake")
        self._of_event: dict[str, list[str]] = {}
        for line in (home / "demo_truth.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["line"] == "record":
                self._of_event.setdefault(event_id(row["source"], row["record_id"]), row.get("categories") or [])
        self._of_text: dict[str, list[str]] = {}

    def answer(self, question: Question) -> Any:
        """The labels of a text, with the text's beginning as evidence; of a theme the first quote, and no guess."""
        name = question.body["response_format"]["json_schema"]["name"]
        if name in theme_answers:
            return theme_answers[name]
        text = text_in(question.text)
        if text not in self._of_text:
            rows = self._lake.read(EVENTS, columns=["event_id", "text"]).to_pylist()
            self._of_text |= {escaped(r["text"]).strip(): self._of_event.get(r["event_id"], []) for r in rows}
        found = self._of_text.get(text.strip(), [])
        quote = text.strip()[:200].rpartition(" ")[0] or text.strip()
        return reply(*(issue(quote, category, severity=None) for category in found))


def main() -> int:
    """Runs the demo home through the graph with the stand-in; the exit code of `feedback run`."""
    settings = Settings.from_environment(os.environ)
    truth = Truth(settings.home)
    click.echo("A stand-in answers from the demo's own truth: it shows the way of an answer, and says nothing of any model's quality.")
    with AzureOpenAI(truth.answer) as service:
        model = {"FEEDBACK_MODEL_ENDPOINT": service.endpoint, "FEEDBACK_MODEL_NAME": MODEL, "FEEDBACK_MODEL_API_KEY": service.key}
        command = [str(Path(sys.executable).with_name("feedback")), "run"]
        code = subprocess.run(command, env={**os.environ, **model}, check=False).returncode
        rows = (
            LocalLakehouse(settings.lake).read(ANSWERS, columns=["outcome", "prompt_tokens", "completion_tokens", "cost_usd"]).to_pylist()
        )
        click.echo(
            f"{len(service.requests)} requests; {len(rows)} answers in the ledger, {sum(r['outcome'] == 'ok' for r in rows)} ok; "
            f"{sum(r['prompt_tokens'] for r in rows)} + {sum(r['completion_tokens'] for r in rows)} tokens, "
            f"{sum(r['cost_usd'] for r in rows):.2f} USD at list prices of {MODEL}"
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
