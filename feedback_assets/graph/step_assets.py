"""A step as a Dagster asset definition: specs and checks from its declaration, and one op that runs it and tells what it did.

Thin: the work is the step's, the judging gate.py's, the words of a check result checks.py's.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import dagster as dg

from feedback_assets.contracts.dagster_schema import table_schema
from feedback_assets.contracts.table import Table
from feedback_assets.effects.refusals import UnavailableError
from feedback_assets.graph.checks import check_specs, days_of, key_of, step_results
from feedback_assets.graph.code_version import code_version, step_source
from feedback_assets.graph.gate import Gate, RefusedRowsError
from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.graph.steps import ROOMS, Judged, Step, StepRun, deps_of, left_out, undeclared
from feedback_assets.ground.settings import AGAIN_TAG, APPLY_TAG, PURPOSE_TAG, Settings
from feedback_assets.lakehouse.recording import RecordingLakehouse

SAMPLE_ROWS = 5
SAMPLE_WIDTH = 80
"""Characters beside each other for which the UI has room."""
WIDEST_COLUMN = 30
LONGEST_VALUE = 120
MOST_RETRIES = 2
RETRY_SECONDS = 5.0

Yielded = dg.MaterializeResult[None] | dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.AssetMaterialization | dg.Output[None]


def step_asset(
    step: Step,
    steps: Sequence[Step],
    settings: Settings,
    *,
    partitions: dg.PartitionsDefinition[str],
    policy: dg.BackfillPolicy,
) -> dg.AssetsDefinition:
    """The assets and checks of a step. `steps` are all there are: deps are found among them."""
    own = partitions if step.daily else None
    deps = [key_of(name) for name in deps_of(step, steps)]
    version = code_version(step, settings)

    @dg.multi_asset(
        name=step.name,
        description=step.description,
        specs=[_spec(step, name, deps, own, version) for name in step.assets],
        check_specs=check_specs(step, own),
        backfill_policy=policy if step.daily else None,
        required_resource_keys={SERVICES},
        pool=step.pool,
    )
    def run(context: dg.AssetExecutionContext) -> Iterator[Yielded]:
        yield from _run(context, step)

    return run


def table_spec(table: Table, description: str, group: str = "0_people") -> dg.AssetSpec:
    """The asset of a table that is written outside of the graph."""
    return dg.AssetSpec(
        key=key_of(table.name),
        description=f"{table.row}\n\n{description}\n\nKey: {', '.join(table.key)}.",
        group_name=group,
        owners=[f"team:{table.owner}"],
        kinds={"deltalake"},
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table.name},
    )


_SHOWN_WITH = {"interpretation": "priority"}
"""Rooms of one small table, beside whose tables it is looked for."""


def group_name(room: str) -> str:
    """The room with its place in the flow of data, because the UI lists groups by name."""
    shown = _SHOWN_WITH.get(room, room)
    return f"{ROOMS.index(shown) + 1}_{shown}"


def purpose_of(context: dg.AssetExecutionContext) -> str:
    """The run's purpose; '' when the run has none, and then it is not live."""
    return context.run.tags.get(PURPOSE_TAG, "")


def _spec(
    step: Step, name: str, deps: Sequence[dg.AssetKey], partitions: dg.PartitionsDefinition[str] | None, version: str
) -> dg.AssetSpec:
    """One asset: key, owner and columns come from the contract of its table, the rest from the step."""
    table = next((t for t in step.writes if t.name == name), None)
    described = step.description if table is None else f"{table.row}\n\n{step.description}\n\nKey: {', '.join(table.key)}."
    return dg.AssetSpec(
        key=key_of(name),
        deps=deps,
        description=described + ("\n\nHolds raw personal data: restricted." if table and table.restricted else ""),
        group_name=group_name(step.room),
        owners=[f"team:{table.owner if table else 'product-support'}"],
        kinds={*(("deltalake",) if table else ()), *step.kinds},
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table.name} if table else {},
        code_version=version,
        partitions_def=partitions,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=step.fresh, warn_window=step.fresh / 2) if step.fresh else None,
    )


def _run(context: dg.AssetExecutionContext, step: Step) -> Iterator[Yielded]:
    """Runs the step on a lake that records and judges, then yields what it made and how that was judged."""
    services, purpose = services_of(context), purpose_of(context)
    days, now, began = (days_of(context) if step.daily else []), services.now(), time.monotonic()
    tags = context.run.tags
    gate = Gate(step, Judged(services.lake, services, days, now))
    lake = RecordingLakehouse(services.lake, guard=gate, shown=shown)
    try:
        report = step.run(StepRun(lake, services, days, purpose, now, APPLY_TAG in tags, step_source(step), tags.get(AGAIN_TAG, "")))
        gate.finish()
    except RefusedRowsError as e:
        yield from step_results(step, gate.refused(), whole=False)
        context.log.error(f"{step.name}: refused before anything of it was written. {e}")
        raise dg.Failure(description=str(e), allow_retries=False) from e
    except Exception as e:
        if heals(step, e):
            raise dg.RetryRequested(max_retries=MOST_RETRIES, seconds_to_wait=RETRY_SECONDS) from e
        raise
    context.log.info(told(step, lake, left_out(step, report), time.monotonic() - began, days))
    for name in sorted(undeclared(step, lake.read_rows)):
        context.log.warning(f"{step.name} reads {name}, which it does not declare: the lineage in the UI is not whole")
    yield from _landed(step, report)
    yield from _materialized(context, step, lake, days, report)
    yield from step_results(step, gate.verdicts())


