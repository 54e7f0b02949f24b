"""A stand-in for Azure OpenAI on loopback: a real HTTP server that speaks its protocol, for tests and the demo. Never a model for users.

    with AzureOpenAI(answer=labels, limits=Limits(600, 200_000), faults=Faults({"429": 0.05, "refusal": 0.02}, seed=1)) as service:
        settings = ModelSettings(model="any", endpoint=service.endpoint, api_key=service.key)
        ...
        service.requests      # each request that came: path, body, status, fault, text
        service.count(200)    # how many got that status

`answer` gives what the model says: a mapping from the text of the last user message, or a function of a `Question`; a value is a string
(sent as it is), or anything that JSON can hold, or a pydantic model. A text that the mapping does not know is answered by an error 400.
Paths: /openai/deployments/NAME/{chat/completions,embeddings}?api-version=..., /openai/v1/{chat/completions,embeddings}, and files and
batches under /openai and /openai/v1. Keys: `api-key` or `Authorization: Bearer`.
Each body is judged against the vendor's description when ../shared/specs has it (azure_openai_spec.py; `service.has_spec` says whether),
limits are counted in windows (azure_openai_limits.py), faults come by rate and seed or by `service.faults.next("429", "drop")`
(azure_openai_faults.py), jobs end as `service.batches.ending` says (azure_openai_batches.py). Tokens are a quarter of the characters.
"""

import asyncio
import base64
import hashlib
import json
import math
import random
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import BodyPartReader, web
from pydantic import BaseModel

from feedback_assets_tests.loopback.azure_openai_batches import Batches
from feedback_assets_tests.loopback.azure_openai_faults import Faults
from feedback_assets_tests.loopback.azure_openai_limits import Limits, wait_headers
from feedback_assets_tests.loopback.azure_openai_spec import SpecCheck

KEY = "loopback-key-0123456789"
MODEL = "gpt-4o-mini-2024-07-18"
OTHER_MODEL = "gpt-4o-mini-2099-01-01"
INVENTED = "nobody in this text ever said these words"
OUTPUT_LIMIT = "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens."
QUOTE_FIELDS = ("quote", "quotes", "evidence")
DIMENSIONS = 16


@dataclass(frozen=True)
class Question:
    """One chat request. text: its last user message; first: its first."""

    body: Mapping[str, Any]
    text: str
    first: str


@dataclass(frozen=True)
class Request:
    """One request that came. fault: what it met. tokens: as the service estimates them, room for the answer included."""

    path: str
    body: dict[str, Any]
    status: int
    fault: str
    text: str
    tokens: int
    at: float


