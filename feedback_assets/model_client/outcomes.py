"""Judges a reply of the service: which class of outcome it is, and what is said of it. A pure function of status and body.

Whether the evidence that an answer names stands in the text is the caller's to judge. Not here: failures that pass (retries.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedback_assets.model_client.asks import (
    CONTENT_FILTER_OUTPUT,
    CONTENT_FILTER_PROMPT,
    MALFORMED_JSON,
    OK,
    REFUSAL,
    REJECTED,
    SCHEMA,
    TRUNCATED,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

_OUTPUT_LIMIT = "model output limit was reached"
"""Newer models say it as HTTP 400: "Could not finish the message because max_tokens or model output limit was reached"
(openai-python #2886)."""
_MOST_ERRORS = 5
_LONGEST_MESSAGE = 300
_ECHO = 16


@dataclass(frozen=True)
class Verdict:
    """correction: what the model is told when it may answer once more; it may repeat what the model wrote, so it is not for logs."""

    outcome: str
    parsed: "BaseModel | None" = None
    text: str = ""
    detail: str = ""
    correction: str = ""


def judge(status: int, body: Mapping[str, Any], model: "type[BaseModel] | None", asked: Sequence[str] | None = None) -> Verdict:
    """The outcome of a reply that is not worth repeating.

    asked: the texts of the question, which no detail may repeat; None: they are not at hand, so the service's message is not shown.
    """
    return judge_answer(body, model) if 200 <= status < 300 else judge_error(status, body, asked)


def judge_error(status: int, body: Mapping[str, Any], asked: Sequence[str] | None = None) -> Verdict:
    """A 4xx: a prompt that was blocked, no room for the answer, or a request that the service does not take."""
    error = _mapping(body.get("error"))
    code = str(error.get("code") or "")
    inner = _mapping(error.get("innererror")) or _mapping(error.get("inner_error"))
    if code == "content_filter" or inner.get("code") == "ResponsibleAIPolicyViolation":
        return Verdict(CONTENT_FILTER_PROMPT, detail=_filtered(inner.get("content_filter_result") or inner.get("content_filter_results")))
    message = str(error.get("message") or "")
    if status == 400 and _OUTPUT_LIMIT in message:
        return Verdict(TRUNCATED, detail="the service says that the output limit was reached (HTTP 400)")
    parts = [f"HTTP {status}", code, str(error.get("param") or "")]
    if status not in (401, 403) and message and asked is not None and not _echoes(message, asked):
        parts.append(message)
    return Verdict(REJECTED, detail=" ".join(p for p in parts if p)[:_LONGEST_MESSAGE])


def judge_answer(body: Mapping[str, Any], model: "type[BaseModel] | None") -> Verdict:
    """A 200: blocked, cut, refused, not JSON, not what the model must fit, or ok."""
    choices = body.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message = _mapping(choice.get("message"))
    content, refusal = message.get("content"), message.get("refusal")
    text = content if isinstance(content, str) else ""
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        return Verdict(CONTENT_FILTER_OUTPUT, text=text, detail=_filtered(choice.get("content_filter_results")))
    if reason == "length":
        return Verdict(TRUNCATED, text=text, detail="finish_reason length")
    if isinstance(refusal, str) and refusal:
        return Verdict(REFUSAL, text=refusal, detail="the model refused")
    if not text:
        return Verdict(MALFORMED_JSON, detail="the answer is empty", correction="The answer was empty.")
    return Verdict(OK, text=text) if model is None else judge_text(text, model)


def judge_text(text: str, model: "type[BaseModel]") -> Verdict:
    """What the model wrote, against all that the response model demands."""
    from pydantic import ValidationError

    try:
        return Verdict(OK, model.model_validate_json(text), text)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_context=False, include_input=False)[:_MOST_ERRORS]
    if any(error["type"] == "json_invalid" for error in errors):
        return Verdict(MALFORMED_JSON, text=text, detail="not JSON", correction=f"It is not valid JSON: {errors[0]['msg']}")
    detail = "; ".join(f"{_place(error['loc'])}: {error['type']}" for error in errors)
    told = "; ".join(f"{'.'.join(str(p) for p in error['loc'])}: {error['msg']}" for error in errors)
    return Verdict(SCHEMA, text=text, detail=detail[:_LONGEST_MESSAGE], correction=f"It does not fit the schema: {told[:1_000]}")


def _place(loc: Sequence[int | str]) -> str:
    """Where in the answer. A key that the model made up may hold feedback text: only what looks like a field's name is shown."""
    return ".".join(str(p) if isinstance(p, int) or (p.isidentifier() and p.isascii() and len(p) <= 40) else "?" for p in loc) or "answer"


def _filtered(results: object) -> str:
    found = [name for name, result in _mapping(results).items() if _mapping(result).get("filtered") is True]
    known = sorted(n for n in found if n.isidentifier() and len(n) <= 40)
    return f"filtered: {', '.join(known)}" if known else "filtered"


def _echoes(message: str, asked: Sequence[str]) -> bool:
    """Whether a message of the service repeats a piece of the question."""
    pieces = [message[i : i + _ECHO] for i in range(max(1, len(message) - _ECHO + 1))]
    return any(piece in text for text in asked for piece in pieces)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
