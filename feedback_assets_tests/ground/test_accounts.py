"""Row accounts between stages, on tables that were damaged by hand with Delta's own tools."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from feedback_assets.contracts.bronze import MANIFEST, SOURCES, STAGE_BATCHES, bronze_table
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.ground.accounts import rows_by_batch, stage_verdict, unfinished_sources, unfinished_verdict
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.small import FIRST, SECOND, THIRD
from feedback_assets_tests.story import Story

if TYPE_CHECKING:
    from deltalake import DeltaTable

DAYS = (FIRST, SECOND, THIRD)


@pytest.fixture
def damaged(story: Story, tmp_path: Path) -> LocalLakehouse:
    """A copy of tables that are whole, to be damaged."""
    return story.copy_of_tables(tmp_path)


def delta(lake: LocalLakehouse, table: Table) -> "DeltaTable":
    from deltalake import DeltaTable

    return DeltaTable(lake.location(table))


def silver(lake: LocalLakehouse, days: Sequence[date] = DAYS) -> Verdict:
    """The verdict that the check of silver/events gives."""
    rows_in = rows_by_batch(lake, [bronze_table(s) for s in SOURCES], days)
    return stage_verdict(lake, "silver", days, rows_in=rows_in, rows_out=rows_by_batch(lake, [EVENTS], days))


def enrichment(lake: LocalLakehouse, days: Sequence[date] = DAYS) -> Verdict:
    """The verdict that the check of enrichment/events gives."""
    rows_out = rows_by_batch(lake, [ENRICHED_EVENTS], days, outcome=["issues"])
    return stage_verdict(lake, "enrichment", days, rows_in=rows_by_batch(lake, [EVENTS], days), rows_out=rows_out)


def test_whole_tables_pass_with_zero(story: Story) -> None:
    for verdict in (silver(story.lake), enrichment(story.lake), unfinished_verdict(story.lake)):
        assert (verdict.passed, verdict.number, list(verdict.sample)) == (True, 0, [])


def first(lake: LocalLakehouse, table: Table) -> dict[str, Any]:
    rows = lake.read(table, where={"feed_date": [FIRST]} if table.partition_by else None).to_pylist()
    return dict(min(rows, key=lambda r: str([r[k] for k in table.key])))


def test_a_bronze_row_that_is_gone_is_missed_by_the_stage_after_it(damaged: LocalLakehouse) -> None:
    row = first(damaged, bronze_table("forum"))
    delta(damaged, bronze_table("forum")).delete(f"record_key = '{row['record_key']}'")
    verdict = silver(damaged)
    assert (verdict.passed, verdict.number) == (False, 1)
    assert verdict.sample[0] == {
        "batch": row["batch_id"], "ledger in": 25, "ledger out": 25, "other reasons": 0, "table in": 24, "table out": 25,
    }  # fmt: skip


def test_a_silver_row_that_is_there_twice_is_found(damaged: LocalLakehouse) -> None:
    from deltalake import write_deltalake

    row = first(damaged, EVENTS)
    twice = damaged.read(EVENTS, where={"event_id": [row["event_id"]], "feed_date": [FIRST]})
    write_deltalake(damaged.location(EVENTS), twice, mode="append")
    assert [(r["batch"], r["table out"]) for r in silver(damaged).sample] == [(row["batch_id"], 26)]
    assert [(r["batch"], r["table in"]) for r in enrichment(damaged).sample] == [(row["batch_id"], 26)]


def test_a_silver_row_that_is_gone_is_found_on_its_day_and_on_no_other(damaged: LocalLakehouse) -> None:
    delta(damaged, EVENTS).delete(f"event_id = '{first(damaged, EVENTS)['event_id']}'")
    assert silver(damaged, [FIRST]).number == 1
    assert silver(damaged, [SECOND, THIRD]).passed


def test_a_ledger_row_that_is_gone_is_found_and_its_day_is_unfinished(damaged: LocalLakehouse) -> None:
    batch = first(damaged, EVENTS)["batch_id"]
    delta(damaged, STAGE_BATCHES).delete(f"stage = 'silver' AND batch_id = '{batch}'")
    verdict = silver(damaged)
    assert (verdict.passed, verdict.sample[0]["batch"], verdict.sample[0]["ledger in"]) == (False, batch, None)
    assert verdict.threshold == "0 of 4 batches"
    unfinished = unfinished_verdict(damaged)
    assert (unfinished.passed, unfinished.number) == (False, 1)
    assert unfinished.sample == [
        {"day": f"{FIRST}", "silver batches missing": 1, "enrichment batches missing": 0, "embeddings batches missing": 0}
    ]
    assert f"--from {FIRST} --to {FIRST}" in unfinished.next_command
    assert unfinished_sources(damaged) == {FIRST: {"forum"}}


@pytest.mark.parametrize("change", [{"rows_in": "rows_in + 1"}, {"rows_out": "rows_out - 1"}, {"reasons": "'{\"spam\": 3}'"}])
@pytest.mark.parametrize("stage", ["silver", "enrichment"])
def test_a_ledger_row_with_an_altered_count_is_found(damaged: LocalLakehouse, stage: str, change: dict[str, str]) -> None:
    batch = first(damaged, EVENTS)["batch_id"]
    delta(damaged, STAGE_BATCHES).update(updates=change, predicate=f"stage = '{stage}' AND batch_id = '{batch}'")
    verdict = silver(damaged) if stage == "silver" else enrichment(damaged)
    assert (verdict.passed, [r["batch"] for r in verdict.sample]) == (False, [batch])


def test_an_outcome_that_was_changed_by_hand_is_found(damaged: LocalLakehouse) -> None:
    rows = damaged.read(ENRICHED_EVENTS, where={"feed_date": [FIRST], "outcome": ["issues"]}).to_pylist()
    delta(damaged, ENRICHED_EVENTS).update(updates={"outcome": "'no_issue'"}, predicate=f"event_id = '{rows[0]['event_id']}'")
    assert enrichment(damaged, [FIRST]).number == 1


def test_a_batch_that_no_stage_did_is_unfinished_until_all_did_it(damaged: LocalLakehouse) -> None:
    delta(damaged, STAGE_BATCHES).delete("stage <> 'silver'")
    assert unfinished_verdict(damaged).number == 3
    delta(damaged, MANIFEST).delete()
    assert unfinished_verdict(damaged).passed


def test_no_tables_at_all_pass_with_zero(lake: LocalLakehouse) -> None:
    for verdict in (silver(lake), enrichment(lake), unfinished_verdict(lake)):
        assert (verdict.passed, verdict.number) == (True, 0)
    assert unfinished_sources(lake) == {}
