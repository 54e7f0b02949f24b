"""The file of model prices: what it may say, reading it, and what a call costs by it. Unknown keys are refused. Not here: budgets."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.model_file import read_model

FILE = "model_prices.yaml"
_MILLION = Decimal(1_000_000)

Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """Dollars for a million tokens of the models whose name fits, from the day on. batch_discount: 0.5 is half the price."""

    model: Annotated[str, Field(pattern=r"^\S+$")]
    day: Annotated[date, Field(alias="from")]
    input: Dollars
    cached_input: Dollars | None = None
    output: Dollars
    batch_discount: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(0)

    def fits(self, model: str) -> bool:
        """Whether the name is the row's, where * stands for any characters."""
        return re.fullmatch(".*".join(map(re.escape, self.model.split("*"))), model) is not None

    @property
    def signs(self) -> int:
        """Characters beside the stars: the more, the closer the row describes a model."""
        return len(self.model.replace("*", ""))


class ModelPrices(_Strict):
    """The whole file. source: where the prices are from."""

    version: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    prices: tuple[Price, ...] = ()

    @model_validator(mode="after")
    def _told_once(self) -> Self:
        seen = set()
        for row in self.prices:
            if (row.model, row.day) in seen:
                raise ValueError(f"{row.model} has two prices from {row.day} on")
            seen.add((row.model, row.day))
        return self

    def price(self, model: str, on: date) -> Price:
        """The model's price of the day. Raises SettingError that names the file for a model without one."""
        fitting = [row for row in self.prices if row.fits(model)]
        if not fitting:
            raise SettingError(
                f"{FILE}: no price for the model {model[:80]!r}",
                expected="a row of `prices` whose model fits this name",
                mend=f"add one to taxonomy/{FILE}, from your contract or the vendor's list",
            )
        closest = max(fitting, key=lambda row: (row.signs, row.model)).model
        rows = sorted((row for row in fitting if row.model == closest), key=lambda row: row.day)
        return next((row for row in reversed(rows) if row.day <= on), rows[0])

    def cost(
        self, model: str, prompt_tokens: int, completion_tokens: int, *, on: date, batch: bool = False, cached_tokens: int = 0
    ) -> Decimal:
        """What a call costs in US dollars, exactly.

        model: as the answer names it. prompt_tokens: all of them; cached_tokens: those among them that the vendor had cached.
        completion_tokens: with those of reasoning, as vendors count them. Raises SettingError for a model without a price, ValueError for a
        count below 0 and for more cached tokens than tokens.
        """
        if not 0 <= cached_tokens <= prompt_tokens or completion_tokens < 0:
            raise ValueError(f"tokens: {prompt_tokens} of prompt, {cached_tokens} of them cached, {completion_tokens} of completion")
        row = self.price(model, on)
        cached = row.input if row.cached_input is None else row.cached_input
        whole = (prompt_tokens - cached_tokens) * row.input + cached_tokens * cached + completion_tokens * row.output
        return whole / _MILLION * (1 - row.batch_discount if batch else 1)


def prices_version(prices: ModelPrices) -> str:
    """Names the whole content of the file: costs that were made with other prices have another one."""
    return sha256_hex(prices.model_dump_json().encode())


def load_model_prices(path: Path) -> ModelPrices:
    """Raises SettingError, naming the file and the key."""
    return read_model(path, ModelPrices)
