"""The Batch API: questions as files, a job that ends within a day or so, answers by custom_id in any order.

    write_batch_files -> upload_batch_file -> start_batch -> poll_batch ... -> read_batch

Everything after the file is found again from ids alone, so a caller stores a file's id before it starts a job and a job's id once it has
one; whatever is called twice does no harm. A job's end is what the service says, never a time: one that is past 24 h may still complete,
and one that is `completed` may hold no success. Not here: whether a batch is worth it, where the ids are kept.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from feedback_assets.ground.errors import FeedbackError
from feedback_assets.model_client.asks import UNAVAILABLE, Answer, Ask, Tally
from feedback_assets.model_client.client import ModelClient, estimate, request_body
from feedback_assets.model_client.outcomes import judge
from feedback_assets.model_client.retries import is_passing
from feedback_assets.model_client.sending import Reply, token_counts
from feedback_assets.model_client.settings import ModelSettings

if TYPE_CHECKING:
    from httpx2 import Response
    from pydantic import BaseModel

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
ENDED = ("completed", "failed", "expired", "cancelled")
_FILE_LIFE_S = 14 * 86_400
_UPLOAD_S = 1_800.0
_PAGE = 100
_MOST_PAGES = 20


class BatchError(FeedbackError):
    """A call of the Batch API that the service does not take, or that found no service."""


@dataclass(frozen=True)
class BatchFile:
    """A file of requests. tokens: estimated from above, prompts and room for answers."""

    path: Path
    requests: int
    size: int
    tokens: int


@dataclass(frozen=True)
class BatchState:
    """A job as the service describes it. completed, failed: requests. problems: what it says of a file that it did not take."""

    batch_id: str
    status: str
    input_file_id: str
    output_file_id: str = ""
    error_file_id: str = ""
    total: int = 0
    completed: int = 0
    failed: int = 0
    created_at: int = 0
    problems: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come. `cancelled` and `expired` jobs may have answers, too."""
        return self.status in ENDED


@dataclass
class BatchTally(Tally):
    """asked: questions that have an answer here, the sum of the outcomes. unanswered: keys that the job says nothing of: ask them again.

    strangers: lines that name no question of ours, or one that was answered before. unreadable: lines that are no JSON object.
    """

    unanswered: tuple[str, ...] = ()
    strangers: int = 0
    unreadable: int = 0


