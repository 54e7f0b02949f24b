"""What each table is. One declaration a table; everything else about its shape is derived from it.

Here: declarations (a module a room) and derivations (arrow.py, pandera_schema.py, dagster_schema.py, markdown.py).
Not here: reading or writing tables (lakehouse/), or deciding what goes into them (the rooms).
"""

from feedback_assets.contracts.table import Column, Table
from feedback_assets.contracts.tables import ALL_TABLES, table_named

__all__ = ["ALL_TABLES", "Column", "Table", "table_named"]
