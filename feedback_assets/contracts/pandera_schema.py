"""The pandera schema of a table, and the schema check made of it. pandera is imported here, in use, because it costs a second."""

import warnings
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Column, Table
from feedback_assets.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    import pandera.polars as pap
    import pyarrow as pa


def _dtype(name: str) -> Any:
    import polars as pl

    span = pl.Struct({"start": pl.Int32, "end": pl.Int32})
    return {
        "string": pl.String,
        "int32": pl.Int32,
        "int64": pl.Int64,
        "double": pl.Float64,
        "bool": pl.Boolean,
        "date": pl.Date,
        "timestamp": pl.Datetime("us", "UTC"),
        "binary": pl.Binary,
        "list<string>": pl.List(pl.String),
        "list<float>": pl.List(pl.Float32),
        "list<int64>": pl.List(pl.Int64),
        "list<span>": pl.List(span),
    }[name]


def pandera_schema(table: Table) -> "pap.DataFrameSchema":
    """Types, nullability, value rules and the key's uniqueness (within a partition), nothing else allowed."""
    import pandera.polars as pap

    unique = list(dict.fromkeys([*([table.partition_by] if table.partition_by else []), *table.key]))

    return pap.DataFrameSchema(
        {c.name: pap.Column(_dtype(c.type), nullable=c.nullable, checks=_checks(c)) for c in table.columns},
        strict=True,
        unique=unique,
        name=table.name,
    )


def _checks(column: Column) -> list[Any]:
    import pandera.polars as pap

    checks = []
    if column.one_of:
        checks.append(pap.Check.isin(list(column.one_of)))
    if column.at_least is not None:
        checks.append(pap.Check.ge(column.at_least))
    if column.at_most is not None:
        checks.append(pap.Check.le(column.at_most))
    if column.pattern:
        checks.append(pap.Check.str_matches(column.pattern))
    return checks


def schema_verdict(table: Table, rows: "pa.Table", *, next_command: str) -> Verdict:
    """Whether rows fit the contract. The sample names column and rule, never a value."""
    import pandera.errors
    import polars as pl

    frame = pl.DataFrame(rows)
    sample: list[dict[str, Any]] = []
    broken = 0
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pandera\.|polars\.")  # pandera's own use of polars' renamed functions
            pandera_schema(table).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as e:
        for error in e.schema_errors:
            cases = error.failure_cases
            count = len(cases) if isinstance(cases, pl.DataFrame) else 1
            broken += count
            column = getattr(error.schema, "name", None) or table.name
            sample.append({"column": str(column), "rule": str(error.check or error.reason_code), "values at fault": count})
    return Verdict(
        passed=broken == 0,
        rule=f"Every row of {table.name} fits its contract (types, nulls, values, unique key).",
        number=broken,
        threshold=f"0 values at fault in {rows.num_rows} rows",
        owner=table.owner,
        next_command=next_command,
        sample=sample[:SAMPLE],
    )
