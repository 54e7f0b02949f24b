"""The second look at what stands: it finds what was changed behind the runs' back, and its cost is bounded."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.contracts.bronze import STAGE_BATCHES, bronze_table
from feedback_assets.contracts.enrichment import ISSUES
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.graph import standing
from feedback_assets.graph.standing import MOST_ROWS, NEWEST_DAYS, SecondLook, drawn_days, rules_of, second_looks, together
from feedback_assets.ground.settings import Settings
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.lakehouse.recording import RecordingLakehouse
from feedback_assets.wiring.build import STEPS
from feedback_assets.wiring.services import Services
from feedback_assets_tests.small import PLANTED
from feedback_assets_tests.story import Story

NIGHT = datetime(2025, 6, 1, 3, 40, tzinfo=UTC)


@pytest.fixture
def damaged(story: Story, tmp_path: Path) -> LocalLakehouse:
    """A copy of tables that are whole, to be damaged."""
    return story.copy_of_tables(tmp_path)


def looks(lake: LocalLakehouse) -> list[SecondLook]:
    return list(second_looks(lake, STEPS, Services(Settings(home=lake.root.parent)), NIGHT))


def verdicts(lake: LocalLakehouse) -> dict[str, Verdict]:
    found = looks(lake)
    return {name: together(name, said, found) for name, said in rules_of(STEPS).items()}


def test_whole_tables_pass_every_rule_and_all_their_rows_were_judged(story: Story) -> None:
    found = looks(story.lake)
    assert {n: v.passed for n, v in ((n, together(n, "", found)) for n in rules_of(STEPS))} == dict.fromkeys(rules_of(STEPS), True)
    assert all(look.rows_judged == look.rows for look in found)
    assert {look.table.name for look in found} == {t.name for s in STEPS for t in s.writes}


def test_the_rules_are_those_that_runs_judge(story: Story) -> None:
    del story
    assert set(rules_of(STEPS)) == {"schema", "row_account", "leaks", "evidence", "days_finished", "one_ticket", "outbox_age"}


def test_what_was_changed_by_hand_is_found_with_its_table_named(damaged: LocalLakehouse) -> None:
    from deltalake import DeltaTable

    def change(table_location: str, predicate: str, **updates: str) -> None:
        DeltaTable(table_location).update(updates=updates, predicate=predicate)

    change(damaged.location(EVENTS), "is_informative", text=f"'write to {PLANTED[0]}'")
    change(damaged.location(ISSUES), "true", confidence="7.0")
    DeltaTable(damaged.location(bronze_table("forum"))).delete("start = 0")
    DeltaTable(damaged.location(STAGE_BATCHES)).delete("stage = 'enrichment'")
    found = verdicts(damaged)
    broken = {name: {row.get("table") for row in v.sample} for name, v in found.items() if not v.passed}
    assert broken["leaks"] == {EVENTS.name}
    assert broken["schema"] == {ISSUES.name}
    assert broken["evidence"] == {ISSUES.name}
    assert bronze_table("forum").name in {str(t) for t in broken["row_account"]}
    assert "days_finished" in broken
    assert PLANTED[0] not in str(found)


def test_a_large_table_is_judged_in_part_and_a_file_at_a_time(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MOST_ROWS", 10)
    lake = RecordingLakehouse(story.lake)
    (look,) = [one for one in second_looks(lake, STEPS, Services(story.settings), NIGHT) if one.table.name == ISSUES.name]
    assert 10 <= look.rows_judged < look.rows
    assert look.days_judged < look.days


@given(st.dictionaries(st.integers(0, 3000), st.integers(0, 60_000), max_size=60), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_the_days_of_a_night_are_bounded_fixed_and_hold_the_newest(counts: dict[int, int], night: date) -> None:
    by_day = {date(2020, 1, 1) + timedelta(days=n): rows for n, rows in counts.items()}
    drawn = drawn_days(by_day, night)
    assert drawn == drawn_days(by_day, night)
    assert set(drawn) <= set(by_day)
    assert sum(by_day[d] for d in drawn) <= MOST_ROWS + max(by_day.values(), default=0)
    if sum(by_day.values()) < MOST_ROWS:
        assert set(drawn) == set(by_day)
    newest = sorted(by_day, reverse=True)[:NEWEST_DAYS]
    assert drawn == sorted(drawn)
    assert not newest or newest[0] in drawn


def test_every_day_of_a_large_table_is_met_in_time() -> None:
    counts = {date(2024, 1, 1) + timedelta(days=n): MOST_ROWS // 10 for n in range(60)}
    met = {day for night in range(200) for day in drawn_days(counts, date(2025, 1, 1) + timedelta(days=night))}
    assert met == set(counts)
