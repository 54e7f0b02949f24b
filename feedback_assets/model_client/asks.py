"""A question to the model and what came of it. Not here: how it is sent (client.py), how a reply is judged (outcomes.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

OK = "ok"
REFUSAL = "refusal"
CONTENT_FILTER_PROMPT = "content_filter_prompt"
CONTENT_FILTER_OUTPUT = "content_filter_output"
TRUNCATED = "truncated"
MALFORMED_JSON = "malformed_json"
SCHEMA = "schema"
UNAVAILABLE = "unavailable"
REJECTED = "rejected"
OUTCOMES = (*(OK, REFUSAL, CONTENT_FILTER_PROMPT, CONTENT_FILTER_OUTPUT, TRUNCATED, MALFORMED_JSON, SCHEMA, UNAVAILABLE, REJECTED),)
"""What can become of a question; docs/model.md says what each means."""


@dataclass(frozen=True)
class Ask:
    """One question.

    key: names it to the caller; sent only as a batch's custom_id.
    messages: {"role": "system" | "user" | "assistant", "content": text}, oldest first.
    response_model: what the answer must fit; None: any text.
    max_output_tokens: room for the answer; None: as set. temperature, seed: sent when not None.
    """

    key: str
    messages: Sequence[Mapping[str, str]]
    response_model: "type[BaseModel] | None" = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    parsed: an instance of the response model when the outcome is ok and there is one.
    text: what the model wrote, also when it does not fit. detail: why it is not ok; no feedback text, no secret.
    model: as the service names it. prompt_tokens, completion_tokens, cached_tokens: as the service counted them, over all requests for it.
    attempts: requests that were sent. lost: those whose answer never came, which the service may have counted and billed.
    latency_s: seconds spent in requests, waits between them not counted.
    """

    key: str
    outcome: str
    parsed: "BaseModel | None" = None
    text: str = ""
    detail: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    attempts: int = 0
    lost: int = 0
    latency_s: float = 0.0


@dataclass
class Tally:
    """What came of many questions: asked is the sum of the outcomes.

    stopped: why the rest was left unasked: "" (nothing was), "budget", "unavailable", "access" (key, rights or deployment are wrong).
    """

    asked: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    stopped: str = ""

    def add(self, outcome: str) -> None:
        self.asked += 1
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
