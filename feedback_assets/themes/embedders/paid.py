"""With what an embedder that costs money works. Not here: asking (openai.py), settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback_assets.lakehouse.interface import Lakehouse
    from feedback_assets.reckoning.model_prices import ModelPrices


@dataclass(frozen=True)
class Purse:
    """lake: with the ledger of what was paid for. variables: FEEDBACK_MODEL_..., by name. run_budget, day_budget: US dollars that one
    embedder, and a UTC day, may spend. spent_elsewhere: what else a day has spent of its budget. now: the clock."""

    lake: "Lakehouse"
    variables: Mapping[str, str]
    prices: "ModelPrices"
    run_budget: float
    day_budget: float
    spent_elsewhere: Callable[[date], float]
    now: Callable[[], datetime]
