"""The Dagster column schema of a table, so that the UI tells every column's type and meaning."""

from typing import TYPE_CHECKING

from feedback_assets.contracts.table import Table

if TYPE_CHECKING:
    import dagster as dg


def table_schema(table: Table) -> "dg.TableSchema":
    """Columns in the contract's order; keys and nullability as constraints."""
    import dagster as dg

    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=c.name,
                type=c.type,
                description=c.meaning,
                constraints=dg.TableColumnConstraints(nullable=c.nullable, unique=(c.name,) == table.key),
            )
            for c in table.columns
        ]
    )
