"""Asking by the Batch API: for half the price, within a day or so. Jobs are made here, looked at, and their answers taken into the ledger.

A run looks at each job once and never waits for one. Each step is noted in enrichment/batch_jobs before the next one is taken, so another
process goes on from the table alone: a file that was uploaded is started once, since the service is asked whether it has a job for it;
one of which nothing is noted but its questions is dropped, and no job was made for it. A question that is on a job is not sent again, and
what a job leaves unanswered is asked directly by the run that finds it so. Not here: which texts are asked about, accounts (asking.py).
"""

import fcntl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from feedback_assets.enrichment.answer_rows import OpenText, answer_row, question_row
from feedback_assets.enrichment.answers import Journal
from feedback_assets.enrichment.batch_jobs import (
    PENDING,
    forget_questions,
    keys_of,
    note_questions,
    open_jobs,
    questions_of,
    write_job,
)
from feedback_assets.ground.batches import Making
from feedback_assets.ground.errors import SettingError
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    from feedback_assets.enrichment.asking import Means
    from feedback_assets.enrichment.language_model import LanguageModel
    from feedback_assets.model_client.asks import Answer, Ask
    from feedback_assets.model_client.batch import BatchFile, BatchState, BatchTally
    from feedback_assets.model_client.client import ModelClient
    from feedback_assets.model_client.settings import ModelSettings

VARIABLE = "FEEDBACK_MODEL_BATCH"
NAME_VARIABLE = "FEEDBACK_MODEL_BATCH_NAME"
WAYS = ("never", "auto")
LEAST_CALLS = 2_000
"""Fewer are answered sooner than a job is looked at, and cost little either way."""
T = TypeVar("T")


@dataclass(frozen=True)
class BatchMeans:
    """How jobs are made. settings: with the deployment that takes jobs. least_calls: fewer are asked directly. most_of_job: most questions
    of a job."""

    settings: "ModelSettings"
    least_calls: int = LEAST_CALLS
    most_of_job: int = 50_000


def batch_means(variables: Mapping[str, str], settings: "ModelSettings") -> BatchMeans | None:
    """None when the site does not want jobs, which is the default. Raises SettingError."""
    way = variables.get(VARIABLE, "").strip() or WAYS[0]
    if way not in WAYS:
        raise SettingError(f"{VARIABLE}={way[:20]!r} is unknown", expected=" or ".join(WAYS), mend="set it to one of these")
    name = variables.get(NAME_VARIABLE, "").strip()
    return BatchMeans(settings.for_model(name) if name else settings) if way == "auto" else None


def is_cheaper(means: "Means", model: str, calls: int, making: Making) -> bool:
    """Whether so many questions are asked by jobs: in a run that restates, when there are enough and the price table names a discount."""
    if means.batch is None or not making.restates or calls < means.batch.least_calls:
        return False
    return means.prices.price(model, means.now().astimezone(UTC).date()).batch_discount > 0


