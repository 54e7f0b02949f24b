"""What every lakehouse adapter must pass: a mixin of tests. An adapter's test module subclasses it with a `lake` fixture."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from feedback_assets.contracts import Table, table_named
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.ground.errors import ContractError
from feedback_assets.lakehouse import Lakehouse, TableUpkeep

LEDGER = table_named("bronze/stage_batches")
ISSUES = table_named("enrichment/issues")
EVENTS = table_named("silver/events")
GROUPS = table_named("silver/duplicate_groups")
DAY_A, DAY_B = date(2025, 1, 1), date(2025, 1, 2)


def ledger_rows(n: int, rows_in: int = 1, day: date = DAY_A, second: int = 0) -> pa.Table:
    """n ledger rows of one day."""
    at = datetime(2025, 1, 3, 0, 0, second, tzinfo=UTC)
    return to_arrow(
        LEDGER,
        [
            {
                "stage": "silver",
                "feed_date": day,
                "source": "s",
                "batch_id": f"{i:032x}",
                "rows_in": rows_in,
                "rows_out": rows_in,
                "reasons": "{}",
                "processed_at": at,
            }
            for i in range(n)
        ],
    )


def issue_row(i: int, day: date, **values: Any) -> dict[str, Any]:
    """One row of a partitioned table with a list column."""
    return {
        "issue_id": f"{i:032x}",
        "event_id": "e" * 32,
        "feed_date": day,
        "evidence": [{"start": 0, "end": i + 1}],
        "owner": "a",
        **values,
    }


def group_row(i: int, **values: Any) -> dict[str, Any]:
    """One row of an unpartitioned table."""
    return {
        "event_id": f"{i:032x}",
        "group_id": f"{i:032x}",
        "is_representative": True,
        "kind": "exact",
        "similarity": 1.0,
        "is_template": False,
        **values,
    }


def older(table: Table, without: str) -> Table:
    """The table as it was before a column was added."""
    return replace(table, columns=tuple(c for c in table.columns if c.name != without))


class LakehouseContract:
    """The contract. `lake` is a fixture that the subclass's module provides."""

    @pytest.mark.parametrize("write", ["append_new", "upsert", "replace"])
    def test_a_table_made_before_a_column_was_added_takes_rows_with_it(self, lake: Lakehouse, write: str) -> None:
        before = to_arrow(GROUPS, [group_row(1, kind="near"), group_row(2)])
        lake.append_new(older(GROUPS, "kind"), before.drop_columns(["kind"]))
        getattr(lake, write)(GROUPS, to_arrow(GROUPS, [group_row(2, similarity=0.5), group_row(3)]))
        kinds = dict(zip(*lake.read(GROUPS, columns=["event_id", "kind"]).to_pydict().values(), strict=True))
        expected = {"append_new": {1: None, 2: None, 3: "exact"}, "upsert": {1: None, 2: "exact", 3: "exact"}}
        assert kinds == {f"{i:032x}": kind for i, kind in expected.get(write, {2: "exact", 3: "exact"}).items()}

    def test_a_day_of_a_table_made_before_a_column_was_added_is_replaced_with_it(self, lake: Lakehouse) -> None:
        rows = to_arrow(ISSUES, [issue_row(1, DAY_A), issue_row(2, DAY_B)])
        lake.append_new(older(ISSUES, "owner"), rows.drop_columns(["owner"]))
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]), where={"feed_date": [DAY_A]})
        assert sorted(lake.read(ISSUES, columns=["owner"])["owner"].to_pylist(), key=str) == [None, "a"]

    def test_a_missing_table_reads_as_no_rows_of_the_contract(self, lake: Lakehouse) -> None:
        rows = lake.read(EVENTS)
        assert rows.num_rows == 0
        assert tuple(rows.column_names) == EVENTS.column_names
        assert lake.version(EVENTS) == -1
        assert lake.count(EVENTS) == 0

    def test_counts_by_partition_are_those_of_the_rows(self, lake: Lakehouse) -> None:
        assert lake.counts(ISSUES) == {}
        rows = [issue_row(i, DAY_A) for i in range(3)] + [issue_row(9, DAY_B)]
        lake.append_new(ISSUES, to_arrow(ISSUES, rows))
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(4, DAY_A)]))
        assert lake.counts(ISSUES) == {DAY_A: 4, DAY_B: 1}
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(9, DAY_B), issue_row(8, DAY_B)]), where={"feed_date": [DAY_B]})
        assert lake.counts(ISSUES) == {DAY_A: 4, DAY_B: 2}
        lake.append_new(LEDGER, ledger_rows(5))
        assert lake.counts(LEDGER) == {None: 5}

    def test_a_sample_is_a_few_of_the_rows_that_are_asked_for(self, lake: Lakehouse) -> None:
        assert lake.sample(ISSUES, rows=3).num_rows == 0
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(i, DAY_A) for i in range(9)]))
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(i, DAY_B, owner="b") for i in range(9, 19)]))
        found = lake.sample(ISSUES, rows=3, columns=["issue_id", "feed_date"], where={"feed_date": [DAY_B]})
        assert (found.num_rows, found.column_names, set(found["feed_date"].to_pylist())) == (3, ["issue_id", "feed_date"], {DAY_B})
        assert lake.sample(ISSUES, rows=3, where={"owner": ["b"], "feed_date": [DAY_B]}).num_rows == 3
        assert lake.sample(ISSUES, rows=3, where={"feed_date": []}).num_rows == 0

    def test_a_fingerprint_changes_with_its_partition_and_stays_without_a_commit(self, lake: Lakehouse) -> None:
        assert lake.fingerprint(ISSUES) == lake.fingerprint(ISSUES, [DAY_A]) == ""
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]))
        first, whole = lake.fingerprint(ISSUES, [DAY_A]), lake.fingerprint(ISSUES)
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]))
        assert (lake.fingerprint(ISSUES, [DAY_A]), lake.fingerprint(ISSUES)) == (first, whole)
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(2, DAY_B)]))
        assert lake.fingerprint(ISSUES, [DAY_A]) == first
        assert lake.fingerprint(ISSUES) != whole
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(3, DAY_A)]))
        assert lake.fingerprint(ISSUES, [DAY_A]) != first

    def test_appending_the_same_rows_again_commits_nothing(self, lake: Lakehouse) -> None:
        assert lake.append_new(LEDGER, ledger_rows(5)).inserted == 5
        again = lake.append_new(LEDGER, ledger_rows(5, rows_in=9, second=5))
        assert (again.inserted, again.unchanged, again.committed) == (0, 5, False)
        assert lake.version(LEDGER) == 0
        assert set(lake.read(LEDGER)["rows_in"].to_pylist()) == {1}

    def test_appending_keeps_the_first_of_several_rows_with_one_key(self, lake: Lakehouse) -> None:
        both = pa.concat_tables([ledger_rows(1, rows_in=1), ledger_rows(1, rows_in=2)])
        assert lake.append_new(LEDGER, both).inserted == 1
        assert lake.read(LEDGER)["rows_in"].to_pylist() == [1]

    def test_appending_compares_keys_within_each_partition(self, lake: Lakehouse) -> None:
        lake.append_new(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]))
        both = to_arrow(ISSUES, [issue_row(1, DAY_A), issue_row(1, DAY_B), issue_row(2, DAY_B)])
        assert lake.append_new(ISSUES, both).inserted == 2
        assert lake.count(ISSUES, {"feed_date": [DAY_B]}) == 2
        assert not lake.append_new(ISSUES, both).committed

    def test_upsert_ignores_volatile_columns(self, lake: Lakehouse) -> None:
        lake.upsert(LEDGER, ledger_rows(3, second=1))
        assert not lake.upsert(LEDGER, ledger_rows(3, second=2)).committed

    def test_upsert_changes_only_rows_that_differ(self, lake: Lakehouse) -> None:
        lake.upsert(GROUPS, to_arrow(GROUPS, [group_row(i) for i in range(4)]))
        result = lake.upsert(GROUPS, to_arrow(GROUPS, [group_row(1, similarity=0.5), group_row(2), group_row(9)]))
        assert (result.inserted, result.updated, result.unchanged) == (1, 1, 1)
        stored = {r["event_id"]: r["similarity"] for r in lake.read(GROUPS).to_pylist()}
        assert len(stored) == 5
        assert stored[f"{1:032x}"] == 0.5

    def test_upsert_sees_a_change_inside_a_list(self, lake: Lakehouse) -> None:
        lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]))
        changed = issue_row(1, DAY_A, evidence=[{"start": 0, "end": 99}])
        assert lake.upsert(ISSUES, to_arrow(ISSUES, [changed])).updated == 1
        assert not lake.upsert(ISSUES, to_arrow(ISSUES, [changed])).committed
        assert lake.read(ISSUES)["evidence"].to_pylist() == [[{"start": 0, "end": 99}]]

    def test_upsert_treats_null_as_a_value(self, lake: Lakehouse) -> None:
        lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A, owner=None)]))
        assert not lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A, owner=None)])).committed
        assert lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A, owner="b")])).updated == 1

    def test_a_repeated_key_is_refused(self, lake: Lakehouse) -> None:
        twice = to_arrow(GROUPS, [group_row(1), group_row(1, similarity=0.1)])
        with pytest.raises(ContractError, match="repeat a key"):
            lake.upsert(GROUPS, twice)
        with pytest.raises(ContractError, match="repeat a key"):
            lake.replace(GROUPS, twice)

    def test_replacing_day_b_leaves_day_a_intact(self, lake: Lakehouse) -> None:
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(i, DAY_A) for i in range(3)]), where={"feed_date": [DAY_A]})
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(i, DAY_B) for i in range(10, 15)]), where={"feed_date": [DAY_B]})
        result = lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(10, DAY_B, owner="new")]), where={"feed_date": [DAY_B]})
        assert (result.updated, result.deleted) == (1, 4)
        assert sorted(lake.read(ISSUES, where={"feed_date": [DAY_A]})["issue_id"].to_pylist()) == [f"{i:032x}" for i in range(3)]
        assert lake.read(ISSUES, where={"feed_date": [DAY_B]})["owner"].to_pylist() == ["new"]

    def test_replacing_refuses_a_row_outside_its_day(self, lake: Lakehouse) -> None:
        with pytest.raises(ContractError, match="outside"):
            lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A)]), where={"feed_date": [DAY_B]})
        assert lake.count(ISSUES) == 0

    def test_replacing_with_equal_rows_in_another_order_commits_nothing(self, lake: Lakehouse) -> None:
        rows = [issue_row(i, DAY_A) for i in range(6)]
        lake.replace(ISSUES, to_arrow(ISSUES, rows))
        assert not lake.replace(ISSUES, to_arrow(ISSUES, rows[::-1])).committed

    def test_replacing_with_nothing_empties_the_day(self, lake: Lakehouse) -> None:
        lake.replace(ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A), issue_row(2, DAY_B)]))
        assert lake.replace(ISSUES, to_arrow(ISSUES, []), where={"feed_date": [DAY_A]}).deleted == 1
        assert lake.read(ISSUES)["feed_date"].to_pylist() == [DAY_B]

    def test_replacing_all_of_a_table_that_does_not_exist_with_nothing_commits_nothing(self, lake: Lakehouse) -> None:
        assert not lake.replace(GROUPS, to_arrow(GROUPS, [])).committed

    def test_values_with_quotes_are_data_in_a_predicate(self, lake: Lakehouse) -> None:
        hostile = "x' OR '1'='1"
        lake.replace(GROUPS, to_arrow(GROUPS, [group_row(1), group_row(2, kind=hostile)]))
        lake.replace(GROUPS, to_arrow(GROUPS, [group_row(3, kind=hostile)]), where={"kind": [hostile]})
        assert sorted(r["event_id"][-1] for r in lake.read(GROUPS).to_pylist()) == ["1", "3"]

    def test_upkeep_changes_no_row_and_the_second_of_two_does_nothing(self, lake: Lakehouse) -> None:
        now, keep = datetime.now(UTC), timedelta(hours=1)
        assert lake.upkeep(ISSUES, keep=keep, now=now) == TableUpkeep(ISSUES.name)
        for n in range(20):
            lake.upsert(ISSUES, to_arrow(ISSUES, [issue_row(n, DAY_A), issue_row(n, DAY_B)]))
        rows = lake.read(ISSUES).sort_by([("feed_date", "ascending"), ("issue_id", "ascending")])
        lake.upkeep(ISSUES, keep=keep, now=now)
        assert lake.read(ISSUES).sort_by([("feed_date", "ascending"), ("issue_id", "ascending")]).equals(rows)
        again = lake.upkeep(ISSUES, keep=keep, now=now)
        assert (again.commits, again.bytes_freed) == (0, 0)

    def test_reading_by_several_columns_is_and(self, lake: Lakehouse) -> None:
        lake.append_new(
            ISSUES, to_arrow(ISSUES, [issue_row(1, DAY_A, owner="x"), issue_row(2, DAY_A, owner="y"), issue_row(3, DAY_B, owner="x")])
        )
        assert lake.read(ISSUES, columns=["issue_id"], where={"feed_date": [DAY_A], "owner": ["x"]}).num_rows == 1
        assert lake.read(ISSUES, where={"owner": []}).num_rows == 0
        assert lake.count(ISSUES, {"owner": ["x"]}) == 2

    def test_columns_of_another_shape_are_refused(self, lake: Lakehouse) -> None:
        with pytest.raises(ContractError, match="missing columns"):
            lake.append_new(GROUPS, pa.table({"event_id": ["a"]}))
        with pytest.raises(KeyError, match="no column"):
            lake.read(GROUPS, columns=["nonsense"])

    @pytest.mark.parametrize("table", [LEDGER, ISSUES, GROUPS], ids=lambda t: t.name)
    def test_every_write_returns_the_contract_types(self, lake: Lakehouse, table: Table) -> None:
        from feedback_assets.contracts.arrow import arrow_schema

        rows = {
            LEDGER.name: ledger_rows(2),
            ISSUES.name: to_arrow(ISSUES, [issue_row(1, DAY_A)]),
            GROUPS.name: to_arrow(GROUPS, [group_row(1)]),
        }[table.name]
        lake.upsert(table, rows)
        assert lake.read(table).schema.equals(arrow_schema(table))
