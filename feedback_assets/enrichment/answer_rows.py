"""Rows of the ledger of answers: what is known of a question before it is sent, and what its answer adds. Not here: asking, tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from feedback_assets.enrichment.language_model import LanguageModel, Question, outcome_of

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Answer
    from feedback_assets.model_client.settings import ModelSettings

OK = "ok"


@dataclass(frozen=True)
class OpenText:
    """A text that the cheaper tiers leave open. batch: of the text's record."""

    day: date
    batch: str
    text: str
    question: Question


def question_row(model: LanguageModel, settings: "ModelSettings", asked: OpenText, *, attempt: int, purpose: str) -> dict[str, Any]:
    """The columns of enrichment/answers that are known before a question is sent."""
    from feedback_assets.model_client.client import estimate

    prompt = model.prompt
    return {
        "feed_date": asked.day,
        "request_key": asked.question.key,
        "text_key": asked.question.text_key,
        "told": json.dumps(model.told, sort_keys=True),
        "attempt": attempt,
        "task": prompt.task.name,
        "prompt_version": prompt.stamp,
        "taxonomy_version": model.taxonomy.version,
        "model": model.model,
        "parameters": prompt.parameters.model_dump_json(),
        "request": next(m["content"] for m in reversed(asked.question.ask.messages) if m["role"] == "user"),
        "estimated_tokens": estimate(asked.question.ask, settings)[0],
        "purpose": purpose,
    }


def answer_row(
    question: Mapping[str, Any], text: str, answer: "Answer", model: LanguageModel, *, cost: Decimal, now: datetime
) -> dict[str, Any]:
    """A whole row. question: of question_row(). text: what was asked about, in which the evidence must stand."""
    claims = model.claims(answer.text, text) if answer.outcome == OK else None
    return {
        **question,
        "asked_on": now.astimezone(UTC).date(),
        "model_returned": answer.model,
        "response": answer.text,
        "outcome": outcome_of(claims, answer.outcome),
        "detail": answer.detail,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cached_tokens": min(answer.cached_tokens, answer.prompt_tokens),
        "cost_usd": float(cost),
        "requests": answer.attempts,
        "latency_s": round(answer.latency_s, 3),
        "asked_at": now,
    }
