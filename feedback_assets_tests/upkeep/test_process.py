"""Upkeep of many tables: what is not there is passed over, and one broken table holds up no other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedback_assets.contracts.tables import ALL_TABLES
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.upkeep.process import update_tables
from feedback_assets_tests.lakehouse.ageing import age
from feedback_assets_tests.lakehouse.contract import GROUPS, LEDGER, ledger_rows
from feedback_assets_tests.lakehouse.test_upkeep import write_batches

KEEP = timedelta(hours=1)


def test_an_empty_home_stays_empty(lake: LocalLakehouse) -> None:
    report = update_tables(lake, ALL_TABLES, keep=KEEP, now=datetime.now(UTC))
    assert (report.tables, report.failed, report.bytes_freed) == ((), {}, 0)
    assert not lake.root.exists()


def test_a_broken_table_is_named_and_the_others_are_done(lake: LocalLakehouse) -> None:
    write_batches(lake, 0, 8)
    age(lake.root, 2 * KEEP)
    for path in Path(lake.location(LEDGER), "_delta_log").iterdir():
        path.write_bytes(b"")
    report = update_tables(lake, ALL_TABLES, keep=KEEP, now=datetime.now(UTC))
    assert list(report.failed) == [LEDGER.name]
    assert LEDGER.name in report.failed[LEDGER.name]
    freed = {t.table: t.data_files_freed for t in report.tables}
    assert freed[GROUPS.name] == 7
    assert report.bytes_freed == sum(t.bytes_freed for t in report.tables)


def test_a_look_says_what_it_would_do_and_does_not(lake: LocalLakehouse) -> None:
    for n in range(1, 9):
        lake.append_new(LEDGER, ledger_rows(n))
    version = lake.version(LEDGER)
    report = update_tables(lake, [LEDGER], keep=KEEP, now=datetime.now(UTC), dry_run=True)
    assert [(t.files_before, t.files_to_compact, t.commits) for t in report.tables] == [(8, 8, 0)]
    assert lake.version(LEDGER) == version
    assert "8 data files now 8" in report.summary
