"""Days of silver brought to other rules of masking: equal to a home that always had them, killed anywhere, and downstream."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.silver import DUPLICATE_COUNTS, DUPLICATE_GROUPS, DUPLICATE_INDEX, EVENTS, RAW_TEXT, REVISIONS
from feedback_assets.contracts.table import Table
from feedback_assets.ground.batches import Making
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.duplicates.update import update_duplicates
from feedback_assets.silver.personal.masker import Masker, Policy, masker_of
from feedback_assets.silver.personal.rules import PersonalData, SourceRules
from feedback_assets.silver.process import DayReport, pending_days, process_days
from feedback_assets.silver.restating import restate_days
from feedback_assets.silver.revisions import update_revisions
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401
from feedback_assets_tests.keys import KEY, MASKER
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed
from feedback_assets_tests.silver.deliveries import DAY, deliver, post

NOW = datetime(2024, 6, 2, tzinfo=UTC)
LATER = datetime(2024, 6, 3, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
STRICTER = masker_of(Policy(KEY, PersonalData(sources={"forum": SourceRules(order=(r"\bZX-\d{4}\b",))})))
OLD, NEW = Making("old"), Making("new", "backfill", restates=True)
LONG = "Since the last update the application closes every time I open the settings page, order ZX-{} and nothing helps at all"
TABLES = (EVENTS, RAW_TEXT, REVISIONS, DUPLICATE_GROUPS, DUPLICATE_COUNTS, DUPLICATE_INDEX)


def land(lake: Lakehouse) -> None:
    deliver(
        lake, [post(1, LONG.format(1111)), post(1, LONG.format(1111)), post(2, "My order ZX-2222 never came"), b"no json"], file="a.jsonl"
    )
    deliver(lake, [post(2, "My order ZX-2222 never came"), post(3, LONG.format(1112))], file="b.jsonl")
    deliver(lake, [post(4, "It is slow"), post(1, LONG.format(1111))], file="c.jsonl", day=NEXT)


def make(lake: Lakehouse, compute: SailCompute, masker: Masker, making: Making, now: datetime = NOW) -> dict[Any, DayReport]:
    reports = process_days(lake, compute, [DAY, NEXT], masker=masker, now=now, making=making)
    restate_days(lake, compute, [DAY, NEXT], reports, masker=masker, now=now, making=making)
    return reports


def follow(lake: Lakehouse, compute: SailCompute) -> None:
    update_revisions(lake, compute)
    update_duplicates(lake)


def contents(lake: Lakehouse, *tables: Table) -> dict[str, list[str]]:
    return {
        t.name: sorted(repr(r) for r in lake.read(t, columns=[c for c in t.compared if c != "made_by"]).to_pylist())
        for t in tables or TABLES
    }


def accounts(lake: Lakehouse) -> list[tuple[Any, ...]]:
    rows = lake.read(STAGE_BATCHES).to_pylist()
    return sorted((r["feed_date"], r["batch_id"], r["rows_in"], r["rows_out"], r["reasons"]) for r in rows)


def test_restated_days_are_those_of_a_home_that_always_had_the_rules(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    tmp_path: Path,
) -> None:
    fresh = LocalLakehouse(tmp_path / "fresh")
    land(lake)
    land(fresh)
    make(lake, sail, MASKER, OLD)
    follow(lake, sail)
    assert any("ZX-2222" in r for r in contents(lake, EVENTS)[EVENTS.name])
    make(fresh, sail, STRICTER, Making("new"))
    follow(fresh, sail)
    report = make(lake, sail, STRICTER, NEW, LATER)
    assert report[DAY].restated >= 3
    assert not any("ZX-" in r for r in contents(lake, EVENTS)[EVENTS.name])
    follow(lake, sail)
    assert contents(lake) == contents(fresh)
    assert accounts(lake) == accounts(fresh)
    assert set(lake.read(EVENTS)["made_by"].to_pylist()) == {"new"}


def test_only_rows_that_say_something_else_are_made_later_and_send_their_batch_on(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    land(lake)
    deliver(lake, [post(9, "It is fast")], file="d.jsonl", day=NEXT)
    make(lake, sail, MASKER, OLD)
    make(lake, sail, STRICTER, NEW, LATER)
    editions = {r["batch_id"]: r["edition"] for r in lake.read(STAGE_BATCHES).to_pylist()}
    untouched = [r for r in lake.read(EVENTS).to_pylist() if "fast" in r["text"]]
    assert [editions[r["batch_id"]] for r in untouched] == [0]
    assert sum(bool(e) for e in editions.values()) == 3
    assert {r["restated_for"] or "" for r in lake.read(STAGE_BATCHES).to_pylist() if r["edition"]} == {"backfill"}


def test_a_restatement_with_nothing_stale_commits_nothing(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    land(lake)
    make(lake, sail, STRICTER, Making("new"))
    follow(lake, sail)
    before = [lake.version(t) for t in (*TABLES, STAGE_BATCHES)]
    report = make(lake, sail, STRICTER, NEW, LATER)
    follow(lake, sail)
    assert [lake.version(t) for t in (*TABLES, STAGE_BATCHES)] == before
    assert (report[DAY].restated, report[NEXT].restated) == (0, 0)


def test_a_live_run_leaves_what_other_versions_made(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    land(lake)
    make(lake, sail, MASKER, OLD)
    before = [lake.version(t) for t in (EVENTS, STAGE_BATCHES)]
    make(lake, sail, STRICTER, Making("new", "live"), LATER)
    assert [lake.version(t) for t in (EVENTS, STAGE_BATCHES)] == before


def test_a_record_that_can_be_read_no_more_leaves_and_is_accounted_for(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from feedback_assets.silver import process, restating

    land(lake)
    make(lake, sail, MASKER, OLD)
    follow(lake, sail)
    known = {r["event_id"]: r for r in lake.read(EVENTS).to_pylist() if "never came" in r["text"]}
    (lost,) = known

    def without(*args: Any) -> Any:
        readable, unreadable = process_readable(*args)
        bad = [(r["feed_date"], r["event_id"], r["payload_sha256"]) for r in readable.to_pylist() if r["event_id"] == lost]
        keep = [r["event_id"] != lost for r in readable.to_pylist()]
        return readable.filter(keep), {**unreadable, **dict.fromkeys(bad, "unreadable")}

    process_readable = process.readable_events
    monkeypatch.setattr(restating, "readable_events", without)
    make(lake, sail, MASKER, NEW, LATER)
    follow(lake, sail)
    assert lost not in lake.read(EVENTS)["event_id"].to_pylist()
    assert lost not in lake.read(REVISIONS)["event_id"].to_pylist()
    assert lost not in lake.read(DUPLICATE_INDEX)["event_id"].to_pylist()
    for row in lake.read(STAGE_BATCHES).to_pylist():
        assert row["rows_in"] == row["rows_out"] + sum(json.loads(row["reasons"]).values())


def test_a_restatement_that_is_killed_at_any_write_is_finished_by_the_next_and_followed(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    tmp_path: Path,
) -> None:
    import shutil

    land(lake)
    make(lake, sail, MASKER, OLD)
    follow(lake, sail)

    def copy(name: str) -> LocalLakehouse:
        shutil.copytree(lake.root, tmp_path / name)
        return LocalLakehouse(tmp_path / name)

    whole, fuse = copy("whole"), Fuse()
    make(FusedLake(whole, fuse), sail, STRICTER, NEW, LATER)
    follow(whole, sail)
    assert fuse.steps >= 8  # before and after the announcement, raw text, events and accounts
    for at in range(1, fuse.steps + 1):
        killed = copy(f"killed {at}")
        with pytest.raises(Killed):
            make(FusedLake(killed, Fuse(at)), sail, STRICTER, NEW, LATER)
        follow(killed, sail)  # gold may come between
        make(killed, sail, STRICTER, NEW, LATER)
        follow(killed, sail)
        assert contents(killed) == contents(whole), at
        assert accounts(killed) == accounts(whole), at
    assert pending_days(whole) == []
