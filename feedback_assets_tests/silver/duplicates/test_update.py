"""The duplicate tables kept up by batches are what a full rebuild says, whatever came in whatever order, and wherever it was killed."""

import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.silver import DUPLICATE_COUNTS, DUPLICATE_GROUPS, DUPLICATE_INDEX
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.duplicates.update import rebuild_duplicates, update_duplicates
from feedback_assets_tests.silver.duplicates.world import TABLES, Said, arrive, contents, groups, sentence
from feedback_assets_tests.silver.kills import Killed, kill_after

LONG = "Since the last update the application closes every time I open the settings page"
_ONE, _OTHER = (sentence(random.Random(n), 24).split() for n in (3, 100))
CHAIN = [" ".join(_OTHER[:k] + _ONE[k:]) for k in range(9)]
"""Each text is a copy of its neighbours and not of those further on."""


def said(number: int, link: int, day: int) -> Said:
    return Said(number, CHAIN[link], hours=24.0 * day + number / 10)


events = st.tuples(st.integers(0, 9), st.integers(0, len(CHAIN) - 1), st.integers(0, 90))
"""Event, which text, on which day."""


@settings(max_examples=12, deadline=None)
@given(
    rounds=st.lists(st.lists(events, min_size=1, max_size=6), min_size=1, max_size=4),
    changed=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(-1, len(CHAIN) - 1)), max_size=4),
    killed=st.integers(0, 12),
)
def test_batches_edits_and_deletions_in_any_order_give_what_a_rebuild_gives(
    rounds: list[list[tuple[int, int, int]]], changed: list[tuple[int, int, int]], killed: int
) -> None:
    stand: dict[int, Said] = {}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        lake = LocalLakehouse(Path(folder))
        for n, told in enumerate(rounds):
            batch = {number: said(number, link, day) for number, link, day in told if number not in stand}
            for when, number, link in changed:
                if when == n and number in stand and not stand[number].gone:
                    batch[number] = stand[number].deleted() if link < 0 else stand[number].edited(CHAIN[link])
            stand |= batch
            arrive(lake, batch.values(), f"round {n}")
            if killed // 4 == n:
                kill_after(patch, lake, killed % 4, ("upsert", "replace"))
                with suppress(Killed):
                    update_duplicates(lake)
                patch.undo()
                continue  # the next round finds more than was there when it was killed
            update_duplicates(lake)
        update_duplicates(lake)
        kept_up = contents(lake)
        before = [lake.version(t) for t in TABLES]
        assert not update_duplicates(lake).committed
        assert before == [lake.version(t) for t in TABLES]
        rebuild_duplicates(lake)
        rebuilt = contents(lake)
    assert kept_up == rebuilt


def test_equal_and_nearly_equal_texts_share_the_earliest_as_representative(lake: LocalLakehouse) -> None:
    told = [
        Said(0, LONG),
        Said(1, "something else entirely that nobody has said before today", hours=1),
        Said(2, LONG.upper() + "!!", hours=2),
        Said(3, LONG.replace("page", "pages") + " now", hours=3),
    ]
    arrive(lake, told[::-1], "a")
    update_duplicates(lake)
    assert groups(lake, told) == {0: (0, "exact", False), 2: (0, "exact", False), 3: (0, "near", False)}


def test_an_earlier_event_that_arrives_late_becomes_the_representative(lake: LocalLakehouse) -> None:
    told = [Said(1, LONG, hours=5), Said(2, LONG + " again", hours=30)]
    arrive(lake, told, "a")
    update_duplicates(lake)
    late = Said(0, LONG + " sadly", hours=1)
    arrive(lake, [late], "b")
    update_duplicates(lake)
    assert groups(lake, [late, *told]) == {0: (0, "exact", False), 1: (0, "near", False), 2: (0, "near", False)}


def test_a_deleted_representative_leaves_its_group_to_the_next(lake: LocalLakehouse) -> None:
    told = [Said(n, LONG + " again" * n, hours=n) for n in range(3)]
    arrive(lake, told, "a")
    update_duplicates(lake)
    arrive(lake, [told[0].deleted()], "b")
    update_duplicates(lake)
    assert groups(lake, told) == {1: (1, "exact", False), 2: (1, "near", False)}
    arrive(lake, [told[1].edited("this one was about something else, as it turned out much later")], "c")
    update_duplicates(lake)
    assert groups(lake, told) == {}
    assert lake.count(DUPLICATE_COUNTS) == 0


