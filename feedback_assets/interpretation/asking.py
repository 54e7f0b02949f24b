"""Asks the language model about themes that deserve a ticket: each question once, within the budgets; anew when a theme
has doubled, changed its category, or lost what was shown of it.

Each answer is in the table as it comes, so that a killed run pays for what was in flight alone. Only a live run asks. Not here: what is
asked and what an answer says (questions.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.interpretation import NOTES, SUMMARY, THEME_NOTES, TRANSLATIONS
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.themes import THEMES
from feedback_assets.interpretation.ledger import gone_issues, last_asked, spent_on
from feedback_assets.interpretation.questions import Question, Team, question, said_of, theme_of
from feedback_assets.reckoning.budget import Budget
from feedback_assets.reckoning.ticket_minimum import Minimum, deserves_ticket

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.model_client.asks import Answer
    from feedback_assets.model_client.settings import ModelSettings
    from feedback_assets.prompting.prompt import Prompt
    from feedback_assets.reckoning.model_prices import ModelPrices

GROWN = 2
"""A theme is asked about anew when it has so many times the issues that it had."""
PASSING = ("unavailable",)
"""Outcomes after which the same is asked by the next run."""


@dataclass(frozen=True)
class Means:
    """With what is asked. prompts: of each task. budgets: US dollars a run and a UTC day; spent_elsewhere: what else a day has spent."""

    settings: "ModelSettings"
    prompts: "Mapping[str, Prompt]"
    prices: "ModelPrices"
    run_budget: float
    day_budget: float
    spent_elsewhere: Callable[[date], float]
    now: Callable[[], datetime]


@dataclass
class NotesReport:
    """What a run asked about themes. outcomes: questions by what became of them. refused: parts of answers that became nothing.

    left: questions that a budget or the service left for the next run. problem: why it asks nothing, or stopped."""

    themes: int = 0
    asked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    left: int = 0
    cost_usd: float = 0.0
    problem: str = ""


def interpret_themes(lake: "Lakehouse", means: Means, team: Team, minimum: Minimum) -> NotesReport:
    """Asks about themes that deserve a ticket and were not asked about, or have doubled. Nothing new: no request, no commit."""
    from feedback_assets.model_client.client import answers

    due = list(_due(lake, means, team, minimum))
    report = NotesReport(themes=len({q.theme.theme_id for q in due}))
    if not due:
        return report
    today = means.now().astimezone(UTC).date()
    left_today = means.day_budget - means.spent_elsewhere(today) - spent_on(lake, today)
    budget = Budget(means.prices, means.settings.model, today, run=means.run_budget, left_today=left_today)
    asked = {q.ask.key: q for q in due}

    def on_answer(answer: "Answer") -> None:
        row = _row(asked[answer.key], answer, means, team.owners)
        budget.settle(answer.key, Decimal(str(row["cost_usd"])))
        lake.append_new(THEME_NOTES, to_arrow(THEME_NOTES, [row]))
        report.asked += 1
        report.outcomes[row["outcome"]] += 1
        report.refused += row["refused"]
        report.cost_usd = round(report.cost_usd + row["cost_usd"], 6)

    tally = answers(means.settings, (q.ask for q in asked.values()), on_answer=on_answer, may_spend=budget.may_spend)
    report.left = len(asked) - report.asked
    report.problem = tally.stopped
    return report


def _due(lake: "Lakehouse", means: Means, team: Team, minimum: Minimum) -> Iterator[Question]:
    bands = {row["theme_id"]: row["band"] for row in lake.read(SCORES, columns=["theme_id", "band"]).to_pylist()}
    columns = ["theme_id", "status", "issues", "customers", "category", "subcategory", "language", "evidence"]
    rows = [
        row
        for row in lake.read(THEMES, columns=columns, where={"theme_id": sorted(bands), "status": ["active"]}).to_pylist()
        if deserves_ticket(minimum, bands[row["theme_id"]], row["issues"], row["customers"])
    ]
    before = last_asked(lake, [row["theme_id"] for row in rows])
    gone = gone_issues(lake, list(before.values()))
    for row in sorted(rows, key=lambda r: (bands[r["theme_id"]], r["theme_id"])):
        theme = theme_of(row)
        foreign = theme.language not in (team.language, "und", "")
        for task in (SUMMARY, NOTES, *([TRANSLATIONS] if foreign else [])):
            prompt, last = means.prompts[task], before.get((theme.theme_id, task))
            is_known = (
                last is not None
                and (last["prompt_version"], last["model"], last["category"]) == (prompt.stamp, means.settings.model, theme.category)
                and theme.issues < GROWN * last["issues"]
                and last["outcome"] not in PASSING
                and gone.isdisjoint((theme.theme_id, issue) for issue in last["issue_ids"])
            )
            if theme.quotes and not is_known:
                yield question(theme, task, prompt, means.settings.model, team)


def _row(asked: Question, answer: "Answer", means: Means, owners: Collection[str]) -> dict[str, Any]:
    said = said_of(asked, answer.text, owners) if answer.outcome == "ok" else None
    outcome = "no_evidence" if said is not None and said.is_empty and said.refused else answer.outcome
    theme, now = asked.theme, means.now()
    return {
        "asked_on": now.astimezone(UTC).date(),
        "request_key": asked.ask.key,
        "theme_id": theme.theme_id,
        "task": asked.task,
        "prompt_version": asked.prompt.stamp,
        "model": means.settings.model,
        "model_returned": answer.model,
        "category": theme.category,
        "issues": theme.issues,
        "issue_ids": list(theme.issue_ids),
        "issue_days": list(theme.issue_days),
        "cited": [theme.issue_ids[n - 1] for n in said.cited] if said else [],
        "outcome": outcome,
        "refused": said.refused if said else 0,
        "summary": said.summary if said else "",
        "cause": said.cause if said else "",
        "cause_confidence": said.cause_confidence if said else 0.0,
        "next_action": said.next_action if said else "",
        "suggested_owner": said.owner if said else "",
        "translations": [said.translations.get(n, "") for n in range(1, len(theme.quotes) + 1)] if said and said.translations else [],
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cost_usd": float(means.prices.cost(means.settings.model, answer.prompt_tokens, answer.completion_tokens, on=now.date())),
        "asked_at": now,
    }
