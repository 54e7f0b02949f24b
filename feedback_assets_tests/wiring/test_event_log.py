"""Whatever the storage, the UI shows the same; ours loses nothing, whoever writes, forks, removes or is killed."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.event_api import RunStatusChangeRecordsFilter
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.utils import make_new_run_id
from dagster._serdes import serialize_value

from feedback_assets_tests.wiring import graph, ui, writers
from feedback_assets_tests.wiring.conftest import DEFAULT, OURS, POSTGRES, Opened, dagsters_own

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
RAW, CLEAN, TOTAL = (dg.AssetKey([name]) for name in ("raw", "clean", "total"))


@pytest.fixture(scope="module")
def history() -> ui.History:
    return ui.record()


@pytest.fixture(scope="module")
def theirs(history: ui.History, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Dagster's default storage shows of the history, and the events that it stores of a run."""
    home = tmp_path_factory.mktemp("theirs")
    (home / "dagster.yaml").write_text(dagsters_own())
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        ui.replay(history, instance)
        shown = {"answers": answers(instance), "pages": ui.pages(instance)}
        return {**shown, "events": events_of_a_run(instance)}


def answers(instance: dg.DagsterInstance) -> dict[str, Any]:
    """What sensors, automation and `feedback` ask an instance, without what differs by storage: numbers of rows."""
    storage = instance.event_log_storage
    paged: list[tuple[str | None, float]] = []
    cursor: str | None = None
    while True:
        some = instance.fetch_materializations(RAW, limit=2, cursor=cursor, ascending=True)
        paged += [(r.partition_key, r.timestamp) for r in some.records]
        cursor = some.cursor
        if not some.has_more:
            break
    assert instance.fetch_materializations(RAW, limit=10, cursor=cursor, ascending=True).records == []
    log: dict[str, list[str]] = {}
    for run in instance.get_runs():
        place: str | None = None
        while True:
            page = instance.get_records_for_run(run.run_id, cursor=place, limit=7)
            log.setdefault(run.run_id, []).extend(serialize_value(r.event_log_entry) for r in page.records)
            place = page.cursor
            if not page.has_more:
                break
    failures = instance.fetch_run_status_changes(RunStatusChangeRecordsFilter(DagsterEventType.RUN_FAILURE), limit=10)
    planned = [storage.get_latest_planned_materialization_info(key, partition=p) for key, p in ((RAW, graph.LAST), (TOTAL, None))]
    history = storage.get_asset_check_execution_history(dg.AssetCheckKey(CLEAN, "masked"), limit=20)
    return {
        "materialized": {k.to_user_string(): sorted(storage.get_materialized_partitions(k)) for k in (RAW, CLEAN, TOTAL)},
        "paged": paged,
        "log": log,
        "failures": [r.run_id for r in failures.records],
        "statuses": {r.run_id: r.status for r in instance.get_runs()},
        "planned": [p and p.run_id for p in planned],
        "checks": [(r.run_id, r.status, r.partition) for r in history],
        "latest": {str(k): e and e.run_id for k, e in instance.get_latest_materialization_events([RAW, TOTAL]).items()},
        "tags": sorted(str(tags) for tags in storage.get_event_tags_for_asset(CLEAN)),
        "records": [
            (r.asset_entry.asset_key, r.asset_entry.last_run_id, r.asset_entry.last_materialization)
            for r in sorted(storage.get_asset_records(), key=lambda r: str(r.asset_entry.asset_key))
        ],
        "stats": [s for r in instance.get_runs() for s in instance.get_run_step_stats(r.run_id)],
    }


def events_of_a_run(instance: dg.DagsterInstance) -> list[tuple[str, str, str]]:
    """Kind, step and partition of each event of a run over a range."""
    run = graph.run_range(instance)
    events = [(e.step_key or "", e.dagster_event) for e in instance.all_logs(run.run_id) if e.dagster_event]
    return sorted((e.event_type_value, step, e.partition or "") for step, e in events)


@pytest.mark.parametrize("kind", [OURS, POSTGRES])
def test_the_ui_and_the_sensors_see_what_they_see_on_dagsters_default_storage(
    kind: str, opened: Opened, history: ui.History, theirs: dict[str, Any]
) -> None:
    with opened(kind) as instance:
        ui.replay(history, instance)
        assert answers(instance) == theirs["answers"]
        assert ui.pages(instance) == theirs["pages"]
    with opened(kind) as again:
        assert answers(again) == theirs["answers"]
        assert events_of_a_run(again) == theirs["events"]


def test_a_home_of_dagsters_own_storage_is_read_by_ours_and_the_other_way_round(
    opened: Opened, history: ui.History, theirs: dict[str, Any], tmp_path: Path
) -> None:
    with opened(OURS) as instance:
        ui.replay(history, instance)
    shutil.copytree(tmp_path / OURS, tmp_path / DEFAULT)
    with opened(DEFAULT) as instance:
        assert answers(instance) == theirs["answers"]
        instance.report_engine_event("written by Dagster's own storage", history.runs[0])
    shutil.rmtree(tmp_path / OURS)
    shutil.copytree(tmp_path / DEFAULT, tmp_path / OURS)
    with opened(OURS) as instance:
        assert instance.all_logs(history.runs[0].run_id)[-1].message == "written by Dagster's own storage"


