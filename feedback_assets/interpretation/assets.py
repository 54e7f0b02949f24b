"""The step of interpretation: what the language model says about themes that deserve a ticket. Thin. Only a live run asks."""

from feedback_assets.contracts.interpretation import THEME_NOTES
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES
from feedback_assets.graph.steps import Step, StepRun


def _run(at: StepRun) -> object:
    from feedback_assets.effects.purpose import may_publish
    from feedback_assets.interpretation.asking import NotesReport, interpret_themes
    from feedback_assets.interpretation.questions import Team

    services = at.services
    means = services.note_means
    if means is None:
        return NotesReport(problem="off: no language model is set (docs/model.md)")
    if not may_publish(at.purpose):
        return NotesReport(problem="asked by live runs alone")
    team = Team({category.owner for category in services.reader.taxonomy.categories}, services.settings.team_language)
    return interpret_themes(at.lake, means, team, services.weights.tickets)


STEPS = (
    Step(
        name="theme_notes",
        room="interpretation",
        description="Asks the language model what may be behind each theme that deserves a ticket: a summary, a hypothesis, a next "
        "action, quotes in the team's language. It decides nothing. Without a language model it does nothing.",
        run=_run,
        writes=(THEME_NOTES,),
        reads=(SCORES, THEMES, ISSUE_FACTS),
        kinds=("python", "openai"),
        versions=("theme prompts",),
    ),
)