class AzureOpenAI:
    """The server in a thread of its own. latency_s: how long each answer takes. keep: whether requests are kept, or only counted.

    check: whether bodies are judged; off for measuring a client's own cost.
    """

    def __init__(
        self,
        answer: Mapping[str, Any] | Callable[[Question], Any],
        *,
        limits: Limits | None = None,
        faults: Faults | None = None,
        model: str = MODEL,
        key: str = KEY,
        latency_s: float = 0.0,
        keep: bool = True,
        check: bool = True,
    ) -> None:
        self.answer, self.limits, self.faults = answer, limits or Limits(), faults or Faults()
        self.model, self.key, self.latency_s, self.keep = model, key, latency_s, keep
        self.spec = SpecCheck() if check else None
        self.batches = Batches(self._batch_reply)
        self.requests: list[Request] = []
        self.statuses: dict[int, int] = {}
        self.connections_dropped = 0
        self.endpoint = ""
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="azure-openai-stand-in", daemon=True)

    @property
    def has_spec(self) -> bool:
        """Whether bodies are judged against the vendor's description; False: it does not lie beside the project."""
        return self.spec is not None and self.spec.has_spec

    def count(self, status: int) -> int:
        """Requests that got that status; 0 counts those whose connection was dropped before one."""
        return self.statuses.get(status, 0)

    @property
    def chats(self) -> list[Request]:
        """The chat requests that came."""
        return [r for r in self.requests if r.path.endswith("/chat/completions")]

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the stand-in did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=300_000_000)
        for root in ("/openai/v1", "/openai"):
            app.router.add_post(f"{root}/files", self._upload)
            app.router.add_get(f"{root}/files/{{file}}/content", self._download)
            app.router.add_post(f"{root}/batches", self._start_batch)
            app.router.add_get(f"{root}/batches", self._list_batches)
            app.router.add_get(f"{root}/batches/{{batch}}", self._look_batch)
            app.router.add_post(f"{root}/batches/{{batch}}/cancel", self._cancel_batch)
        for root in ("/openai/v1", "/openai/deployments/{name}"):
            app.router.add_post(f"{root}/chat/completions", self._chat)
            app.router.add_post(f"{root}/embeddings", self._embed)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._stop = asyncio.Event()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    # what every request goes through

    def _refusal(self, request: web.Request) -> tuple[int, dict[str, Any]] | None:
        """No key, no version, another method."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key not in (request.headers.get("api-key"), bearer):
            return 401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key or wrong API endpoint."}}
        if not request.path.startswith("/openai/v1/") and not request.query.get("api-version"):
            return 404, {"error": {"code": "404", "message": "Resource not found"}}
        return None

    async def _take(self, request: web.Request) -> tuple[dict[str, Any], str, dict[str, str], web.StreamResponse | None]:
        """Body, fault, headers, and the answer when it is known already: no access, a bad body, over a limit, a fault of the transport."""
        refusal = self._refusal(request)
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            refusal, body = refusal or _error(400, "BadRequest", "the body is not a JSON object"), {}
        if refusal:
            return body, "", {}, self._json(request, body, *refusal)
        if self.spec is not None:
            problem = self.spec.embeddings(body) if request.path.endswith("/embeddings") else self.spec.chat(body)
            if problem:
                return body, "", {}, self._json(request, body, *_error(400, "BadRequest", f"Invalid request: {problem}"))
        if not request.path.startswith("/openai/v1/"):
            body = {**body, "model": request.match_info["name"]}
        wait, headers = self.limits.take(tokens_of(body), time.monotonic())
        if wait:
            return body, "", headers, self._json(request, body, *_error(429, "429", "rate limit"), headers=headers)
        fault = self.faults.of(body)
        early = await self._transport(request, body, fault)
        if early is None and self.latency_s:
            await asyncio.sleep(self.latency_s)
        return body, fault, headers, early

    async def _transport(self, request: web.Request, body: dict[str, Any], fault: str) -> web.StreamResponse | None:
        retry = self.faults.retry_s
        if fault.startswith("429"):
            headers = wait_headers(fault.removeprefix("429").strip("-") or "retry-after-ms", retry)
            return self._json(request, body, *_error(429, "429", "rate limit"), fault=fault, headers=headers)
        if fault in ("500", "503"):
            headers = wait_headers("retry-after-ms", retry) if fault == "503" else {}
            return self._json(request, body, *_error(int(fault), "InternalServerError", "fault"), fault=fault, headers=headers)
        if fault == "drop":
            return self._drop(request, body, fault)
        if fault == "slow":
            await asyncio.sleep(self.faults.slow_s)
        return None

    def _drop(self, request: web.Request, body: dict[str, Any], fault: str) -> web.StreamResponse:
        self._note(request, body, 0, fault)
        self.connections_dropped += 1
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # goes nowhere

    def _json(
        self, request: web.Request, body: dict[str, Any], status: int, answer: dict[str, Any], *, fault: str = "", headers: Any = None
    ) -> web.StreamResponse:
        self._note(request, body, status, fault)
        return web.json_response(answer, status=status, headers={**(headers or {}), "x-request-id": "loopback"})

    async def _finish(
        self, request: web.Request, body: dict[str, Any], answer: dict[str, Any], fault: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Sends an answer that was made; breaks it off where the fault says so."""
        data = json.dumps(answer).encode()
        if fault == "cut_body":
            self._note(request, body, 200, fault)
            return web.Response(body=data[: len(data) // 2], content_type="application/json", headers=headers)
        if fault == "drop_late":
            self._note(request, body, 200, fault)
            response = web.StreamResponse(headers={"Content-Length": str(len(data)), "Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
            if request.transport is not None:
                request.transport.abort()
            return response
        return self._json(request, body, 200, answer, fault=fault, headers=headers)

    def _note(self, request: web.Request, body: dict[str, Any], status: int, fault: str) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.keep:
            text = _question(body).text if "messages" in body else ""
            self.requests.append(Request(request.path, body, status, fault, text, tokens_of(body), time.monotonic()))

    # chat

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body, fault, headers, early = await self._take(request)
        if early is not None:
            return early
        status, answer = self._complete(body, fault)
        if status != 200:
            return self._json(request, body, status, answer, fault=fault, headers=headers)
        return await self._finish(request, body, answer, fault, headers)

    def _batch_reply(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        problem = self.spec.chat(body) if self.spec is not None else ""
        if problem:
            return _error(400, "BadRequest", problem)
        fault = self.faults.of(body)
        return (
            _error(500, "InternalServerError", "fault") if fault.startswith(("4", "5", "drop", "cut_body")) else self._complete(body, fault)
        )

    def _complete(self, body: dict[str, Any], fault: str) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer, with its fault in it."""
        if fault.startswith("filter_prompt"):
            inner = "innererror" if fault == "filter_prompt" else "inner_error"
            filtered = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"filtered": True, "detected": True}}
            error = {"code": "content_filter", "message": "The response was filtered", "param": "prompt", "status": 400, "type": None}
            return 400, {"error": {**error, inner: {"code": "ResponsibleAIPolicyViolation", "content_filter_result": filtered}}}
        if fault == "length_400":
            return 400, {"error": {"code": None, "message": OUTPUT_LIMIT, "param": None, "type": "invalid_request_error"}}
        try:
            content = self._content(body, fault)
        except KeyError:
            return _error(400, "BadRequest", "the stand-in has no answer for this text")
        message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
        reason = {"length": "length", "filter_output": "content_filter"}.get(fault, "stop")
        if fault == "refusal":
            message.update(content=None, refusal="I'm sorry, I can't help with that.")
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        if fault == "filter_output":
            message["content"] = None
            choice["content_filter_results"] = {"violence": {"filtered": True, "severity": "high"}}
        prompt, written = prompt_tokens(body), math.ceil(len(content) / 4)
        return 200, {
            "id": "chatcmpl-loopback",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": OTHER_MODEL if fault == "other_model" else self.model,
            "choices": [choice],
            "usage": {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written},
        }

    def _content(self, body: dict[str, Any], fault: str) -> str:
        question = _question(body)
        if callable(self.answer):
            said = self.answer(question)
        else:  # a second question ends with a correction, not with the text
            said = self.answer[question.text if question.text in self.answer else question.first]
        if isinstance(said, BaseModel):
            said = said.model_dump(mode="json")
        if fault == "wrong_schema":
            said = {**dict(list(said.items())[1:]), "surprise": 1} if isinstance(said, dict) else {"surprise": 1}
        if fault == "invented_quotes":
            said = _invented(said, "")
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        if fault == "empty":
            return ""
        return text[: max(1, len(text) // 2)] if fault in ("cut_json", "length") else text

    # embeddings

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body, fault, headers, early = await self._take(request)
        if early is not None:
            return early
        inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = body.get("dimensions") or DIMENSIONS
        as_bytes = body.get("encoding_format") == "base64"
        data = [{"object": "embedding", "index": i, "embedding": _vector(text, size, as_bytes)} for i, text in enumerate(inputs)]
        random.Random(len(data)).shuffle(data)  # `index` says which is which
        usage = {"prompt_tokens": tokens_of(body), "total_tokens": tokens_of(body)}
        return await self._finish(request, body, {"object": "list", "data": data, "model": self.model, "usage": usage}, fault, headers)

    # files and batches

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal:
            return self._json(request, {}, *refusal)
        fields, content, name = {}, b"", ""
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            data = bytes(await part.read())
            if part.name == "file":
                content, name = data, part.filename or ""
            else:
                fields[part.name] = data.decode()
        if request.path.startswith("/openai/v1/") and "expires_after[seconds]" not in fields:
            return self._json(request, {}, *_error(400, "invalidPayload", "expires_after is required"))
        return await self._managed(request, {}, self.batches.add_file(content, fields.get("purpose", ""), name))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        content = self.batches.files.get(request.match_info["file"])
        if refusal or content is None:
            return self._json(request, {}, *(refusal or _error(404, "notFound", "no such file")))
        fault = self.faults.queued()
        if fault == "drop_late":
            self._note(request, {}, 200, fault)
            response = web.StreamResponse(headers={"Content-Length": str(len(content))})
            await response.prepare(request)
            await response.write(content[: len(content) // 2])
            await asyncio.sleep(0.05)
            if request.transport is not None:
                request.transport.abort()
            return response
        self._note(request, {}, 200, "")
        return web.Response(body=content, content_type="application/octet-stream")

    async def _start_batch(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        refusal = self._refusal(request)
        url = "/v1/chat/completions" if request.path.startswith("/openai/v1/") else "/chat/completions"
        return await self._managed(request, body, refusal or self.batches.start(body, url))

    async def _look_batch(self, request: web.Request) -> web.StreamResponse:
        return await self._managed(request, {}, self._refusal(request) or self.batches.look(request.match_info["batch"]))

    async def _cancel_batch(self, request: web.Request) -> web.StreamResponse:
        return await self._managed(request, {}, self._refusal(request) or self.batches.cancel(request.match_info["batch"]))

    async def _list_batches(self, request: web.Request) -> web.StreamResponse:
        page = 200, self.batches.listed(request.query.get("after", ""), int(request.query.get("limit", "20")))
        return await self._managed(request, {}, self._refusal(request) or page)

    async def _managed(self, request: web.Request, body: dict[str, Any], reply: tuple[int, dict[str, Any]]) -> web.StreamResponse:
        """An answer about files and jobs; faults only from the queue. A dropped one is done all the same."""
        fault = self.faults.queued()
        early = await self._transport(request, body, fault)
        return early if early is not None else self._json(request, body, *reply, fault=fault)


def tokens_of(body: Mapping[str, Any]) -> int:
    """What the service counts for a request before it runs: prompt and room for the answer."""
    if "input" in body:
        inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
        return sum(math.ceil(len(i) / 4) for i in inputs)
    return prompt_tokens(body) + int(body.get("max_completion_tokens") or body.get("max_tokens") or 0)


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """A quarter of the characters of messages and schema."""
    schema = len(json.dumps(body["response_format"])) if "response_format" in body else 0
    return math.ceil((sum(len(str(m.get("content"))) for m in body.get("messages", ())) + schema) / 4)


def _question(body: Mapping[str, Any]) -> Question:
    said = [str(m.get("content")) for m in body["messages"] if isinstance(m, dict) and m.get("role") == "user"]
    return Question(body, said[-1] if said else "", said[0] if said else "")


def _invented(value: Any, name: str) -> Any:
    """The same answer with quotes that stand nowhere."""
    if isinstance(value, dict):
        return {k: _invented(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_invented(v, name) for v in value]
    return INVENTED if isinstance(value, str) and name in QUOTE_FIELDS else value


def _vector(text: str, size: int, as_bytes: bool) -> Any:
    """The same text: the same vector, of unit length."""
    draw = random.Random(hashlib.sha256(text.encode()).digest())
    raw = [draw.gauss(0, 1) for _ in range(size)]
    length = math.sqrt(sum(v * v for v in raw))
    vector = [v / length for v in raw]
    return base64.b64encode(struct.pack(f"<{size}f", *vector)).decode() if as_bytes else vector


def _error(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message}}
