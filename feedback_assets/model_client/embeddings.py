"""Vectors of texts through the same client: its limiter, retries and budget callback.

A call holds at most 2,048 inputs, 8,192 tokens an input, 300,000 tokens in all (Azure OpenAI, limits). Tokens are estimated from above
(tokens.py), so a long text is cut a little early; which ones were cut is told. Not here: normalising, storing, comparing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from feedback_assets.model_client.asks import OK, REJECTED, UNAVAILABLE, Tally
from feedback_assets.model_client.client import ModelClient, run
from feedback_assets.model_client.outcomes import judge_error
from feedback_assets.model_client.sending import Reply, token_counts
from feedback_assets.model_client.settings import ModelSettings
from feedback_assets.model_client.stream import work_through
from feedback_assets.model_client.tokens import estimated_tokens

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_INPUTS = 2_048
MOST_INPUT_TOKENS = 8_192
MOST_CALL_TOKENS = 300_000


@dataclass(frozen=True)
class EmbeddedTexts:
    """What came of one call.

    keys: of its texts, in order. vectors: float32, a row a key, as the service gave them; no rows unless the outcome is ok.
    outcome: ok, rejected or unavailable. cut: keys of texts that were too long. The rest: as in Answer.
    """

    keys: tuple[str, ...]
    outcome: str
    vectors: "npt.NDArray[np.float32]"
    cut: tuple[str, ...] = ()
    detail: str = ""
    model: str = ""
    prompt_tokens: int = 0
    attempts: int = 0
    lost: int = 0
    latency_s: float = 0.0


@dataclass(frozen=True)
class Call:
    """The texts of one request, none of them empty."""

    keys: tuple[str, ...]
    texts: tuple[str, ...]
    tokens: int
    cut: tuple[str, ...] = ()

    def halves(self) -> "tuple[Call, Call]":
        middle = len(self.keys) // 2
        return self._part(0, middle), self._part(middle, len(self.keys))

    def _part(self, start: int, end: int) -> "Call":
        keys, texts = self.keys[start:end], self.texts[start:end]
        return Call(keys, texts, sum(map(estimated_tokens, texts)), tuple(k for k in self.cut if k in set(keys)))


async def embed_all(
    client: ModelClient,
    texts: Iterable[tuple[str, str]],
    *,
    on_vectors: Callable[[EmbeddedTexts], None],
    may_spend: Callable[[tuple[str, ...], int], bool] | None = None,
    dimensions: int | None = None,
) -> Tally:
    """Embeds (key, text) pairs of any number, in calls as large as the limits allow; texts without anything in them are passed over.

    on_vectors: called as each call is paid for. may_spend(keys, estimated tokens): asked before each request; False stops as in `ask_all`.
    A call that the service rejects is halved until the text that it does not take stands alone. dimensions: of a vector, for models
    that can shorten them. The tally counts texts.
    """
    tally = Tally()
    may = may_spend or (lambda _keys, _tokens: True)

    async def one(call: Call) -> bool:
        waiting = [call]
        while waiting and not tally.stopped:
            part = waiting.pop()
            if not may(part.keys, part.tokens):
                tally.stopped = "budget"
                break
            reply = await client.post(
                "/embeddings",
                _body(client.settings, part, dimensions),
                prompt_tokens=part.tokens,
                may_repeat=partial(may, part.keys, part.tokens),
            )
            if reply.forbidden:
                tally.stopped = "budget"
            embedded = _embedded(part, reply)
            if embedded.outcome == REJECTED and reply.status == 400 and len(part.keys) > 1:
                waiting += reversed(part.halves())
                continue
            for _ in part.keys:
                tally.add(embedded.outcome)
            on_vectors(embedded)
            if embedded.outcome == REJECTED and reply.status in (401, 403, 404):
                tally.stopped = "access"
            elif embedded.outcome == UNAVAILABLE and client.sender.is_down:
                tally.stopped = "unavailable"
        return not tally.stopped

    await work_through(calls(texts), one, client.settings.concurrency)
    return tally


def embeddings(settings: ModelSettings, texts: Sequence[str], *, dimensions: int | None = None) -> "tuple[dict[int, Any], Tally]":
    """Vectors by position in `texts`, for callers without an event loop; none: an empty text, or see the tally."""
    found: dict[int, Any] = {}

    def keep(embedded: EmbeddedTexts) -> None:
        found.update(zip(map(int, embedded.keys), embedded.vectors, strict=False))

    numbered = ((str(i), text) for i, text in enumerate(texts))
    return found, run(settings, lambda client: embed_all(client, numbered, on_vectors=keep, dimensions=dimensions))


def calls(texts: Iterable[tuple[str, str]]) -> Iterator[Call]:
    """Groups (key, text) pairs into calls within the limits, in order."""
    keys: list[str] = []
    inputs: list[str] = []
    cut: list[str] = []
    total = 0
    for key, text in texts:
        if not text.strip():
            continue
        kept, tokens = within_limit(text)
        if keys and (len(keys) == MOST_INPUTS or total + tokens > MOST_CALL_TOKENS):
            yield Call(tuple(keys), tuple(inputs), total, tuple(cut))
            keys, inputs, cut, total = [], [], [], 0
        keys.append(key)
        inputs.append(kept)
        total += tokens
        if len(kept) < len(text):
            cut.append(key)
    if keys:
        yield Call(tuple(keys), tuple(inputs), total, tuple(cut))


def within_limit(text: str, most: int = MOST_INPUT_TOKENS) -> tuple[str, int]:
    """The longest beginning of a text that is estimated at no more than so many tokens, and its estimate."""
    text = text[: 3 * most]  # no more letters than that fit
    tokens = estimated_tokens(text)
    if tokens <= most:
        return text, tokens
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimated_tokens(text[:middle]) <= most else (low, middle - 1)
    return text[:low], estimated_tokens(text[:low])


def _body(settings: ModelSettings, call: Call, dimensions: int | None) -> dict[str, Any]:
    # base64: a quarter of the size of numbers in decimal, and nothing to parse.
    body = {"model": settings.model, "input": [_encodable(t) for t in call.texts], "encoding_format": "base64"}
    return body if dimensions is None else {**body, "dimensions": dimensions}


def _encodable(text: str) -> str:
    """Lone surrogates, which JSON in UTF-8 cannot hold, become question marks."""
    return text.encode("utf-8", "replace").decode()


def _embedded(call: Call, reply: Reply) -> EmbeddedTexts:
    import numpy as np

    vectors = np.zeros((0, 0), np.float32)
    outcome, detail = OK, ""
    if reply.gave_up:
        outcome, detail = UNAVAILABLE, reply.gave_up
    elif reply.status >= 300:
        outcome, detail = REJECTED, judge_error(reply.status, reply.body, call.texts).detail
    else:
        found = _vectors(reply.body.get("data"), len(call.keys))
        if found is None:
            outcome, detail = REJECTED, "the service did not give a vector of one length for each text"
        else:
            vectors = found
    return EmbeddedTexts(
        keys=call.keys,
        outcome=outcome,
        vectors=vectors,
        cut=call.cut,
        detail=detail,
        model=str(reply.body.get("model") or "") if reply.body else "",
        prompt_tokens=token_counts(reply.body)[0],
        attempts=reply.attempts,
        lost=reply.lost,
        latency_s=reply.seconds,
    )


def _vectors(data: object, count: int) -> "npt.NDArray[np.float32] | None":
    """Rows in the order of `index`; None when they are not one a text, of one length and finite."""
    import numpy as np

    rows: dict[int, npt.NDArray[np.float32]] = {}
    for item in data if isinstance(data, list) else ():
        vector = _vector(item.get("embedding")) if isinstance(item, dict) else None
        if vector is not None and isinstance(item.get("index"), int):
            rows[item["index"]] = vector
    if sorted(rows) != list(range(count)) or len({len(r) for r in rows.values()}) != 1:
        return None
    matrix = np.stack([rows[i] for i in range(count)])
    return matrix if matrix.shape[1] and bool(np.isfinite(matrix).all()) else None


def _vector(value: object) -> "npt.NDArray[np.float32] | None":
    """Servers that do not know base64 send numbers."""
    import base64
    import binascii

    import numpy as np

    try:
        if isinstance(value, str):
            return np.frombuffer(base64.b64decode(value, validate=True), "<f4").astype(np.float32)
        if isinstance(value, list):
            return np.array(value, np.float32).reshape(-1)
    except (binascii.Error, ValueError, TypeError):
        return None
    return None
