"""Dagster's event log: 10,000 events of runs over 31 daily partitions, by its default storage, ours, and Postgres where it is there.

The storages take turns, a run each, so that all meet the same machine. Events are handed over as Dagster does it, planned ones and
materializations of a step together where the storage asks for that. Postgres waits for the disk at each commit, as a site's server does.
"""

import os
import statistics
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from benchmarks.measure import spread, table

EVENTS = 10_000
DAYS = ("2025-01-01", "2025-01-31")
ASSETS = 8


def main() -> int:
    import logging

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _compare()


def _compare() -> int:
    import dagster as dg

    from feedback_assets.ground.home import STORAGE_BLOCK, prepare_home
    from feedback_assets.ground.settings import POSTGRES_VARIABLE, Settings, project_root
    from feedback_assets.wiring.batches import BATCH_VARIABLE
    from feedback_assets_tests.wiring import server

    run, events = _recorded()
    rounds = -(-EVENTS // len(events))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        homes = {"Dagster's default (SQLite)": Path(folder) / "default", "ours (SQLite)": Path(folder) / "ours" / "dagster"}
        homes["Dagster's default (SQLite)"].mkdir()
        settings = STORAGE_BLOCK.sub("", (project_root() / "dagster.yaml").read_text())
        (homes["Dagster's default (SQLite)"] / "dagster.yaml").write_text(settings)
        prepare_home(Settings(home=Path(folder) / "ours"))
        if reason := server.missing():
            print(reason)
        else:
            os.environ[POSTGRES_VARIABLE] = server.new_database(stack.enter_context(server.postgres(durable=True)), "bench")
            prepare_home(Settings(home=Path(folder) / "postgres", dagster_postgres=os.environ[POSTGRES_VARIABLE]))
            homes["Postgres"] = Path(folder) / "postgres" / "dagster"
        instances = {name: stack.enter_context(dg.DagsterInstance.from_config(str(home))) for name, home in homes.items()}
        batches = os.environ.pop(BATCH_VARIABLE)
        wall: dict[str, list[float]] = {name: [] for name in homes}
        cpu: dict[str, list[float]] = {name: [] for name in homes}
        for _ in range(rounds):
            for name, instance in instances.items():
                os.environ[BATCH_VARIABLE] = "0" if instance is instances["Dagster's default (SQLite)"] else batches
                seconds, processor = _store(instance, run, events)
                wall[name].append(seconds / len(events) * 1000)
                cpu[name].append(processor / len(events) * 1000)
        stored = {name: sum(len(i.all_logs(r.run_id)) for r in i.get_runs()) for name, i in instances.items()}
    base = statistics.median(cpu["Dagster's default (SQLite)"]), statistics.median(wall["Dagster's default (SQLite)"])
    rows = [
        [
            name,
            stored[name],
            spread(wall[name]),
            f"{base[1] / statistics.median(wall[name]):.1f}",
            spread(cpu[name]),
            f"{base[0] / statistics.median(cpu[name]):.1f}",
        ]
        for name in homes
    ]
    table(["storage", "events", "ms an event, median of runs (least to most)", "times", "processor ms an event", "times"], rows)
    kinds = Counter(str(e.dagster_event_type).removeprefix("DagsterEventType.") for e in events)
    print(f"\n{rounds} runs of {len(events)} events: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(6)))
    ours = statistics.median(wall["ours (SQLite)"])
    return 0 if base[1] / ours >= 8 and len(set(stored.values())) == 1 else 1


def _recorded() -> "tuple[object, list[object]]":
    """A run over a month with its events: eight assets by day, a check each."""
    import dagster as dg

    days = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-03-01")

    def asset(number: int) -> dg.AssetsDefinition:
        name = f"asset_{number}"

        @dg.asset(
            name=name,
            partitions_def=days,
            backfill_policy=dg.BackfillPolicy.single_run(),
            deps=[f"asset_{number - 1}"] if number else [],
            check_specs=[dg.AssetCheckSpec("adds_up", asset=name)],
        )
        def made(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
            for day in context.partition_keys:
                context.add_asset_metadata({"rows": 1234, "day": day, "table": f"lake/{name}"}, partition_key=day)
            context.log.info("wrote %d days", len(context.partition_keys))
            yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, metadata={"rows": 1234, "rule": "in = out"})])

        return made

    defs = dg.Definitions(
        assets=[asset(n) for n in range(ASSETS)], jobs=[dg.define_asset_job("month", selection="*")], executor=dg.in_process_executor
    )
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": DAYS[1]}
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = defs.resolve_job_def("month").execute_in_process(instance=instance, tags=tags, run_config=quiet)
        return result.dagster_run, list(instance.all_logs(result.run_id))


def _store(instance, run, events) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Hands the events over under a new run; seconds and processor seconds."""
    import dagster as dg
    from dagster._core.events import BATCH_WRITABLE_EVENTS, DagsterEventBatchMetadata
    from dagster._core.utils import make_new_run_id

    run_id = make_new_run_id()
    new = dg.DagsterRun(job_name=run.job_name, run_id=run_id, tags=run.tags)
    mine = [e._replace(run_id=run_id) for e in events]
    began, processor = time.perf_counter(), time.process_time()
    instance.add_run(new)
    for (kind, _), group in groupby(mine, key=lambda e: (e.dagster_event_type, e.step_key)):
        together = list(group)
        for number, event in enumerate(together, 1):
            batch = DagsterEventBatchMetadata(f"{run_id} {kind} {event.step_key}", number == len(together))
            instance.handle_new_event(event, batch_metadata=batch if kind in BATCH_WRITABLE_EVENTS else None)
    return time.perf_counter() - began, time.process_time() - processor
