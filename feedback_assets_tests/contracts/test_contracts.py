"""Contracts are consistent, and everything derived from them is what they say."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts import ALL_TABLES, Table, table_named
from feedback_assets.contracts.arrow import arrow_schema, fit, to_arrow
from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.contracts.markdown import tables_markdown
from feedback_assets.contracts.pandera_schema import pandera_schema, schema_verdict
from feedback_assets.ground.errors import ContractError
from feedback_assets.ground.settings import project_root

GROUPS = table_named("silver/duplicate_groups")
by_name = pytest.mark.parametrize("table", ALL_TABLES, ids=lambda t: t.name)


@by_name
def test_keys_and_partitions_are_columns(table: Table) -> None:
    assert set(table.key) <= set(table.column_names)
    assert not table.partition_by or table.partition_by in table.column_names
    assert len(set(table.column_names)) == len(table.column_names)
    assert not any(table.column(k).volatile or table.column(k).nullable for k in table.key)


@by_name
def test_no_column_is_not_null_in_delta_because_sail_could_not_read_it_after_a_merge(table: Table) -> None:
    assert all(field.nullable for field in arrow_schema(table))


@by_name
def test_every_derivation_exists_for_every_table(table: Table) -> None:
    assert list(pandera_schema(table).columns) == list(table.column_names)
    assert schema_verdict(table, to_arrow(table, []), next_command="x").passed


def test_each_table_is_declared_once_and_each_source_has_one() -> None:
    names = [t.name for t in ALL_TABLES]
    assert len(set(names)) == len(names)
    assert {f"bronze/{s}" for s in SOURCES} <= set(names)


def test_docs_tables_is_what_the_contracts_say() -> None:
    path = project_root() / "docs" / "tables.md"
    assert path.read_text() == tables_markdown(), "run `make docs`"


def row(**values: Any) -> dict[str, Any]:
    return {
        "event_id": "a" * 32,
        "group_id": "a" * 32,
        "is_representative": True,
        "kind": "exact",
        "similarity": 1.0,
        "is_template": False,
        **values,
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [("event_id", "A-not-hex"), ("kind", "guess"), ("similarity", 1.5), ("similarity", -0.1), ("kind", None)],
)
def test_the_schema_check_fails_on_a_bad_value_and_never_shows_it(column: str, value: object) -> None:
    verdict = schema_verdict(GROUPS, to_arrow(GROUPS, [row(), row(event_id="b" * 32) | {column: value}]), next_command="x")
    assert not verdict.passed
    assert verdict.number >= 1
    assert column in str(verdict.sample)
    if isinstance(value, str):
        assert value not in str(verdict.sample)


def test_the_schema_check_fails_on_a_repeated_key() -> None:
    assert not schema_verdict(GROUPS, to_arrow(GROUPS, [row(), row()]), next_command="x").passed


def test_the_schema_check_fails_on_an_unknown_column() -> None:
    rows = to_arrow(GROUPS, [row()]).append_column("extra", pa.array([1]))
    assert not schema_verdict(GROUPS, rows, next_command="x").passed


def test_rows_of_another_shape_are_refused_with_the_column_named() -> None:
    with pytest.raises(ContractError, match="nonsense"):
        to_arrow(GROUPS, [row(nonsense=1)])
    with pytest.raises(ContractError, match="does not fit"):
        to_arrow(GROUPS, [row(similarity="high")])
    with pytest.raises(ContractError, match="missing columns"):
        fit(GROUPS, pa.table({"event_id": ["x"]}))


def test_fitting_orders_columns_and_casts_without_loss() -> None:
    table = table_named("bronze/stage_batches")
    at = datetime(2025, 1, 1, tzinfo=UTC)
    data = to_arrow(
        table,
        [
            {
                "stage": "silver",
                "feed_date": date(2025, 1, 1),
                "source": "s",
                "batch_id": "0" * 32,
                "rows_in": 1,
                "rows_out": 1,
                "reasons": "{}",
                "processed_at": at,
            }
        ],
    )
    shuffled = data.select(list(reversed(data.column_names)))
    assert fit(table, shuffled).equals(data)


def test_the_package_ships_no_path_of_this_machine() -> None:
    root = str(Path.home())
    assert root == "/" or root not in tables_markdown()


def pandera_passes(table: Table, rows: pa.Table) -> bool:
    """What pandera itself says of the rows."""
    import warnings

    import pandera.errors
    import polars as pl

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pandera\.|polars\.")
        try:
            pandera_schema(table).validate(pl.DataFrame(rows), lazy=True)
        except pandera.errors.SchemaErrors:
            return False
    return True


VALUES = st.sampled_from(["a" * 32, "b" * 32, "A-not-hex", "", None])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "event_id": VALUES,
                "group_id": VALUES,
                "is_representative": st.sampled_from([True, False, None]),
                "kind": st.sampled_from(["exact", "near", "guess", None]),
                "similarity": st.sampled_from([0.0, 1.0, 1.5, -0.1, float("nan"), None]),
                "is_template": st.booleans(),
            }
        ),
        max_size=4,
    )
)
def test_the_rules_in_one_pass_find_what_pandera_finds(rows: list[dict[str, Any]]) -> None:
    made = to_arrow(GROUPS, rows)
    assert schema_verdict(GROUPS, made, next_command="x").passed == pandera_passes(GROUPS, made)
