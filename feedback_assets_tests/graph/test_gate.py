"""Rows are judged before they stand anywhere: what a rule refuses is not written, and the next run meets the rule again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import DUPLICATE_GROUPS
from feedback_assets.graph.gate import Gate, RefusedRowsError
from feedback_assets.graph.steps import Judged, Rule, Step
from feedback_assets.ground.settings import Settings
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.lakehouse.recording import RecordingLakehouse
from feedback_assets.wiring.services import Services
from feedback_assets_tests.lakehouse.contract import DAY_A, DAY_B, group_row, ledger_rows

NOW = datetime(2025, 1, 3, tzinfo=UTC)


def verdict(*, passed: bool, number: float = 0, warns: bool = False) -> Verdict:
    return Verdict(passed, "The rule.", number, "0", "data-platform", "feedback status", [{"n": number}], warns)


def gated(lake: LocalLakehouse, step: Step, days: Sequence[date] = ()) -> tuple[Gate, RecordingLakehouse]:
    gate = Gate(step, Judged(lake, Services(Settings(home=lake.root)), days, NOW))
    return gate, RecordingLakehouse(lake, guard=gate)


def step(*rules: Rule, daily: bool = False, **more: Any) -> Step:
    given: dict[str, Any] = {"writes": (ISSUES,) if daily else (DUPLICATE_GROUPS,), "keeps": (STAGE_BATCHES,), **more}
    return Step(name="s", room="silver", description="d", run=lambda _: None, rules=rules, daily=daily, **given)


def issue(number: int, day: date, **values: Any) -> dict[str, Any]:
    row = {
        "issue_id": f"{number:032x}", "event_id": "e" * 32, "payload_sha256": "a" * 64, "source": "forum", "feed_date": day,
        "batch_id": "b" * 32, "event_time": NOW, "language": "en", "category": "billing_payment", "subcategory": "",
        "sentiment": "negative", "sentiment_score": -0.5, "severity": 3, "urgency": "normal", "confidence": 0.9, "owner": "team",
        "evidence": [{"start": 0, "end": 1}], "quote": "x", "tier": "rules", "taxonomy_version": "1", "model_version": "1",
        "processed_at": NOW,
    }  # fmt: skip
    return {k: v for k, v in {**row, **values}.items() if k in ISSUES.column_names}


def test_rows_that_break_the_contract_are_not_written_and_fail_the_check_of_their_asset(lake: LocalLakehouse) -> None:
    gate, through = gated(lake, step())
    rows = to_arrow(DUPLICATE_GROUPS, [group_row(1), group_row(2, kind="guess")])
    with pytest.raises(RefusedRowsError, match="silver/duplicate_groups"):
        through.replace(DUPLICATE_GROUPS, rows)
    assert lake.version(DUPLICATE_GROUPS) == -1
    (failed,) = gate.refused()[DUPLICATE_GROUPS.name, "schema"].values()
    assert (failed.number, failed.threshold) == (1, "0 values at fault in 2 rows")


def test_bookkeeping_that_breaks_its_contract_is_not_written_and_shows_on_the_first_asset(lake: LocalLakehouse) -> None:
    gate, through = gated(lake, step())
    bad = ledger_rows(2).set_column(3, "batch_id", pa.array(["not hex", "nor this"]))
    with pytest.raises(RefusedRowsError, match=STAGE_BATCHES.name):
        through.append_new(STAGE_BATCHES, bad)
    assert lake.version(STAGE_BATCHES) == -1
    (failed,) = gate.refused()[DUPLICATE_GROUPS.name, "schema"].values()
    assert STAGE_BATCHES.name in failed.rule


def test_a_broken_day_in_a_range_fails_alone_and_nothing_of_the_write_stands(lake: LocalLakehouse) -> None:
    gate, through = gated(lake, step(daily=True), [DAY_A, DAY_B])
    rows = to_arrow(ISSUES, [issue(1, DAY_A), issue(2, DAY_B, confidence=7.0)])
    with pytest.raises(RefusedRowsError):
        through.append_new(ISSUES, rows)
    assert set(gate.refused()[ISSUES.name, "schema"]) == {DAY_B}
    assert lake.version(ISSUES) == -1


def test_several_writes_are_one_verdict_on_all_their_rows(lake: LocalLakehouse) -> None:
    gate, through = gated(lake, step(daily=True), [DAY_A, DAY_B])
    through.append_new(ISSUES, to_arrow(ISSUES, [issue(1, DAY_A), issue(2, DAY_B)]))
    through.append_new(ISSUES, to_arrow(ISSUES, [issue(3, DAY_B)]))
    found = gate.verdicts()[ISSUES.name, "schema"]
    assert {day: (v.passed, v.threshold) for day, v in found.items()} == {
        DAY_A: (True, "0 values at fault in 1 rows"),
        DAY_B: (True, "0 values at fault in 2 rows"),
    }


def test_a_rule_before_a_write_refuses_its_rows_and_meets_them_again(lake: LocalLakehouse) -> None:
    rule = Rule(
        "account", DUPLICATE_GROUPS, "The rule.", lambda j: verdict(passed=j.offered.num_rows < 2, number=2), before=(STAGE_BATCHES,)
    )
    for _ in range(2):  # a second run is no way around it
        gate, through = gated(lake, step(rule))
        with pytest.raises(RefusedRowsError, match="account"):
            through.append_new(STAGE_BATCHES, ledger_rows(2))
        assert lake.version(STAGE_BATCHES) == -1
        assert set(gate.refused()) == {(DUPLICATE_GROUPS.name, "account")}
    gate, through = gated(lake, step(rule))
    through.append_new(STAGE_BATCHES, ledger_rows(1))
    assert gate.verdicts()[DUPLICATE_GROUPS.name, "account"][None].passed
    assert lake.count(STAGE_BATCHES) == 1


@pytest.mark.parametrize(("warns", "stops"), [(True, True), (False, False), (True, False)])
def test_a_warning_or_a_rule_that_stops_nothing_lets_the_rows_through(lake: LocalLakehouse, *, warns: bool, stops: bool) -> None:
    rule = Rule("watch", DUPLICATE_GROUPS, "The rule.", lambda _: verdict(passed=False, number=1, warns=warns), stops, (STAGE_BATCHES,))
    gate, through = gated(lake, step(rule))
    through.append_new(STAGE_BATCHES, ledger_rows(1))
    through.append_new(STAGE_BATCHES, ledger_rows(2))
    found = gate.verdicts()[DUPLICATE_GROUPS.name, "watch"][None]
    assert (found.passed, found.number) == (False, 2)
    assert lake.count(STAGE_BATCHES) == 2


def test_a_rule_without_a_write_is_judged_when_the_step_is_done_with_the_day_that_is_broken(lake: LocalLakehouse) -> None:
    rule = Rule("readable", ISSUES, "The rule.", lambda j: {day: verdict(passed=day == DAY_A) for day in j.days})
    gate, _ = gated(lake, step(rule, daily=True), [DAY_A, DAY_B])
    gate.finish()
    assert {day: v.passed for day, v in gate.verdicts()[ISSUES.name, "readable"].items()} == {DAY_A: True, DAY_B: False}


def test_a_rule_that_nothing_was_written_for_says_so_and_passes(lake: LocalLakehouse) -> None:
    rule = Rule("leaks", ISSUES, "The rule.", lambda _: verdict(passed=False), before=(ISSUES,))
    gate, through = gated(lake, step(rule, daily=True), [DAY_A])
    through.append_new(ISSUES, to_arrow(ISSUES, []))
    found = gate.verdicts()[ISSUES.name, "leaks"][DAY_A]
    assert (found.passed, found.threshold) == (True, "nothing that this run wrote")


def test_what_is_read_and_written_is_noted_whoever_does_it(lake: LocalLakehouse) -> None:
    through = RecordingLakehouse(lake, shown=lambda t: [c for c in t.column_names if c != "evidence"])
    through.append_new(ISSUES, to_arrow(ISSUES, [issue(n, DAY_A) for n in range(9)]))
    through.append_new(ISSUES, to_arrow(ISSUES, [issue(n, DAY_A) for n in range(9)]))
    assert through.read(ISSUES, columns=["issue_id"]).num_rows == 9
    assert sum(rows.num_rows for rows in through.slices(ISSUES)) == 9
    assert through.version(DUPLICATE_GROUPS) == -1
    assert dict(through.read_rows) == {ISSUES.name: 18, DUPLICATE_GROUPS.name: 0}
    written = through.written[ISSUES.name]
    assert (written.offered, written.inserted, written.commits) == (18, 9, 1)
    assert len(written.sample[DAY_A]) == 5
    assert "evidence" not in written.sample[DAY_A][0]
