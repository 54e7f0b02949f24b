"""What every asset does the same way with Dagster: the specs from contracts, the seams as a resource, metadata of a partition."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from feedback_assets.checks import day_result, result
from feedback_assets.contracts.dagster_schema import table_schema
from feedback_assets.contracts.table import Table
from feedback_assets.settings import PURPOSE_TAG
from feedback_assets.verdict import Verdict

if TYPE_CHECKING:
    from feedback_assets.seams import Seams

SEAMS = "seams"
ROOMS = ("bronze", "silver", "enrichment", "themes", "signals", "priority", "tickets", "alerts", "upkeep")
"""In the order of the data."""
DAYS_PER_RUN = 31
SAMPLE_ROWS = 5
SAMPLE_WIDTH = 80
"""Characters beside each other for which the UI has room."""
WIDEST_COLUMN = 30
LONGEST_VALUE = 120


def seams_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> "Seams":
    """The outside of this home."""
    seams: Seams = getattr(context.resources, SEAMS)
    return seams


def asset_spec(
    table: Table,
    *,
    group: str,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    partitions: dg.PartitionsDefinition[str] | None = None,
) -> dg.AssetSpec:
    """The asset of a table: key, description, owner, kinds and columns come from the contract."""
    return dg.AssetSpec(
        key=dg.AssetKey(table.name.split("/")),
        deps=[dg.AssetKey(d.name.split("/")) for d in deps],
        description=f"{table.row}\n\nKey: {', '.join(table.key)}."
        + ("\n\nHolds raw personal data: restricted." if table.restricted else ""),
        group_name=group_name(group),
        owners=[f"team:{table.owner}"],
        kinds={"deltalake", *kinds},
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table.name},
        partitions_def=partitions,
    )


def group_name(room: str) -> str:
    """The room with its place in the flow of data, because the UI lists groups by name."""
    return f"{ROOMS.index(room) + 1}_{room}"


def purpose_of(context: dg.AssetExecutionContext) -> str:
    """The run's purpose; '' when the run has none, and then it is not live."""
    return context.run.tags.get(PURPOSE_TAG, "")


def day_results(
    context: dg.AssetExecutionContext,
    seams: "Seams",
    tables: Sequence[Table],
    days: Sequence[date],
    reports: Mapping[date, object],
) -> list[dg.MaterializeResult[None]]:
    """One result a table, with row count, sample and row account of each day's partition as metadata."""
    results: list[dg.MaterializeResult[None]] = []
    for table in tables:
        rows = seams.lake.read(table, columns=_shown(table), where={"feed_date": list(days)}).to_pylist()
        by_day: dict[date, list[dict[str, Any]]] = {d: [] for d in days}
        for row in rows:
            by_day[row["feed_date"]].append(row)
        key = dg.AssetKey(table.name.split("/"))
        for day in days:
            context.add_asset_metadata(
                {
                    "dagster/partition_row_count": len(by_day[day]),
                    **({"what this run did": dg.MetadataValue.json(plain(reports[day]))} if day in reports else {}),
                    **_sample(table, by_day[day]),
                },
                asset_key=key,
                partition_key=day.isoformat(),
            )
        results.append(dg.MaterializeResult(asset_key=key))
    return results


def whole_result(seams: "Seams", table: Table, did: object = None) -> dg.MaterializeResult[None]:
    """The result of an asset without partitions: row count, sample, what the run did."""
    rows = seams.lake.read(table, columns=_shown(table)).slice(0, SAMPLE_ROWS).to_pylist()
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(table.name.split("/")),
        metadata={
            "dagster/row_count": seams.lake.count(table),
            **({"what this run did": dg.MetadataValue.json(plain(did))} if did else {}),
            **_sample(table, rows),
        },
    )


def plain(did: object) -> Any:
    """A report as JSON values: days, paths and whatever else is no JSON value as text."""
    if is_dataclass(did) and not isinstance(did, type):
        return {f.name: plain(getattr(did, f.name)) for f in fields(did)}  # asdict() spoils a Counter
    if isinstance(did, Mapping):
        return {k if isinstance(k, str) else str(k): plain(v) for k, v in did.items()}
    if isinstance(did, list | tuple | set | frozenset):
        return [plain(v) for v in did]
    return did if did is None or isinstance(did, str | int | float | bool) else str(did)


def _shown(table: Table) -> list[str]:
    """Columns of a sample: never payload, raw text or vectors; of a restricted table positions and hashes alone."""
    safe = {"record_key", "source", "feed_date", "event_id", "payload_sha256", "file", "start", "end", "batch_id"}
    names = [c.name for c in table.columns if c.type in {"string", "int32", "int64", "double", "bool", "date"}]
    return [n for n in names if n in safe] if table.restricted else [n for n in names if n not in {"content", "state", "attributes"}]


def _sample(table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, dg.TableMetadataValue]:
    """The first rows by key as a table that the UI shows in place; nothing when there are no rows.

    The UI has room for few columns, so those that say the same in every row are left out.
    """
    if not rows:
        return {}
    hidden = {"payload_sha256", "batch_id", "record_key", "content_sha256", table.partition_by}
    ordered = sorted(rows, key=lambda r: tuple(str(r.get(k)) for k in table.key))[:SAMPLE_ROWS]
    first = [n for n in (table.key[0], "source", "name", "text", "quote") if n in table.column_names]
    columns = [table.column(n) for n in dict.fromkeys([*first, *_shown(table)]) if n in _shown(table) and n not in hidden]
    if len(ordered) > 1:
        columns = [c for c in columns if c.name == table.key[0] or any(r[c.name] != ordered[0][c.name] for r in ordered)]
    widths = [min(WIDEST_COLUMN, max(len(c.name), *(len(str(r[c.name])) for r in ordered))) for c in columns]
    columns = [c for n, c in enumerate(columns) if sum(widths[: n + 1]) <= SAMPLE_WIDTH]
    return {
        "sample": dg.MetadataValue.table(
            records=[dg.TableRecord({c.name: _value(r[c.name]) for c in columns}) for r in ordered],
            schema=dg.TableSchema([dg.TableColumn(c.name, c.type, description=c.meaning) for c in columns]),
        )
    }


def _value(value: object) -> str | int | float | bool:
    if isinstance(value, bool | int | float):
        return value
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def schema_check(table: Table, partitions: dg.PartitionsDefinition[str] | None = None) -> dg.AssetChecksDefinition:
    """The contract as a blocking check on the rows that the run wrote: the days of a partitioned table, else all rows."""
    key = dg.AssetKey(table.name.split("/"))

    @dg.asset_check(
        asset=key,
        name="schema",
        blocking=True,
        partitions_def=partitions,
        required_resource_keys={SEAMS},
        description=f"Every row of {table.name} fits its contract: types, nulls, values, unique key.",
    )
    def schema(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from feedback_assets.contracts.pandera_schema import schema_verdict

        lake = seams_of(context).lake
        again = f"read docs/tables.md on {table.name}, then materialize it again; rows at fault were written by code, not by a source"
        if partitions is None:
            return result(schema_verdict(table, lake.read(table), next_command=again), check="schema", asset=key)

        def judge(days: Sequence[date]) -> Verdict:
            return schema_verdict(table, lake.read(table, where={"feed_date": list(days)}), next_command=again)

        return day_result(context, judge, check="schema", asset=key)

    return schema
