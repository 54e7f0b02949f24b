"""The weights file: what it may say, and reading it. Unknown keys are refused, so that a typing error is not a silent default."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.model_file import read_model

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(gt=0, lt=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FactorWeights(_Strict):
    """How much each factor of contracts/priority.FACTORS counts; only their proportions matter."""

    severity: Positive
    reach: Positive
    revenue: Positive
    recency: Positive
    trend: Positive
    recurrence: Positive
    confidence: Positive


class SeverityScale(_Strict):
    """The severities that are factor 0 and factor 1."""

    lowest: float
    highest: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.lowest < self.highest:
            raise ValueError("lowest must be below highest")
        return self


class ReachScale(_Strict):
    """The number of customers that is factor 1."""

    customers: Positive


class RevenueScale(_Strict):
    """Order value that is factor 1, and what each tier is worth."""

    order_value: Positive
    unknown_tier: Share
    tiers: dict[str, Share]


class RecencyScale(_Strict):
    """half_life_days: days that halve the factor. issues: how many issues make activity."""

    half_life_days: Positive
    issues: Annotated[int, Field(ge=1)]


class TrendScale(_Strict):
    """full: standard deviations of change that are factor 1. steady, falling: the factor without change, and of as steep a fall."""

    full: Positive
    steady: Share
    falling: Share

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.falling <= self.steady:
            raise ValueError("falling must not be above steady")
        return self


class RecurrenceScale(_Strict):
    """never: the factor of what never came back. half_life_days: days that halve what a return added."""

    never: Share
    half_life_days: Positive


class Scales(_Strict):
    """From facts to factors."""

    severity: SeverityScale
    reach: ReachScale
    revenue: RevenueScale
    recency: RecencyScale
    trend: TrendScale
    recurrence: RecurrenceScale


class Bands(_Strict):
    """The least score of each band."""

    P1: Points
    P2: Points
    P3: Points

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.P1 > self.P2 > self.P3:
            raise ValueError("P1 must be above P2, and P2 above P3")
        return self


class TicketMinimum(_Strict):
    """What a theme needs for a ticket."""

    lowest_band: Literal["P1", "P2", "P3", "P4"]
    issues: Annotated[int, Field(ge=1)]
    customers: Annotated[int, Field(ge=0)]


class Weights(_Strict):
    """The whole file."""

    version: Annotated[str, Field(min_length=1)]
    weights: FactorWeights
    floor: Annotated[float, Field(gt=0, lt=1)]
    scales: Scales
    bands: Bands
    tickets: TicketMinimum

    @property
    def digest(self) -> str:
        """Names the whole content: scores that were made with other weights have another one."""
        return sha256_hex(self.model_dump_json().encode())


def load_weights(path: Path) -> Weights:
    """Raises SettingError, naming the file and the key."""
    return read_model(path, Weights)
