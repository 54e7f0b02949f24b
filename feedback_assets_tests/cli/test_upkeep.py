"""`feedback upkeep`: by hand what the schedule does, a look before, and wrong names."""

from datetime import timedelta
from pathlib import Path

from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.lakehouse.ageing import age, files_and_sizes
from feedback_assets_tests.lakehouse.contract import LEDGER
from feedback_assets_tests.lakehouse.test_upkeep import write_batches


def test_a_look_then_upkeep_free_the_same_and_the_next_one_nothing(call: Call, tmp_path: Path) -> None:
    lake = LocalLakehouse(tmp_path / "lake")
    write_batches(lake, 0, 8)
    age(lake.root, timedelta(hours=3))
    before = files_and_sizes(lake.root)
    look = call(tmp_path, "upkeep", "--dry-run", "--keep-hours", "2", "--json").json
    assert {k: v for k, v in files_and_sizes(lake.root).items() if not k.startswith("_locks")} == {
        k: v for k, v in before.items() if not k.startswith("_locks")
    }
    assert call(tmp_path, "upkeep", "--json").json["tables"][0]["bytes_freed"] == 0  # a day is kept by default
    age(lake.root, timedelta(hours=3))
    done = call(tmp_path, "upkeep", "--keep-hours", "2", "--json").json
    assert done["failed"] == look["failed"] == {}
    assert 0 < sum(t["bytes_freed"] for t in look["tables"]) <= sum(t["bytes_freed"] for t in done["tables"])
    again = call(tmp_path, "upkeep", "--keep-hours", "2")
    assert again.code == 0
    assert "freed 0.0 MB (0 data files, 0 log files)" in again.out
    assert lake.count(LEDGER) == 8


def test_only_the_named_tables_and_no_table_that_does_not_exist(call: Call, tmp_path: Path) -> None:
    write_batches(LocalLakehouse(tmp_path / "lake"), 0, 2)
    assert [t["table"] for t in call(tmp_path, "upkeep", LEDGER.name, "--json").json["tables"]] == [LEDGER.name]
    wrong = call(tmp_path, "upkeep", "bronze/nonsense")
    assert wrong.code == 2
    assert "no table 'bronze/nonsense'" in wrong.err


def test_a_home_that_is_not_there_is_not_made(call: Call, tmp_path: Path) -> None:
    assert call(tmp_path / "home", "upkeep", "--history").code == 0
    assert not (tmp_path / "home").exists()


def test_a_broken_table_ends_with_1_and_is_named(call: Call, tmp_path: Path) -> None:
    lake = LocalLakehouse(tmp_path / "lake")
    write_batches(lake, 0, 2)
    for path in Path(lake.location(LEDGER), "_delta_log").iterdir():
        path.write_bytes(b"")
    broken = call(tmp_path, "upkeep")
    assert broken.code == 1
    assert f"upkeep of {LEDGER.name} failed" in broken.err
    assert "feedback doctor" in broken.err
