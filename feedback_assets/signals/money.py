"""Sums that come out the same in whatever order the rows stand: over whole numbers instead of floats.

Not here: what the numbers mean.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MOST_ORDER_VALUE = 1e10
"""An order value over this counts as this: a broken export must not drown every other figure."""


def cents(column: str) -> "pl.Expr":
    """An order value as whole cents; 0 when it is missing, negative or not a number."""
    import polars as pl

    value = pl.col(column).cast(pl.Float64).fill_nan(None).fill_null(0.0).clip(0.0, MOST_ORDER_VALUE)
    return (value * 100).round().cast(pl.Int64)


def millionths(column: str) -> "pl.Expr":
    """A small figure (a score, a rating) as whole millionths; null stays null."""
    import polars as pl

    return (pl.col(column).cast(pl.Float64).fill_nan(None) * 1_000_000).round().cast(pl.Int64)


def mean_of_millionths(column: str) -> "pl.Expr":
    """The mean of a column of millionths, ignoring nulls; null when there is none."""
    import polars as pl

    return pl.when(pl.col(column).count() > 0).then((pl.col(column).sum() / pl.col(column).count() / 1_000_000).round(6))
