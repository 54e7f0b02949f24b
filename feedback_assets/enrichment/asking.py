"""Paying for answers: the texts of new batches that the cheaper tiers leave open are put to the language model, each question once.

Between what those tiers read and the issues that are derived: answers go into the ledger (answers.py), and enrichment derives from it.
Never more is spent than the budgets allow: a request is sent when its dearest outcome still fits. What is left unasked keeps its batch
open. Order of writes: answers, then the accounts. A backfill may ask by jobs that end later (batch_asking.py): their texts are unasked
until then. Not here: what an answer decides (language_model.py).
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.answer_rows import OK, OpenText, answer_row, question_row
from feedback_assets.enrichment.answers import Journal, Known, classes, is_wanted, known_answers, spent_on, spent_tokens
from feedback_assets.enrichment.batch_asking import BatchAsking, BatchMeans, is_cheaper
from feedback_assets.enrichment.batch_jobs import keys_out, open_jobs, reserved_usd
from feedback_assets.enrichment.kernel import ReadsEvents
from feedback_assets.enrichment.language_model import LanguageModel, is_open
from feedback_assets.enrichment.reading import QUESTION_COLUMNS, read_events
from feedback_assets.enrichment.tier_bars import is_audited
from feedback_assets.ground.batches import LIVE, UNASKED, Batch, Making, account, open_batches, write_accounts
from feedback_assets.ground.slices import in_slices, rows_in_parts
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.reckoning.budget import Budget

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Answer
    from feedback_assets.model_client.settings import ModelSettings
    from feedback_assets.reckoning.model_prices import ModelPrices

STAGE = "answers"


@dataclass(frozen=True)
class Trial:
    """A version of the prompt that some records are asked by beside the active one. gets: whether the record with this event id is."""

    model: LanguageModel
    gets: Callable[[str], bool]


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
    batch: BatchMeans | None = None
    """How backfills are asked by jobs; None: they are not."""
    trial: Trial | None = None
    """What live runs ask beside, once all else is asked: its answers are kept and compared, and decide nothing."""
    audit: float = 0.0
    """Share of the texts that is asked whatever the cheaper tiers hold of it: what their bars are measured by (tier_bars.py)."""


@dataclass
class DayReport:
    """What was asked for one day. open: texts that the cheaper tiers left open, by what became of them: ok, each class, unasked.

    records: events of the day's batches. asked: questions that were sent for the day. Tokens and dollars are those of the day's questions;
    equal texts are paid for once. on_jobs: texts that wait for a job, by the job's id. from_jobs: questions of the day that jobs answered
    in this run, among the tokens and dollars above. left_by_jobs: questions of all days that jobs left, asked again. problem: what did not
    go well with jobs. on_trial: questions of a canary that were sent for the day, among the tokens and dollars above, not among `asked`.
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
    on_jobs: Counter[str] = field(default_factory=Counter)
    from_jobs: int = 0
    left_by_jobs: int = 0
    on_trial: int = 0
    problem: str = ""


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
    asking = _Asking(lake, model, means, making, reports=reports, again=again)
    if open_jobs(lake) or (listed and means.batch is not None):
        with Journal(lake, means.journals) as journal:
            jobs = BatchAsking(lake, model, means, journal)
            with jobs.alone():
                jobs.collect()
                # A run that found that jobs left something asks directly: a job that brings nothing is not repeated for ever.
                if not again and not jobs.is_left and not jobs.problems:
                    _submit(jobs, asking, listed, reader, workers)
            asking.follow(jobs)
            asking.ask(journal, listed, reader, workers)
            with jobs.alone():
                jobs.close(set(wanted))
    elif listed:
        with Journal(lake, means.journals) as journal:
            asking.ask(journal, listed, reader, workers)
    return reports


