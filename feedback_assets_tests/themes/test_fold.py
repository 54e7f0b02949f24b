"""The fold by itself: a checkpoint continues exactly, neighbours do not chain, themes that become alike join."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.ground.identity import sha256_hex
from feedback_assets.themes.checkpoint import meta_of, rows_of, state_of
from feedback_assets.themes.fold import Folded, Issue, Parameters, State, fold
from feedback_assets.themes.lens import AXES_FROM, Language, unit

START = datetime(2024, 1, 1, tzinfo=UTC)
SIZE = 16


def issue(n: int, day: int, vector: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", **other: str) -> Issue:
    name = sha256_hex(f"{n}".encode())[:32]
    time = START + timedelta(days=day, minutes=n)
    facts = {"category": "c", "subcategory": "", "language": "en"} | other
    return Issue(time.date(), time, name, name, vector=unit(vector[None])[0].astype(np.float32), **facts)


def around(axis: int, seed: int, spread: float = 0.1) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    noise = np.random.default_rng(seed).normal(size=SIZE) * spread
    return np.asarray(np.eye(SIZE)[axis] + noise)


def many(days: int = 6, a_day: int = 9) -> list[Issue]:
    return [issue(d * a_day + n, d, around(n % 4, d * 100 + n), category="ab"[n % 2]) for d in range(days) for n in range(a_day)]


def picture(folded: Folded) -> tuple[object, ...]:
    themes = sorted((t.theme_id, t.size, t.total.tobytes(), tuple(sorted(t.subcategories.items()))) for t in folded.state.themes.values())
    return themes, [i.issue_id for i in folded.state.waiting], folded.state.through


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_fold_from_a_checkpoint_is_bit_for_bit_the_fold_from_the_start(cut: int, shuffle: random.Random) -> None:
    issues = many()
    whole = fold(State(), issues, Parameters())
    first = fold(State(), [i for i in issues if (i.event_time - START).days < cut], Parameters())
    stored = rows_of(first.state, rules="r", embedder="e")
    again = state_of(stored)
    assert meta_of(stored) == (first.state.through, {"rules": "r", "embedder": "e"})
    rest = [i for i in issues if (i.event_time - START).days >= cut]
    shuffle.shuffle(rest)
    continued = fold(again, rest, Parameters())
    assert picture(continued) == picture(whole)
    assert {**{k: p for k, p in first.places.items() if p.theme_id}, **continued.places} == whole.places


def test_the_state_before_the_last_day_folds_that_day_to_the_same_end() -> None:
    issues = many()
    whole = fold(State(), issues, Parameters())
    last = max(i.feed_date for i in issues)
    assert picture(fold(whole.before_last, [i for i in issues if i.feed_date == last], Parameters())) == picture(whole)


def test_a_chain_of_neighbours_is_not_one_theme() -> None:
    steps = 24
    chain = []
    for n in range(steps):
        angle = np.pi * n / (steps - 1)
        vector = np.zeros(SIZE)
        vector[0], vector[1] = np.cos(angle), np.sin(angle)
        chain.append(issue(n, 0, vector))
    folded = fold(State(), chain, Parameters())
    assert all(t.size < steps for t in folded.state.themes.values())
    for theme in folded.state.themes.values():
        members = [i for i in chain if folded.places[i.issue_id].theme_id == theme.theme_id]
        centre = unit(theme.total.astype(np.float64)[None])[0]
        assert min(float(i.vector @ centre) for i in members) > 0.3


def test_categories_and_languages_never_share_a_theme() -> None:
    issues = [issue(n, 0, around(0, n), category="ab"[n % 2], language=("en", "de")[n // 2 % 2]) for n in range(40)]
    folded = fold(State(), issues, Parameters())
    themes = folded.state.themes
    assert {(t.category, t.language) for t in themes.values()} == {("a", "en"), ("a", "de"), ("b", "en"), ("b", "de")}


def test_the_founder_is_the_earliest_and_names_the_theme() -> None:
    folded = fold(State(), [issue(n, 0, around(0, n)) for n in reversed(range(8))], Parameters())
    (theme,) = folded.state.themes.values()
    assert theme.founder_issue_id == issue(0, 0, around(0, 0)).issue_id


def test_waiting_issues_are_given_up_after_their_time() -> None:
    lonely = issue(0, 0, around(0, 0))
    later = [issue(n, 60, around(1, n)) for n in range(1, 6)]
    folded = fold(State(), [lonely, *later], Parameters())
    assert folded.state.waiting == []
    assert folded.places[lonely.issue_id].theme_id == ""


def test_themes_that_became_alike_are_joined_into_the_larger() -> None:
    apart = [issue(n, 0, around(0, n, 0.02)) for n in range(8)] + [issue(20 + n, 0, around(1, n, 0.02)) for n in range(5)]
    first = fold(State(), apart, Parameters())
    assert len(first.state.themes) == 2
    large, small = sorted(first.state.themes.values(), key=lambda t: -t.size)
    small.total = large.total * np.float32(small.size / large.size)
    second = fold(first.state, [issue(50, 1, around(2, 50))], Parameters())
    assert list(second.state.themes) == [large.theme_id]
    assert second.last_successor(small.theme_id) == large.theme_id
    assert second.state.themes[large.theme_id].size == 13


def test_a_zero_vector_waits_without_being_compared() -> None:
    silent = [issue(n, 0, np.zeros(SIZE)) for n in range(10)]
    folded = fold(State(), silent, Parameters())
    assert not folded.state.themes
    assert not folded.state.waiting
    assert len(folded.places) == 10


@pytest.mark.parametrize("texts", AXES_FROM)
def test_what_all_texts_share_is_taken_off(texts: int) -> None:
    rng = np.random.default_rng(texts)
    vectors = rng.normal(size=(texts, SIZE)) * 0.2
    vectors[:, 0] += 1.0
    vectors[:, 1] += rng.choice([-1.0, 1.0], size=texts)
    language = Language.empty(SIZE)
    language.add(unit(vectors).astype(np.float32))
    seen = language.view(unit(vectors).astype(np.float32))
    assert abs(float(seen[:, 0].mean())) < 0.05
    assert float(np.abs(seen[:, 1]).mean()) < 0.05
