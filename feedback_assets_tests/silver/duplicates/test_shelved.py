"""Texts compared on other processes, from files, are led by whom they would be led here; and the files go."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from feedback_assets.compute import workers
from feedback_assets.silver.duplicates import leaders, shelved
from feedback_assets.silver.duplicates.comparing import Comparer
from feedback_assets.silver.duplicates.leaders import OPEN, Standing, Texts, settle
from feedback_assets.silver.duplicates.reading import Shelf, read
from feedback_assets_tests.silver.duplicates.test_leaders import texts
from feedback_assets_tests.silver.duplicates.world import sentence


@pytest.fixture(autouse=True)
def _processes_end() -> Iterator[None]:
    yield
    workers.close_workers()


def _told() -> Texts:
    """Chains of near copies, texts without spaces between words and with both kinds, one said on several days, and one too short."""
    chance = random.Random(3)
    normals = []
    for n in range(60):
        one, other = (sentence(random.Random(1000 * k + n), 24).split() for k in (1, 2))
        normals += [" ".join(other[:k] + one[k:]) for k in (0, 3, 6)]
        dense = "".join(chance.choice("決済画面が開かず何度試しても失敗する請求先住所") for _ in range(60))
        normals += [dense, dense[:-2] + "です", f"{normals[-1]} {dense}", f"{dense[:30]} {' '.join(one[:8])}"]
    chance.shuffle(normals)
    normals += [*normals[:40], "ok"]
    return texts(normals, sorted(chance.randrange(90) for _ in normals))


def _settled(told: Texts, *, elsewhere: int) -> tuple[list[int], list[float]]:
    standing = Standing(np.full(len(told.days), OPEN, np.int64), np.zeros(len(told.days)))
    if not elsewhere:
        settle(told, standing)
        return standing.leader.tolist(), standing.similarity.tolist()
    with shelved.compared_on_processes(told, elsewhere) as compared:
        assert compared is not None
        settle(told, standing, elsewhere=compared)
    return standing.leader.tolist(), standing.similarity.tolist()


@pytest.mark.parametrize("ahead", [7, 8_000])
def test_leaders_are_the_same_wherever_the_texts_are_compared(ahead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelved, "FEW", 0)
    monkeypatch.setattr(leaders, "_COMPARED_ELSEWHERE", ahead)
    monkeypatch.setattr(workers, "START_OVER", 0)
    told = _told()
    here = _settled(told, elsewhere=0)
    assert 50 < len(set(here[0])) < len(here[0]) - 50, "copies and others"
    assert _settled(told, elsewhere=1) == here
    assert _settled(told, elsewhere=2) == here


def test_texts_on_a_mapped_shelf_are_those_that_were_put_there(tmp_path: Path) -> None:
    normals = ["the page does not load", "決済画面が開かず", "error 決済画面が開かず again", "é" * 9000, ""]
    told = texts(normals, [0] * len(normals))
    numbers = np.array([0, 1, 2, 3])
    shelved._write(tmp_path, told, numbers, 1)
    mapped, held = shelved.MappedShelf(tmp_path), Shelf.of(read(normals[:4]))
    for name in ("lengths", "shingles", "dense", "plain"):
        assert getattr(mapped, name)[:4].tolist() == getattr(held, name).tolist()
    for n in range(4):
        a, b = mapped[n], held[n]
        assert (a.normal, a.dense, a.plain) == (b.normal, b.dense, b.plain)
        for name in ("slots", "begins", "ends"):
            assert getattr(a, name).tolist() == getattr(b, name).tolist(), (n, name)
    assert mapped.begins(numbers).tolist() == held.begins(numbers).tolist()
    ones, others = np.array([1, 1]), np.array([2, 0])
    assert Comparer().similarities(mapped, ones, others).tolist() == Comparer().similarities(held, ones, others).tolist()


def test_few_texts_are_not_worth_processes_and_the_files_go_with_the_last_pair(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = _told()
    with shelved.compared_on_processes(told, 2) as compared:
        assert compared is None
    monkeypatch.setattr(shelved, "FEW", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with shelved.compared_on_processes(told, 1):
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())
