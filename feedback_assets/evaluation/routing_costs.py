"""taxonomy/routing_costs.yaml: what a complaint costs that went to the wrong team. Not here: which team one went to (reading.py)."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.model_file import read_model

FILE = "routing_costs.yaml"
Cost = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class RoutingCosts(BaseModel):
    """costs: team that it belongs to -> team that it went to -> cost. default: of a pair that is not named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, Field(min_length=1)] = "0"
    default: Cost = 1.0
    costs: dict[str, dict[str, Cost]] = {}

    def cost(self, belongs: str, went: str) -> float:
        """0 for the right team."""
        return 0.0 if belongs == went else self.costs.get(belongs, {}).get(went, self.default)

    def worst(self, belongs: str, teams: Collection[str]) -> float:
        """The dearest wrong way among these teams; 0 when there is no wrong one."""
        return max((self.cost(belongs, team) for team in teams if team != belongs), default=0.0)


def load_routing_costs(path: Path, teams: Collection[str]) -> RoutingCosts:
    """teams: the owners of the taxonomy's categories. Raises SettingError that names the file and the key."""
    found = read_model(path, RoutingCosts)
    for belongs, row in found.costs.items():
        for key, team in ((f"costs.{belongs}", belongs), *((f"costs.{belongs}.{went}", went) for went in row)):
            if team not in teams:
                raise SettingError(f"{path}: {key}: there is no team {team!r}", expected=f"one of {', '.join(sorted(teams))}")
        if belongs in row:
            raise SettingError(
                f"{path}: costs.{belongs}.{belongs}: it is the right team", expected="wrong teams alone", mend=f"take it out of {path.name}"
            )
    return found
