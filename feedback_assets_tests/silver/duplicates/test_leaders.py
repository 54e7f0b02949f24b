import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.duplicates import candidates
from feedback_assets.silver.duplicates.candidates import Tokens
from feedback_assets.silver.duplicates.comparing import Comparer
from feedback_assets.silver.duplicates.grouping import leaders
from feedback_assets.silver.duplicates.leaders import OPEN, Memory, Standing, Texts, settle
from feedback_assets.silver.duplicates.reading import Shelf, read
from feedback_assets.silver.duplicates.shingles import sketches
from feedback_assets_tests.silver.duplicates.world import sentence

_ONE, _OTHER = (sentence(random.Random(n), 24).split() for n in (3, 100))
CHAIN = [" ".join(_OTHER[:k] + _ONE[k:]) for k in range(13)]
WINDOW = 45
Numbers = npt.NDArray[np.int64]


def one_by_one(normals: Sequence[str], days: Sequence[int]) -> list[int]:
    """The earliest representative that a text is a copy of, by comparing with all of them."""
    comparer = Comparer()
    seen = read(normals)
    found: list[int] = []
    for i, text in enumerate(seen):
        led_by = (j for j in range(i) if found[j] == j and days[i] - days[j] <= WINDOW and comparer.similarity(seen[j], text) > 0)
        found.append(next(led_by, i))
    return found


def texts(normals: list[str], days: list[int]) -> Texts:
    same = {n: i for i, n in reversed(list(enumerate(normals)))}
    return Texts(
        np.array(days, np.int64),
        np.array([same[n] for n in normals], np.int64),
        Tokens(*sketches(normals)),
        lambda w: [normals[i] for i in w],
    )


said = st.lists(st.tuples(st.integers(0, len(CHAIN) - 1), st.integers(0, 120)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(said, st.sets(st.integers(0, 24)), st.booleans())
def test_what_is_opened_is_decided_as_if_all_had_been(told: list[tuple[int, int]], late: set[int], small: bool) -> None:
    told = sorted(told, key=lambda t: t[1])
    normals, days = [CHAIN[link] for link, _ in told], [day for _, day in told]
    expected = one_by_one(normals, days)
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(candidates, "BUDGET", 5)
        # First without the late ones, then with them: only they are open.
        early = [i for i in range(len(told)) if i not in late]
        first = Standing(np.full(len(early), OPEN, np.int64), np.zeros(len(early)))
        settle(texts([normals[i] for i in early], [days[i] for i in early]), first)
        then = Standing(np.full(len(told), OPEN, np.int64), np.zeros(len(told)))
        for at, i in enumerate(early):
            then.leader[i] = early[int(first.leader[at])]
            then.similarity[i] = first.similarity[at]
        settle(texts(normals, days), then)
    assert then.leader.tolist() == expected


def test_a_flood_of_near_copies_is_led_by_its_first_without_comparing_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    body = sentence(random.Random(5), 30)
    compared: list[int] = []
    original = Comparer.similarities

    def counted(comparer: Comparer, shelf: Shelf, ones: Numbers, others: Numbers) -> "npt.NDArray[np.float64]":
        compared.extend(others.tolist())
        return original(comparer, shelf, ones, others)

    monkeypatch.setattr(Comparer, "similarities", counted)
    assert set(leaders([f"{body} {n}" for n in range(3_000)])) == {0}
    assert len(compared) == 2_999


def test_a_text_that_is_said_on_many_days_is_read_once() -> None:
    bodies = [f"{sentence(random.Random(5), 30)} {n}" for n in range(20)]
    normals = [body for _ in range(30) for body in bodies]
    told = texts(normals, [day for day in range(30) for _ in bodies])
    read_texts: list[str] = []

    def counted(wanted: Sequence[int]) -> Sequence[str]:
        found = [normals[i] for i in wanted]
        read_texts.extend(found)
        return found

    told.normals = counted
    standing = Standing(np.full(len(normals), OPEN, np.int64), np.zeros(len(normals)))
    settle(told, standing)
    assert set(standing.leader.tolist()) == {0}
    assert sorted(read_texts) == sorted(bodies)


def test_planted_copies_are_found_and_nothing_else() -> None:
    chance = random.Random(11)
    told, truth = [], []
    for i in range(400):
        text = sentence(chance, chance.randint(12, 30))
        told.append(text)
        truth.append(i)
        if i % 4 == 0:
            at = chance.randrange(len(text))
            for changed in (text[:at] + "x" + text[at + 1 :], "hello " + text, text + " please help", text.replace(" ", ", ").capitalize()):
                told.append(changed)
                truth.append(i)
    found = leaders(told)
    right = sum(truth[k] == truth[r] for k, r in enumerate(found) if r != k)
    assert right == sum(r != k for k, r in enumerate(found))
    assert right >= 0.98 * 400


def test_no_texts_no_leaders() -> None:
    assert leaders([]) == []
    assert leaders(["", ""]) == [0, 1]


def test_short_texts_under_other_signatures_are_copies() -> None:
    said = "The toolbar is gone since the update of last night"
    told = [said + "\n\nBest regards,\nAnna Example", said + "\n\nKind regards\nSam Placeholder\nExample Corp\nTel. 555-0177", said]
    assert leaders(told) == [0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(said, st.lists(st.integers(1, 25), min_size=1, max_size=3))
def test_what_is_decided_again_among_more_texts_is_remembered_and_comes_out_the_same(
    told: list[tuple[int, int]], shares: list[int]
) -> None:
    told = sorted(told, key=lambda t: t[1])
    normals, days = [CHAIN[link] for link, _ in told], [day for _, day in told]
    compared: list[tuple[str, str]] = []
    original = Comparer.similarities

    def noted(comparer: Comparer, shelf: Shelf, ones: Numbers, others: Numbers) -> "npt.NDArray[np.float64]":
        pairs = zip(shelf.texts(ones), shelf.texts(others), strict=True)
        compared.extend((one.normal, other.normal) for one, other in pairs)
        return original(comparer, shelf, ones, others)

    memory = Memory()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Comparer, "similarities", noted)
        for number in [*sorted(shares), len(told)]:
            # The last ones first, so that the numbers of the texts change.
            at = max(0, len(told) - number)
            standing = Standing(np.full(len(told) - at, OPEN, np.int64), np.zeros(len(told) - at))
            known = set(compared)
            compared.clear()
            settle(hashed(normals, days, at), standing, memory=memory)
            assert not known & set(compared)
            compared.extend(known)
    assert standing.leader.tolist() == one_by_one(normals, days)


def hashed(normals: list[str], days: list[int], at: int) -> Texts:
    """The texts from `at` on, with hashes that are the same however many there are."""
    some = texts(normals[at:], days[at:])
    some.hashes[:] = [CHAIN.index(n) for n in normals[at:]]
    return some
