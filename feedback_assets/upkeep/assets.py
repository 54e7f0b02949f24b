"""The upkeep assets: tables, and Dagster's own history. Thin; they are apart from the data and launched by a schedule of their own."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from feedback_assets.graph.resources import SERVICES, services_of
from feedback_assets.graph.step_assets import group_name, plain

RUNS_AT_ONCE = 1000
"""Runs whose history one upkeep takes away at most: the first one on an old home must end, too."""
Prune = Callable[..., Any]
UPKEEP_GROUP = group_name("upkeep")


def upkeep_assets(prune: Prune) -> Sequence[dg.AssetsDefinition]:
    """prune: takes Dagster's history of old runs away; wiring.history.prune_history."""

    @dg.asset(
        key=dg.AssetKey(["upkeep", "tables"]),
        group_name=UPKEEP_GROUP,
        owners=["team:feedback-platform"],
        kinds={"python"},
        description="Small files become few, logs are shortened, and what no kept version needs is freed. No row changes.",
        required_resource_keys={SERVICES},
    )
    def tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from feedback_assets.contracts.tables import ALL_TABLES
        from feedback_assets.upkeep.process import update_tables

        services = services_of(context)
        hours = services.settings.keep_versions_hours
        report = update_tables(services.lake, ALL_TABLES, keep=timedelta(hours=hours), now=services.now())
        context.log.info("Upkeep, keeping versions for %s hours: %s", hours, report.summary)
        metadata: dict[str, dg.MetadataValue[Any] | int | float] = {
            "bytes freed": report.bytes_freed,
            "bytes left": report.bytes_left,
            "data files freed": report.data_files_freed,
            "log files freed": report.log_files_freed,
            "data files before": report.files_before,
            "data files after": report.files_after,
            "longest wait of a writer in seconds": report.longest_hold,
            "by table": _by_table(report.tables),
        }
        if report.failed:
            raise dg.Failure(
                f"upkeep of {', '.join(report.failed)} failed; the other tables are done",
                metadata={**metadata, "failed": dg.MetadataValue.json(report.failed)},
            )
        return dg.MaterializeResult(metadata=metadata)

    @dg.asset(
        key=dg.AssetKey(["upkeep", "history"]),
        group_name=UPKEEP_GROUP,
        owners=["team:feedback-platform"],
        kinds={"dagster"},
        description="Dagster's record of runs that ended long ago is taken away.",
        required_resource_keys={SERVICES},
    )
    def history(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        services = services_of(context)
        days = services.settings.keep_history_days
        older_than = services.now() - timedelta(days=days)
        report = plain(prune(context.instance, older_than=older_than, at_most=RUNS_AT_ONCE))
        context.log.info("History of runs that ended before %s, by FEEDBACK_KEEP_HISTORY_DAYS=%s: %s", older_than.date(), days, report)
        return dg.MaterializeResult(metadata={"older than": older_than.isoformat(), "what this run did": dg.MetadataValue.json(report)})

    return [tables, history]


def _by_table(reports: Sequence[Any]) -> dg.TableMetadataValue:
    """Tables with their figures, the one that freed most first."""
    columns = (
        "table",
        "files_before",
        "files_after",
        "data_files_freed",
        "log_files_freed",
        "bytes_freed",
        "bytes_left",
        "log_bytes_left",
        "longest_hold",
        "seconds",
    )
    return dg.MetadataValue.table(
        records=[dg.TableRecord({c: getattr(r, c) for c in columns}) for r in sorted(reports, key=lambda r: -r.bytes_freed)],
        schema=dg.TableSchema([dg.TableColumn(c, "string" if c == "table" else "float") for c in columns]),
    )