def _submit(jobs: BatchAsking, asking: "_Asking", listed: Sequence[Batch], reader: ReadsEvents, workers: int) -> None:
    """Puts what nobody has answered on jobs, where that is cheaper."""
    lake, model, means, making = asking.lake, asking.model, asking.means, asking.making

    def unanswered() -> Iterator[tuple[OpenText, int]]:
        """Each question once, with the attempt that it is."""
        seen = set(jobs.out)
        for batches in in_slices(listed, lambda b: int(b["rows"])):
            found = asking.questions(reader, batches, workers)
            known = known_answers(lake, model, [t.question for t in found])
            for text in found:
                key = text.question.key
                if key not in seen and is_wanted(known.get(key)):
                    seen.add(key)
                    yield text, known[key].attempt + 1 if key in known else 1

    least = means.batch.least_calls if means.batch else 0
    # The texts are read twice, but no more of them than it takes to know that there are enough.
    if is_cheaper(means, model.model, least, making) and sum(1 for _ in islice(unanswered(), least)) == least:
        jobs.submit(unanswered(), min(Decimal(str(means.run_budget)), Decimal(str(left_today(lake, means)))), making)


def left_today(lake: Lakehouse, means: Means) -> float:
    """What the day's budget still allows: less what answers and vectors cost today, and what jobs that are out may cost."""
    today = means.now().astimezone(UTC).date()
    return means.day_budget - spent_on(lake, today) - means.spent_elsewhere(today) - reserved_usd(lake)


@dataclass(frozen=True)
class Plan:
    """What asking would take. texts: left open by the cheaper tiers. calls: questions that nobody has answered. answers: the number of
    answers of before that tokens are estimated by; without any they are estimates from above. minutes: at the limits that are set.
    by_jobs: whether they are asked by jobs; then the price is theirs, and they take up to a day instead of the minutes."""

    texts: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    minutes: float
    answers: int
    by_jobs: bool = False


def plan_days(
    lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, means: Means, days: Collection[date], *, making: Making, workers: int = 1
) -> Plan:
    """What ask_days() would ask now, and what that would take. Nothing is asked or written."""
    from feedback_assets.model_client.client import estimate

    texts, estimates, out = 0, {}, keys_out(lake)
    for batches in in_slices(_to_ask(lake, sorted(set(days)), making), lambda b: int(b["rows"])):
        found = _questions(lake, reader, model, batches, workers, audit=means.audit)
        texts += len(found)
        known = known_answers(lake, model, [t.question for t in found])
        for text in found:
            if text.question.key not in out and is_wanted(known.get(text.question.key)):
                estimates[text.question.key] = estimate(text.question.ask, means.settings)
    seen = spent_tokens(lake, model.model, model.prompt.stamp)
    prompt = sum(p for p, _ in estimates.values())
    room = sum(r for _, r in estimates.values())
    if seen.answers:
        prompt, room = round(prompt * seen.prompt_share), round(len(estimates) * seen.completion_mean)
    settings = means.settings
    by_requests = len(estimates) / settings.requests_per_minute if settings.requests_per_minute else 0.0
    by_tokens = (prompt + sum(r for _, r in estimates.values())) / settings.tokens_per_minute if settings.tokens_per_minute else 0.0
    by_latency = len(estimates) * seen.latency_mean / 60 / settings.concurrency
    on = means.now().astimezone(UTC).date()
    by_jobs = is_cheaper(means, model.model, len(estimates), making)
    cost = float(means.prices.cost(model.model, prompt, room, on=on, batch=by_jobs)) if estimates else 0.0
    minutes = round(max(by_requests, by_tokens, by_latency), 2)
    return Plan(texts, len(estimates), prompt, room, round(cost, 6), minutes, seen.answers, by_jobs)


def _to_ask(lake: Lakehouse, days: Sequence[date], making: Making, again: str = "") -> list[Batch]:
    """The batches whose open texts are asked for."""
    fresh = {(b.feed_date, b.batch_id) for b in open_batches(lake, "enrichment", days, LIVE) if not b.is_done}
    listed = open_batches(lake, STAGE, days, making, again)
    return [b for b in listed if b.is_done or making.restates or (b.feed_date, b.batch_id) in fresh]


def _questions(
    lake: Lakehouse, reader: ReadsEvents, model: LanguageModel, batches: Sequence[Batch], workers: int, *, audit: float
) -> list[OpenText]:
    return [_open_text(model, *found) for found in _open_rows(lake, reader, batches, workers, audit=audit)]


