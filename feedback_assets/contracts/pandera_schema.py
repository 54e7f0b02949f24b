"""Whether rows fit the contract of their table: the rules as a pandera schema, and the same rules in one pass for every write.

pandera and polars are imported here, in use, because they cost a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from feedback_assets.contracts.table import Column, Table
from feedback_assets.ground.verdict import SAMPLE, Verdict

if TYPE_CHECKING:
    import pandera.polars as pap
    import polars as pl
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


def faults(table: Table, rows: "pa.Table", *, keys: bool = True) -> list[dict[str, Any]]:
    """What of the contract these rows break: column, rule and number of values at fault, never a value; empty when they fit.

    The rules are those of pandera_schema(), in one pass of polars: every write is judged, and pandera takes 30 ms a call and two
    seconds for the first. A test holds that both find the same. keys: whether a key twice is a fault.
    """
    import polars as pl

    frame = pl.DataFrame(rows)
    found = [_fault(name, "is in the contract", 1) for name in frame.columns if name not in table.column_names]
    found += [_fault(name, "is there", 1) for name in table.column_names if name not in frame.columns]
    counted: dict[tuple[str, str], pl.Expr] = {}
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        if frame.schema[column.name] != _dtype(column.type):
            found.append(_fault(column.name, f"is of type {column.type}", max(frame.height, 1)))
            continue
        for rule, broken in _broken(column):
            counted[column.name, rule] = broken
    key = list(dict.fromkeys([*([table.partition_by] if table.partition_by else []), *table.key]))
    if keys and all(name in frame.columns for name in key):
        counted[table.name, f"key ({', '.join(key)}) is unique"] = pl.struct(key).is_duplicated()
    if frame.height and counted:
        sums = frame.select(broken.sum().alias(str(n)) for n, broken in enumerate(counted.values())).row(0)
        found += [_fault(*place, count) for place, count in zip(counted, sums, strict=True) if count]
    return found


def _broken(column: Column) -> "Iterator[tuple[str, pl.Expr]]":
    """Each rule of a column, and where it is broken."""
    import polars as pl

    value = pl.col(column.name)
    if not column.nullable:
        yield "is not null", value.is_null()
    if column.one_of:
        yield "is one of its values", ~value.is_in(list(column.one_of))
    if column.at_least is not None:
        yield f"is at least {column.at_least:g}", value < column.at_least
    if column.at_most is not None:
        yield f"is at most {column.at_most:g}", value > column.at_most
    if column.pattern:
        yield "matches its pattern", ~value.str.contains(column.pattern if column.pattern.startswith("^") else f"^{column.pattern}")


def _fault(column: str, rule: str, count: int) -> dict[str, Any]:
    return {"column": column, "rule": rule, "values at fault": count}


def schema_verdict(table: Table, rows: "pa.Table", *, next_command: str) -> Verdict:
    """Whether rows fit the contract. The sample names column and rule, never a value."""
    return faults_verdict(table, faults(table, rows), rows.num_rows, next_command=next_command)


def faults_verdict(table: Table, found: Sequence[Mapping[str, Any]], rows: int, *, next_command: str) -> Verdict:
    """The verdict on so many rows with these faults."""
    broken = sum(fault["values at fault"] for fault in found)
    return Verdict(
        passed=broken == 0,
        rule=f"Every row of {table.name} fits its contract (types, nulls, values, unique key).",
        number=broken,
        threshold=f"0 values at fault in {rows} rows",
        owner=table.owner,
        next_command=next_command,
        sample=found[:SAMPLE],
    )
