"""All tables of the lakehouse, in the order of the data. A new table is one declaration in its room's module."""

from feedback_assets.contracts import (
    bronze,
    enrichment,
    evaluation,
    interpretation,
    ledger,
    priority,
    review,
    signals,
    silver,
    themes,
    tickets,
)
from feedback_assets.contracts.table import Table

ALL_TABLES: tuple[Table, ...] = (
    *bronze.TABLES,
    *silver.TABLES,
    *enrichment.TABLES,
    *review.TABLES,
    *themes.TABLES,
    *signals.TABLES,
    *priority.TABLES,
    *interpretation.TABLES,
    *tickets.TABLES,
    *evaluation.TABLES,
    *ledger.TABLES,
)
_BY_NAME = {t.name: t for t in ALL_TABLES}


def table_named(name: str) -> Table:
    """Raises KeyError, naming the tables there are."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise KeyError(f"no table {name!r}; there are {', '.join(sorted(_BY_NAME))}") from None
