"""The steps of signals, the gold tables: counts, trends, sentiment, KPIs. Thin: only the event days that changed are rewritten."""

from collections.abc import Callable
from datetime import timedelta

from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.signals import DAILY_COUNTS, KPIS, SENTIMENT, TRENDS
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ISSUE_FACTS, THEME_DAYS, THEMES
from feedback_assets.graph.steps import Step, StepRun


def _counts(at: StepRun) -> object:
    from feedback_assets.signals.process import update_daily_counts

    return update_daily_counts(at.lake)


def _trends(at: StepRun) -> object:
    from feedback_assets.signals.process import update_trends

    return update_trends(at.lake)


def _sentiment(at: StepRun) -> object:
    from feedback_assets.signals.process import update_sentiment

    return update_sentiment(at.lake)


def _kpis(at: StepRun) -> object:
    from feedback_assets.signals.process import update_kpis

    return update_kpis(at.lake)


def _step(table: Table, run: Callable[[StepRun], object], reads: tuple[Table, ...], description: str) -> Step:
    return Step(
        name=table.name.replace("/", "_"),
        room="signals",
        description=description,
        run=run,
        writes=(table,),
        reads=reads,
        keeps=(CURSORS,),
        kinds=("polars",),
        fresh=timedelta(days=1),
    )


STEPS = (
    _step(DAILY_COUNTS, _counts, (ISSUE_FACTS,), "Counts issues in force by event day, theme and segment."),
    _step(SENTIMENT, _sentiment, (REVISIONS, ENRICHED_EVENTS, EVENTS), "Tells how people felt, by event day and segment."),
    _step(TRENDS, _trends, (THEME_DAYS, SENTIMENT, THEMES), "Tells of each theme whether it rises, falls or is new."),
    _step(KPIS, _kpis, (MANIFEST, EVENTS, REVISIONS, DUPLICATE_INDEX, ENRICHED_EVENTS), "Counts what came in and what became of it."),
)
