"""`feedback upkeep`: what the asset upkeep/tables does every night, by hand."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from feedback_assets.cli import context, output
from feedback_assets.ground.errors import FeedbackError

if TYPE_CHECKING:
    from feedback_assets.contracts.table import Table
    from feedback_assets.ground.settings import Settings


@click.command("upkeep")
@click.argument("names", metavar="[TABLE]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be freed now, and change nothing.")
@click.option("--keep-hours", type=click.IntRange(1), help="Instead of FEEDBACK_KEEP_VERSIONS_HOURS.")
@click.option("--history", is_flag=True, help="Also take away Dagster's record of runs older than FEEDBACK_KEEP_HISTORY_DAYS.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def upkeep(names: Sequence[str], dry_run: bool, keep_hours: int | None, history: bool, as_json: bool) -> None:
    """Compact tables, shorten their logs and free what no kept version needs: all tables, or those named.

    Safe while runs go on. Changes no row.
    """
    from feedback_assets.lakehouse.local import LocalLakehouse
    from feedback_assets.upkeep.process import megabytes, update_tables

    settings = context.settings()
    keep = timedelta(hours=keep_hours or settings.keep_versions_hours)
    report = update_tables(LocalLakehouse(settings.lake), _tables(names), keep=keep, now=context.now(), dry_run=dry_run)
    pruned = _prune_history(settings) if history and not dry_run else None
    if as_json:
        output.print_json({"dry_run": dry_run, "tables": [asdict(t) for t in report.tables], "failed": report.failed, "history": pruned})
    else:
        columns = ["table", "files", "after" if not dry_run else "to compact", "freed", "data files", "log files", "left", "seconds"]
        output.table(
            columns,
            [
                [
                    t.table,
                    t.files_before,
                    t.files_to_compact if dry_run else t.files_after,
                    megabytes(t.bytes_freed),
                    t.data_files_freed,
                    t.log_files_freed,
                    megabytes(t.bytes_left + t.log_bytes_left),
                    t.seconds,
                ]
                for t in report.tables
            ],
            right=columns[1:],
        )
        output.line(("would do: " if dry_run else "") + report.summary)
        if pruned is not None:
            output.line(f"history of runs: {pruned}")
    if report.failed:
        raise FeedbackError("; ".join(report.failed.values()), expected="tables that can be opened", mend="feedback doctor")


def _tables(names: Sequence[str]) -> "Sequence[Table]":
    from feedback_assets.contracts.tables import ALL_TABLES, table_named

    try:
        return [table_named(n) for n in names] or ALL_TABLES
    except KeyError as e:
        raise click.BadParameter(str(e.args[0])) from None


def _prune_history(settings: "Settings") -> Any:
    if not (settings.dagster_home / "dagster.yaml").is_file():
        return {}
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    import dagster as dg

    from feedback_assets.graph.step_assets import plain
    from feedback_assets.upkeep.assets import RUNS_AT_ONCE
    from feedback_assets.wiring.history import prune_history

    with dg.DagsterInstance.get() as instance:
        older_than = context.now() - timedelta(days=settings.keep_history_days)
        return plain(prune_history(instance, older_than=older_than, at_most=RUNS_AT_ONCE))
