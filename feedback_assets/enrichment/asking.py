"""Paying for answers: the texts of new batches that the cheaper tiers leave open are put to the language model, each question once.

Between what those tiers read and the issues that are derived: answers go into the ledger (answers.py), and enrichment derives from it.
Never more is spent than the budgets allow: a request is sent when its dearest outcome still fits. What is left unasked keeps its batch
open. Order of writes: answers, then the accounts. Not here: what an answer decides (language_model.py).
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.answers import PASSING, Journal, Known, classes, known_answers, spent_on, spent_tokens
from feedback_assets.enrichment.kernel import ReadsEvents
from feedback_assets.enrichment.language_model import LanguageModel, Question, is_open, outcome_of
from feedback_assets.enrichment.reading import QUESTION_COLUMNS, read_events
from feedback_assets.ground.batches import LIVE, UNASKED, Batch, Making, account, open_batches, write_accounts
from feedback_assets.ground.slices import in_slices, rows_in_parts
from feedback_assets.lakehouse.interface import Lakehouse

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Answer, Ask
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
    spent_elsewhere: Callable[[date], float] = lambda _: 0.0
    """What else a day has spent of its budget."""


@dataclass
class DayReport:
    """What was asked for one day. open: texts that the cheaper tiers left open, by what became of them: ok, each class, unasked.

    records: events of the day's batches. asked: questions that were sent for the day. Tokens and dollars are those of the day's questions;
    equal texts are paid for once.
    """

    batches: int = 0
    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    cost_per_1000_records: float = 0.0
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
    lake: Lakehouse,
    reader: ReadsEvents,
    model: LanguageModel,
    means: Means,
    days: Collection[date],
    *,
    making: Making,
    workers: int = 1,
    again: str = "",
) -> dict[date, DayReport]:
    """Asks what the batches of these days leave open and nobody has answered. Nothing new: no request, no commit.

    A live run asks for batches that enrichment has not read yet, and for what a budget left over; one that restates for all of its days.
    again: an outcome; what ended in it is asked for once more, whatever run this is.
    """
    wanted = sorted(set(days))
    reports = {day: DayReport() for day in wanted}
    listed = _to_ask(lake, wanted, making, again)
    if listed:
        with Journal(lake, means.journals) as journal:
            asking = _Asking(lake, model, means, making, journal, reports=reports, again=again)
            for batches in in_slices(listed, lambda b: int(b["rows"])):
                asking.answer(batches, _questions(lake, reader, model, batches, workers))
    return reports


@dataclass(frozen=True)
class Plan:
    """What asking would take. texts: left open by the cheaper tiers. calls: questions that nobody has answered. answers: the number of
    answers of before that tokens are estimated by; without any they are estimates from above. minutes: at the limits that are set."""

    texts: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    minutes: float
    answers: int


def plan_days(
    lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, means: Means, days: Collection[date], *, making: Making, workers: int = 1
) -> Plan:
    """What ask_days() would ask now, and what that would take. Nothing is asked or written."""
    from feedback_assets.model_client.client import estimate

    texts, estimates = 0, {}
    for batches in in_slices(_to_ask(lake, sorted(set(days)), making), lambda b: int(b["rows"])):
        found = _questions(lake, reader, model, batches, workers)
        texts += len(found)
        known = known_answers(lake, model, [t.question for t in found])
        for text in found:
            if _is_wanted(known.get(text.question.key)):
                estimates[text.question.key] = estimate(text.question.ask, means.settings)
    seen = spent_tokens(lake, model.model, f"{model.prompt.version}+{model.prompt.content_hash[:8]}")
    prompt = sum(p for p, _ in estimates.values())
    room = sum(r for _, r in estimates.values())
    if seen.answers:
        prompt, room = round(prompt * seen.prompt_share), round(len(estimates) * seen.completion_mean)
    settings = means.settings
    by_requests = len(estimates) / settings.requests_per_minute if settings.requests_per_minute else 0.0
    by_tokens = (prompt + sum(r for _, r in estimates.values())) / settings.tokens_per_minute if settings.tokens_per_minute else 0.0
    by_latency = len(estimates) * seen.latency_mean / 60 / settings.concurrency
    on = means.now().astimezone(UTC).date()
    cost = float(means.prices.cost(model.model, prompt, room, on=on)) if estimates else 0.0
    return Plan(texts, len(estimates), prompt, room, round(cost, 6), round(max(by_requests, by_tokens, by_latency), 2), seen.answers)


def _to_ask(lake: Lakehouse, days: Sequence[date], making: Making, again: str = "") -> list[Batch]:
    """The batches whose open texts are asked for."""
    fresh = {(b.feed_date, b.batch_id) for b in open_batches(lake, "enrichment", days, LIVE) if not b.is_done}
    listed = open_batches(lake, STAGE, days, making, again)
    return [b for b in listed if b.is_done or making.restates or (b.feed_date, b.batch_id) in fresh]


@dataclass(frozen=True)
class _Open:
    """A text that the cheaper tiers leave open."""

    day: date
    batch: str
    text: str
    question: Question


def _questions(lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, batches: Sequence[Batch], workers: int) -> list[_Open]:
    found: list[_Open] = []
    for rows in rows_in_parts(lake, EVENTS, batches, QUESTION_COLUMNS, sum(b.rows for b in batches)):
        read = read_events(rows, reader, workers)
        for row, outcome, near in zip(read.rows.to_pylist(), read.outcomes, read.near, strict=True):
            if is_open(outcome):
                found.append(_Open(row["feed_date"], row["batch_id"], row["text"], model.question(row, near)))
    return found


class _Asking:
    """The questions of a run, slice by slice, under one budget."""

    def __init__(
        self,
        lake: Lakehouse,
        model: LanguageModel,
        means: Means,
        making: Making,
        journal: Journal,
        *,
        reports: Mapping[date, DayReport],
        again: str,
    ) -> None:
        self._lake = lake
        self._model = model
        self._means = means
        self._making = making
        self._journal = journal
        self._reports = reports
        self._again = again
        today = means.now().astimezone(UTC).date()
        left = means.day_budget - spent_on(lake, today) - means.spent_elsewhere(today)
        self._budget = Budget(means.prices, model.model, today, run=means.run_budget, left_today=left)
        self._stopped = ""

    def answer(self, batches: Sequence[Batch], texts: Sequence[_Open]) -> None:
        """Asks what nobody has answered, then writes the accounts of the batches."""
        questions = [t.question for t in texts]
        before = known_answers(self._lake, self._model, questions)
        wanted: dict[str, _Open] = {}
        for text in texts:
            if _is_wanted(before.get(text.question.key), self._again):
                wanted.setdefault(text.question.key, text)
        if wanted and not self._stopped:
            self._ask(wanted, before)
            self._journal.flush()
        self._close(batches, texts, before, known_answers(self._lake, self._model, questions) if wanted else before)

    def _ask(self, wanted: Mapping[str, _Open], before: Mapping[str, Known]) -> None:
        """Sends the questions; each answer is in the journal as it comes."""
        from feedback_assets.model_client.client import answers

        model, prices = self._model.model, self._means.prices

        def on_answer(answer: "Answer") -> None:
            asked, now = wanted[answer.key], self._means.now()
            cached = min(answer.cached_tokens, answer.prompt_tokens)
            cost = prices.cost(model, answer.prompt_tokens, answer.completion_tokens, on=now.date(), cached_tokens=cached)
            self._budget.settle(answer.key, cost)
            attempt = before[answer.key].attempt + 1 if answer.key in before else 1
            self._journal.put({**self._row(asked, answer), "attempt": attempt, "cost_usd": float(cost), "cached_tokens": cached})
            report = self._reports[asked.day]
            report.asked += 1
            report.prompt_tokens += answer.prompt_tokens
            report.completion_tokens += answer.completion_tokens
            report.cost_usd = round(report.cost_usd + float(cost), 6)

        asks = (text.question.ask for text in wanted.values())
        tally = answers(self._means.settings, asks, on_answer=on_answer, may_spend=self._budget.may_spend)
        self._stopped = tally.stopped

    def _row(self, asked: _Open, answer: "Answer") -> dict[str, Any]:
        from feedback_assets.model_client.client import estimate

        prompt, now = self._model.prompt, self._means.now()
        claims = self._model.claims(answer.text, asked.text) if answer.outcome == OK else None
        return {
            "feed_date": asked.day,
            "asked_on": now.astimezone(UTC).date(),
            "request_key": answer.key,
            "text_key": asked.question.text_key,
            "told": json.dumps(self._model.told, sort_keys=True),
            "task": prompt.task.name,
            "prompt_version": f"{prompt.version}+{prompt.content_hash[:8]}",
            "taxonomy_version": self._model.taxonomy.version,
            "model": self._model.model,
            "model_returned": answer.model,
            "parameters": prompt.parameters.model_dump_json(),
            "request": next(m["content"] for m in reversed(asked.question.ask.messages) if m["role"] == "user"),
            "response": answer.text,
            "outcome": outcome_of(claims, answer.outcome),
            "detail": answer.detail,
            "estimated_tokens": estimate(asked.question.ask, self._means.settings)[0],
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "requests": answer.attempts,
            "latency_s": round(answer.latency_s, 3),
            "purpose": self._making.purpose,
            "asked_at": now,
        }

    def _close(self, batches: Sequence[Batch], texts: Sequence[_Open], before: Mapping[str, Known], after: Mapping[str, Known]) -> None:
        """Writes the account of each batch: open texts = answered + each class + unasked."""
        of_batch: dict[tuple[date, str], list[str]] = {(b.feed_date, b.batch_id): [] for b in batches}
        for text in texts:
            of_batch[text.day, text.batch].append(text.question.key)
        accounts = []
        for batch in batches:
            keys = of_batch[batch.feed_date, batch.batch_id]
            found = classes(after, keys)
            new = any(key in after and after[key] != before.get(key) for key in keys)
            # A batch may be told something by answers that another one paid for, or that were paid for under other versions.
            told = any(key in after for key in keys) and (not batch.is_done or batch.made_by != self._making.made_by)
            accounts.append(
                account(
                    STAGE,
                    batch,
                    self._making,
                    rows_in=len(keys),
                    rows_out=found.get(OK, 0),
                    reasons={k: n for k, n in found.items() if k != OK},
                    now=self._means.now(),
                    edition=batch.edition + (new or told),
                )
            )
            report = self._reports[batch.feed_date]
            report.batches += 1
            report.records += batch.rows
            report.cost_per_1000_records = round(1000 * report.cost_usd / max(report.records, 1), 6)
            report.outcomes.update(found)
            if found.get(UNASKED):
                report.stopped = self._stopped
        write_accounts(self._lake, accounts)


def _is_wanted(answer: Known | None, again: str = "") -> bool:
    return answer is None or answer.outcome in PASSING or answer.outcome == again
