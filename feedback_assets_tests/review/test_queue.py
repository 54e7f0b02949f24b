"""The queue asks for the answer that is worth most, says why, asks each thing once, and puts conflicts first."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import REVIEW
from feedback_assets.contracts.priority import SCORES
from feedback_assets.contracts.review import DECISIONS, SAMPLES
from feedback_assets.contracts.silver import DUPLICATE_INDEX, EVENTS, RAW_TEXT
from feedback_assets.contracts.themes import THEMES
from feedback_assets.ground.identity import theme_id
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.lakehouse.recording import RecordingLakehouse
from feedback_assets.review.decide import approve, edit, reject, undo
from feedback_assets.review.queue import QueueItem, chance_of, next_items, priority_of, value_of
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed
from feedback_assets_tests.review.texts import LABELS, NOW, Text, put


def asked(lake: LocalLakehouse, n: int = 50) -> list[str]:
    return [q.item.issue_id for q in next_items(lake, n, NOW)]


def test_an_empty_home_asks_nothing_and_writes_nothing(lake: LocalLakehouse) -> None:
    assert next_items(lake, 5, NOW) == []
    assert lake.version(DECISIONS) == -1


def test_each_factor_alone_decides_the_order(lake: LocalLakehouse) -> None:
    plain = Text("plain")
    severe = Text("severe", severity=5)
    near = Text("near", confidence=0.69)
    copied = [Text("copied"), *(Text(f"copy {n}", leader="copied") for n in range(3))]
    put(lake, [plain, severe, near, *copied])
    found = {q.item.issue_id: q for q in next_items(lake, 50, NOW)}
    values = {i: q.value.value for i, q in found.items() if q.value is not None}
    assert values[severe.issue] > values[plain.issue]
    assert values[near.issue] > values[plain.issue]
    head = next(t for t in copied if t.issue in found)
    assert values[head.issue] == pytest.approx(4 * values[plain.issue])
    assert asked(lake) == sorted(values, key=lambda i: (-values[i], i))


def test_a_value_is_the_product_of_the_factors_that_are_shown(lake: LocalLakehouse) -> None:
    put(lake, [Text("a", severity=4), Text("b", leader="a", severity=4), Text("c", reason="no_category", category="", confidence=0.0)])
    for q in next_items(lake, 50, NOW):
        v = q.value
        assert v is not None
        assert v.priority == pytest.approx(priority_of(v.severity, v.theme_score))
        chance = chance_of(q.item.stand, q.item.reason, v.confidence, v.bar, flipped=v.flipped, answers=v.answers)
        assert v.chance == pytest.approx(chance)
        assert v.value == pytest.approx(value_of(v.priority, v.chance, v.copies))


def test_equal_values_come_in_the_order_of_their_ids_every_time(lake: LocalLakehouse) -> None:
    texts = put(lake, [Text(n) for n in "abcdef"])
    assert asked(lake) == sorted(t.issue for t in texts) == asked(lake)
    assert asked(lake, 2) == sorted(t.issue for t in texts)[:2]


def test_a_group_of_near_duplicates_is_asked_once_a_category(lake: LocalLakehouse) -> None:
    put(lake, [Text("a"), Text("b", leader="a"), Text("c", leader="a", category="crash"), Text("d")])
    assert len(asked(lake)) == 3
    assert sorted(q.value.copies for q in next_items(lake, 50, NOW) if q.value) == [1, 1, 2]


def test_the_score_of_the_theme_that_an_issue_could_join_raises_it(lake: LocalLakehouse) -> None:
    billing, crash, late = put(lake, [Text("a"), Text("b", category="crash"), Text("c", category="delivery", subcategory="late")])
    themes: list[dict[str, Any]] = [
        {"theme_id": theme_id(str(n)), "category": c, "subcategory": s, "status": status, "centroid": [], "terms": []}
        for n, (c, s, status) in enumerate([("crash", "", "active"), ("delivery", "other", "active"), ("billing", "", "retired")])
    ]
    scores = [{"theme_id": t["theme_id"], "score": score} for t, score in zip(themes, (90.0, 20.0, 99.0), strict=True)]
    lake.upsert(THEMES, to_arrow(THEMES, themes))
    lake.upsert(SCORES, to_arrow(SCORES, scores))
    found = {q.item.issue_id: q.value.theme_score for q in next_items(lake, 50, NOW) if q.value}
    assert found == {crash.issue: 90.0, late.issue: 20.0, billing.issue: pytest.approx((90 + 20 + 99) / 3)}


def test_answers_of_the_past_move_the_chance_of_their_kind_alone(lake: LocalLakehouse) -> None:
    done = put(lake, [Text(f"done {n}") for n in range(10)])
    same, other, unnamed = put(lake, [Text("a"), Text("b", category="crash"), Text("c", category="", reason="no_category", confidence=0.0)])
    before = {q.item.issue_id: q.value.chance for q in next_items(lake, 50, NOW) if q.value}
    for n, text in enumerate(done):
        reject(lake, text.issue, by="u-1", now=NOW + timedelta(seconds=n), reason="praise")
    after = {q.item.issue_id: q for q in next_items(lake, 50, NOW)}
    value = after[same.issue].value
    assert value is not None
    assert (value.flipped, value.answers) == (0, 10)
    assert value.chance < before[same.issue] / 2
    assert "0 of 10 such answers" in after[same.issue].why
    for untouched in (other, unnamed):
        now = after[untouched.issue].value
        assert now is not None
        assert now.chance == before[untouched.issue]


def test_what_is_decided_or_covered_or_superseded_is_not_asked_until_it_is_taken_back(lake: LocalLakehouse) -> None:
    first, copy, old, closed = put(lake, [Text("a"), Text("b", leader="a"), Text("old", current=False), Text("c")])
    row = lake.read(REVIEW, where={"issue_id": [closed.issue]}).to_pylist()[0]
    lake.upsert(REVIEW, to_arrow(REVIEW, [row | {"status": "accepted"}]))
    (head,) = asked(lake)
    assert head in (first.issue, copy.issue)
    done = approve(lake, LABELS, head, by="u-1", now=NOW)
    assert asked(lake) == []
    undo(lake, done.decision["decision_id"], by="u-1", now=NOW)
    assert asked(lake) == [head]
    assert old.issue not in asked(lake)


def test_an_issue_whose_id_changed_is_not_asked_again(lake: LocalLakehouse) -> None:
    (before,) = put(lake, [Text("a", claim=1)])
    approve(lake, LABELS, before.issue, by="u-1", now=NOW)
    after, fresh = Text("a", claim=2), Text("a", claim=3, quote="other words")
    lake.replace(REVIEW, to_arrow(REVIEW, [after.row(), fresh.row()]))
    assert asked(lake) == [fresh.issue]


def test_near_duplicates_that_came_after_a_decision_are_covered_by_it_and_not_asked(lake: LocalLakehouse) -> None:
    (first,) = put(lake, [Text("a")])
    done = approve(lake, LABELS, first.issue, by="u-1", now=NOW)
    late, unlike = put(lake, [Text("b", leader="a"), Text("c", leader="a", category="crash")])
    assert asked(lake) == [unlike.issue]
    (row,) = [r for r in lake.read(DECISIONS).to_pylist() if r["issue_id"] == late.issue]
    assert (row["origin"], row["propagated_from"], row["decided_at"]) == ("propagated", done.decision["decision_id"], NOW)
    version = lake.version(DECISIONS)
    assert asked(lake) == [unlike.issue]
    assert lake.version(DECISIONS) == version


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_killed_between_its_writes_the_next_look_asks_the_same_and_completes_them(lake: LocalLakehouse, tmp_path: Path, step: int) -> None:
    unharmed = LocalLakehouse(tmp_path / "unharmed")
    for home in (lake, unharmed):
        (first, *_) = put(home, [Text("a"), Text("s", stand="accepted"), Text("c", category="crash")])
        approve(home, LABELS, first.issue, by="u-1", now=NOW)
        put(home, [Text("late", leader="a")])
    with pytest.raises(Killed):
        next_items(FusedLake(lake, Fuse(step)), 50, NOW)
    assert next_items(lake, 50, NOW) == next_items(unharmed, 50, NOW)
    for table in (DECISIONS, SAMPLES):
        rows = [sorted(map(repr, home.read(table).to_pylist())) for home in (lake, unharmed)]
        assert rows[0] == rows[1]


def test_conflicts_come_first_with_who_disagrees_and_how_much_waits(lake: LocalLakehouse) -> None:
    disputed, copy, severe = put(lake, [Text("a", severity=1), Text("b", leader="a", severity=1), Text("c", severity=5)])
    approve(lake, LABELS, disputed.issue, by="u-1", now=NOW)
    done = reject(lake, disputed.issue, by="u-2", now=NOW + timedelta(hours=1), reason="praise")
    assert done.in_conflict
    first, second = next_items(lake, 50, NOW)
    assert (first.item.issue_id, second.item.issue_id) == (disputed.issue, severe.issue)
    assert first.conflict is not None
    assert first.conflict.people == ("u-1", "u-2")
    assert set(first.conflict.conflict.issue_ids) == {disputed.issue, copy.issue}
    assert "u-1 and u-2 disagree; 2 issues" in first.why
    assert len(next_items(lake, 1, NOW)) == 1


def test_the_queue_reads_columns_that_it_needs_and_no_text_of_what_it_does_not_show(lake: LocalLakehouse) -> None:
    put(lake, [Text(f"t{n}", stand=s) for n, s in enumerate(["doubted"] * 20 + ["accepted"] * 5)])

    class Noting(RecordingLakehouse):
        columns: dict[str, set[str]] = {}  # noqa: RUF012
        quotes = 0

        def read(self, table: Any, *, columns: Any = None, where: Any = None) -> Any:
            found = super().read(table, columns=columns, where=where)
            self.columns.setdefault(table.name, set()).update(columns or table.column_names)
            if "quote" in (columns or ()):
                self.quotes += found.num_rows
            return found

    noting = Noting(lake)
    assert len(next_items(noting, 3, NOW)) == 3
    assert noting.quotes == 3
    assert noting.columns[DUPLICATE_INDEX.name] == {"event_id", "leader_id"}
    assert RAW_TEXT.name not in noting.columns
    assert "text" not in noting.columns.get(EVENTS.name, set())


def test_a_correction_of_an_accepted_issue_counts_as_a_flip_and_an_approval_does_not(lake: LocalLakehouse) -> None:
    texts = put(lake, [Text(f"s{n}", stand="accepted", confidence=0.8) for n in range(6)])
    next_items(lake, 1, NOW)
    edit(lake, LABELS, texts[0].issue, by="u-1", now=NOW, category="crash")
    approve(lake, LABELS, texts[1].issue, by="u-1", now=NOW)
    found = [q.value for q in next_items(lake, 50, NOW)]
    assert [(v.flipped, v.answers) for v in found if v] == [(1, 2)] * 4


UNIT = st.floats(0, 1)
BARS = st.floats(0.05, 0.95)


@given(st.sampled_from(["accepted", "doubted", "none"]), UNIT, BARS, st.integers(0, 500), st.integers(0, 500))
def test_a_chance_is_a_probability_that_rises_with_what_flipped(stand: str, confidence: float, bar: float, a: int, b: int) -> None:
    few, many = sorted((a, b))
    chances = [chance_of(stand, "", confidence, bar, flipped=n, answers=many) for n in (0, few, many)]
    assert all(0 <= c <= 1 for c in chances)
    assert chances == sorted(chances)


@given(UNIT, UNIT, BARS)
def test_without_answers_what_is_nearer_to_its_bar_is_the_likelier_to_flip(x: float, y: float, bar: float) -> None:
    low, high = sorted((x, y))
    doubted = [chance_of("doubted", "low_confidence", c, bar, flipped=0, answers=0) for c in (low, high, bar)]
    assert doubted[0] <= doubted[1] <= doubted[2] == 0.5
    accepted = [chance_of("accepted", "", c, bar, flipped=0, answers=0) for c in (high, low, bar)]
    assert accepted[0] <= accepted[1] <= accepted[2] == 0.5


def test_a_reason_is_always_told(lake: LocalLakehouse) -> None:
    put(
        lake,
        [
            Text("a"),
            Text("b", category="", reason="no_category", confidence=0.0),
            Text("c", category="crash", reason="conflict"),
            Text("d", stand="accepted", confidence=0.8),
            Text("e", stand="none"),
        ],
    )
    found: list[QueueItem] = next_items(lake, 50, NOW)
    whys = {q.item.stand + q.item.reason: q.why for q in found}
    assert len(found) == len(set(whys.values())) == 5
    assert whys["none"].startswith("calibration sample")
    assert "bar 0.70" in whys["doubtedlow_confidence"]
