"""The code location that workspace.yaml names."""

import os
from functools import lru_cache

import dagster as dg

from feedback_assets.graph.partitions import first_partition
from feedback_assets.ground.settings import Settings
from feedback_assets.wiring.build import build_defs
from feedback_assets.wiring.services import Services


def code_location() -> dg.Definitions:
    """The graph of the environment's home, as it is now: runs that are executed in this process load their jobs from here."""
    settings = Settings.from_environment(os.environ)
    services = _services(settings)
    return _defs(services, first_partition(settings, services.now().date()).isoformat())


@lru_cache(maxsize=2)
def _services(settings: Settings) -> Services:
    return Services(settings)


@lru_cache(maxsize=2)
def _defs(services: Services, first_day: str) -> dg.Definitions:
    from datetime import date

    return build_defs(services.settings, services, first_day=date.fromisoformat(first_day))


defs = code_location()
