"""The steps of themes: vectors by day, then assignments and registry across days. Thin."""

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS, REVISIONS
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, EMBEDDINGS, THEMES
from feedback_assets.steps import Step, StepRun


def _embeddings(at: StepRun) -> object:
    from feedback_assets.themes.embed import embed_days

    return embed_days(at.lake, at.services.embedder, at.days, now=at.now)


def _themes(at: StepRun) -> object:
    from feedback_assets.themes.process import update_themes

    return update_themes(at.lake, at.services.embedder, now=at.now)


STEPS = (
    Step(
        name="theme_embeddings",
        room="themes",
        description="Turns the words of each new issue of a day into a vector.",
        run=_embeddings,
        writes=(EMBEDDINGS,),
        reads=(ISSUES, EVENTS),
        keeps=(STAGE_BATCHES,),
        kinds=("numpy",),
        daily=True,
        pool="theme_embeddings",
        code=("themes/embed", "themes/embedders", "themes/wording"),
        versions=("embedder",),
    ),
    Step(
        name="themes",
        room="themes",
        description="Gathers issues that say the same into themes whose identity lasts, and names them.",
        run=_themes,
        writes=(ASSIGNMENTS, THEMES),
        reads=(EMBEDDINGS, ISSUES, EVENTS, REVISIONS, DUPLICATE_GROUPS),
        keeps=(CHECKPOINTS,),
        kinds=("numpy",),
        versions=("embedder",),
    ),
)
