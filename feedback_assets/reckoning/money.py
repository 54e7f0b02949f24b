"""Sums that come out the same in whatever order the rows stand, over whole numbers instead of floats; and amounts in one currency.

The one place of arithmetic with money. Not here: what the numbers mean, and the file of rates (exchange_rates.py).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from feedback_assets.reckoning.exchange_rates import ExchangeRates

MOST_ORDER_VALUE = 1e10
"""An order value over this counts as this: a broken export must not drown every other figure."""


def reporting_cents(value: str, currency: str, day: str, rates: "ExchangeRates") -> "pl.Expr":
    """An order value as whole cents of the reporting currency, by the rate of its day.

    value, currency, day: names of the columns. 0 without an amount (missing, negative, not a number); null for an amount in a currency that
    has no rate: a sum leaves it out, and `is_apart` counts it.
    """
    import polars as pl

    amount = pl.col(value).cast(pl.Float64).fill_nan(None).fill_null(0.0).clip(0.0, MOST_ORDER_VALUE)
    found = (amount * _rate(currency, day, rates)).clip(0.0, MOST_ORDER_VALUE)
    return pl.when(amount > 0).then((found * 100).round().cast(pl.Int64)).otherwise(pl.lit(0, dtype=pl.Int64))


def is_apart(value: str, currency: str, day: str, rates: "ExchangeRates") -> "pl.Expr":
    """Whether a row has an amount that is kept apart, because its currency has no rate."""
    return reporting_cents(value, currency, day, rates).is_null()


def _rate(currency: str, day: str, rates: "ExchangeRates") -> "pl.Expr":
    """What one unit is worth in the reporting currency on the day; null without a rate. A day before the first rate takes the first."""
    import polars as pl

    told = pl.col(currency).fill_null("")
    code = pl.when(told == "").then(pl.lit(rates.unknown)).otherwise(told)
    found = pl.when(code == rates.reporting).then(pl.lit(1.0)).otherwise(pl.lit(None, dtype=pl.Float64))
    for name, rows in rates.by_currency().items():
        dated = pl.lit(rows[0].rate)
        for row in rows[1:]:
            dated = pl.when(pl.col(day) >= row.day).then(pl.lit(row.rate)).otherwise(dated)
        found = pl.when(code == name).then(dated).otherwise(found)
    return found


def millionths(column: str) -> "pl.Expr":
    """A small figure (a score, a rating) as whole millionths; null stays null."""
    import polars as pl

    return (pl.col(column).cast(pl.Float64).fill_nan(None) * 1_000_000).round().cast(pl.Int64)


def mean_of_millionths(column: str) -> "pl.Expr":
    """The mean of a column of millionths, ignoring nulls; null when there is none."""
    import polars as pl

    return pl.when(pl.col(column).count() > 0).then((pl.col(column).sum() / pl.col(column).count() / 1_000_000).round(6))
