"""A labelled stand-in for a language model's answers, for tests of asking and deriving. No expectations here."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feedback_assets.enrichment.asking import Means
from feedback_assets.enrichment.language_model import LanguageModel
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.ground.settings import project_root
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets.prompting.rollout import active_prompt, load_rollout
from feedback_assets.reckoning.model_prices import FILE, load_model_prices
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI, Question

MODEL = "gpt-4o-mini"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
_FENCED = re.compile(r"<<<text ([0-9a-f]+)>>>\n(.*?)\n<<<end of text \1>>>", re.DOTALL)


def text_in(message: str) -> str:
    """The customer's text in a user message."""
    found = _FENCED.findall(message)
    return str(found[-1][1]) if found else ""


def issue(quote: str, kind: str | None, *, confidence: float | None = 0.9, severity: int | None = 3) -> dict[str, Any]:
    return {
        "quotes": [quote], "kind": kind, "runner_up": None, "confidence": confidence, "component": None, "entities": [],
        "symptom": "Something does not work.", "severity": severity, "urgency": "soon", "sentiment": "negative",
        "sentiment_score": -0.5, "intent": "report_fault",
    }  # fmt: skip


def reply(*issues: Mapping[str, Any]) -> dict[str, Any]:
    return {"summary": "A text.", "sentiment": "negative", "sentiment_score": -0.4, "issues": list(issues)}


def labelled(labels: Mapping[str, str | None]) -> Callable[[Question], Any]:
    """Answers by what stands in a text: piece -> kind, or None for a text without an issue."""

    def answer(question: Question) -> Any:
        text = text_in(question.text)
        found = [(piece, kind) for piece, kind in labels.items() if piece in text]
        return reply(*(issue(text.strip()[:200], kind) for _, kind in found if kind is not None))

    return answer


def model_of(taxonomy: Taxonomy) -> LanguageModel:
    folder = project_root() / "prompts"
    return LanguageModel(MODEL, active_prompt(folder, load_rollout(folder), "classify_issues"), taxonomy)


def means_of(service: AzureOpenAI, folder: Path, *, run_budget: float = 100.0, day_budget: float = 100.0, **settings: Any) -> Means:
    given = ModelSettings(model=MODEL, endpoint=service.endpoint, api_key=service.key, **settings)
    prices = load_model_prices(project_root() / "taxonomy" / FILE)
    return Means(given, prices, run_budget, day_budget, folder / "journals", lambda: NOW)
