"""Row accounts of bronze on real landed files, damaged by hand; and what is shown of dead letters."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feedback_assets.bronze.accounts import bronze_verdict, day_dead_letters
from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, bronze_table
from feedback_assets.contracts.table import Table
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.small import FIRST, LANDED, PLANTED, SECOND, garbage, land, posts

if TYPE_CHECKING:
    from deltalake import DeltaTable

FORUM = bronze_table("forum")
DAYS = (FIRST, SECOND)


@pytest.fixture
def ingested(lake: LocalLakehouse, tmp_path: Path) -> LocalLakehouse:
    """Two days; the first has two files, one of them with dead letters."""
    home = tmp_path / "home"
    land(home, [*posts(6), *garbage(3)])
    land(home, posts(2, first=10), name="more.jsonl")
    land(home, posts(4, day=SECOND), day=SECOND)
    ingest_days(lake, LandingZone(home / "landing"), "forum", DAYS, now=LANDED)
    return lake


def delta(lake: LocalLakehouse, table: Table) -> "DeltaTable":
    from deltalake import DeltaTable

    return DeltaTable(lake.location(table))


def test_what_was_ingested_adds_up(ingested: LocalLakehouse) -> None:
    verdict = bronze_verdict(ingested, "forum", DAYS)
    assert (verdict.passed, verdict.number, verdict.threshold) == (True, 0, "0 of 3 files")
    assert bronze_verdict(ingested, "zendesk", DAYS).passed


def test_a_bronze_row_that_is_gone_is_told_with_its_file_and_both_counts(ingested: LocalLakehouse) -> None:
    row = ingested.read(FORUM, where={"file": [f"forum/{FIRST}/posts.jsonl"]}).to_pylist()[0]
    delta(ingested, FORUM).delete(f"record_key = '{row['record_key']}'")
    verdict = bronze_verdict(ingested, "forum", DAYS)
    assert not verdict.passed
    assert verdict.sample == [{"file": f"forum/{FIRST}/posts.jsonl", "records in": 9, "bronze": 5, "dead letters": 3}]
    assert bronze_verdict(ingested, "forum", [SECOND]).passed


def test_a_dead_letter_that_is_gone_is_found(ingested: LocalLakehouse) -> None:
    row = ingested.read(DEAD_LETTERS).to_pylist()[0]
    delta(ingested, DEAD_LETTERS).delete(f"dead_letter_id = '{row['dead_letter_id']}'")
    assert [(r["bronze"], r["dead letters"]) for r in bronze_verdict(ingested, "forum", DAYS).sample] == [(6, 2)]


@pytest.mark.parametrize("change", [{"records_in": "records_in + 1"}, {"bronze_rows": "0"}, {"dead_letters": "dead_letters + 1"}])
def test_a_manifest_row_with_an_altered_count_is_found(ingested: LocalLakehouse, change: dict[str, str]) -> None:
    delta(ingested, MANIFEST).update(updates=change, predicate=f"file = 'forum/{FIRST}/more.jsonl'")
    assert [r["file"] for r in bronze_verdict(ingested, "forum", DAYS).sample] == [f"forum/{FIRST}/more.jsonl"]


def test_one_row_lost_and_another_dead_letter_too_many_do_not_cancel_out(ingested: LocalLakehouse) -> None:
    row = ingested.read(FORUM, where={"file": [f"forum/{FIRST}/posts.jsonl"]}).to_pylist()[0]
    delta(ingested, FORUM).delete(f"record_key = '{row['record_key']}'")
    dead = ingested.read(DEAD_LETTERS).to_pylist()[0]
    from feedback_assets.contracts.arrow import to_arrow

    ingested.append_new(DEAD_LETTERS, to_arrow(DEAD_LETTERS, [dead | {"dead_letter_id": "f" * 32}]))
    assert bronze_verdict(ingested, "forum", DAYS).number == 1


def test_rows_of_a_file_that_the_manifest_does_not_know_are_told(ingested: LocalLakehouse) -> None:
    delta(ingested, MANIFEST).delete(f"file = 'forum/{FIRST}/more.jsonl'")
    (row,) = bronze_verdict(ingested, "forum", DAYS).sample
    assert (row["records in"], row["bronze"]) == (0, 2)
    assert str(row["file"]).startswith("batch ")


def test_dead_letters_are_told_by_reason_and_position_and_without_their_text(ingested: LocalLakehouse) -> None:
    found = day_dead_letters(ingested, "forum", DAYS)
    verdict, clean = found[FIRST], found[SECOND]
    assert (verdict.passed, verdict.number, verdict.warns) == (False, 3, True)
    assert all({"file", "start", "end", "reason"} == r.keys() for r in verdict.sample)
    assert str(verdict.sample[0]["reason"]) in verdict.rule
    assert [p for p in PLANTED if p in str(verdict)] == []
    assert (clean.passed, clean.number) == (True, 0)
