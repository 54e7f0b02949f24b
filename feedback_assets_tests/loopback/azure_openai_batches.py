"""The stand-in's files and batch jobs. A job moves one state with each look at it, so no test waits for a clock."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ENDINGS = ("completed", "partial", "no_success", "expired", "cancelled", "failed")
_MOST_REQUESTS = 50_000
_MOST_BYTES = 200_000_000
Reply = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class Job:
    """One batch. steps: the states that are still to come."""

    body: dict[str, Any]
    ending: str
    steps: list[str] = field(default_factory=list)
    made: bool = False


@dataclass
class Batches:
    """files: id -> content. ending: how the next jobs end, one of ENDINGS. share: of the requests that a partial, expired or cancelled job
    answers. reply: status and body for the body of one line."""

    reply: Reply
    ending: str = "completed"
    share: float = 0.5
    seed: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)

    def add_file(self, content: bytes, purpose: str, name: str) -> tuple[int, dict[str, Any]]:
        if purpose != "batch" or not name.endswith(".jsonl"):
            return _error(400, "invalidPayload", "purpose batch and a .jsonl file are expected")
        number = f"file-{len(self.files) + 1:08d}"
        self.files[number] = content
        return 200, {"id": number, "object": "file", "bytes": len(content), "purpose": purpose, "filename": name, "status": "processed"}

    def start(self, request: dict[str, Any], url: str) -> tuple[int, dict[str, Any]]:
        if request.get("completion_window") != "24h" or request.get("endpoint") != url or request.get("input_file_id") not in self.files:
            return _error(400, "invalidRequest", "completion_window 24h, a known endpoint and a known file are expected")
        number = f"batch_{len(self.jobs) + 1:08d}"
        problems = _problems(self.files[request["input_file_id"]], url)
        ending = "failed" if problems else self.ending
        body = {
            "id": number,
            "object": "batch",
            "endpoint": request["endpoint"],
            "input_file_id": request["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "created_at": 1_700_000_000 + len(self.jobs),
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        if ending == "failed":
            body["errors"] = {"object": "list", "data": problems or [{"code": "token_limit_exceeded", "message": "", "line": None}]}
        end = {"partial": "completed", "no_success": "completed"}.get(ending, ending)
        steps = ["failed"] if ending == "failed" else ["in_progress", "finalizing", end]
        self.jobs[number] = Job(body, ending, steps)
        return 200, dict(body)

    def look(self, number: str) -> tuple[int, dict[str, Any]]:
        job = self.jobs.get(number)
        if job is None:
            return _error(404, "notFound", "no such batch")
        if job.steps:
            job.body["status"] = job.steps.pop(0)
            if not job.steps and job.ending != "failed":
                self._make(job)
        return 200, dict(job.body)

    def cancel(self, number: str) -> tuple[int, dict[str, Any]]:
        job = self.jobs.get(number)
        if job is None:
            return _error(404, "notFound", "no such batch")
        if job.steps:
            job.ending, job.steps, job.body["status"] = "cancelled", ["cancelled"], "cancelling"
        return 200, dict(job.body)

    def listed(self, after: str, limit: int) -> dict[str, Any]:
        """Newest first, as the service lists them."""
        numbers = sorted(self.jobs, reverse=True)
        start = numbers.index(after) + 1 if after in numbers else 0
        page = numbers[start : start + limit]
        return {"object": "list", "data": [dict(self.jobs[n].body) for n in page], "has_more": start + limit < len(numbers)}

    def _make(self, job: Job) -> None:
        """Output and error files: each request once, in an order of their own; what a job did not get to: an error, or no line."""
        rows = [json.loads(line) for line in self.files[job.body["input_file_id"]].splitlines()]
        draw = random.Random(f"{self.seed}|{job.body['id']}")
        output: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for row in rows:
            reached = job.ending == "completed" or (job.ending != "no_success" and draw.random() < self.share)
            if job.ending == "no_success":
                body = _error(500, "InternalServerError", "")[1]
                errors.append({"custom_id": row["custom_id"], "response": {"status_code": 500, "body": body}, "error": None})
            elif reached:
                status, body = self.reply(row["body"])
                self.answered.append(row["custom_id"])
                line = {"custom_id": row["custom_id"], "response": {"status_code": status, "request_id": "r", "body": body}, "error": None}
                (output if status == 200 else errors).append(line)
            elif job.ending == "expired":
                code = {"code": "batch_expired", "message": "This request could not be executed before the completion window expired."}
                errors.append({"custom_id": row["custom_id"], "response": None, "error": code})
            elif job.ending == "partial":
                body = _error(429, "429", "")[1]
                errors.append({"custom_id": row["custom_id"], "response": {"status_code": 429, "body": body}, "error": None})
        draw.shuffle(output)
        draw.shuffle(errors)
        if output or job.ending == "completed":
            job.body["output_file_id"] = self._file(output)
        job.body["error_file_id"] = self._file(errors)  # named even when it is empty
        job.body["request_counts"] = {"total": len(rows), "completed": len(output), "failed": len(errors)}

    def _file(self, rows: list[dict[str, Any]]) -> str:
        number = f"file-{len(self.files) + 1:08d}"
        self.files[number] = b"".join(json.dumps(r).encode() + b"\n" for r in rows)
        return number


def _problems(content: bytes, url: str) -> list[dict[str, Any]]:
    """What the service would not take of a file."""
    lines = content.splitlines()
    whole = {
        "invalid_json_line": content.startswith(b"\xef\xbb\xbf"),  # a byte order mark
        "file_too_large": len(content) > _MOST_BYTES,
        "empty_file": not lines,
        "too_many_tasks": len(lines) > _MOST_REQUESTS,
    }
    code, number = next((code for code, holds in whole.items() if holds), ""), 0
    seen: set[str] = set()
    models: set[str] = set()
    for number, line in enumerate([] if code else lines, 1):  # noqa: B007  # the number is told below
        code = _line_problem(line, url, seen, models)
        if code:
            break
    return [{"code": code, "message": "", "line": number or None}] if code else []


def _line_problem(line: bytes, url: str, seen: set[str], models: set[str]) -> str:
    try:
        row = json.loads(line)
        key, model = row["custom_id"], row["body"]["model"]
    except (ValueError, KeyError, TypeError):
        return "invalid_json_line"
    if key in seen:
        return "duplicate_custom_id"
    seen.add(key)
    models.add(model)
    if len(models) > 1:
        return "model_mismatch"
    return "" if row.get("method") == "POST" and row.get("url") == url else "url_mismatch"


def _error(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message}}
