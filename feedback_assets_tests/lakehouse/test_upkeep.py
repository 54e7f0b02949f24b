"""Upkeep of local tables: what it frees, what it leaves, and that nobody beside it notices."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import settings as h_settings
from hypothesis import strategies as st

from feedback_assets.contracts import Table
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.lakehouse import local, upkeep
from feedback_assets.lakehouse.interface import TableUpkeep
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.lakehouse.quick import FollowingReader, QuickReader
from feedback_assets_tests.lakehouse.ageing import age, files_and_sizes
from feedback_assets_tests.lakehouse.contract import DAY_A, DAY_B, GROUPS, ISSUES, LEDGER, group_row, issue_row, ledger_rows

HOUR = timedelta(hours=1)
TABLES = (LEDGER, ISSUES, GROUPS)


def keep_up(lake: LocalLakehouse, table: Table, keep: timedelta = HOUR, *, dry_run: bool = False) -> TableUpkeep:
    """Upkeep at this moment."""
    return lake.upkeep(table, keep=keep, now=datetime.now(UTC), dry_run=dry_run)


def write_batches(lake: LocalLakehouse, first: int, last: int) -> None:
    """Small writes of each kind: appends, upserts that change rows, a replaced day, a replaced table."""
    for n in range(first, last):
        lake.append_new(LEDGER, ledger_rows(n + 1))
        lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(n + 1, DAY_A), issue_row(0, DAY_A, owner=f"o{n}")]))
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_B)]), where={"feed_date": [DAY_B]})
        lake.replace(GROUPS, to_arrow(GROUPS, [group_row(i, similarity=n / 1000) for i in range(5)]))


def rows_of(lake: LocalLakehouse) -> dict[str, list[str]]:
    return {t.name: sorted(map(str, lake.read(t).to_pylist())) for t in TABLES}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> LocalLakehouse:
    """A lakehouse after 25 small batches, with checkpoints three batches before its end."""
    lake = LocalLakehouse(tmp_path_factory.mktemp("written") / "lake")
    write_batches(lake, 0, 22)
    for table in TABLES:
        DeltaTable(lake.location(table)).create_checkpoint()
    write_batches(lake, 22, 25)
    return lake


@pytest.fixture
def old(written: LocalLakehouse, lake: LocalLakehouse) -> LocalLakehouse:
    """The same, two hours later."""
    shutil.copytree(written.root, lake.root)
    age(lake.root, 2 * HOUR)
    return lake


def test_what_no_kept_version_names_is_freed_and_every_row_stays(old: LocalLakehouse) -> None:
    rows = rows_of(old)
    for table in TABLES:
        before = files_and_sizes(Path(old.location(table)))
        told = keep_up(old, table)
        after = files_and_sizes(Path(old.location(table)))
        # What compaction and the checkpoint just added stays beside what compaction has just replaced.
        gone = before.keys() - after.keys()
        assert told.bytes_freed == sum(before[name] for name in gone) > 0, table.name
        assert (told.data_files_freed + told.log_files_freed, told.log_files_freed > 10) == (len(gone), True)
        assert told.bytes_left + told.log_bytes_left + after.get("_delta_log/_last_checkpoint", 0) == sum(after.values())
    assert rows_of(old) == rows
    assert rows_of(LocalLakehouse(old.root)) == rows
    assert keep_up(old, LEDGER).files_after == 1


def test_the_second_of_two_frees_nothing_and_commits_nothing(old: LocalLakehouse) -> None:
    for table in TABLES:
        keep_up(old, table)
        version, files = old.version(table), files_and_sizes(Path(old.location(table)))
        again = keep_up(old, table)
        assert (again.commits, again.checkpoint, again.bytes_freed, again.files_to_compact) == (0, False, 0, 0)
        assert (old.version(table), files_and_sizes(Path(old.location(table)))) == (version, files)


def test_a_look_changes_no_file_and_foretells_what_is_freed(old: LocalLakehouse) -> None:
    for table in TABLES:
        before = files_and_sizes(Path(old.location(table)))
        look = keep_up(old, table, dry_run=True)
        assert files_and_sizes(Path(old.location(table))) == before
        told = keep_up(old, table)
        assert (look.bytes_freed, look.data_files_freed, look.log_files_freed) == (
            told.bytes_freed,
            told.data_files_freed,
            told.log_files_freed,
        )


def test_a_version_that_was_replaced_within_the_time_stays_readable_and_an_older_one_does_not(lake: LocalLakehouse) -> None:
    for n in range(20):
        lake.replace(GROUPS, to_arrow(GROUPS, [group_row(1, similarity=n / 100)]))
    age(lake.root, 2 * HOUR)
    folder = lake.location(GROUPS)
    DeltaTable(folder).create_checkpoint()
    lake.replace(GROUPS, to_arrow(GROUPS, [group_row(1, similarity=0.5)]))
    first = DeltaTable(folder, version=19).file_uris()
    keep_up(lake, GROUPS)
    assert DeltaTable(folder, version=19).file_uris() == first
    assert all(Path(uri).exists() for uri in first)
    assert len(list(Path(folder).glob("*.parquet"))) == 2
    age(lake.root, 2 * HOUR)
    keep_up(lake, GROUPS)
    assert not any(Path(uri).exists() for uri in first)
    assert lake.read(GROUPS)["similarity"].to_pylist() == [0.5]


def test_what_a_killed_writer_left_is_freed_when_it_is_old_and_not_before(old: LocalLakehouse) -> None:
    folder = Path(old.location(ISSUES))
    left = [
        folder / f"feed_date={DAY_A}" / "part-killed.parquet",
        folder / "part-killed.parquet#1",
        folder / "_delta_log/_commit_x.json.tmp",
    ]
    for path in left:
        path.write_bytes(b"half")
    keep_up(old, ISSUES)
    assert all(p.exists() for p in left)
    age(old.root, 2 * HOUR)
    keep_up(old, ISSUES)
    assert not any(p.exists() for p in left)


def test_the_log_is_not_trimmed_to_a_checkpoint_that_a_reader_may_not_have_seen(lake: LocalLakehouse) -> None:
    write_batches(lake, 0, 15)
    age(lake.root, 2 * HOUR)
    log = Path(lake.location(LEDGER), "_delta_log")
    told = keep_up(lake, LEDGER)
    assert (told.checkpoint, told.log_files_freed) == (True, 0)
    assert (log / f"{0:020d}.json").exists()
    age(lake.root, 2 * HOUR)
    assert keep_up(lake, LEDGER).log_files_freed >= 15
    assert not (log / f"{0:020d}.json").exists()


def test_readers_of_long_ago_go_on_and_do_not_open_the_table_for_each_read(old: LocalLakehouse) -> None:
    following, quick, behind = FollowingReader(old.root), QuickReader(old.root), FollowingReader(old.root)
    writer = LocalLakehouse(old.root)
    for reader in (following, quick, behind):
        for table in TABLES:
            reader.frame(table, [table.key[0]])
    for table in TABLES:
        for _ in range(2):  # the second time frees what the first replaced
            keep_up(old, table)
            age(old.root, 2 * HOUR)
    assert [following.version(t) for t in TABLES] == [old.version(t) for t in TABLES]
    for table in TABLES:
        rows = old.count(table)
        assert [r.frame(table, [table.key[0]]).height for r in (following, quick)] == [rows, rows]
        kept = following.table(table)
        following.frame(table, [table.key[0]])
        assert following.table(table) is kept
    write_batches(writer, 25, 32)
    for table in TABLES:
        DeltaTable(old.location(table)).create_checkpoint()
    age(old.root, 2 * HOUR)
    for table in TABLES:
        keep_up(old, table)
        assert behind.frame(table, list(table.key)).height == old.count(table) == following.frame(table, list(table.key)).height


def test_the_version_is_right_after_the_log_was_trimmed_to_its_end(old: LocalLakehouse) -> None:
    DeltaTable(old.location(LEDGER)).create_checkpoint()
    version = old.version(LEDGER)
    keep_up(old, LEDGER, timedelta(0))
    age(old.root, HOUR)
    compacted = version + keep_up(old, LEDGER, timedelta(0)).commits + 1
    assert QuickReader(old.root).version(LEDGER) == LocalLakehouse(old.root).version(LEDGER) == old.version(LEDGER) == compacted
    assert old.append_new(LEDGER, ledger_rows(26)).inserted == 1
    assert (old.count(LEDGER), old.version(LEDGER)) == (26, compacted + 1)


def test_the_version_is_that_of_a_checkpoint_whose_commit_is_gone(old: LocalLakehouse) -> None:
    version = old.version(LEDGER)
    DeltaTable(old.location(LEDGER)).create_checkpoint()
    for path in Path(old.location(LEDGER), "_delta_log").glob("*.json"):
        path.unlink()
    assert QuickReader(old.root).version(LEDGER) == LocalLakehouse(old.root).version(LEDGER) == old.version(LEDGER) == version
    assert old.count(LEDGER) == QuickReader(old.root).count(LEDGER) == 25


def test_compaction_gives_way_to_writers_between_portions(lake: LocalLakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PORTION_BYTES", 1)
    for n in range(6):
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_A), issue_row(n, DAY_B)]))
    told = keep_up(lake, ISSUES)
    assert (told.commits, told.files_before, told.files_after) == (2, 12, 2)


def test_a_write_of_any_kind_compacts_what_became_crowded(lake: LocalLakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MANY_FILES", 3)
    for n in range(1, 12):
        lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_A), issue_row(n - 1, DAY_A, owner=str(n))]))
    assert len(DeltaTable(lake.location(ISSUES)).file_uris()) <= 4
    assert lake.count(ISSUES) == 12


def _append(lake: LocalLakehouse, n: int) -> None:
    lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_A), issue_row(n, DAY_B)]))


def _upsert(lake: LocalLakehouse, n: int) -> None:
    lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(n % 3, DAY_A, owner=str(n)), issue_row(100 + n, DAY_A)]))


def _replace(lake: LocalLakehouse, n: int) -> None:
    lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_B)]), where={"feed_date": [DAY_B]})


STEPS = st.lists(st.one_of(st.sampled_from([_append, _upsert, _replace]), st.integers(0, 3), st.just("upkeep")), min_size=6, max_size=24)


@h_settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_in_any_order_of_writes_hours_and_upkeeps_no_kept_version_loses_a_file_and_no_row_changes(steps: list[Any]) -> None:
    """Two lakehouses get the same writes, one of them upkeep that keeps two hours; what was opened since then stays whole."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as limits:
        limits.setattr(upkeep, "FEW_FILES", 1)
        limits.setattr(upkeep, "OPEN_COMMITS", 2)
        kept, alone = LocalLakehouse(Path(folder, "kept")), LocalLakehouse(Path(folder, "alone"))
        following = FollowingReader(kept.root)
        opened: list[tuple[int, list[str]]] = []
        clock = 0
        for n, step in enumerate([_append, *steps, "upkeep"]):
            if isinstance(step, int):
                age(kept.root, HOUR * step)
                clock += step
            elif step == "upkeep":
                keep_up(kept, ISSUES, 2 * HOUR)
                assert all(Path(uri).exists() for at, files in opened if clock - at < 2 for uri in files)
            else:
                step(kept, n)
                step(alone, n)
            opened.append((clock, DeltaTable(kept.location(ISSUES)).file_uris()))
            assert following.frame(ISSUES, ["issue_id"]).height == alone.count(ISSUES)
        assert sorted(map(str, kept.read(ISSUES).to_pylist())) == sorted(map(str, alone.read(ISSUES).to_pylist()))


