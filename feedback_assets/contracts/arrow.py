"""The Arrow schema of a table, and fitting rows to it. The Delta schema follows from it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Table
from feedback_assets.ground.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(name: str) -> "pa.DataType":
    """The Arrow type of a contract's type name. Raises KeyError for an unknown one."""
    import pyarrow as pa

    span = pa.struct([pa.field("start", pa.int32()), pa.field("end", pa.int32())])
    return {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "binary": pa.binary(),
        "list<string>": pa.list_(pa.string()),
        "list<float>": pa.list_(pa.float32()),
        "list<int64>": pa.list_(pa.int64()),
        "list<span>": pa.list_(span),
    }[name]


def arrow_schema(table: Table) -> "pa.Schema":
    """Every column nullable: a NOT NULL column merged by delta-rs can no longer be read by Sail."""
    import pyarrow as pa

    return pa.schema([pa.field(c.name, arrow_type(c.type), nullable=True) for c in table.columns])


def to_arrow(table: Table, rows: Iterable[Mapping[str, Any]]) -> "pa.Table":
    """Rows as dictionaries -> an Arrow table of the contract. Missing columns are null.

    Raises ContractError for a column that the contract does not have or a value of the wrong type.
    """
    import pyarrow as pa

    listed = list(rows)
    names = set(table.column_names)
    for row in listed:
        extra = row.keys() - names
        if extra:
            raise ContractError(f"{table.name}: unknown columns {sorted(extra)}", expected=", ".join(table.column_names))
    try:
        return pa.Table.from_pylist(listed, schema=arrow_schema(table))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as e:
        raise ContractError(
            f"{table.name}: a value does not fit its column ({type(e).__name__})", expected="the types in docs/tables.md"
        ) from e


def fit(table: Table, data: "pa.Table") -> "pa.Table":
    """The same data with exactly the contract's columns, order and types.

    Raises ContractError when a column is missing, unknown, or cannot be cast without loss.
    """
    import pyarrow as pa

    missing = set(table.column_names) - set(data.column_names)
    extra = set(data.column_names) - set(table.column_names)
    if missing or extra:
        raise ContractError(f"{table.name}: missing columns {sorted(missing)}, unknown columns {sorted(extra)}")
    try:
        return data.select(list(table.column_names)).cast(arrow_schema(table))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
        raise ContractError(f"{table.name}: a column cannot be cast to its type: {e}") from e
