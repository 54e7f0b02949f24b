"""Processes that write into one home: killed while they write, or several at once. Run as a program, which imports Dagster once and forks.

`python -m feedback_assets_tests.wiring.writers killed HOME ROUNDS SEED` and `... together HOME EVENTS`; prints what is wrong, a line each.
"""

import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.events.log import EventLogEntry

from feedback_assets_tests.wiring import graph

ASSET = dg.AssetKey(["raw"])
MOST_EVENTS = 60
"""That a writer has written when it is killed."""


@contextmanager
def opened(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def new_run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """A run with its planned events."""
    return instance.create_run_for_job(graph.graph().resolve_job_def("days"), tags=graph.RANGE)


def materialization(run_id: str, number: int) -> EventLogEntry:
    """An event that is stored in its run and in the index."""
    data = StepMaterializationData(dg.AssetMaterialization(ASSET, partition=f"2025-01-{number % 9 + 1:02}", metadata={"number": number}))
    event = DagsterEvent("ASSET_MATERIALIZATION", "days", step_key="raw", event_specific_data=data, message=f"m {number}")
    return EventLogEntry(  # type: ignore[no-untyped-call]
        None, 10, "", run_id, time.time(), "raw", "days", event
    )


def write_until_killed(home: Path, report: int) -> None:
    """Writes events and says of each, once it is stored, whose it was."""
    with opened(home) as instance:
        while True:
            run = new_run(instance)
            for number in range(40):
                instance.handle_new_event(materialization(run.run_id, number))
                os.write(report, f"{run.run_id}\n".encode())


def problems_after_a_kill(home: Path, acknowledged: list[str]) -> Iterator[str]:
    """What is lost or damaged. A stored event is in its run and in the index."""
    with opened(home) as instance:
        for run_id in sorted(set(acknowledged)):
            stored = [
                e for e in instance.all_logs(run_id) if e.dagster_event and e.dagster_event.event_type_value == "ASSET_MATERIALIZATION"
            ]
            if len(stored) < acknowledged.count(run_id):
                yield f"{acknowledged.count(run_id)} events of run {run_id} were stored, {len(stored)} are there"
        wanted = len(acknowledged)
        found = instance.fetch_materializations(ASSET, limit=5000).records
        in_index = sum(r.run_id in set(acknowledged) for r in found)
        if in_index < wanted:
            yield f"{wanted} materializations were stored, the index has {in_index}"
        if not graph.run_day(instance, graph.FIRST).success:
            yield "the next run failed"
    yield from damaged(home)


def damaged(home: Path) -> Iterator[str]:
    """Databases that SQLite calls broken."""
    for path in home.rglob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchall()
        if verdict != [("ok",)]:
            yield f"{path.name}: {verdict}"


def forked(work: Callable[[], None]) -> int:
    """A child that does the work and ends without cleaning up."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a forked child must not go on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def killed(home: Path, rounds: int, seed: int) -> Iterator[str]:
    """One writer after another, each killed at a random moment; every tenth begins a new home, so that its making is hit as well."""
    chance = random.Random(seed)
    settings = (home / "dagster.yaml").read_text()
    with opened(home) as instance:  # the children inherit what this imports
        graph.run_day(instance, graph.FIRST)
    total = 0
    for number in range(rounds):
        place = home / f"{number // 10}"
        place.mkdir(exist_ok=True)
        (place / "dagster.yaml").write_text(settings)
        read, write = os.pipe()

        def work(place: Path = place, write: int = write) -> None:
            write_until_killed(place, write)

        child = forked(work)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            # The first of a home lives a random time, so that the making of its databases is hit; the others write a random number first.
            first = [pipe.readline() for _ in range(chance.randrange(MOST_EVENTS))] if number % 10 else []
            time.sleep(chance.uniform(0, 0.005 if number % 10 else 0.2))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            acknowledged = b"".join([*first, pipe.read()]).decode().split()
        total += len(acknowledged)
        for problem in problems_after_a_kill(place, acknowledged):
            yield f"round {number}: {problem}"
    if total < rounds:
        yield f"only {total} events were written before {rounds} kills"


def together(home: Path, events: int) -> Iterator[str]:
    """The parent and two forked children write at once, by the connections that the parent had opened: into a run each, and into one."""
    with opened(home) as instance:
        shared = new_run(instance).run_id
        runs = [new_run(instance).run_id for _ in range(3)]

        def write(run_id: str) -> None:
            for number in range(events):
                instance.handle_new_event(materialization(run_id, number))
                instance.handle_new_event(materialization(shared, number))

        def of_child(run_id: str) -> Callable[[], None]:
            return lambda: write(run_id)

        children = [forked(of_child(run_id)) for run_id in runs[1:]]
        write(runs[0])
        for child in children:
            if os.waitpid(child, 0)[1]:
                yield "a writer failed"
        for run_id, wanted in [(shared, 3 * events), *((r, events) for r in runs)]:
            stored = [e.message for e in instance.all_logs(run_id) if e.message.startswith("m ")]
            if len(stored) != wanted:
                yield f"{wanted} events were stored in a run, {len(stored)} are there"
        if (found := len(instance.fetch_materializations(ASSET, limit=9000).records)) != 6 * events:
            yield f"{6 * events} materializations were stored, the index has {found}"
    yield from damaged(home)


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    what, folder, *numbers = sys.argv[1:]
    found = {"killed": killed, "together": together}[what](Path(folder), *map(int, numbers))  # type: ignore[operator]
    with (Path(folder) / "dagster.yaml").open("a") as settings:
        # A process that follows the output of each step would cost more than all writing.
        settings.write("compute_logs:\n  module: dagster._core.storage.noop_compute_log_manager\n  class: NoOpComputeLogManager\n")
    sys.stdout.writelines(f"{problem}\n" for problem in found)