WRITER = """
import sys
from pathlib import Path
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.lakehouse.test_upkeep import write_batches
write_batches(LocalLakehouse(Path(sys.argv[1])), 25, 32)
"""
READER = """
import sys
from pathlib import Path
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.lakehouse.contract import GROUPS, ISSUES, LEDGER
lake = LocalLakehouse(Path(sys.argv[1]))
print("ready", flush=True)
least = 0
while True:
    rows = lake.read(LEDGER).num_rows
    assert rows >= least >= 0 and lake.read(GROUPS).num_rows == 5, (rows, least)
    assert sum(s.num_rows for s in lake.slices(ISSUES)) > 20
    least = rows
    if rows == 32:
        break
"""


@pytest.mark.parametrize("keep", [HOUR, timedelta(0)], ids=["with a reader", "keeping nothing"])
def test_a_writer_and_a_reader_beside_upkeep_lose_nothing_and_see_no_error(old: LocalLakehouse, keep: timedelta) -> None:
    """A reader is safe for as long as versions are kept; a writer always, since files that are not committed yet are known by the lock."""
    scripts = [WRITER, READER] if keep else [WRITER]
    processes = [subprocess.Popen([sys.executable, "-c", s, str(old.root)], stderr=subprocess.PIPE, text=True) for s in scripts]
    rounds = 0
    while any(p.poll() is None for p in processes) or rounds == 0:
        for table in TABLES:
            keep_up(old, table, keep)
        rounds += 1
    errors = [p.communicate()[1] for p in processes]
    assert [p.returncode for p in processes] == [0] * len(scripts), errors
    alone = LocalLakehouse(old.root.parent / "alone")
    write_batches(alone, 0, 32)
    assert _without_volatile(old) == _without_volatile(alone)