def heals(step: Step, error: Exception) -> bool:
    """Whether the same again may well succeed: two writers met at one table, or what stands outside was not to be reached."""
    if type(error).__name__ == "CommitFailedError":  # of deltalake, which only the lakehouse imports
        return True
    return step.heals and isinstance(error, UnavailableError | OSError)


def told(step: Step, lake: RecordingLakehouse, why: Mapping[str, int], seconds: float, days: Sequence[date]) -> str:
    """The step in one line: what was read, written, left out, and how long it took."""
    span = "" if not days else f" {days[0]}" if len(days) == 1 else f" {days[0]} to {days[-1]}"
    read = ", ".join(f"{name} {rows}" for name, rows in sorted(lake.read_rows.items())) or "nothing"
    wrote = [
        f"{name} +{w.inserted}" + (f" ~{w.updated}" if w.updated else "") + (f" -{w.deleted}" if w.deleted else "")
        for name, w in sorted(lake.written.items())
        if w.commits
    ]
    out = ", ".join(f"{reason} {rows}" for reason, rows in why.items())
    return (
        f"{step.name}{span}: read {read}; wrote {', '.join(wrote) or 'nothing, all of it stood there'}"
        + (f"; left out {out}" if out else "")
        + f"; {seconds:.1f} s"
    )


def _landed(step: Step, report: object) -> Iterator[dg.AssetMaterialization]:
    """That files have landed, as an event of the source's own asset: when the last one came is the source's freshness."""
    reports: Sequence[Any] = list(report.values()) if step.landing and isinstance(report, Mapping) else []
    files, records = sum(r.files for r in reports), sum(r.records_in for r in reports)
    if files:
        yield dg.AssetMaterialization(key_of(f"landing/{step.landing}"), metadata={"files": files, "records": records})


def _materialized(
    context: dg.AssetExecutionContext, step: Step, lake: RecordingLakehouse, days: Sequence[date], report: object
) -> Iterator[dg.MaterializeResult[None]]:
    """One result an asset. Counts come from statistics, samples from what was written: no table is read for them."""
    shared: dict[str, Any] = {"read": dg.MetadataValue.json(dict(sorted(lake.read_rows.items())))}
    kept = {t.name: plain(w) for t in step.keeps if (w := lake.written.get(t.name))}
    if kept:
        shared["bookkeeping"] = dg.MetadataValue.json({name: {k: v for k, v in w.items() if k != "sample"} for name, w in kept.items()})
    if not step.daily:
        shared["purpose"] = purpose_of(context) or "none: not live"
        shared |= _did(report)
    for name in step.assets:
        table = next((t for t in step.writes if t.name == name), None)
        if table is None:
            yield dg.MaterializeResult(asset_key=key_of(name), metadata=shared)
            continue
        wrote = lake.written.get(name)
        if step.daily:
            _describe_days(context, table, lake, days, report)
            version = lake.lake.fingerprint(table, days)
            yield dg.MaterializeResult(asset_key=key_of(name), metadata=shared, data_version=dg.DataVersion(version or "none"))
        else:
            rows = wrote.sample.get(None, []) if wrote else []
            if not rows:
                rows = lake.lake.sample(table, rows=SAMPLE_ROWS, columns=shown(table)).to_pylist()
            metadata = {**shared, "dagster/row_count": lake.lake.count(table), **_sample(table, rows)}
            version = f"{lake.lake.version(table)}"
            yield dg.MaterializeResult(asset_key=key_of(name), metadata=metadata, data_version=dg.DataVersion(version))


def _describe_days(context: dg.AssetExecutionContext, table: Table, lake: RecordingLakehouse, days: Sequence[date], report: object) -> None:
    """Row count, what the run did and a sample of what it wrote, as metadata of each day's partition."""
    counts = lake.lake.counts(table)
    wrote = lake.written.get(table.name)
    reports: Mapping[Any, object] = report if isinstance(report, Mapping) else {}
    for day in days:
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": counts.get(day, 0),
                **_did(reports.get(day)),
                **_sample(table, wrote.sample.get(day, []) if wrote else []),
            },
            asset_key=key_of(table.name),
            partition_key=day.isoformat(),
        )


def _did(report: object) -> dict[str, dg.MetadataValue[Any]]:
    """What a step says that it did; nothing when it says nothing."""
    said = plain(report)
    if not isinstance(said, dict | list) or not said:
        return {}
    numbers = {k: v for k, v in said.items() if isinstance(v, int | float) and not isinstance(v, bool)} if isinstance(said, dict) else {}
    # Numbers stand for themselves too: the UI plots them over runs and partitions.
    plotted = {name: dg.MetadataValue.float(float(v)) if isinstance(v, float) else dg.MetadataValue.int(v) for name, v in numbers.items()}
    return {"what this run did": dg.MetadataValue.json(said), **plotted}


def plain(did: object) -> Any:
    """A report as JSON values: days, paths and whatever else is no JSON value as text."""
    if is_dataclass(did) and not isinstance(did, type):
        return {f.name: plain(getattr(did, f.name)) for f in fields(did)}  # asdict() spoils a Counter
    if isinstance(did, Mapping):
        return {k if isinstance(k, str) else str(k): plain(v) for k, v in did.items()}
    if isinstance(did, list | tuple | set | frozenset):
        return [plain(v) for v in did]
    return did if did is None or isinstance(did, str | int | float | bool) else str(did)


def shown(table: Table) -> list[str]:
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
    columns = [table.column(n) for n in dict.fromkeys([*first, *shown(table)]) if n in shown(table) and n not in hidden]
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
