"""How a verdict becomes a check result: every part that on call needs, a sample that is bounded and cannot be read as markup."""

from dataclasses import replace
from datetime import date

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.graph.checks import cell, result, sample_table
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets_tests.small import PLANTED
from feedback_assets_tests.story import Story


def verdict(*, passed: bool = False, rows: int = 2) -> Verdict:
    sample = [{"day": date(2025, 1, n + 1), "why": f"fault {n}"} for n in range(rows)]
    return Verdict(passed, "Nothing is lost.", 2, "0 of 9 files", "data-platform", "feedback status", sample)


def test_a_result_carries_rule_number_threshold_sample_owner_next_command_and_runbook() -> None:
    made = result(verdict(), check="row_account", asset=dg.AssetKey(["bronze", "forum"]))
    said = {name: value.value for name, value in made.metadata.items()}
    assert said == {
        "rule": "Nothing is lost.",
        "number": 2.0,
        "threshold": "0 of 9 files",
        "sample": "| day | why |\n| --- | --- |\n| 2025-01-01 | fault 0 |\n| 2025-01-02 | fault 1 |",
        "owner": "data-platform",
        "next command": "feedback status",
        "runbook": "docs/runbooks/row_account.md",
    }
    assert (made.passed, made.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert str(made.description).split("\n\n") == [
        "Nothing is lost. This is broken: 2 against 0 of 9 files.",
        said["sample"],
        "**Next:** feedback status",
        "**Runbook:** docs/runbooks/row\\_account.md",
        "**Owner:** data-platform",
    ]


def test_a_clean_result_says_so_and_has_no_sample() -> None:
    made = result(verdict(passed=True, rows=0), check="row_account")
    assert made.passed
    assert made.metadata["sample"].value == "none"
    assert "This holds" in str(made.description)


def test_a_broken_rule_that_stops_nothing_is_a_warning_of_a_blocking_check() -> None:
    made = result(replace(verdict(), warns=True), check="leaks")
    assert (made.passed, made.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_sample_is_a_few_rows_whatever_the_verdict_brings() -> None:
    assert len(sample_table(verdict(rows=20)).splitlines()) == 2 + SAMPLE


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()), st.dates(), st.floats(allow_nan=False)))
def test_no_value_breaks_out_of_its_cell(value: object) -> None:
    shown = cell(value)
    assert "\n" not in shown
    assert len(shown.replace("\\", "")) <= 120
    bare = "".join(shown.split("\\\\"))  # escaped backslashes taken out, every other special character must follow one
    for at, ch in enumerate(bare):
        assert ch not in "`*_[]<>|#!" or bare[at - 1 : at] == "\\"


@pytest.mark.parametrize("damage", ["null", "value", "key", "pattern"])
def test_a_schema_verdict_names_column_and_rule_and_never_a_value(story: Story, damage: str) -> None:
    import polars as pl

    rows = pl.DataFrame(story.lake.read(EVENTS))
    secret = pl.lit(PLANTED[0])
    broken = {
        "null": (rows.with_columns(text=pl.lit(None, pl.String)), "text"),
        "value": (rows.with_columns(channel=secret), "channel"),
        "pattern": (rows.with_columns(event_id=secret), "event_id"),
        "key": (pl.concat([rows, rows.head(1)]), EVENTS.name),
    }
    frame, column = broken[damage]
    found = schema_verdict(EVENTS, frame.to_arrow().cast(story.lake.read(EVENTS).schema), next_command="look")
    assert not found.passed
    assert found.number > 0
    assert column in {str(r["column"]) for r in found.sample}
    assert all(r["rule"] for r in found.sample)
    assert PLANTED[0] not in str(found)


def test_a_schema_verdict_on_clean_rows_and_on_none_is_zero(story: Story) -> None:
    rows = story.lake.read(EVENTS)
    for some in (rows, rows.slice(0, 0)):
        found = schema_verdict(EVENTS, some, next_command="look")
        assert (found.passed, found.number, list(found.sample)) == (True, 0, [])
