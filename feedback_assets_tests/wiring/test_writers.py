"""What writers of one home can do to it: die, fork, run at once, remove its files. Nothing that was stored is lost."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets.ground.settings import project_root
from feedback_assets.wiring.event_log import EventLog
from feedback_assets_tests.wiring import writers
from feedback_assets_tests.wiring.conftest import OURS, Opened

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]


def run_writers(what: str, home: Path, *numbers: int) -> str:
    """What the program found wrong."""
    home.mkdir()
    (home / "dagster.yaml").write_text((project_root() / "dagster.yaml").read_text())
    command = [sys.executable, "-m", writers.__name__, what, str(home), *map(str, numbers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    return done.stdout if done.returncode == 0 else f"ended with {done.returncode}: {done.stdout}"


@pytest.mark.slow
def test_killed_writers_lose_no_stored_event_damage_no_database_and_stop_no_later_run(tmp_path: Path) -> None:
    assert run_writers("killed", tmp_path / "home", int(os.environ.get("FEEDBACK_TEST_KILLS", "50")), 7) == ""


def test_processes_that_write_at_once_by_connections_of_before_the_fork_lose_nothing(tmp_path: Path) -> None:
    assert run_writers("together", tmp_path / "home", 60) == ""


def test_threads_that_write_at_once_lose_nothing(opened: Opened) -> None:
    with opened(OURS) as instance:
        run_id = writers.new_run(instance).run_id

        def write(first: int) -> None:
            for number in range(first, first + 20):
                instance.handle_new_event(writers.materialization(run_id, number))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(0, 80, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(e.message for e in instance.all_logs(run_id) if e.message.startswith("m ")) == sorted(f"m {n}" for n in range(80))
        assert len(instance.fetch_materializations(writers.ASSET, limit=1000).records) == 80


def log_of(instance: dg.DagsterInstance) -> EventLog:
    storage = instance.event_log_storage
    assert isinstance(storage, EventLog)
    return storage


def test_a_run_that_another_process_deleted_is_gone_with_its_file_and_can_be_written_anew(opened: Opened) -> None:
    with opened(OURS) as one, opened(OURS) as other:
        run = writers.new_run(one)
        kept = writers.new_run(one)
        for number in range(3):
            one.handle_new_event(writers.materialization(run.run_id, number))
        assert len(other.all_logs(run.run_id)) == len(one.all_logs(run.run_id)) > 3
        other.delete_run(run.run_id)
        shard = Path(log_of(one).path_for_shard(run.run_id))
        assert not [p for p in shard.parent.iterdir() if p.name.startswith(run.run_id)]
        assert one.all_logs(run.run_id) == []
        one.handle_new_event(writers.materialization(run.run_id, 5))  # a worker that did not know
        assert [e.message for e in other.all_logs(run.run_id)] == ["m 5"]
        assert one.all_logs(kept.run_id) != []
    assert list(writers.damaged(shard.parent)) == []


def test_a_wiped_home_can_be_written_by_an_instance_that_was_open(opened: Opened) -> None:
    with opened(OURS) as one, opened(OURS) as other:
        writers.new_run(one)
        other.wipe()
        run = writers.new_run(one)
        assert len(other.all_logs(run.run_id)) == len(one.all_logs(run.run_id)) > 0


def test_a_write_ahead_log_that_its_database_left_behind_is_not_taken_for_a_new_ones(opened: Opened) -> None:
    with opened(OURS) as instance:
        run = writers.new_run(instance)
        shard = Path(log_of(instance).path_for_shard(run.run_id))
        left = Path(f"{shard}-wal").read_bytes()
        assert left
    shard.unlink()
    Path(f"{shard}-wal").write_bytes(left)
    with opened(OURS) as instance:
        assert instance.all_logs(run.run_id) == []
        instance.handle_new_event(writers.materialization(run.run_id, 1))
        assert len(instance.all_logs(run.run_id)) == 1
    assert list(writers.damaged(shard.parent)) == []


def test_a_database_that_dagsters_own_storage_left_half_made_is_completed(opened: Opened) -> None:
    with opened(OURS) as instance:
        run = writers.new_run(instance)
        shard = Path(log_of(instance).path_for_shard(run.run_id))
    shard.write_bytes(b"")
    (shard.parent.parent / "runs.db").write_bytes(b"")
    with opened(OURS) as instance:
        run = writers.new_run(instance)
        assert instance.get_run_by_id(run.run_id) is not None
        assert instance.all_logs(run.run_id) != []


def test_connections_do_not_pile_up_with_the_runs(opened: Opened) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with opened(OURS) as instance:
        before = open_files()
        ids = [writers.new_run(instance).run_id for _ in range(40)]
        assert all(instance.all_logs(run_id) for run_id in ids)
        assert open_files() - before < 80


def test_a_home_that_was_copied_has_its_history_and_leaves_the_original_alone(opened: Opened, tmp_path: Path) -> None:
    import shutil

    with opened(OURS) as instance:
        run = writers.new_run(instance)
    shutil.copytree(tmp_path / OURS / "dagster", tmp_path / "copy")
    with dg.DagsterInstance.from_config(str(tmp_path / "copy")) as copy:
        assert copy.get_run_by_id(run.run_id) is not None
        copy.delete_run(run.run_id)
    with opened(OURS) as instance:
        assert instance.all_logs(run.run_id) != []
