"""The step of enrichment: what was decided about each event, the issues found, what people must look at. Thin.

What people decided (review/decisions) is written outside of the graph; the model learns from it.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ANSWERS, BATCH_JOBS, BATCH_QUESTIONS, ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.evaluation import TIER_BARS
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict


def _run(at: StepRun) -> object:
    from feedback_assets.enrichment.language_model import reading_versions
    from feedback_assets.enrichment.process import enrich_days

    services, reader = at.services, at.services.barred_reader_on(at.lake)
    model, workers = services.language_model, services.compute.kernel_workers
    making = at.making(**reading_versions(reader, model))
    return enrich_days(
        at.lake, reader, at.days, now=at.now, workers=workers, making=making, language_model=model, bind=services.binding_on(at.lake)
    )


def _ask(at: StepRun) -> object:
    from feedback_assets.enrichment.asking import ask_days
    from feedback_assets.enrichment.language_model import reading_versions

    services = at.services
    model, means = services.language_model, services.answer_means
    if model is None or means is None:
        return {}
    reader = services.barred_reader_on(at.lake)
    making = at.making(**reading_versions(reader, model))
    return ask_days(at.lake, reader, model, means, at.days, making=making, workers=services.compute.kernel_workers, again=at.again)


def _answers_account(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.ground.accounts import sum_verdicts

    return sum_verdicts("answers", judged.offered)


def _account(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.ground.accounts import batch_verdicts

    return batch_verdicts(judged.lake, "enrichment", judged.offered, before=[EVENTS], after=[ENRICHED_EVENTS], only={"outcome": ["issues"]})


def _evidence(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.enrichment.evidence import evidence_verdicts

    return evidence_verdicts(judged.lake, judged.offered)


def _standing_account(judged: Judged) -> Verdict:
    from feedback_assets.ground.accounts import rows_by_batch, stage_verdict

    rows_out = rows_by_batch(judged.lake, [ENRICHED_EVENTS], judged.days, outcome=["issues"])
    return stage_verdict(
        judged.lake, "enrichment", judged.days, rows_in=rows_by_batch(judged.lake, [EVENTS], judged.days), rows_out=rows_out
    )


def _standing_evidence(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.enrichment.evidence import evidence_verdict

    return {day: evidence_verdict(judged.lake, [day]) for day in judged.days}


def _answers_usable(judged: Judged) -> Mapping[date, Verdict]:
    from feedback_assets.enrichment.answer_rules import usable_verdicts

    return usable_verdicts(judged.offered)


STEPS = (
    Step(
        name="answers",
        room="enrichment",
        description="Puts to the language model what rules and the local model leave open: each question once, within the budgets. "
        "Without FEEDBACK_MODEL_ENDPOINT or FEEDBACK_MODEL_BASE_URL it does nothing.",
        run=_ask,
        writes=(ANSWERS,),
        reads=(EVENTS, DECISIONS, TIER_BARS),
        keeps=(STAGE_BATCHES, BATCH_JOBS, BATCH_QUESTIONS),
        rules=(
            Rule(
                "row_account",
                ANSWERS,
                "For every batch: texts left open = answered + each class of failure + unasked.",
                _answers_account,
                before=(STAGE_BATCHES,),
            ),
            Rule(
                "answers_usable",
                ANSWERS,
                "The language model answers what it is asked, and nothing waits for it.",
                _answers_usable,
                stops=False,
                before=(STAGE_BATCHES,),
            ),
        ),
        kinds=("python", "openai"),
        daily=True,
        pool="answers",
        code=("enrichment/language_model", "enrichment/asking", "enrichment/batch_asking", "prompting", "model_client"),
        versions=("taxonomy", "prompts"),
        left_out="outcomes",
        goes_on="ok",
    ),
    Step(
        name="enrichment",
        room="enrichment",
        description="Finds the issues in each new event of a day, with evidence; what the machine doubts goes to people.",
        run=_run,
        writes=(ENRICHED_EVENTS, ISSUES, REVIEW),
        reads=(EVENTS, DECISIONS, ANSWERS, TIER_BARS),
        keeps=(STAGE_BATCHES,),
        rules=(
            Rule(
                "row_account",
                ENRICHED_EVENTS,
                "For every batch: silver rows = events with issues + each other outcome.",
                _account,
                before=(STAGE_BATCHES,),
            ),
            Rule("evidence", ISSUES, "Every issue's quote is the text at its first span.", _evidence, before=(ISSUES, REVIEW)),
        ),
        standing=(
            Rule("row_account", ENRICHED_EVENTS, "The same of the days as they stand.", _standing_account),
            Rule("evidence", ISSUES, "The same of the days as they stand.", _standing_evidence),
        ),
        kinds=("python", "scikitlearn"),
        daily=True,
        pool="enrichment",
        versions=("taxonomy", "prompts"),
        left_out="outcomes",
        goes_on="issues",
        fresh=timedelta(days=2),
    ),
)
