"""The one seam where everything is put together: settings and overrides in, Definitions out. No I/O, no environment."""

import warnings

import dagster as dg

from feedback_assets.alerts.assets import alert_assets
from feedback_assets.automation import feedback_automation
from feedback_assets.bronze.assets import bronze_assets
from feedback_assets.bronze.checks import bronze_checks
from feedback_assets.bronze.sensors import landing_sensors
from feedback_assets.enrichment.assets import enrichment_assets
from feedback_assets.enrichment.checks import enrichment_checks
from feedback_assets.jobs import feedback_jobs
from feedback_assets.partitions import daily
from feedback_assets.priority.assets import priority_assets
from feedback_assets.priority.checks import priority_checks
from feedback_assets.resources import SEAMS
from feedback_assets.schedules import feedback_schedules
from feedback_assets.seams import Seams
from feedback_assets.settings import Settings
from feedback_assets.signals.assets import signal_assets
from feedback_assets.signals.checks import signal_checks
from feedback_assets.silver.assets import silver_assets
from feedback_assets.silver.checks import silver_checks
from feedback_assets.themes.assets import theme_assets
from feedback_assets.themes.checks import theme_checks
from feedback_assets.tickets.assets import ticket_assets
from feedback_assets.tickets.checks import ticket_checks
from feedback_assets.upkeep.assets import upkeep_assets
from feedback_assets.wiring.failure_sensor import failure_sensors


def build_defs(settings: Settings, seams: Seams | None = None) -> dg.Definitions:
    """The whole graph. `seams` overrides what the stages get from outside."""
    with warnings.catch_warnings():
        # backfill_policy is beta and partitions_def of checks is preview; characterization tests hold what we lean on.
        warnings.filterwarnings("ignore", category=dg.BetaWarning)
        warnings.filterwarnings("ignore", category=dg.PreviewWarning)
        partitions = daily(settings.first_day)
        policy = dg.BackfillPolicy.multi_run(max_partitions_per_run=settings.days_per_run)
        return dg.Definitions(
            assets=[
                *bronze_assets(partitions, policy),
                *silver_assets(partitions, policy),
                *enrichment_assets(partitions, policy),
                *theme_assets(partitions, policy),
                *signal_assets(),
                *priority_assets(),
                *ticket_assets(),
                *alert_assets(),
                *upkeep_assets(),
            ],
            asset_checks=[
                *bronze_checks(partitions),
                *silver_checks(partitions),
                *enrichment_checks(partitions),
                *theme_checks(partitions),
                *signal_checks(),
                *priority_checks(),
                *ticket_checks(),
            ],
            jobs=feedback_jobs(),
            schedules=feedback_schedules(),
            sensors=[*landing_sensors(), *feedback_automation(), *failure_sensors()],
            resources={SEAMS: dg.ResourceDefinition.hardcoded_resource(seams if seams is not None else Seams(settings))},
            executor=dg.in_process_executor,
        )
