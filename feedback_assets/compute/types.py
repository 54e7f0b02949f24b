"""The Spark types of a contract's columns, for transformations that must name their output schema. No table is named here."""

from collections.abc import Iterable

from feedback_assets.contracts.table import Column

_DDL = {
    "string": "string",
    "int32": "int",
    "int64": "bigint",
    "double": "double",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "binary": "binary",
    "list<string>": "array<string>",
    "list<float>": "array<float>",
    "list<int64>": "array<bigint>",
    "list<span>": "array<struct<start:int,end:int>>",
}


def ddl(columns: Iterable[Column]) -> str:
    """A Spark DDL schema, as mapInArrow takes it. Every column is nullable."""
    return ", ".join(f"`{c.name}` {_DDL[c.type]}" for c in columns)
