"""The local adapter passes the contract, and holds between processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.lakehouse import local
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.lakehouse.contract import DAY_A, DAY_B, ISSUES, LEDGER, LakehouseContract, issue_row, ledger_rows

WRITER = """
import sys
from pathlib import Path
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.lakehouse.contract import LEDGER, ledger_rows
lake = LocalLakehouse(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(1, 30):
    lake.append_new(LEDGER, ledger_rows(n))
"""


class TestLocalLakehouse(LakehouseContract):
    """The contract on delta-rs."""


def test_two_processes_that_append_the_same_rows_leave_each_row_once(lake: LocalLakehouse) -> None:
    both = [subprocess.Popen([sys.executable, "-c", WRITER, str(lake.root)], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [p.wait(timeout=120) for p in both] == [0, 0]
    assert sorted(lake.read(LEDGER)["batch_id"].to_pylist()) == sorted(ledger_rows(29)["batch_id"].to_pylist())


def test_a_writer_killed_at_any_moment_leaves_a_table_that_the_next_write_completes(lake: LocalLakehouse) -> None:
    for pause in (0.0, 0.05, 0.15):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(lake.root)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    lake.append_new(LEDGER, ledger_rows(40))
    assert sorted(lake.read(LEDGER)["batch_id"].to_pylist()) == sorted(ledger_rows(40)["batch_id"].to_pylist())


def test_a_reader_sees_commits_of_others_and_a_table_that_was_made_anew(lake: LocalLakehouse) -> None:
    other = LocalLakehouse(lake.root)
    lake.append_new(LEDGER, ledger_rows(1))
    assert other.count(LEDGER) == 1
    lake.append_new(LEDGER, ledger_rows(2))
    assert (other.count(LEDGER), other.version(LEDGER)) == (2, 1)
    shutil.rmtree(lake.location(LEDGER))
    assert (other.count(LEDGER), other.version(LEDGER)) == (0, -1)
    for n in range(1, 6):
        lake.append_new(LEDGER, ledger_rows(n))
    assert (other.count(LEDGER), other.version(LEDGER)) == (5, 4)


def test_slices_are_the_rows_that_a_read_gives_and_no_file_without_such_rows(lake: LocalLakehouse) -> None:
    assert list(lake.slices(ISSUES)) == []
    for n, day in ((1, DAY_A), (3, DAY_B), (5, DAY_A)):
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(n, day), issue_row(n + 1, day)]))
    where = {"feed_date": [DAY_A]}
    slices = list(lake.slices(ISSUES, where=where))
    assert [s.num_rows for s in slices] == [2, 2]
    assert all(s.schema.equals(lake.read(ISSUES).schema) for s in slices)
    rows = sorted((r for s in slices for r in s.to_pylist()), key=lambda r: str(r["issue_id"]))
    assert rows == sorted(lake.read(ISSUES, where=where).to_pylist(), key=lambda r: str(r["issue_id"]))
    one = rows[0]["issue_id"]
    assert [s.to_pylist() for s in lake.slices(ISSUES, columns=["issue_id"], where={"issue_id": [one]})] == [[{"issue_id": one}]]
    assert list(lake.slices(ISSUES, where={"feed_date": []})) == []


def test_the_log_tells_no_text_of_customers(lake: LocalLakehouse) -> None:
    from feedback_assets.contracts import table_named

    raw = table_named("silver/raw_text")
    row = {"event_id": "e" * 32, "payload_sha256": "a" * 64, "feed_date": DAY_A, "raw_text": "a planted sentence", "offsets": [0, 0, 1]}
    lake.append_new(raw, to_arrow(raw, [row]))
    lake.replace(raw, to_arrow(raw, [{**row, "raw_text": "another planted sentence"}]), where={"feed_date": [DAY_A]})
    logs = "".join(p.read_text() for p in Path(lake.location(raw), "_delta_log").glob("*.json"))
    assert "minValues" in logs
    assert "planted" not in logs


def test_many_small_appends_become_few_files_with_the_same_rows(lake: LocalLakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MANY_FILES", 3)
    for n in range(1, 12):
        lake.append_new(LEDGER, ledger_rows(n))
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_A), issue_row(n, DAY_B)]))
    assert lake.read(LEDGER).sort_by("batch_id").equals(ledger_rows(11))
    assert lake.count(ISSUES, {"feed_date": [DAY_A]}) == lake.count(ISSUES, {"feed_date": [DAY_B]}) == 11
    assert len(DeltaTable(lake.location(LEDGER)).file_uris()) <= 4
    assert len(DeltaTable(lake.location(ISSUES)).file_uris()) <= 8
    versions = lake.version(LEDGER), lake.version(ISSUES)
    lake.append_new(LEDGER, ledger_rows(11))
    assert (lake.version(LEDGER), lake.version(ISSUES)) == versions


def test_upstream_out_of_range_replace_is_refused_by_delta_rs_too(tmp_path: Path) -> None:
    """This tests upstream, not us: our own check stands before it, delta-rs behind it."""
    import pyarrow as pa
    from deltalake import write_deltalake
    from deltalake.exceptions import DeltaError

    write_deltalake(str(tmp_path / "t"), pa.table({"d": ["a", "b"], "n": [1, 2]}), partition_by=["d"])
    with pytest.raises(DeltaError):
        write_deltalake(str(tmp_path / "t"), pa.table({"d": ["b"], "n": [3]}), mode="overwrite", predicate="d = 'a'")
    assert DeltaTable(str(tmp_path / "t")).version() == 0
