"""The step of alerts: tells people of themes that became urgent, once. Thin. Only a live run sends anything."""

from feedback_assets.contracts.ledger import CURSORS
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.signals import TRENDS
from feedback_assets.contracts.themes import THEMES, TOUCHES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.graph.steps import Step, StepRun


def _run(at: StepRun) -> object:
    from feedback_assets.alerts.process import update_alerts

    return update_alerts(at.lake, at.services.alert_channel, purpose=at.purpose, now=at.now, everything=at.applies)


STEPS = (
    Step(
        name="alerts",
        room="alerts",
        description="Tells people of themes that became urgent. Each alert is an intent in tickets/outbox, sent once.",
        run=_run,
        writes=(),
        without_table="alerts/sent",
        reads=(SCORES, THEMES, TRENDS, TICKETS, OUTBOX, TOUCHES),
        keeps=(OUTBOX, CURSORS),
        code=("alerts", "effects"),
        heals=True,
    ),
)