def _open_rows(
    lake: Lakehouse, reader: ReadsEvents, batches: Sequence[Batch], workers: int, *, audit: float
) -> Iterator[tuple[Mapping[str, Any], frozenset[str]]]:
    """Events of silver that are asked about, with the categories that the cheaper tiers saw in them."""
    for rows in rows_in_parts(lake, EVENTS, batches, QUESTION_COLUMNS, sum(b.rows for b in batches)):
        read = read_events(rows, reader, workers)
        for row, outcome, near in zip(read.rows.to_pylist(), read.outcomes, read.near, strict=True):
            if is_open(outcome) or (outcome == "issues" and is_audited(row["event_id"], audit)):
                yield row, near


def _open_text(model: LanguageModel, row: Mapping[str, Any], near: frozenset[str]) -> OpenText:
    return OpenText(row["feed_date"], row["batch_id"], row["text"], model.question(row, near))


class _Asking:
    """The questions of a run, slice by slice, under one budget."""

    def __init__(
        self, lake: Lakehouse, model: LanguageModel, means: Means, making: Making, *, reports: Mapping[date, DayReport], again: str
    ) -> None:
        self.lake = lake
        self.model = model
        self.means = means
        self.making = making
        self._reports = reports
        self._again = again
        self._out: Mapping[str, Mapping[str, Any]] = {}
        self._came: Mapping[str, str] = {}
        self._run_budget = means.run_budget
        self._stopped = ""

    def follow(self, jobs: BatchAsking) -> None:
        """Leaves to jobs what is on them, and reports what they brought."""
        self._out, self._came = jobs.out, jobs.came
        self._run_budget -= float(jobs.reserved)
        for day, taken in jobs.taken.items():
            if day in self._reports:
                report = self._reports[day]
                report.from_jobs += taken.answers
                report.prompt_tokens += taken.prompt_tokens
                report.completion_tokens += taken.completion_tokens
                report.cost_usd = round(report.cost_usd + float(taken.cost_usd), 6)
        for report in self._reports.values():
            report.left_by_jobs = jobs.unanswered
            report.problem = "; ".join(jobs.problems)[:300]

    def ask(self, journal: Journal, listed: Sequence[Batch], reader: ReadsEvents, workers: int) -> None:
        """Asks what is left of these batches."""
        self._journal = journal
        today = self.means.now().astimezone(UTC).date()
        left = left_today(self.lake, self.means)
        self._budget = Budget(self.means.prices, self.model.model, today, run=self._run_budget, left_today=left)
        trial = self.means.trial if self.making.purpose == LIVE.purpose and not self._again else None
        on_trial: list[OpenText] = []
        for batches in in_slices(listed, lambda b: int(b["rows"])):
            found = list(_open_rows(self.lake, reader, batches, workers, audit=self.means.audit))
            self._answer(batches, [_open_text(self.model, *one) for one in found])
            if trial is not None:
                on_trial += [_open_text(trial.model, row, near) for row, near in found if trial.gets(row["event_id"])]
        if trial is not None and on_trial and not self._stopped:
            self._try(trial.model, on_trial)
            for report in self._reports.values():
                report.cost_per_1000_records = round(1000 * report.cost_usd / max(report.records, 1), 6)

    def _try(self, model: LanguageModel, texts: Sequence[OpenText]) -> None:
        """Asks by a prompt on trial what it was not asked before. Nothing waits for what is left: a trial needs some answers, not all."""
        before = known_answers(self.lake, model, [t.question for t in texts])
        wanted = {t.question.key: t for t in texts if is_wanted(before.get(t.question.key))}
        if wanted:
            self._ask(wanted, before, model)
            self._journal.flush()

    def questions(self, reader: ReadsEvents, batches: Sequence[Batch], workers: int) -> list[OpenText]:
        """What is open in these batches."""
        return _questions(self.lake, reader, self.model, batches, workers, audit=self.means.audit)

    def _answer(self, batches: Sequence[Batch], texts: Sequence[OpenText]) -> None:
        """Asks what nobody has answered, then writes the accounts of the batches."""
        questions = [t.question for t in texts]
        before = known_answers(self.lake, self.model, questions)
        wanted: dict[str, OpenText] = {}
        for text in texts:
            if text.question.key not in self._out and is_wanted(before.get(text.question.key), self._again):
                wanted.setdefault(text.question.key, text)
        if wanted and not self._stopped:
            self._ask(wanted, before, self.model)
            self._journal.flush()
        self._close(batches, texts, before, known_answers(self.lake, self.model, questions) if wanted else before)

    def _ask(self, wanted: Mapping[str, OpenText], before: Mapping[str, Known], by: LanguageModel) -> None:
        """Sends the questions; each answer is in the journal as it comes."""
        from feedback_assets.model_client.client import answers

        prices = self.means.prices

        def on_answer(answer: "Answer") -> None:
            asked, now = wanted[answer.key], self.means.now()
            cached = min(answer.cached_tokens, answer.prompt_tokens)
            cost = prices.cost(by.model, answer.prompt_tokens, answer.completion_tokens, on=now.date(), cached_tokens=cached)
            self._budget.settle(answer.key, cost)
            attempt = before[answer.key].attempt + 1 if answer.key in before else 1
            question = question_row(by, self.means.settings, asked, attempt=attempt, purpose=self.making.purpose)
            self._journal.put(answer_row(question, asked.text, answer, by, cost=cost, now=now))
            report = self._reports[asked.day]
            report.asked += by is self.model
            report.on_trial += by is not self.model
            report.prompt_tokens += answer.prompt_tokens
            report.completion_tokens += answer.completion_tokens
            report.cost_usd = round(report.cost_usd + float(cost), 6)

        asks = (text.question.ask for text in wanted.values())
        tally = answers(self.means.settings, asks, on_answer=on_answer, may_spend=self._budget.may_spend)
        self._stopped = tally.stopped

    def _close(self, batches: Sequence[Batch], texts: Sequence[OpenText], before: Mapping[str, Known], after: Mapping[str, Known]) -> None:
        """Writes the account of each batch: open texts = answered + each class + unasked."""
        of_batch: dict[tuple[date, str], list[str]] = {(b.feed_date, b.batch_id): [] for b in batches}
        for text in texts:
            of_batch[text.day, text.batch].append(text.question.key)
        accounts = []
        written = self._written(batches)
        for batch in batches:
            keys = of_batch[batch.feed_date, batch.batch_id]
            found = classes(after, keys)
            unasked = written.get((batch.feed_date, batch.batch_id), 0)
            # Fewer are unasked than the account says: answers came since, from a job or from a run that was killed before it wrote it.
            new = any(key in after and after[key] != before.get(key) for key in keys) or found.get(UNASKED, 0) < unasked
            # A batch may be told something by answers that another one paid for, or that were paid for under other versions.
            told = any(key in after for key in keys) and (not batch.is_done or batch.made_by != self.making.made_by)
            accounts.append(
                account(
                    STAGE,
                    batch,
                    self._making_of({self._came[key] for key in keys if key in self._came}),
                    rows_in=len(keys),
                    rows_out=found.get(OK, 0),
                    reasons={k: n for k, n in found.items() if k != OK},
                    now=self.means.now(),
                    edition=batch.edition + (new or told),
                )
            )
            report = self._reports[batch.feed_date]
            report.batches += 1
            report.records += batch.rows
            report.cost_per_1000_records = round(1000 * report.cost_usd / max(report.records, 1), 6)
            report.outcomes.update(found)
            waiting = Counter(self._out[key]["batch_id"] or self._out[key]["job"] for key in keys if key in self._out)
            report.on_jobs.update(waiting)
            if found.get(UNASKED, 0) > waiting.total():
                report.stopped = self._stopped
        write_accounts(self.lake, accounts)

    def _written(self, batches: Sequence[Batch]) -> dict[tuple[date, str], int]:
        """Day and batch -> the texts that its account says are unasked."""
        days = sorted({b.feed_date for b in batches if b.is_done})
        if not days:
            return {}
        rows = self.lake.read(
            STAGE_BATCHES, columns=["feed_date", "batch_id", "reasons"], where={"stage": [STAGE], "feed_date": days}
        ).to_pylist()
        return {(r["feed_date"], r["batch_id"]): json.loads(r["reasons"]).get(UNASKED, 0) for r in rows}

    def _making_of(self, purposes: Collection[str]) -> Making:
        """What a backfill paid for by a job stays behind its fence, whichever run takes it."""
        others = sorted(p for p in purposes if p not in {self.making.purpose, "live"})
        return replace(self.making, purpose=others[0], restates=True) if others and self.making.purpose == "live" else self.making
