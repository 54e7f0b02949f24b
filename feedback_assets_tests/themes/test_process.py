"""Themes on real Delta tables: the same themes in any order, ids that last, nothing counted that is not in force, kills that heal."""

import itertools
import random
import shutil
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.silver import DUPLICATE_INDEX
from feedback_assets.contracts.table import Table
from feedback_assets.contracts.themes import ASSIGNMENTS, CHECKPOINTS, EMBEDDINGS, ISSUE_FACTS, SAMPLES, STATES, THEME_DAYS, THEMES
from feedback_assets.lakehouse.interface import Where, WriteResult
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.themes.embed import embed_days, pending_days
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.process import ThemesReport
from feedback_assets_tests.themes.stream import FIRST, NOW, Feedback, follow_themes, land, revise, stream

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

TABLES = (ASSIGNMENTS, STATES, CHECKPOINTS, ISSUE_FACTS, THEME_DAYS, SAMPLES, THEMES)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def step(lake: LocalLakehouse, embedder: Embedder, feedback: Sequence[Feedback] = ()) -> ThemesReport:
    if feedback:
        land(lake, feedback)
    embed_days(lake, embedder, pending_days(lake), now=NOW)
    return follow_themes(lake, embedder)


def rows(lake: LocalLakehouse, table: Table, status: str = "") -> list[dict[str, Any]]:
    found = lake.read(table).to_pylist()
    return sorted((r for r in found if not status or r["status"] == status), key=lambda r: tuple(str(r[k]) for k in table.key))


def current(lake: LocalLakehouse) -> list[Any]:
    """What must not depend on how issues arrived."""
    states = [rows(lake, t, "active") for t in (THEMES, STATES)]
    # A sample's centre is of the embedder that names, also while the themes are still another one's.
    samples = [{n: v for n, v in r.items() if n != "centre"} for r in rows(lake, SAMPLES)]
    return [*states, samples, *(rows(lake, t) for t in (ASSIGNMENTS, CHECKPOINTS, ISSUE_FACTS, THEME_DAYS))]


def of_days(feedback: Iterable[Feedback], days: Iterable[date]) -> list[Feedback]:
    wanted = set(days)
    return [f for f in feedback if f.day in wanted]


def other_home(tmp_path: Path, name: object) -> LocalLakehouse:
    return LocalLakehouse(tmp_path / str(name))


def test_planted_complaints_become_themes_of_their_own_category_and_language(lake: LocalLakehouse, embedder: Embedder) -> None:
    said = stream()
    report = step(lake, embedder, said)
    assert report.replayed
    assert report.assigned > 0.85 * len(said)
    category = {f.issue: (f.category, f.language) for f in said}
    themes = {t["theme_id"]: t for t in rows(lake, THEMES)}
    assert {(t["category"], t["language"]) for t in themes.values()} == set(category.values())
    for row in rows(lake, ASSIGNMENTS):
        if row["theme_id"]:
            theme = themes[row["theme_id"]]
            assert (theme["category"], theme["language"]) == category[row["issue_id"]]
    for table in (EMBEDDINGS, *TABLES):
        assert schema_verdict(table, lake.read(table), next_command="").passed, table.name


