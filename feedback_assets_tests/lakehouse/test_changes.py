"""What changed between two versions of a table: exactly the rows that came and went, whatever kind of commit moved them."""

import shutil
from datetime import timedelta
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.lakehouse.interface import Mark
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.lakehouse.contract import DAY_A, ISSUES, issue_row

COLUMNS = ["issue_id", "feed_date", "owner"]
NEVER = Mark("", -1)

writes = st.lists(
    st.tuples(
        st.sampled_from(("append", "upsert", "replace", "compact")),
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.sampled_from("abc")), max_size=4, unique_by=lambda r: (r[0], r[1])),
    ),
    min_size=1,
    max_size=6,
)


def rows(lake: LocalLakehouse) -> set[tuple[Any, ...]]:
    return {tuple(r.values()) for r in lake.read(ISSUES, columns=COLUMNS).to_pylist()}


def write(lake: LocalLakehouse, how: str, made: list[tuple[int, int, str]]) -> None:
    table = to_arrow(ISSUES, [issue_row(i, DAY_A + timedelta(days=d), owner=o) for i, d, o in made])
    if how == "append":
        lake.append_new(ISSUES, table)
    elif how == "upsert":
        lake.upsert(ISSUES, table)
    elif how == "replace":
        lake.replace(ISSUES, table, where={"feed_date": [DAY_A + timedelta(days=d) for d in range(3)]})
    elif (lake.root / ISSUES.name).exists():
        DeltaTable(str(lake.root / ISSUES.name)).optimize.compact()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=writes, after=writes)
def test_changes_are_the_difference_of_the_rows_after_any_writes(
    before: list[Any], after: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = LocalLakehouse(tmp_path_factory.mktemp("lake"))
    for how, made in before:
        write(lake, how, made)
    then, mark = rows(lake), lake.mark(ISSUES)
    for how, made in after:
        write(lake, how, made)
    now = rows(lake)
    changes = lake.changes(ISSUES, mark, columns=COLUMNS)
    assert changes is not None
    assert set(changes.came.rows()) == now - then
    assert set(changes.gone.rows()) == then - now
    days = lake.changed_partitions(ISSUES, mark)
    assert days is not None
    assert {r[1] for r in now ^ then} <= days


def test_of_a_table_that_was_never_read_all_rows_came(lake: LocalLakehouse) -> None:
    write(lake, "append", [(1, 0, "a"), (2, 1, "b")])
    changes = lake.changes(ISSUES, NEVER, columns=COLUMNS)
    assert changes is not None
    assert (changes.came.height, changes.gone.height) == (2, 0)


def test_it_cannot_be_told_of_a_table_that_was_made_anew(lake: LocalLakehouse) -> None:
    write(lake, "append", [(1, 0, "a")])
    mark = lake.mark(ISSUES)
    shutil.rmtree(lake.root / ISSUES.name)
    write(lake, "append", [(1, 0, "a")])
    assert lake.changes(ISSUES, mark, columns=COLUMNS) is None
    assert lake.changed_partitions(ISSUES, mark) is None


def test_it_cannot_be_told_when_a_commit_or_a_file_of_then_is_cleaned_away(lake: LocalLakehouse) -> None:
    write(lake, "append", [(1, 0, "a")])
    mark = lake.mark(ISSUES)
    write(lake, "upsert", [(1, 0, "b")])
    write(lake, "upsert", [(1, 0, "c")])
    DeltaTable(str(lake.root / ISSUES.name)).create_checkpoint()
    log = lake.root / ISSUES.name / "_delta_log"
    copy = shutil.copytree(log, log.with_name("copy_of_log"))
    for version in range(mark.version + 2):
        (log / f"{version:020d}.json").unlink()
    assert LocalLakehouse(lake.root).changes(ISSUES, mark, columns=COLUMNS) is None
    shutil.rmtree(log)
    copy.rename(log)
    kept = {f.rsplit("/", 1)[-1] for f in lake._reader.table(ISSUES).file_uris()}  # type: ignore[union-attr]
    for old in (lake.root / ISSUES.name).rglob("*.parquet"):
        if old.name not in kept and old.parent != log:
            old.unlink()
    assert LocalLakehouse(lake.root).changes(ISSUES, mark, columns=COLUMNS) is None