def _without_volatile(lake: LocalLakehouse) -> dict[str, list[str]]:
    return {t.name: sorted(map(str, lake.read(t, columns=t.compared).to_pylist())) for t in TABLES}


DYING = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from feedback_assets.lakehouse import upkeep
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.contracts import table_named
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
point, left = sys.argv[2], [int(sys.argv[3])]
def dying(real, before):
    def call(*args, **kwargs):
        left[0] -= 1
        if before and left[0] == 0:
            die()
        result = real(*args, **kwargs)
        if left[0] == 0:
            die()
        return result
    return call
if point == "compact":
    upkeep.compact = dying(upkeep.compact, False)
elif point == "checkpoint":
    upkeep.TableKeeper._checkpoint = dying(upkeep.TableKeeper._checkpoint, False)
else:
    Path.unlink = dying(Path.unlink, True)
LocalLakehouse(Path(sys.argv[1])).upkeep(table_named(sys.argv[4]), keep=timedelta(hours=1), now=datetime.now(UTC))
"""


@pytest.mark.parametrize(
    ("point", "at", "table"), [("compact", 1, LEDGER), ("checkpoint", 1, LEDGER), ("unlink", 3, ISSUES), ("unlink", 80, ISSUES)]
)
def test_upkeep_killed_in_the_middle_leaves_tables_that_read_and_the_next_one_finishes(
    old: LocalLakehouse, point: str, at: int, table: Table
) -> None:
    rows = rows_of(old)
    arguments = [sys.executable, "-c", DYING, str(old.root), point, str(at), table.name]
    process = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert rows_of(old) == rows_of(LocalLakehouse(old.root)) == rows
    keep_up(old, table)
    age(old.root, 2 * HOUR)
    keep_up(old, table)
    assert rows_of(old) == rows_of(LocalLakehouse(old.root)) == rows
    folder = Path(old.location(table))
    live = {os.path.realpath(uri) for uri in DeltaTable(str(folder)).file_uris()}
    assert {os.path.realpath(p) for p in folder.rglob("*.parquet") if p.parent.name != "_delta_log"} == live


def test_a_table_that_cannot_be_opened_is_named(old: LocalLakehouse) -> None:
    from feedback_assets.ground.errors import FeedbackError

    for path in Path(old.location(LEDGER), "_delta_log").glob("*"):
        path.write_bytes(b"not a log")
    with pytest.raises(FeedbackError, match="bronze/stage_batches"):
        keep_up(old, LEDGER)


def test_upstream_compaction_that_finds_nothing_to_do_commits_nothing(tmp_path: Path) -> None:
    """This tests upstream, not us: upkeep leans on it, and on vacuum's two commits where nothing is freed it does not."""
    from deltalake import write_deltalake

    for n in range(3):
        write_deltalake(tmp_path, pa.table({"n": [n]}), mode="append")
    table = DeltaTable(tmp_path)
    table.optimize.compact()
    version = table.version()
    table.optimize.compact()
    assert (version, table.version()) == (3, 3)
    for _ in range(2):
        table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert table.version() == 7
