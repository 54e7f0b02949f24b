"""How much a run may still spend on a language model. Not here: prices (model_prices.py), what a day has spent (the ledgers)."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback_assets.model_client.asks import Ask
    from feedback_assets.reckoning.model_prices import ModelPrices


class Budget:
    """How much may still be spent. What is in flight counts with its dearest outcome until it is known."""

    def __init__(self, prices: "ModelPrices", model: str, on: date, *, run: float, left_today: float) -> None:
        self._prices = prices
        self.model = model
        self._on = on
        self._left = min(Decimal(str(run)), Decimal(str(left_today)))
        self._reserved: dict[str, Decimal] = {}
        self.spent = Decimal(0)

    def may_spend(self, ask: "Ask", tokens: int) -> bool:
        """Reserves the dearest that a request can cost; False when that no longer fits."""
        room = ask.max_output_tokens or 0
        most = self._prices.cost(self.model, max(tokens - room, 0), max(room, tokens - max(tokens - room, 0)), on=self._on)
        if self.spent + sum(self._reserved.values()) + most > self._left:
            return False
        self._reserved[ask.key] = self._reserved.get(ask.key, Decimal(0)) + most
        return True

    def settle(self, key: str, cost: Decimal) -> None:
        """What a question has cost in the end."""
        self._reserved.pop(key, None)
        self.spent += cost
