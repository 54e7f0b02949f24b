"""Paying for answers: the texts of new batches that the cheaper tiers leave open are put to the language model, each question once.

Between what those tiers read and the issues that are derived: answers go into the ledger (answers.py), and enrichment derives from it.
Never more is spent than the budgets allow: a request is sent when its dearest outcome still fits. What is left unasked keeps its batch
open. Order of writes: answers, then the accounts. Not here: what an answer decides (language_model.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.answers import PASSING, Journal, Known, classes, known_answers, spent_on
from feedback_assets.enrichment.kernel import ReadsEvents
from feedback_assets.enrichment.language_model import LanguageModel, Question, is_open, outcome_of
from feedback_assets.enrichment.reading import QUESTION_COLUMNS, read_events
from feedback_assets.ground.batches import LIVE, UNASKED, Batch, Making, account, open_batches, write_accounts
from feedback_assets.ground.slices import in_slices, rows_in_parts
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Answer, Ask, Tally
    from feedback_assets.model_client.settings import ModelSettings
    from feedback_assets.reckoning.model_prices import ModelPrices

STAGE = "answers"
OK = "ok"


@dataclass(frozen=True)
class Means:
    """With what is asked. budgets: US dollars a run and a UTC day. journals: folder for answers on their way. now: the clock."""

    settings: "ModelSettings"
    prices: "ModelPrices"
    run_budget: float
    day_budget: float
    journals: Path
    now: Callable[[], datetime]


@dataclass
class DayReport:
    """What was asked for one day. open: texts that the cheaper tiers left open, by what became of them: ok, each class, unasked.

    asked: questions that were sent for the day. Tokens and dollars are those of the day's questions; equal texts are paid for once.
    """

    batches: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    stopped: str = ""


class Budget:
    """How much may still be spent. What is in flight counts with its dearest outcome until it is known."""

    def __init__(self, prices: "ModelPrices", model: str, on: date, *, run: float, left_today: float) -> None:
        self._prices = prices
        self._model = model
        self._on = on
        self._left = min(Decimal(str(run)), Decimal(str(left_today)))
        self._reserved: dict[str, Decimal] = {}
        self.spent = Decimal(0)

    def may_spend(self, ask: "Ask", tokens: int) -> bool:
        """Reserves the dearest that a request can cost; False when that no longer fits."""
        room = ask.max_output_tokens or 0
        most = self._prices.cost(self._model, max(tokens - room, 0), max(room, tokens - max(tokens - room, 0)), on=self._on)
        if self.spent + sum(self._reserved.values()) + most > self._left:
            return False
        self._reserved[ask.key] = self._reserved.get(ask.key, Decimal(0)) + most
        return True

    def settle(self, key: str, cost: Decimal) -> None:
        """What a question has cost in the end."""
        self._reserved.pop(key, None)
        self.spent += cost


def ask_days(
    lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, means: Means, days: Collection[date], *, making: Making, workers: int = 1
) -> dict[date, DayReport]:
    """Asks what the batches of these days leave open and nobody has answered. Nothing new: no request, no commit.

    A live run asks for batches that enrichment has not read yet, and for what a budget left over; one that restates for all of its days.
    """
    reports = {day: DayReport() for day in sorted(days)}
    fresh = {(b.feed_date, b.batch_id) for b in open_batches(lake, "enrichment", sorted(days), LIVE) if not b.is_done}
    listed = [
        b for b in open_batches(lake, STAGE, sorted(days), making) if b.is_done or making.restates or (b.feed_date, b.batch_id) in fresh
    ]
    if not listed:
        return reports
    today = means.now().astimezone(UTC).date()
    left = means.day_budget - spent_on(lake, today)
    budget = Budget(means.prices, model.model, today, run=means.run_budget, left_today=left)
    stopped = ""
    with Journal(lake, means.journals) as journal:
        for batches in in_slices(listed, lambda b: int(b["rows"])):
            questions = _questions(lake, reader, model, batches, workers)
            before = known_answers(lake, {q.key for q, _ in questions.values()})
            wanted = {q.key: (q, text, day) for (_, _, _, day), (q, text) in questions.items() if _is_wanted(before.get(q.key))}
            if wanted and not stopped:
                stopped = _ask(model, means, wanted, before, budget, journal, reports, making)
                journal.flush()
            after = known_answers(lake, {q.key for q, _ in questions.values()}) if wanted else before
            _close(lake, batches, questions, before, after, making, means.now(), reports, stopped)
    return reports


def _is_wanted(answer: Known | None) -> bool:
    return answer is None or answer.outcome in PASSING


_Place = tuple[str, str, str, date]
"""Batch, event, payload, day."""


def _questions(
    lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, batches: Sequence[Batch], workers: int
) -> dict[_Place, tuple[Question, str]]:
    """The question of each text that the cheaper tiers leave open, and the text."""
    found: dict[_Place, tuple[Question, str]] = {}
    for rows in rows_in_parts(lake, EVENTS, batches, QUESTION_COLUMNS, sum(b.rows for b in batches)):
        read = read_events(rows, reader, workers)
        for row, outcome in zip(read.rows.to_pylist(), read.outcomes, strict=True):
            if is_open(outcome):
                place = (row["batch_id"], row["event_id"], row["payload_sha256"], row["feed_date"])
                found[place] = model.question(row), row["text"]
    return found


def _ask(
    model: LanguageModel,
    means: Means,
    wanted: Mapping[str, tuple[Question, str, date]],
    before: Mapping[str, Known],
    budget: Budget,
    journal: Journal,
    reports: Mapping[date, DayReport],
    making: Making,
) -> str:
    """Sends the questions; the answers are in the journal as they come. Returns why it stopped before the end, or ""."""
    from feedback_assets.model_client.client import answers

    def asks() -> Iterator["Ask"]:
        for question, _, _ in wanted.values():
            yield question.ask

    def on_answer(answer: "Answer") -> None:
        question, text, day = wanted[answer.key]
        now = means.now()
        cached = min(answer.cached_tokens, answer.prompt_tokens)
        cost = means.prices.cost(model.model, answer.prompt_tokens, answer.completion_tokens, on=now.date(), cached_tokens=cached)
        budget.settle(answer.key, cost)
        outcome = outcome_of(model.claims(answer.text, text) if answer.outcome == OK else None, answer.outcome)
        attempt = before[answer.key].attempt + 1 if answer.key in before else 1
        journal.put(_row(model, question, answer, outcome, day, attempt, float(cost), making, now))
        report = reports[day]
        report.asked += 1
        report.prompt_tokens += answer.prompt_tokens
        report.completion_tokens += answer.completion_tokens
        report.cost_usd = round(report.cost_usd + float(cost), 6)

    tally: Tally = answers(means.settings, asks(), on_answer=on_answer, may_spend=budget.may_spend)
    return tally.stopped


def _row(
    model: LanguageModel,
    question: Question,
    answer: "Answer",
    outcome: str,
    day: date,
    attempt: int,
    cost: float,
    making: Making,
    now: datetime,
) -> dict[str, Any]:
    user = next(m["content"] for m in reversed(question.ask.messages) if m["role"] == "user")
    return {
        "feed_date": day,
        "asked_on": now.astimezone(UTC).date(),
        "request_key": answer.key,
        "attempt": attempt,
        "task": model.prompt.task.name,
        "prompt_version": f"{model.prompt.version}+{model.prompt.content_hash[:8]}",
        "taxonomy_version": model.taxonomy.version,
        "model": model.model,
        "model_returned": answer.model,
        "parameters": model.prompt.parameters.model_dump_json(),
        "request": user,
        "response": answer.text,
        "outcome": outcome,
        "detail": answer.detail,
        "prompt_tokens": answer.prompt_tokens,
        "cached_tokens": min(answer.cached_tokens, answer.prompt_tokens),
        "completion_tokens": answer.completion_tokens,
        "cost_usd": cost,
        "requests": answer.attempts,
        "latency_s": round(answer.latency_s, 3),
        "purpose": making.purpose,
        "asked_at": now,
    }


def _close(
    lake: Lakehouse,
    batches: Sequence[Batch],
    questions: Mapping[_Place, tuple[Question, str]],
    before: Mapping[str, Known],
    after: Mapping[str, Known],
    making: Making,
    now: datetime,
    reports: Mapping[date, DayReport],
    stopped: str,
) -> None:
    """Writes the account of each batch: open texts = answered + each class + unasked."""
    of_batch: dict[tuple[date, str], list[str]] = {(b.feed_date, b.batch_id): [] for b in batches}
    for (batch, _, _, day), (question, _) in questions.items():
        of_batch[day, batch].append(question.key)
    accounts = []
    for batch in batches:
        keys = of_batch[batch.feed_date, batch.batch_id]
        found = classes(after, keys)
        new = any(key in after and after[key] != before.get(key) for key in keys)
        # What a text decides may be told by an answer that another batch paid for.
        grown = new or (not batch.is_done and any(key in after for key in keys)) or (making.restates and batch.made_by != making.made_by)
        accounts.append(
            account(
                STAGE,
                batch,
                making,
                rows_in=len(keys),
                rows_out=found.get(OK, 0),
                reasons={k: n for k, n in found.items() if k != OK},
                now=now,
                edition=batch.edition + (1 if grown and keys else 0),
            )
        )
        report = reports[batch.feed_date]
        report.batches += 1
        report.outcomes.update(found)
        if found.get(UNASKED):
            report.stopped = stopped
    write_accounts(lake, accounts)
