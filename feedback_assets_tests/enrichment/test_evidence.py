"""The check that evidence is exact, on issues that were damaged by hand."""

from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.enrichment.evidence import evidence_verdict
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.small import FIRST, SECOND, THIRD
from feedback_assets_tests.story import Story

DAYS = (FIRST, SECOND, THIRD)


@pytest.fixture
def damaged(story: Story, tmp_path: Path) -> LocalLakehouse:
    """The story's tables, and one of its issues as if the machine had doubted it."""
    lake = story.copy_of_tables(tmp_path)
    lake.upsert(REVIEW, to_arrow(REVIEW, [issues(lake, ISSUES)[-1] | {"reason": "low_confidence", "status": "open"}]))
    return lake


def issues(lake: LocalLakehouse, table: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(table, where={"feed_date": [FIRST]}).to_pylist()
    return sorted(rows, key=lambda r: str(r["issue_id"]))


def test_issues_as_they_were_found_are_clean(story: Story) -> None:
    verdict = evidence_verdict(story.lake, DAYS)
    assert (verdict.passed, verdict.number, list(verdict.sample)) == (True, 0, [])
    assert story.lake.count(ISSUES) > 20


@pytest.mark.parametrize("table", [ISSUES, REVIEW], ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"quote": "words that nobody wrote"}, "the quote is not the text at the span"),
        ({"evidence": []}, "no span"),
        ({"evidence": None}, "no span"),
        ({"evidence": [{"start": 0, "end": 100_000}]}, "a span outside the text"),
        ({"evidence": [{"start": -1, "end": 4}]}, "a span outside the text"),
        ({"evidence": [{"start": 4, "end": 4}]}, "a span outside the text"),
        ({"event_id": "0" * 32}, "its event is not in silver"),
    ],
)
def test_damaged_evidence_is_named_with_its_issue_and_its_fault(
    damaged: LocalLakehouse, table: Table, change: dict[str, Any], fault: str
) -> None:
    row = issues(damaged, table)[0]
    damaged.upsert(table, to_arrow(table, [row | change]))
    verdict = evidence_verdict(damaged, DAYS)
    assert (verdict.passed, verdict.number) == (False, 1)
    assert verdict.sample == [{"table": table.name, "issue": row["issue_id"], "fault": fault}]
    assert "words that nobody wrote" not in str(verdict)
    assert evidence_verdict(damaged, [SECOND, THIRD]).passed


def test_a_wrong_span_after_the_first_is_found(damaged: LocalLakehouse) -> None:
    row = issues(damaged, ISSUES)[0]
    damaged.upsert(ISSUES, to_arrow(ISSUES, [row | {"evidence": [*row["evidence"], {"start": 5, "end": 99_999}]}]))
    assert evidence_verdict(damaged, DAYS).number == 1


def test_a_text_that_was_changed_under_its_issues_is_found(damaged: LocalLakehouse) -> None:
    from deltalake import DeltaTable

    row = issues(damaged, ISSUES)[0]
    DeltaTable(damaged.location(EVENTS)).update(updates={"text": "'another text'"}, predicate=f"event_id = '{row['event_id']}'")
    assert evidence_verdict(damaged, DAYS).number >= 1


def test_only_the_issues_of_the_batches_that_are_given_are_judged(damaged: LocalLakehouse) -> None:
    rows = issues(damaged, ISSUES)
    damaged.upsert(ISSUES, to_arrow(ISSUES, [rows[0] | {"evidence": []}]))
    assert not evidence_verdict(damaged, DAYS, [rows[0]["batch_id"]]).passed
    assert evidence_verdict(damaged, DAYS, []).threshold == "0 of 0 issues"