def test_days_in_any_order_give_the_same_themes(lake: LocalLakehouse, embedder: Embedder, tmp_path: Path) -> None:
    said = stream(days=4, a_day=15)
    step(lake, embedder, said)
    for n, order in enumerate(random.Random(1).sample(list(itertools.permutations(range(4))), 3)):
        other = other_home(tmp_path, n)
        for d in order:
            step(other, embedder, of_days(said, [day(d)]))
        assert current(other) == current(lake), order


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 44), max_size=4, unique=True), shuffle=st.randoms(use_true_random=False))
def test_micro_batches_in_any_order_give_the_same_themes(
    cuts: list[int], shuffle: random.Random, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = stream(days=3, a_day=15, seed=3)
    shuffle.shuffle(said)
    landings = list(itertools.pairwise(sorted({0, *cuts, len(said)})))
    for landing, (a, b) in enumerate(landings):
        for n, feedback in enumerate(said[a:b]):
            feedback.extra["batch"] = f"{7 * landing + n % 7:032x}"
    whole, parts = (LocalLakehouse(tmp_path_factory.mktemp("home")) for _ in range(2))
    step(whole, embedder, said)
    for a, b in landings:
        land(parts, said[a:b])
        for f in said[a:b]:
            embed_days(parts, embedder, [f.day], now=NOW)
        follow_themes(parts, embedder)
    assert current(parts) == current(whole)


def test_a_second_update_commits_nothing(lake: LocalLakehouse, embedder: Embedder) -> None:
    step(lake, embedder, stream())
    before = [lake.version(t) for t in (*TABLES, EMBEDDINGS)]
    again = step(lake, embedder)
    assert not again.committed
    assert not again.replayed
    assert [lake.version(t) for t in (*TABLES, EMBEDDINGS)] == before


def test_an_update_without_any_issue_makes_no_table(lake: LocalLakehouse, embedder: Embedder) -> None:
    assert follow_themes(lake, embedder) == ThemesReport()
    assert [lake.version(t) for t in TABLES] == [-1] * len(TABLES)


def test_new_days_keep_theme_ids_and_fold_only_what_is_new(lake: LocalLakehouse, embedder: Embedder) -> None:
    said = stream(days=8)
    step(lake, embedder, of_days(said, [day(d) for d in range(5)]))
    before = {r["theme_id"] for r in rows(lake, THEMES, "active")}
    places = {r["issue_id"]: r["theme_id"] for r in rows(lake, ASSIGNMENTS) if r["theme_id"]}
    for d in (5, 6, 7):
        report = step(lake, embedder, of_days(said, [day(d)]))
        assert not report.replayed
        assert report.folded == 24  # the day before, which the checkpoint leaves open, and the new one
    assert before <= {r["theme_id"] for r in rows(lake, THEMES, "active")}
    after = {r["issue_id"]: r["theme_id"] for r in rows(lake, ASSIGNMENTS)}
    assert all(after[i] == t for i, t in places.items())


def test_a_late_day_that_founds_a_theme_anew_leaves_a_successor(lake: LocalLakehouse, embedder: Embedder, tmp_path: Path) -> None:
    said = [f for f in stream(days=5, a_day=20) if f.language == "ja"]
    late = of_days(said, [day(0)])
    step(lake, embedder, of_days(said, [day(d) for d in range(1, 5)]))
    before = {r["theme_id"]: r for r in rows(lake, THEMES)}
    report = step(lake, embedder, late)
    assert report.replayed
    active = {r["theme_id"] for r in rows(lake, THEMES, "active")}
    retired = {r["theme_id"]: r for r in rows(lake, THEMES, "retired")}
    assert retired
    assert set(retired) == set(before) - active
    assert all(r["successor_id"] in active for r in retired.values())
    assert all(r["quote"] == "" and r["issues"] == 0 for r in retired.values())
    whole = other_home(tmp_path, "whole")
    step(whole, embedder, said)
    assert current(lake) == current(whole)
    assert not step(lake, embedder).committed


def test_edits_and_deletions_leave_counts_quotes_and_names_but_not_the_theme(lake: LocalLakehouse, embedder: Embedder) -> None:
    said = [f for f in stream(days=2, a_day=30) if f.language == "de"]
    step(lake, embedder, said)
    revise(lake, said, [True] * len(said))
    step(lake, embedder)
    theme = max(rows(lake, THEMES), key=lambda r: r["issues"])
    members = {r["issue_id"] for r in rows(lake, ASSIGNMENTS) if r["theme_id"] == theme["theme_id"]}
    gone = [f for f in said if f.issue in members and f.issue == theme["quote_issue_id"]]
    revise(lake, gone, [False] * len(gone))
    step(lake, embedder)
    after = next(r for r in rows(lake, THEMES) if r["theme_id"] == theme["theme_id"])
    assert after["issues"] == theme["issues"] - 1
    assert after["quote_issue_id"] != theme["quote_issue_id"]
    gone = [f for f in said if f.issue in members]
    revise(lake, gone, [False] * len(gone))
    step(lake, embedder)
    empty = next(r for r in rows(lake, THEMES) if r["theme_id"] == theme["theme_id"])
    assert (empty["status"], empty["issues"], empty["events"], empty["customers"]) == ("active", 0, 0, 0)
    assert (empty["quote"], empty["terms"], empty["severity"]) == ("", [], None)
    assert schema_verdict(THEMES, lake.read(THEMES), next_command="").passed


def test_customers_are_counted_once_and_copies_of_unknown_senders_once(lake: LocalLakehouse, embedder: Embedder) -> None:
    senders = ["ann", "ann", "bob", "", "", ""]
    said = [Feedback(FIRST, f"r{n}", "the app crashes when I export to pdf", customer=c) for n, c in enumerate(senders)]
    land(lake, said)
    index = [
        {"event_day": FIRST, "event_id": f.event, "feed_date": FIRST, "leader_id": (said[3] if f in said[3:5] else f).event} for f in said
    ]
    lake.append_new(DUPLICATE_INDEX, to_arrow(DUPLICATE_INDEX, index))
    step(lake, embedder)
    (theme,) = rows(lake, THEMES)
    assert (theme["issues"], theme["events"], theme["customers"]) == (6, 6, 4)


def test_edits_of_one_event_do_not_found_a_theme(lake: LocalLakehouse, embedder: Embedder) -> None:
    step(lake, embedder, [Feedback(FIRST, "one", "the app crashes when I export to pdf" + "!" * n, revision=n + 1) for n in range(6)])
    assert rows(lake, THEMES) == []
    assert [r["theme_id"] for r in rows(lake, ASSIGNMENTS)] == [""] * 6


def test_an_issue_without_words_waits(lake: LocalLakehouse, embedder: Embedder) -> None:
    step(lake, embedder, [Feedback(FIRST, f"r{n}", "[EMAIL] [PHONE]") for n in range(8)])
    assert rows(lake, THEMES) == []
    assert len(rows(lake, ASSIGNMENTS)) == 8


class OtherEmbedder:
    """Another vector space behind the same interface: the real one, turned round."""

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self.dimensions = inner.dimensions
        self.name = "other-1"

    def embed(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        return -self.inner.embed(texts)[:, ::-1]


def test_vectors_of_two_embedders_are_never_mixed(lake: LocalLakehouse, embedder: Embedder) -> None:
    said = stream(days=4)
    step(lake, embedder, said)
    before = current(lake)
    other = OtherEmbedder(embedder)
    report = step(lake, other)
    assert report.postponed == len(said)
    embed_days(lake, other, [day(0), day(1)], now=NOW)
    assert follow_themes(lake, other).postponed == len(of_days(said, [day(2), day(3)]))
    assert current(lake) == before
    embed_days(lake, other, [day(2), day(3)], now=NOW)
    report = follow_themes(lake, other)
    assert report.replayed
    assert {r["embedder"] for r in rows(lake, THEMES, "active")} == {"other-1"}


class Killed(BaseException):
    """The process ends here."""


class DyingLakehouse(LocalLakehouse):
    """A lakehouse whose process dies before its nth write."""

    def __init__(self, root: Path, writes: int) -> None:
        super().__init__(root)
        self.left = writes

    def replace(self, table: Table, rows: "pa.Table", *, where: Where | None = None) -> WriteResult:
        self._live()
        return super().replace(table, rows, where=where)

    def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._live()
        return super().upsert(table, rows)

    def append_new(self, table: Table, rows: "pa.Table") -> WriteResult:
        self._live()
        return super().append_new(table, rows)

    def _live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
def test_a_kill_between_writes_heals_on_the_next_run(embedder: Embedder, tmp_path: Path, late: bool) -> None:
    said = stream(days=5, a_day=20)
    first, then = ([1, 2, 3, 4], [0]) if late else ([0, 1, 2], [3, 4])
    expected: list[Any] = []
    before = other_home(tmp_path, "before")
    step(before, embedder, of_days(said, map(day, first)))
    land(before, of_days(said, map(day, then)))
    embed_days(before, embedder, pending_days(before), now=NOW)
    for writes in (99, *((0, 2, 5, 9, 12) if late else range(14))):
        lake = other_home(tmp_path, writes)
        shutil.copytree(before.root, lake.root)
        dying = DyingLakehouse(lake.root, writes)
        try:
            follow_themes(dying, embedder)
        except Killed:
            assert dying.left == 0
        follow_themes(lake, embedder)
        assert not follow_themes(lake, embedder).committed
        expected = expected or [*current(lake), rows(lake, THEMES)]
        assert [*current(lake), rows(lake, THEMES)] == expected, f"killed before write {writes}"


def test_a_kill_while_embedding_leaves_the_day_pending(lake: LocalLakehouse, embedder: Embedder) -> None:
    said = stream(days=2)
    land(lake, said)
    assert pending_days(lake) == [day(0), day(1)]

    class Dies(LocalLakehouse):
        def upsert(self, table: Table, rows: "pa.Table") -> WriteResult:
            if table.name == "bronze/stage_batches":
                raise Killed
            return super().upsert(table, rows)

    with pytest.raises(Killed):
        embed_days(Dies(lake.root), embedder, [day(0)], now=NOW)
    assert pending_days(lake) == [day(0), day(1)]
    reports = embed_days(lake, embedder, [day(0), day(1)], now=NOW)
    assert [(r.batches, r.issues, r.embedded) for r in reports.values()] == [(1, 12, 0), (1, 12, 12)]
    assert pending_days(lake) == []
    assert lake.count(EMBEDDINGS) == 24
