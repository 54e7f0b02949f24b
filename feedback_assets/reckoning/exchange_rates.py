"""The file of exchange rates: what it may say, and reading it. Unknown keys are refused. Not here: converting amounts (money.py)."""

from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feedback_assets.ground.identity import sha256_hex
from feedback_assets.ground.model_file import read_model

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(_Strict):
    """One unit of the currency is worth `rate` of the reporting currency, from the day on."""

    currency: Currency
    day: Annotated[date, Field(alias="from")]
    rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ExchangeRates(_Strict):
    """The whole file. source: where the rates are from. unknown: the currency of amounts whose source names none; empty: kept apart."""

    version: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    reporting: Currency
    unknown: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    rates: tuple[Rate, ...] = ()

    @model_validator(mode="after")
    def _told_once(self) -> Self:
        seen = set()
        for row in self.rates:
            if row.currency == self.reporting:
                raise ValueError(f"{row.currency} is the reporting currency: its rate is 1 and has no row")
            if (row.currency, row.day) in seen:
                raise ValueError(f"{row.currency} has two rates from {row.day} on")
            seen.add((row.currency, row.day))
        return self

    def by_currency(self) -> dict[str, list[Rate]]:
        """The rates of each currency, by day."""
        found: dict[str, list[Rate]] = {}
        for row in sorted(self.rates, key=lambda r: (r.currency, r.day)):
            found.setdefault(row.currency, []).append(row)
        return found


def rates_version(rates: ExchangeRates) -> str:
    """Names the whole content of the file: rows that were made with other rates have another one."""
    return sha256_hex(rates.model_dump_json().encode())


def load_exchange_rates(path: Path) -> ExchangeRates:
    """Raises SettingError, naming the file and the key."""
    return read_model(path, ExchangeRates)
