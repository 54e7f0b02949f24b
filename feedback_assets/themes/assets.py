"""The steps of themes: vectors by day; then, across days, assignments, facts of issues in force, sums by day, the registry. Thin."""

from feedback_assets.contracts.bronze import MANIFEST, STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENT_DAYS, EVENTS, REVISIONS
from feedback_assets.contracts.themes import (
    ASSIGNMENTS,
    CHECKPOINTS,
    EMBEDDED_TEXTS,
    EMBEDDINGS,
    ISSUE_FACTS,
    SAMPLES,
    STATES,
    THEME_DAYS,
    THEMES,
    TOUCHES,
)
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict


def _embeddings(at: StepRun) -> object:
    from feedback_assets.themes.embed import embed_days

    embedder = at.services.embedder_on(at.lake)
    return embed_days(at.lake, embedder, at.days, now=at.now, making=at.making(embedder=embedder.name))


def _assignments(at: StepRun) -> object:
    from feedback_assets.themes.process import update_themes

    return update_themes(at.lake, at.services.embedder)


def _one_embedder(judged: Judged) -> Verdict:
    from feedback_assets.themes.rules import one_embedder_verdict

    return one_embedder_verdict(judged.lake, judged.services.settings.embedder, judged.services.embedder.name)


def _facts(at: StepRun) -> object:
    from feedback_assets.themes.facts import update_facts

    return update_facts(at.lake, at.services.exchange_rates)


def _days(at: StepRun) -> object:
    from feedback_assets.themes.facts import update_theme_days

    return update_theme_days(at.lake)


def _registry(at: StepRun) -> object:
    from feedback_assets.themes.catalogue import update_registry

    return update_registry(at.lake, at.services.embedder_on(at.lake))


STEPS = (
    Step(
        name="theme_embeddings",
        room="themes",
        description="Turns the words of each new issue of a day into a vector.",
        run=_embeddings,
        writes=(EMBEDDINGS,),
        reads=(ISSUES, EVENTS),
        keeps=(STAGE_BATCHES, EMBEDDED_TEXTS),
        kinds=("numpy",),
        daily=True,
        pool="theme_embeddings",
        code=("themes/embed", "themes/embedders", "themes/embedded_texts", "themes/wording"),
        versions=("embedder",),
    ),
    Step(
        name="theme_assignments",
        room="themes",
        description="Gathers issues that say the same into themes whose identity lasts.",
        run=_assignments,
        writes=(ASSIGNMENTS,),
        reads=(EMBEDDINGS, ISSUES, EVENT_DAYS, REVISIONS),
        keeps=(STATES, CHECKPOINTS, CURSORS),
        rules=(
            Rule("one_embedder", ASSIGNMENTS, "Every issue has a vector of the embedder that themes go by.", _one_embedder, stops=False),
        ),
        kinds=("numpy",),
        code=("themes/process", "themes/fold", "themes/lens", "themes/lineage", "themes/checkpoint"),
        versions=("embedder",),
    ),
    Step(
        name="issue_facts",
        room="themes",
        description="Keeps what is counted of each issue in force, and which batch touched which theme.",
        run=_facts,
        writes=(ISSUE_FACTS,),
        reads=(ASSIGNMENTS, ISSUES, EVENTS, DUPLICATE_INDEX, REVISIONS, EVENT_DAYS, MANIFEST, STAGE_BATCHES),
        keeps=(TOUCHES, CURSORS),
        kinds=("polars",),
        code=("themes/facts", "ground/people", "reckoning"),
        versions=("exchange rates",),
    ),
    Step(
        name="theme_days",
        room="themes",
        description="Sums the issues in force of each theme by event day.",
        run=_days,
        writes=(THEME_DAYS,),
        reads=(ISSUE_FACTS,),
        keeps=(CURSORS,),
        kinds=("polars",),
        code=("themes/facts",),
    ),
    Step(
        name="themes",
        room="themes",
        description="Counts, names and quotes each theme.",
        run=_registry,
        writes=(THEMES,),
        reads=(STATES, ISSUE_FACTS, THEME_DAYS),
        keeps=(SAMPLES, CURSORS, EMBEDDED_TEXTS),
        kinds=("polars",),
        code=("themes/catalogue", "themes/evidence", "themes/naming", "themes/passing", "themes/wording"),
        versions=("embedder",),
    ),
)
