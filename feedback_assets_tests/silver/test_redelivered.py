"""Which payload is in force when the source does not tell when it changed: the deletion, else what was delivered last, however it came."""

import random
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, REVISIONS
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.duplicates.update import rebuild_duplicates, update_duplicates
from feedback_assets.silver.process import pending_days, process_days
from feedback_assets.silver.revisions import rebuild_revisions, update_revisions
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401
from feedback_assets_tests.keys import MASKER
from feedback_assets_tests.silver.deliveries import DAY, LANDED, deliver, post


class File(NamedTuple):
    """Posts (number, letter) delivered in one file. A letter is a payload; "X" is a deletion, a small letter was changed later."""

    posts: tuple[tuple[int, str], ...]
    day: int
    number: int
    """Files land in this order, and their names say nothing about it."""

    @property
    def landed(self) -> datetime:
        return LANDED + timedelta(minutes=self.number)

    @property
    def name(self) -> str:
        return f"forum/{random.Random(self.number).randrange(100)}-{self.number}.jsonl"


def told(number: int, letter: str) -> dict[str, Any]:
    made = post(number, f"It says {letter} since the update")
    if letter.islower():
        made["updated_at"] = (datetime.fromisoformat(made["updated_at"]) + timedelta(hours=1)).isoformat()
    return {**made, "deleted_at": made["updated_at"]} if letter == "X" else made


def read(lake: Lakehouse, sail: SailCompute, *files: File) -> None:  # noqa: F811
    for file in files:
        posts = [told(n, letter) for n, letter in file.posts]
        deliver(lake, posts, file=file.name, day=DAY + timedelta(days=file.day), landed=file.landed)
    process_days(lake, sail, pending_days(lake), masker=MASKER, now=LANDED)
    update_revisions(lake, sail)
    update_duplicates(lake)


def nothing_is_left_to_rebuild(lake: Lakehouse, sail: SailCompute) -> None:  # noqa: F811
    """Followed batch by batch: what a rebuild makes."""
    tables = (REVISIONS, DUPLICATE_INDEX)
    before = [lake.read(t, columns=t.compared).sort_by(t.key[0]).to_pylist() for t in tables]
    rebuild_revisions(lake, sail)
    rebuild_duplicates(lake)
    after = [lake.read(t, columns=t.compared).sort_by(t.key[0]).to_pylist() for t in tables]
    assert [sorted(map(repr, rows)) for rows in after] == [sorted(map(repr, rows)) for rows in before]


def in_force(lake: Lakehouse) -> dict[str, tuple[str, date]]:
    """Text and day of each event in force, by event."""
    texts = {(r["event_id"], r["payload_sha256"]): r["text"] for r in lake.read(EVENTS).to_pylist()}
    current = [r for r in lake.read(REVISIONS).to_pylist() if r["is_current"]]
    assert len({r["event_id"] for r in current}) == len(current)
    return {r["event_id"]: (texts[r["event_id"], r["payload_sha256"]], r["feed_date"]) for r in current}


def expected(files: list[File]) -> set[tuple[str, date]]:
    """The same, from the deliveries alone."""
    latest: dict[tuple[int, str], tuple[Any, ...]] = {}
    first: dict[tuple[int, str], int] = {}
    for file in files:
        for place, (number, letter) in enumerate(file.posts):
            key = (number, letter)
            latest[key] = max(latest.get(key, ()), (file.day, file.landed, place))
            first[key] = min(first.get(key, file.day), file.day)
    found = set()
    for number in {n for n, _ in latest}:
        letter = max((x for n, x in latest if n == number), key=lambda x: (x.islower(), x == "X", latest[number, x]))
        if letter != "X":
            found.add((f"It says {letter} since the update", DAY + timedelta(days=first[number, letter])))
    return found


def one(letter: str, number: int, day: int = 0) -> File:
    return File(((1, letter),), day, number)


@pytest.mark.parametrize("letters", ["AX", "XA", "AXA", "BX", "XB", "ABX"])
def test_a_deletion_that_does_not_say_when_is_never_outdone_by_what_it_deletes(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    letters: str,
) -> None:
    read(lake, sail, *(one(letter, n, day=n) for n, letter in enumerate(letters)))
    assert not in_force(lake)


@pytest.mark.parametrize("days", [(0, 1, 2), (0, 0, 0), (0, 0, 1), (0, 1, 1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1)])
def test_what_was_said_again_after_something_else_is_in_force_again_under_its_first_day(
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
    days: tuple[int, int, int],
    order: tuple[int, int, int],
) -> None:
    files = [one(letter, n, day) for n, (letter, day) in enumerate(zip("ABA", days, strict=True))]
    for n in order:
        read(lake, sail, files[n])
    assert set(in_force(lake).values()) == expected(files) == {("It says A since the update", DAY)}
    nothing_is_left_to_rebuild(lake, sail)


def test_a_full_export_every_hour_rewrites_nothing(lake: LocalLakehouse, sail: SailCompute) -> None:  # noqa: F811
    read(lake, sail, File(((1, "A"), (2, "A"), (2, "B")), 0, 0))
    before = [lake.version(t) for t in (EVENTS, REVISIONS)]
    read(lake, sail, File(((1, "A"),), 0, 1), File(((1, "A"), (3, "A")), 0, 2))
    assert [lake.version(t) for t in (EVENTS, REVISIONS)] == [v + 1 for v in before]  # the new post, and nothing else


letter = st.sampled_from("ABCXa")
posts = st.lists(st.tuples(st.integers(0, 2), letter), min_size=1, max_size=4).map(tuple)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(posts, st.integers(0, 2)), min_size=2, max_size=5), shuffle=st.randoms(use_true_random=False))
def test_any_history_in_any_order_and_any_batches_gives_what_the_deliveries_say(
    sail: SailCompute,  # noqa: F811
    files: list[tuple[tuple[tuple[int, str], ...], int]],
    shuffle: random.Random,
) -> None:
    history = [File(said, day, n) for n, (said, day) in enumerate(files)]
    arrived = shuffle.sample(history, len(history))
    with tempfile.TemporaryDirectory() as folder:
        lake = LocalLakehouse(Path(folder))
        while arrived:
            n = shuffle.randint(1, len(arrived))
            read(lake, sail, *arrived[:n])
            arrived = arrived[n:]
        assert set(in_force(lake).values()) == expected(history)
        nothing_is_left_to_rebuild(lake, sail)
