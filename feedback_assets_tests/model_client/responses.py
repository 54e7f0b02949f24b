"""A response model as the tests use it, labelled texts, and a client without long waits."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from feedback_assets.model_client.asks import Answer, Ask, Tally
from feedback_assets.model_client.breaker import Breaker
from feedback_assets.model_client.client import MaySpend, ModelClient
from feedback_assets.model_client.limiter import Limiter
from feedback_assets.model_client.retries import Backoff
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets_tests.loopback.azure_openai import AzureOpenAI

QUICK = Backoff(base_s=0.01, cap_s=0.05)


class Finding(BaseModel):
    """One issue with its words."""

    model_config = ConfigDict(extra="forbid")

    category: Literal["bug", "delivery", "cannot_tell"]
    quote: str = Field(min_length=1, max_length=200)
    confidence: float = Field(ge=0, le=1)


class Reading(BaseModel):
    """What the model says of a text."""

    model_config = ConfigDict(extra="forbid")

    findings: list[Finding] = Field(max_length=5)
    summary: str = Field(max_length=300, pattern=r"\S")


def reading(text: str) -> dict[str, Any]:
    """The labelled answer of a text."""
    category = "bug" if "crash" in text else "delivery"
    return {"findings": [{"category": category, "quote": text[:20], "confidence": 0.9}], "summary": f"About {text[:20]}"}


def ask(key: str, text: str, model: type[BaseModel] | None = Reading) -> Ask:
    """One question about a text."""
    return Ask(key, [{"role": "system", "content": "Read the text."}, {"role": "user", "content": text}], model, 200, 0.0, 7)


def asks(count: int) -> Iterator[Ask]:
    """Questions about texts that differ."""
    return (ask(f"k{i}", f"text {i}: the app crash came after the update") for i in range(count))


def settings_of(service: AzureOpenAI, **fields: Any) -> ModelSettings:
    """Settings for the stand-in."""
    return ModelSettings(
        **{"model": "gpt", "endpoint": service.endpoint, "api_key": service.key, "timeout_s": 10, "most_attempts": 8, **fields}
    )


def client_of(service: AzureOpenAI, *, breaker: Breaker | None = None, **fields: Any) -> ModelClient:
    """A client of its own limiter and breaker, so that tests do not meet."""
    return ModelClient(settings_of(service, **fields), limiter=Limiter(), breaker=breaker or Breaker(cooldown_s=0.05), backoff=QUICK)


async def ask_all(client: ModelClient, questions: Iterable[Ask], may_spend: MaySpend | None = None) -> tuple[Tally, list[Answer]]:
    """All answers, and their tally."""
    answers: list[Answer] = []
    async with client:
        tally = await client.ask_all(questions, on_answer=answers.append, may_spend=may_spend)
    return tally, answers
