"""The step of tickets: intents in the outbox, applied to the tracker. Thin. Only a live run writes or sends anything."""

from datetime import timedelta

from feedback_assets.contracts.interpretation import THEME_NOTES
from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import DAILY_COUNTS, TRENDS
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES, TOUCHES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.graph.steps import Judged, Rule, Step, StepRun
from feedback_assets.ground.verdict import Verdict


def _run(at: StepRun) -> object:
    from feedback_assets.tickets.process import update_tickets

    tracker = at.services.tracker_on(at.lake)
    return update_tickets(at.lake, tracker, purpose=at.purpose, weights=at.services.weights, now=at.now, everything=at.applies)


def _one_ticket(judged: Judged) -> Verdict:
    from feedback_assets.tickets.rules import one_ticket_verdict

    return one_ticket_verdict(judged.lake)


def _outbox_age(judged: Judged) -> Verdict:
    from feedback_assets.tickets.rules import outbox_verdict

    return outbox_verdict(judged.lake, judged.now)


STEPS = (
    Step(
        name="tickets",
        room="tickets",
        description="Keeps exactly one ticket a theme in the team's tracker. A run that is not live only says what it would do.",
        run=_run,
        writes=(OUTBOX, TICKETS),
        reads=(SCORES, THEMES, TRENDS, DAILY_COUNTS, ISSUE_FACTS, TOUCHES, THEME_NOTES),
        keeps=(CURSORS,),
        rules=(
            Rule("one_ticket", TICKETS, "A theme has at most one open ticket.", _one_ticket, stops=False),
            Rule("outbox_age", OUTBOX, "No intent waits in the outbox for more than a day.", _outbox_age, stops=False),
        ),
        standing=(
            Rule("one_ticket", TICKETS, "A theme has at most one open ticket.", _one_ticket),
            Rule("outbox_age", OUTBOX, "No intent waits in the outbox for more than a day.", _outbox_age),
        ),
        code=("tickets", "effects"),
        versions=("weights",),
        fresh=timedelta(days=1),
        heals=True,
    ),
)
