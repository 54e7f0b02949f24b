"""The services as one Dagster resource, whose fields the UI shows, and the one way to get at them. Nothing else lives here."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
from pydantic import Field

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import Settings
from feedback_assets.wiring.services import Services

SERVICES = "services"


class ServicesResource(dg.ConfigurableResource[Services]):
    """What the steps get from outside: lakehouse, landing zone, compute, masking, reader of issues, embedder, weights, tracker, alerts.

    Everything follows from these fields; each names the variable that sets it. Models and engines are made when they are first used and
    kept between runs of a process. Lakehouse, landing zone, models, local tickets and alerts are folders of the home; taxonomy, weights
    and rules of personal data are files of the project's taxonomy/.
    """

    home: str = Field(description="The folder that holds everything a run writes. FEEDBACK_HOME")
    project: str = Field(description="The folder with taxonomy/, which is what issues, weights and masking go by. FEEDBACK_PROJECT")
    compute: str = Field(description="The engine of Spark transformations, by its name in compute/registry.py. FEEDBACK_COMPUTE")
    embedder: str = Field(description="Turns texts into vectors, by its name in themes/embedders/registry.py. FEEDBACK_EMBEDDER")
    tracker: str = Field(description="Where tickets go, by its name in tickets/trackers/registry.py. FEEDBACK_TRACKER")
    alert_channel: str = Field(description="Where alerts go, by its name in alerts/channels/registry.py. FEEDBACK_ALERTS")
    model_run_budget: float = Field(description="Most US dollars that a run spends on the language model. FEEDBACK_MODEL_RUN_BUDGET")
    model_day_budget: float = Field(description="The same of a UTC day. FEEDBACK_MODEL_DAY_BUDGET")
    language_model: str = Field(description="The language model and where it is; its key is never shown. FEEDBACK_MODEL_...")
    pseudonym_key: str = Field(description="Where the key of pseudonyms comes from; the key itself is never shown. FEEDBACK_PSEUDONYM_KEY")

    kept: ClassVar[Services | None] = None
    """The services of this process, with the settings that the fields were made of."""

    def create_resource(self, context: dg.InitResourceContext) -> Services:  # noqa: ARG002
        """The kept services; others when a run's config changes a field."""
        if self.kept is None:
            raise SettingError("the services are not bound", expected="services_resource()", mend="build the resource by it")
        given = {name: getattr(self, name) for name in _SET}
        if self.pseudonym_key != _key_from(self.kept.settings):
            raise SettingError(
                "pseudonym_key says where the key comes from and cannot be set here",
                expected=_key_from(self.kept.settings),
                mend="set FEEDBACK_PSEUDONYM_KEY",
            )
        if self.language_model != _model_of(self.kept):
            raise SettingError(
                "language_model says what the environment sets and cannot be set here",
                expected=_model_of(self.kept),
                mend="set FEEDBACK_MODEL_ENDPOINT or FEEDBACK_MODEL_BASE_URL (docs/model.md)",
            )
        if given == _fields(self.kept.settings):
            return self.kept
        paths = {name: Path(given[name]) for name in ("home", "project")}
        return Services(replace(self.kept.settings, **{**given, **paths}))


_SET = ("home", "project", "compute", "embedder", "tracker", "alert_channel", "model_run_budget", "model_day_budget")
_NUMBERS = ("model_run_budget", "model_day_budget")


def services_resource(services: Services) -> ServicesResource:
    """The resource that supplies these services; its fields say what they are made of."""
    bound: type[ServicesResource] = type(
        "ServicesResource", (ServicesResource,), {"kept": services, "__doc__": ServicesResource.__doc__, "__module__": __name__}
    )
    return bound(**_fields(services.settings), pseudonym_key=_key_from(services.settings), language_model=_model_of(services))


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) if name in _NUMBERS else str(getattr(settings, name)) for name in _SET}


def _model_of(services: Services) -> str:
    found = services.model_settings
    return "none: nothing is asked" if found is None else f"{found.model} at {found.address}"


def _key_from(settings: Settings) -> str:
    return "FEEDBACK_PSEUDONYM_KEY (not shown)" if settings.pseudonym_key else f"the file {settings.key_file}"


def services_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.SensorEvaluationContext) -> Services:
    """The services that an op, a check or a sensor was given."""
    found = getattr(context.resources, SERVICES)
    if not isinstance(found, Services):
        raise TypeError(f"the resource {SERVICES} is a {type(found).__name__}, not Services")
    return found