@dataclass
class Taken:
    """What was taken from jobs for one day."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    outcomes: Counter[str] = field(default_factory=Counter)


class BatchAsking:
    """The jobs of a home. All but reading its fields is done within `alone()`.

    out: request key -> the job that is out with it. came: request key -> purpose of the job that it was on, for jobs whose days are not
    closed yet. taken: what each day got in this run. unanswered: questions that jobs left in this run; is_left: whether there are any, or
    were in a run that was killed over them. problems: what did not go well. reserved: US dollars that jobs of this run may cost.
    """

    def __init__(self, lake: Lakehouse, model: "LanguageModel", means: "Means", journal: Journal) -> None:
        self._lake, self._model, self._means, self._journal = lake, model, means, journal
        self._folder = means.journals / "jobs"
        self.out: dict[str, dict[str, Any]] = {}
        self.came: dict[str, str] = {}
        self.taken: dict[date, Taken] = {}
        self.unanswered = 0
        self.is_left = False
        self.problems: list[str] = []
        self.reserved = Decimal(0)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process of this machine works on jobs."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # what is there

    def collect(self) -> None:
        """Looks at each open job once, and takes the answers of those that ended."""
        jobs = open_jobs(self._lake)
        for job in jobs:
            self._advance(job)
        self.is_left = self.unanswered > 0 or any(j["unanswered"] for j in jobs if j["state"] == "collected")
        self.out = keys_of(self._lake, [j for j in jobs if j["state"] in PENDING])
        self.came = {key: job["purpose"] for key, job in keys_of(self._lake, [j for j in jobs if j["state"] == "collected"]).items()}

    def _advance(self, job: dict[str, Any]) -> None:
        from feedback_assets.model_client.batch import BatchError, poll_batch, start_batch

        if job["state"] == "planned":
            self._drop(job, "the process that made it ended before the service had its file")
            return
        try:
            if job["state"] == "uploaded":
                self._note(job, self._run(lambda client: start_batch(client, job["file_id"])))
            if job["state"] == "out":
                state = self._run(lambda client: poll_batch(client, job["batch_id"]))
                if state.ended:
                    self._take(job, state)
                else:
                    self._note(job, state)
        except BatchError as error:
            if "HTTP 404" in str(error):
                self.unanswered += job["questions"]
                self._drop(job, "the service knows nothing of it")
            else:
                self.problems.append(f"{job['batch_id'] or job['file_id']}: {error}"[:300])

    def _take(self, job: dict[str, Any], state: "BatchState") -> None:
        """Answers into the ledger, then the job's state: killed in between, the next run reads them again and adds none twice."""
        from feedback_assets.model_client.batch import read_batch

        questions = questions_of(self._lake, job["job"])
        costs = Decimal(0)

        def on_answer(answer: "Answer") -> None:
            nonlocal costs
            question, text = questions[answer.key]
            now = self._means.now()
            tokens = answer.prompt_tokens, answer.completion_tokens
            cached = min(answer.cached_tokens, answer.prompt_tokens)
            cost = self._means.prices.cost(job["model"], *tokens, on=now.date(), batch=True, cached_tokens=cached)
            row = answer_row(question, text, answer, self._model, cost=cost, now=now)
            self._journal.put(row)
            day = self.taken.setdefault(question["feed_date"], Taken())
            day.answers += 1
            day.prompt_tokens += answer.prompt_tokens
            day.completion_tokens += answer.completion_tokens
            day.cost_usd += cost
            costs += cost
            day.outcomes[row["outcome"]] += 1

        async def read(client: "ModelClient") -> "BatchTally":
            return await read_batch(client, state, keys=list(questions), response_model=self._model.response_model, on_answer=on_answer)

        tally = self._run(read)
        self._journal.flush()
        self.unanswered += len(tally.unanswered)
        job.update(
            state="collected",
            status=state.status,
            answered=tally.asked,
            unanswered=len(tally.unanswered),
            cost_usd=float(costs),
            detail="; ".join(state.problems)[:300],
            seen_at=self._means.now(),
        )
        write_job(self._lake, job)

    def close(self, days: "set[date]") -> None:
        """Done with the jobs whose answers all accounts of their days speak of."""
        for job in open_jobs(self._lake):
            if job["state"] == "collected" and {date.fromisoformat(d) for d in job["days"]} <= days:
                forget_questions(self._lake, job["job"])
                write_job(self._lake, {**job, "state": "closed"})

    # what is sent

    def submit(self, texts: Iterator[tuple[OpenText, int]], left: Decimal, making: Making) -> None:
        """Makes jobs of these questions, as far as their dearest outcome fits what is left of the budgets. texts: with the attempt that
        each would be."""
        from feedback_assets.model_client.batch import BatchError, write_batch_files

        batch = self._means.batch
        if batch is None:
            return
        affordable = self._affordable(texts, left)
        while not self.problems:
            kept: list[tuple[OpenText, int, Decimal]] = []
            name = uuid4().hex
            try:
                files = write_batch_files(_asks(islice(affordable, batch.most_of_job), kept), self._folder, batch.settings, name=name)
                if not files:
                    return
                at = 0
                for file in files:
                    self._send(file, kept[at : at + file.requests], making)
                    at += file.requests
            except BatchError as error:
                self.problems.append(str(error)[:300])
            finally:
                for path in self._folder.glob(f"{name}-*.jsonl"):
                    path.unlink()

    def _affordable(self, texts: Iterator[tuple[OpenText, int]], left: Decimal) -> Iterator[tuple[OpenText, int, Decimal]]:
        """Up to the first whose dearest outcome no longer fits."""
        from feedback_assets.model_client.client import estimate

        today, model = self._means.now().astimezone(UTC).date(), self._model.model
        planned = Decimal(0)
        for text, attempt in texts:
            prompt, room = estimate(text.question.ask, self._means.settings)
            most = self._means.prices.cost(model, prompt, room, on=today, batch=True)
            planned += most
            if planned > left:
                return
            yield text, attempt, most

    def _send(self, file: "BatchFile", kept: list[tuple[OpenText, int, Decimal]], making: Making) -> None:
        """One file, one job. Raises BatchError; then what the service does not have is free again."""
        from feedback_assets.model_client.batch import BatchError, start_batch, upload_batch_file

        now = self._means.now()
        reserved = sum((most for _, _, most in kept), Decimal(0))
        job: dict[str, Any] = {
            "job": uuid4().hex,
            "state": "planned",
            "status": "",
            "file_id": "",
            "batch_id": "",
            "model": self._model.model,
            "questions": len(kept),
            "days": sorted({t.day.isoformat() for t, _, _ in kept}),
            "purpose": making.purpose,
            "reserved_usd": float(reserved),
            "cost_usd": 0.0,
            "answered": 0,
            "unanswered": 0,
            "detail": "",
            "submitted_at": now,
            "seen_at": now,
        }
        settings = self._means.settings
        rows = [(question_row(self._model, settings, t, attempt=n, purpose=making.purpose), t.text) for t, n, _ in kept]
        write_job(self._lake, job)
        note_questions(self._lake, job["job"], rows)
        try:
            job.update(file_id=self._run(lambda client: upload_batch_file(client, file)), state="uploaded")
        except BatchError:
            self._drop(job, "the service did not take its file")
            raise
        write_job(self._lake, job)
        self.reserved += reserved
        self.out.update({t.question.key: job for t, _, _ in kept})
        self._note(job, self._run(lambda client: start_batch(client, job["file_id"])))

    def _note(self, job: dict[str, Any], state: "BatchState") -> None:
        job.update(state="out", batch_id=state.batch_id, status=state.status, seen_at=self._means.now())
        write_job(self._lake, job)

    def _drop(self, job: dict[str, Any], why: str) -> None:
        job.update(state="dropped", detail=why, seen_at=self._means.now())
        forget_questions(self._lake, job["job"])
        write_job(self._lake, job)

    def _run(self, work: "Callable[[ModelClient], Awaitable[T]]") -> T:
        from feedback_assets.model_client.client import run

        return run(self._means.batch.settings if self._means.batch else self._means.settings, work)


def _asks(texts: Iterator[tuple[OpenText, int, Decimal]], kept: list[tuple[OpenText, int, Decimal]]) -> "Iterator[Ask]":
    """The questions, while what they are about is kept."""
    for text in texts:
        kept.append(text)
        yield text[0].question.ask