@pytest.mark.parametrize("kind", [OURS, POSTGRES])
def test_a_watcher_hears_of_every_event_that_another_instance_writes(kind: str, opened: Opened) -> None:
    heard: list[str] = []
    over = threading.Event()

    def listen(event: dg.EventLogEntry, _cursor: str) -> None:
        heard.append(event.message)
        if event.message == "event 9":
            over.set()

    with opened(kind) as writing, opened(kind) as watching:
        run = writing.create_run_for_job(graph.graph().resolve_job_def("days"), tags=graph.RANGE)
        seen = watching.get_records_for_run(run.run_id).cursor
        watching.watch_event_logs(run.run_id, seen, listen)
        for number in range(10):
            writing.report_engine_event(f"event {number}", run)
        assert over.wait(timeout=60)
    assert heard == [f"event {n}" for n in range(10)]


@pytest.mark.parametrize("kind", [OURS, POSTGRES])
def test_listeners_in_the_same_process_hear_of_batches_too(kind: str, opened: Opened) -> None:
    with opened(kind) as instance:
        heard: list[str] = []
        run_id = make_new_run_id()
        instance.add_event_listener(run_id, lambda event: heard.append(str(event.dagster_event_type)))
        graph.graph().resolve_job_def("days").execute_in_process(instance=instance, run_id=run_id, tags=graph.RANGE, run_config=graph.QUIET)
        stored = [str(e.dagster_event_type) for e in instance.all_logs(run_id)]
    assert sorted(heard) == sorted(stored)


def test_a_batch_that_cannot_be_stored_leaves_nothing_half_written(opened: Opened, history: ui.History) -> None:
    with opened(OURS) as instance:
        ui.replay(history, instance)
        event = next(e for e in history.events if e.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION)
        before = answers(instance)
        unserializable = event._replace(user_message=object())  # type: ignore[arg-type]
        with pytest.raises(Exception, match="object"):
            instance.event_log_storage.store_event_batch([event, unserializable])
        assert answers(instance) == before


def evaluation(run_id: str, day: str) -> EventLogEntry:
    """The event of a check that a step evaluated for a day."""
    found = AssetCheckEvaluation(CLEAN, "masked", passed=True, metadata={}, partition=day)
    event = DagsterEvent("ASSET_CHECK_EVALUATION", "days", step_key="clean", event_specific_data=found, message=day)
    return EventLogEntry(None, 10, "", run_id, time.time(), "clean", "days", event)  # type: ignore[no-untyped-call]


def days_of(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Of the evaluations in a run's log, in their order; checked against what the check's own history shows."""
    of_run = [r.event_log_entry.get_dagster_event() for r in instance.get_records_for_run(run_id).records]
    days = [e.message or "" for e in of_run if e.event_type == DagsterEventType.ASSET_CHECK_EVALUATION]
    history = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(CLEAN, "masked"), limit=50)
    done = [r.partition or "" for r in history if r.run_id == run_id and r.status == AssetCheckExecutionRecordStatus.SUCCEEDED]
    assert sorted(done) == sorted(days)
    return days


DAYS = [f"2025-01-{n:02}" for n in range(1, 8)]


def test_evaluations_of_a_step_are_seen_at_once_here_and_elsewhere_when_the_step_goes_on(opened: Opened) -> None:
    with opened(OURS) as here, opened(OURS) as elsewhere:
        run = here.create_run_for_job(graph.graph().resolve_job_def("days"), tags=graph.RANGE)
        for day in DAYS[:3]:
            here.handle_new_event(evaluation(run.run_id, day))
        assert days_of(elsewhere, run.run_id) == []
        assert days_of(here, run.run_id) == DAYS[:3]
        for day in DAYS[3:]:
            here.handle_new_event(evaluation(run.run_id, day))
        here.handle_new_event(writers.materialization(run.run_id, 1))
        assert days_of(elsewhere, run.run_id) == DAYS
        here.handle_new_event(evaluation(run.run_id, "2025-01-08"))
    with opened(OURS) as later:
        assert days_of(later, run.run_id) == [*DAYS, "2025-01-08"]


def test_evaluations_that_could_not_be_stored_are_stored_with_the_next_event(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(OURS) as instance:
        run = instance.create_run_for_job(graph.graph().resolve_job_def("days"), tags=graph.RANGE)
        instance.handle_new_event(evaluation(run.run_id, DAYS[0]))
        with monkeypatch.context() as broken:
            broken.setattr(type(instance.event_log_storage), "store_summaries", _no_space)
            with pytest.raises(OSError, match="no space"):
                instance.event_log_storage.store_event(writers.materialization(run.run_id, 1))
        instance.handle_new_event(writers.materialization(run.run_id, 2))
        assert days_of(instance, run.run_id) == DAYS[:1]


def _no_space(*_: object) -> None:
    raise OSError("no space")