def test_texts_further_apart_than_the_window_are_said_anew(lake: LocalLakehouse) -> None:
    told = [Said(n, LONG, hours=24.0 * day) for n, day in enumerate((0, 40, 50, 90))]
    arrive(lake, told, "a")
    update_duplicates(lake)
    assert {n: r for n, (r, _, _) in groups(lake, told).items()} == {0: 0, 1: 0, 2: 2, 3: 2}


def test_people_and_mentions_are_counted_apart(lake: LocalLakehouse) -> None:
    told = [
        Said(0, LONG, customer="a"),
        Said(1, LONG + " again", hours=1, customer="a", source="email"),
        Said(2, LONG, hours=2, customer="b"),
        Said(3, LONG, hours=3),
        Said(4, LONG, hours=4),
    ]
    arrive(lake, told, "a")
    update_duplicates(lake)
    (row,) = lake.read(DUPLICATE_COUNTS).to_pylist()
    assert (row["mentions"], row["customers"], row["unknown_senders"], row["wordings"], row["sources"]) == (5, 2, 2, 2, ["email", "forum"])
    assert (row["group_id"], row["first_time"], row["last_time"]) == (told[0].event_id, told[0].event_time, told[4].event_time)


def test_a_batch_reads_and_writes_the_days_around_it_alone(lake: LocalLakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Said(n, sentence(random.Random(n)), hours=24.0 * n * 5) for n in range(60)]
    arrive(lake, told, "a")
    update_duplicates(lake)
    read: set[Any] = set()
    original = lake.read

    def seen(table: Any, **more: Any) -> Any:
        rows = original(table, **more)
        if table is DUPLICATE_INDEX and "event_day" in rows.column_names:
            read.update(rows["event_day"].to_pylist())
        return rows

    monkeypatch.setattr(lake, "read", seen)
    last = Said(60, told[59].text + " again", hours=24.0 * 296)
    arrive(lake, [last], "b")
    update_duplicates(lake)
    assert len(read) <= 11
    assert groups(lake, [*told, last]) == {59: (59, "exact", False), 60: (59, "near", False)}


@pytest.mark.parametrize(
    "text", ["still broken", "does not work", "geht nicht", "App crashes", "打不开", "love it", "", "👍👍👍👍👍👍👍👍👍"]
)
def test_short_texts_of_different_people_are_different_complaints(lake: LocalLakehouse, text: str) -> None:
    arrive(lake, [Said(n, text, hours=n) for n in range(4)], "a")
    update_duplicates(lake)
    assert lake.count(DUPLICATE_GROUPS) == 0


def test_a_wording_copied_by_many_within_days_is_a_template_and_one_persons_repeats_are_not(lake: LocalLakehouse) -> None:
    copied = [f"{LONG}, bring back the old version {i % 3}" for i in range(8)]
    for name, customers, hours in (("many", "abcdefgh", 1.0), ("one", "aaaaaaaa", 1.0), ("slow", "abcdefgh", 24.0 * 5)):
        home = LocalLakehouse(lake.root / name)
        told = [Said(n, t, hours=n * hours, customer=customers[n]) for n, t in enumerate(copied)]
        arrive(home, told, "a")
        update_duplicates(home)
        found = groups(home, told)
        assert len(found) == 8
        assert {template for _, _, template in found.values()} == {name == "many"}


def test_who_stood_under_a_representative_that_joins_another_is_decided_anew(lake: LocalLakehouse) -> None:
    told = [said(1, 1, 1), said(2, 3, 2)]
    arrive(lake, told, "a")
    update_duplicates(lake)
    assert {n: r for n, (r, _, _) in groups(lake, told).items()} == {1: 1, 2: 1}
    late = said(0, 0, 0)
    arrive(lake, [late], "b")
    update_duplicates(lake)
    assert {n: r for n, (r, _, _) in groups(lake, [late, *told]).items()} == {0: 0, 1: 0}
    kept_up = contents(lake)
    rebuild_duplicates(lake)
    assert contents(lake) == kept_up
