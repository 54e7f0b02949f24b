"""The step of priority: one explained score a theme. Thin."""

from datetime import timedelta

from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEME_DAYS, THEMES
from feedback_assets.graph.steps import Step, StepRun


def _run(at: StepRun) -> object:
    from feedback_assets.priority.process import update_scores

    return update_scores(at.lake, at.services.weights)


STEPS = (
    Step(
        name="priority_scores",
        room="priority",
        description="Scores each active theme and says in a sentence why.",
        run=_run,
        writes=(SCORES,),
        reads=(THEMES, TRENDS, THEME_DAYS),
        keeps=(CURSORS,),
        kinds=("polars",),
        versions=("weights",),
        fresh=timedelta(days=1),
    ),
)
