"""The one seam where everything is put together: settings and overrides in, Definitions out. No environment.

The only reads are of names of landed days (graph/partitions.py) and of the project's own source and taxonomy files (graph/code_version.py).
"""

import warnings
from datetime import date

import dagster as dg

from feedback_assets.alerts.assets import STEPS as ALERTS
from feedback_assets.bronze.assets import STEPS as BRONZE
from feedback_assets.bronze.sensors import landing_sensors
from feedback_assets.contracts.review import DECISIONS, SAMPLES
from feedback_assets.enrichment.assets import STEPS as ENRICHMENT
from feedback_assets.enrichment.sensors import batch_sensors
from feedback_assets.graph.jobs import feedback_jobs
from feedback_assets.graph.partitions import daily, first_partition
from feedback_assets.graph.resources import SERVICES, services_resource
from feedback_assets.graph.step_assets import step_asset, table_spec
from feedback_assets.ground.settings import Settings
from feedback_assets.interpretation.assets import STEPS as INTERPRETATION
from feedback_assets.priority.assets import STEPS as PRIORITY
from feedback_assets.signals.assets import STEPS as SIGNALS
from feedback_assets.silver.assets import STEPS as SILVER
from feedback_assets.themes.assets import STEPS as THEMES
from feedback_assets.tickets.assets import STEPS as TICKETS
from feedback_assets.upkeep.assets import upkeep_assets
from feedback_assets.wiring.automation import feedback_automation
from feedback_assets.wiring.evaluation_assets import STEPS as EVALUATION
from feedback_assets.wiring.evaluation_assets import evaluation_assets
from feedback_assets.wiring.failure_sensor import failure_sensors
from feedback_assets.wiring.history import prune_history
from feedback_assets.wiring.landing_assets import landing_assets
from feedback_assets.wiring.schedules import feedback_schedules
from feedback_assets.wiring.services import Services
from feedback_assets.wiring.standing_assets import standing_asset

STEPS = (*BRONZE, *SILVER, *ENRICHMENT, *THEMES, *SIGNALS, *PRIORITY, *INTERPRETATION, *TICKETS, *ALERTS)
"""Every step, in the order of the data."""


def build_defs(settings: Settings, services: Services | None = None, *, first_day: date | None = None) -> dg.Definitions:
    """The whole graph. services: overrides what the steps get from outside. first_day: the first partition; the first day with data
    unless it is given."""
    services = services if services is not None else Services(settings)
    first = first_day or first_partition(settings, services.now().date())
    with warnings.catch_warnings():
        # backfill_policy is beta and partitions_def of checks is preview; characterization tests hold what we lean on.
        warnings.filterwarnings("ignore", category=dg.BetaWarning)
        warnings.filterwarnings("ignore", category=dg.PreviewWarning)
        partitions = daily(first)
        policy = dg.BackfillPolicy.multi_run(max_partitions_per_run=settings.days_per_run)
        return dg.Definitions(
            assets=[
                *landing_assets(),
                table_spec(DECISIONS, "What people decided about doubted issues. Written outside of the graph; the model learns from it."),
                table_spec(SAMPLES, "What people are asked to judge each week. Written outside of the graph."),
                *(step_asset(step, STEPS, settings, partitions=partitions, policy=policy) for step in STEPS),
                *evaluation_assets(settings),
                standing_asset((*STEPS, *EVALUATION)),
                *upkeep_assets(prune_history),
            ],
            jobs=feedback_jobs(STEPS),
            schedules=feedback_schedules(first),
            sensors=[*landing_sensors(first), *batch_sensors(first), *feedback_automation(), *failure_sensors()],
            resources={SERVICES: services_resource(services)},
            executor=dg.in_process_executor,
        )
