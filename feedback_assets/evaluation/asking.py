"""Golden texts put to the language model, through the ledger of answers: what was asked before is not paid for again.

The budgets of a run and of a day hold as for feedback, and what is spent here counts for them. Not here: figures (reading.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from typing import TYPE_CHECKING

from feedback_assets.enrichment.answer_rows import OK, OpenText, answer_row, question_row
from feedback_assets.enrichment.answers import Journal, Known, is_wanted, known_answers
from feedback_assets.enrichment.asking import Means, left_today
from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.language_model import LanguageModel, Question
from feedback_assets.evaluation.reading import ReadClaim, ReadText
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.reckoning.budget import Budget

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.model_client.asks import Answer

PURPOSE = "evaluation"
_NO_CLAIM = ("no_category", "not_in_taxonomy", "repeated", "orders_a_machine")
"""Reasons for which an issue of an answer is no claim, though its evidence may stand."""


@dataclass(frozen=True)
class Asked:
    """answers: golden id -> its answer, for texts that have one or failed by their own. sent: questions that were paid for now.

    stopped: why the rest was left unasked, as model_client says; empty when nothing was. returned: golden id -> model that answered now.
    """

    answers: Mapping[str, Known]
    sent: int = 0
    cost_usd: float = 0.0
    stopped: str = ""
    returned: Mapping[str, str] = field(default_factory=dict)


def ask_golden(lake: "Lakehouse", model: LanguageModel, means: Means, texts: Sequence[GoldenText], *, salt: str = "") -> Asked:
    """What the model answers about each text. salt: asks anew what was asked under another one, and once under the same."""
    questions = {t.id: _question(model, t, salt) for t in texts}
    before = known_answers(lake, model, list(questions.values()))
    wanted = {q.key: (t, q) for t in texts if is_wanted(before.get((q := questions[t.id]).key))}
    sent, cost, stopped = 0, 0.0, ""
    returned: dict[str, str] = {}
    if wanted:
        with Journal(lake, means.journals) as journal:
            asking = _Asking(lake, model, means, journal, wanted=wanted, before=before)
            stopped = asking.ask()
        sent, cost, returned = asking.sent, asking.cost_usd, asking.returned
        before = known_answers(lake, model, list(questions.values()))
    answers = {name: before[q.key] for name, q in questions.items() if not is_wanted(before.get(q.key))}
    return Asked(answers, sent, round(cost, 6), stopped if len(answers) < len(texts) else "", returned)


def read_texts(model: LanguageModel, texts: Sequence[GoldenText], answers: Mapping[str, Known]) -> list[ReadText]:
    """What the answers say, and which claims the product would accept of them. Texts without an answer are left out."""
    return [_read(model, t, answers[t.id]) for t in texts if t.id in answers]


def _read(model: LanguageModel, text: GoldenText, answer: Known) -> ReadText:
    found = model.claims(answer.response, text.text) if answer.outcome in (OK, "no_evidence") else None
    if found is None:
        return ReadText(text.id, failure=answer.outcome if answer.outcome != OK else "schema")
    decision = model.decision(answer.response, text.text, None)
    accepted = {i.category for i in decision.issues} if decision else set()
    refused = {r.issue for r in found.refused if r.part == "issue" and r.reason in _NO_CLAIM}
    parsed = model.response_model.model_validate_json(answer.response)
    claims = []
    for place, issue in enumerate(parsed.issues, 1):
        if place not in refused:
            category = (issue.kind or "").partition("/")[0]
            claims.append(ReadClaim(category, issue.confidence or 0.0, tuple(issue.quotes), category in accepted))
    return ReadText(text.id, tuple(claims))


def _question(model: LanguageModel, text: GoldenText, salt: str) -> Question:
    # A change of any category asks anew: figures of a taxonomy are of that very taxonomy.
    asked = model.question({"text": text.text, "language": text.language}, model.categories)
    if not salt:
        return asked
    key, text_key = (sha256_hex(f"{salt} {k}".encode())[:32] for k in (asked.key, asked.text_key))
    return replace(asked, key=key, text_key=text_key, ask=replace(asked.ask, key=key))


class _Asking:
    """The questions of one evaluation."""

    def __init__(
        self,
        lake: "Lakehouse",
        model: LanguageModel,
        means: Means,
        journal: Journal,
        *,
        wanted: Mapping[str, tuple[GoldenText, Question]],
        before: Mapping[str, Known],
    ) -> None:
        self._model, self._means, self._journal, self._wanted, self._before = model, means, journal, wanted, before
        self._today: date = means.now().astimezone(UTC).date()
        self._budget = Budget(means.prices, model.model, self._today, run=means.run_budget, left_today=left_today(lake, means))
        self.sent = 0
        self.cost_usd = 0.0
        self.returned: dict[str, str] = {}

    def ask(self) -> str:
        """Sends them; each answer is in the journal as it comes. Returns why it stopped early, or ""."""
        from feedback_assets.model_client.client import answers

        asks = (question.ask for _, question in self._wanted.values())
        return answers(self._means.settings, asks, on_answer=self._on_answer, may_spend=self._budget.may_spend).stopped

    def _on_answer(self, answer: "Answer") -> None:
        cached = min(answer.cached_tokens, answer.prompt_tokens)
        cost = self._means.prices.cost(
            self._model.model, answer.prompt_tokens, answer.completion_tokens, on=self._today, cached_tokens=cached
        )
        self._budget.settle(answer.key, cost)
        self.sent += 1
        self.cost_usd += float(cost)
        self.returned[self._wanted[answer.key][0].id] = answer.model
        text, question = self._wanted[answer.key]
        attempt = self._before[answer.key].attempt + 1 if answer.key in self._before else 1
        asked = OpenText(self._today, "", text.text, question)
        row = question_row(self._model, self._means.settings, asked, attempt=attempt, purpose=PURPOSE)
        self._journal.put(answer_row(row, text.text, answer, self._model, cost=cost, now=self._means.now()))