def write_batch_files(asks: Iterable[Ask], folder: Path, settings: ModelSettings, *, name: str = "batch") -> list[BatchFile]:
    """Writes name-1.jsonl, name-2.jsonl... into the folder, each within the service's limits. The same questions: the same bytes.

    Raises FeedbackError for two questions of one key; SchemaError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[BatchFile] = []
    seen: set[str] = set()
    handle: BinaryIO | None = None
    requests = size = tokens = 0
    path = folder
    try:
        for ask in asks:
            if ask.key in seen:
                raise BatchError(f"two questions have the key {ask.key[:80]}", expected="keys that differ")
            seen.add(ask.key)
            line = batch_line(ask, settings)
            if handle is None or requests == MOST_REQUESTS or size + len(line) > MOST_BYTES:
                if handle is not None:
                    handle.close()
                    files.append(BatchFile(path, requests, size, tokens))
                path = folder / f"{name}-{len(files) + 1}.jsonl"
                handle = path.open("wb")
                requests = size = tokens = 0
            handle.write(line)
            requests, size, tokens = requests + 1, size + len(line), tokens + sum(estimate(ask, settings))
    finally:
        if handle is not None:
            handle.close()
    if requests:
        files.append(BatchFile(path, requests, size, tokens))
    return files


def batch_line(ask: Ask, settings: ModelSettings) -> bytes:
    """One request as a line of a batch file. Escaped to ASCII, so that no line end of a text can break it. Raises SchemaError."""
    line = {"custom_id": ask.key, "method": "POST", "url": _endpoint(settings), "body": request_body(ask, settings)}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _endpoint(settings: ModelSettings) -> str:
    return "/chat/completions" if settings.api_version else "/v1/chat/completions"


async def upload_batch_file(client: ModelClient, file: BatchFile) -> str:
    """The id under which the service keeps the file. Called twice: a second copy that nobody uses. Raises BatchError."""
    extra: dict[str, Any] = {}
    if client.settings.endpoint and not client.settings.api_version:
        extra["expires_after"] = {"anchor": "created_at", "seconds": _FILE_LIFE_S}

    async def call() -> "Response":
        with file.path.open("rb") as content:
            raw = await client.sdk.files.with_raw_response.create(
                file=(file.path.name, content, "application/jsonl"), purpose="batch", timeout=_UPLOAD_S, **extra
            )
        return raw.http_response

    reply = await client.sender.send(call, timeout_s=_UPLOAD_S)
    return str(_body_of(reply, "upload of a batch file").get("id") or "")


async def start_batch(client: ModelClient, file_id: str) -> BatchState:
    """The job for an uploaded file: the one that there is, else a new one. So a start whose answer was lost can be called again.

    Two that start the same file at the same moment make two jobs. Raises BatchError.
    """
    body = {"input_file_id": file_id, "endpoint": _endpoint(client.settings), "completion_window": "24h"}

    async def call() -> "Response":
        import httpx2

        return await client.sdk.post("/batches", cast_to=httpx2.Response, body=body)

    for attempt in range(1, client.settings.most_attempts + 1):
        found = await find_batch(client, file_id)
        if found is not None:
            return found
        reply = await client.sender.send(call, may_repeat=lambda: False)
        if not reply.forbidden:
            return _state(_body_of(reply, "start of a batch"))
        await client.sender.pause_after(attempt)  # the answer was lost: the next round looks whether the job is there
    raise BatchError("the start of a batch got no answer", mend="start it again: a job that exists is found")


async def find_batch(client: ModelClient, file_id: str) -> BatchState | None:
    """The newest job of an uploaded file that has not failed; None: there is none. Looks at the newest 2,000 jobs. Raises BatchError."""
    after = ""
    for _ in range(_MOST_PAGES):
        page = await _get(client, f"/batches?limit={_PAGE}" + (f"&after={after}" if after else ""), "list of batches")
        jobs = [_state(b) for b in page.get("data") or () if isinstance(b, dict)]
        for job in jobs:
            if job.input_file_id == file_id and job.status != "failed":
                return job
        if not page.get("has_more") or not jobs:
            return None
        after = jobs[-1].batch_id
    return None


async def poll_batch(client: ModelClient, batch_id: str) -> BatchState:
    """The job as it is now. Raises BatchError."""
    return _state(await _get(client, f"/batches/{batch_id}", "batch"))


async def cancel_batch(client: ModelClient, batch_id: str) -> BatchState:
    """Asks the service to end the job; what is done by then can be read. Raises BatchError."""

    async def call() -> "Response":
        import httpx2

        return await client.sdk.post(f"/batches/{batch_id}/cancel", cast_to=httpx2.Response)

    return _state(await _reply(client, call, "end of a batch"))


async def read_batch(
    client: ModelClient,
    state: BatchState,
    *,
    keys: Collection[str],
    response_model: "type[BaseModel] | None",
    on_answer: Callable[[Answer], None],
) -> BatchTally:
    """Reads the output and error files of a job that has ended, whatever way, and says which of the keys have no answer.

    Lines come in any order and one at a time. A request that the service did not get to (expired, cancelled, overloaded) is unanswered: it
    was not paid for. Raises BatchError.
    """
    tally = BatchTally()
    known, answered = set(keys), set[str]()
    for file_id in (state.output_file_id, state.error_file_id):
        if not file_id:
            continue
        async for line in _lines(client, file_id):
            row = _json_object(line)
            if row is None:
                tally.unreadable += 1
                continue
            key = str(row.get("custom_id") or "")
            if key not in known or key in answered:
                tally.strangers += 1
                continue
            answer = _answer(key, row, response_model)
            if answer.outcome == UNAVAILABLE:
                continue
            answered.add(key)
            tally.add(answer.outcome)
            on_answer(answer)
    tally.unanswered = tuple(k for k in keys if k not in answered)
    return tally


def _answer(key: str, row: Mapping[str, Any], model: "type[BaseModel] | None") -> Answer:
    """One line. A failure that would be repeated if it were a request of its own counts as not answered."""
    response = row.get("response")
    if not isinstance(response, dict) or not isinstance(response.get("body"), dict):
        return Answer(key, UNAVAILABLE, detail=_code(row.get("error")))
    status, body = response.get("status_code"), response["body"]
    status = status if isinstance(status, int) else 0
    if not status or is_passing(status, {}):
        return Answer(key, UNAVAILABLE, detail=f"HTTP {status}")
    verdict = judge(status, body, model)
    prompt, completion, cached = token_counts(body)
    return Answer(
        key=key,
        outcome=verdict.outcome,
        parsed=verdict.parsed,
        text=verdict.text,
        detail=verdict.detail,
        model=str(body.get("model") or ""),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        attempts=1,
    )


def _code(error: object) -> str:
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    return code if code.isascii() and len(code) <= 60 else "unknown"


async def _lines(client: ModelClient, file_id: str) -> AsyncIterator[str]:
    """The lines of a file as they arrive; none for an empty one. A download that breaks is continued, up to the attempts that are set."""
    import httpx2
    import openai

    done = 0
    for attempt in range(1, client.settings.most_attempts + 1):
        try:
            async with client.sdk.files.with_streaming_response.content(file_id) as response:
                number = 0
                async for line in response.iter_lines():
                    number += 1
                    if number > done:
                        done = number
                        if line.strip("\ufeff\r\n \t"):
                            yield line.lstrip("\ufeff")
            return
        except openai.APIStatusError as e:
            if not is_passing(e.status_code, e.response.headers) or attempt == client.settings.most_attempts:
                raise BatchError(f"the file {file_id[:80]} of a batch cannot be read: HTTP {e.status_code}") from None
        except (openai.APIConnectionError, httpx2.TransportError):
            if attempt == client.settings.most_attempts:
                raise BatchError(f"the file {file_id[:80]} of a batch cannot be read: lost connection", mend="read it again") from None
        await client.sender.pause_after(attempt)


async def _get(client: ModelClient, path: str, what: str) -> Mapping[str, Any]:
    import httpx2

    async def call() -> httpx2.Response:
        return await client.sdk.get(path, cast_to=httpx2.Response)

    return await _reply(client, call, what)


async def _reply(client: ModelClient, call: "Callable[[], Any]", what: str) -> Mapping[str, Any]:
    return _body_of(await client.sender.send(call), what)


def _body_of(reply: Reply, what: str) -> Mapping[str, Any]:
    if reply.gave_up:
        raise BatchError(f"{what}: {reply.gave_up}", mend="call it again: it continues from the ids")
    if reply.status >= 300:
        raise BatchError(f"{what}: {judge(reply.status, reply.body, None, ()).detail}", expected="a request that the service takes")
    return reply.body


def _state(body: Mapping[str, Any]) -> BatchState:
    counts = body.get("request_counts")
    counts = counts if isinstance(counts, dict) else {}
    errors = body.get("errors")
    listed = errors.get("data") if isinstance(errors, dict) else None
    return BatchState(
        batch_id=str(body.get("id") or ""),
        status=str(body.get("status") or ""),
        input_file_id=str(body.get("input_file_id") or ""),
        output_file_id=str(body.get("output_file_id") or ""),
        error_file_id=str(body.get("error_file_id") or ""),
        total=_whole(counts.get("total")),
        completed=_whole(counts.get("completed")),
        failed=_whole(counts.get("failed")),
        created_at=_whole(body.get("created_at")),
        problems=tuple(f"{_code(e)} line {_whole(e.get('line'))}" for e in (listed or ())[:20] if isinstance(e, dict)),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
