"""The step of enrichment: what was decided about each event, the issues found, what people must look at. Thin.

What people decided (review/decisions) is written outside of the graph; the model learns from it.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.review import DECISIONS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict


def _run(at: StepRun) -> object:
    from feedback_assets.enrichment.process import enrich_days

    reader = at.services.reader_on(at.lake)
    making = at.making(taxonomy=reader.taxonomy_version, model=reader.model_version)
    return enrich_days(at.lake, reader, at.days, now=at.now, workers=at.services.compute.kernel_workers, making=making)


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


STEPS = (
    Step(
        name="enrichment",
        room="enrichment",
        description="Finds the issues in each new event of a day, with evidence; what the machine doubts goes to people.",
        run=_run,
        writes=(ENRICHED_EVENTS, ISSUES, REVIEW),
        reads=(EVENTS, DECISIONS),
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
        versions=("taxonomy",),
        left_out="outcomes",
        goes_on="issues",
        fresh=timedelta(days=2),
    ),
)
