"""People who disagree: nothing binds until a third settles it or one withdraws."""

from datetime import timedelta
from typing import Any

import pytest

from feedback_assets.contracts.review import DECISIONS, decisions_in_force
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.review.adjudication import disagreements, withdraw
from feedback_assets.review.decide import approve, duplicate, edit, reject, undo
from feedback_assets.review.queue import next_items
from feedback_assets_tests.review.texts import LABELS, NOW, Text, put

ANNA, BERT, CARA = "u-anna", "u-bert", "u-cara"


def at(hours: int) -> Any:
    return NOW + timedelta(hours=hours)


def force(lake: LocalLakehouse) -> dict[str, str]:
    return {r["issue_id"]: r["verdict"] for r in decisions_in_force(lake.read(DECISIONS).to_pylist())}


@pytest.fixture
def disputed(lake: LocalLakehouse) -> list[Text]:
    """A text and its copy, about which two people disagree, and a text beside."""
    texts = put(lake, [Text("a"), Text("b", leader="a"), Text("c")])
    approve(lake, LABELS, texts[0].issue, by=ANNA, now=at(0))
    reject(lake, texts[0].issue, by=BERT, now=at(1), reason="praise")
    return texts


def test_a_third_person_settles_it_for_the_copies_too_by_a_decision_that_names_the_conflict(
    lake: LocalLakehouse, disputed: list[Text]
) -> None:
    (found,) = disagreements(lake)
    assert (found.people, found.affects, found.item.quote) == ((ANNA, BERT), 2, disputed[0].words)
    assert force(lake) == {}
    done = edit(lake, LABELS, disputed[0].issue, by=CARA, now=at(2), category="crash")
    assert done.adjudicates == found.conflict.conflict_id
    assert not done.in_conflict
    assert force(lake) == {disputed[0].issue: "corrected", disputed[1].issue: "corrected"}
    assert disagreements(lake) == []


def test_taking_the_adjudication_back_opens_the_conflict_again_under_the_same_name(lake: LocalLakehouse, disputed: list[Text]) -> None:
    before = disagreements(lake)
    done = approve(lake, LABELS, disputed[0].issue, by=CARA, now=at(2))
    undo(lake, done.decision["decision_id"], by=CARA, now=at(3))
    assert disagreements(lake) == before
    assert force(lake) == {}


def test_an_adjudicator_who_thinks_again_still_settles_it(lake: LocalLakehouse, disputed: list[Text]) -> None:
    approve(lake, LABELS, disputed[0].issue, by=CARA, now=at(2))
    done = reject(lake, disputed[0].issue, by=CARA, now=at(3), reason="praise")
    assert done.adjudicates
    assert set(force(lake).values()) == {"rejected"}


def test_one_of_the_two_can_withdraw_or_come_round_and_nobody_else(lake: LocalLakehouse, disputed: list[Text]) -> None:
    (found,) = disagreements(lake)
    name = found.conflict.conflict_id
    with pytest.raises(FeedbackError, match="no part"):
        withdraw(lake, name, by=CARA, now=at(2))
    withdraw(lake, name, by=BERT, now=at(2))
    assert force(lake) == {disputed[0].issue: "accepted", disputed[1].issue: "accepted"}
    with pytest.raises(FeedbackError, match="no open conflict"):
        withdraw(lake, name, by=BERT, now=at(3))
    reject(lake, disputed[0].issue, by=BERT, now=at(4), reason="praise")
    approve(lake, LABELS, disputed[0].issue, by=BERT, now=at(5))
    assert set(force(lake).values()) == {"accepted"}


def test_one_of_the_two_does_not_settle_it_by_saying_the_same_louder(lake: LocalLakehouse, disputed: list[Text]) -> None:
    done = edit(lake, LABELS, disputed[0].issue, by=ANNA, now=at(2), category="crash")
    assert (done.adjudicates, done.in_conflict) == ("", True)
    assert force(lake) == {}


def test_whoever_objects_after_the_adjudication_opens_a_new_conflict(lake: LocalLakehouse, disputed: list[Text]) -> None:
    (first,) = disagreements(lake)
    approve(lake, LABELS, disputed[0].issue, by=CARA, now=at(2))
    reject(lake, disputed[0].issue, by="u-dora", now=at(3), reason="praise")
    (second,) = disagreements(lake)
    assert second.people == (CARA, "u-dora")
    assert second.conflict.conflict_id != first.conflict.conflict_id


def test_a_dispute_holds_up_its_own_copies_alone(lake: LocalLakehouse, disputed: list[Text]) -> None:
    approve(lake, LABELS, disputed[2].issue, by=BERT, now=at(2))
    assert force(lake) == {disputed[2].issue: "accepted"}


def test_two_who_looked_at_different_copies_dispute_the_others_and_a_third_settles_these(lake: LocalLakehouse) -> None:
    one, two, *rest = put(lake, [Text(n, leader="a") for n in "abcd"])
    approve(lake, LABELS, one.issue, by=ANNA, now=at(0))
    reject(lake, two.issue, by=BERT, now=at(1), reason="praise")
    assert force(lake) == {one.issue: "accepted", two.issue: "rejected"}
    (found,) = disagreements(lake)
    assert set(found.conflict.issue_ids) == {t.issue for t in rest}
    done = reject(lake, found.item.issue_id, by=CARA, now=at(2), reason="praise")
    assert done.adjudicates == found.conflict.conflict_id
    assert force(lake) == {one.issue: "accepted", two.issue: "rejected"} | {t.issue: "rejected" for t in rest}
    undo(lake, done.decision["decision_id"], by=CARA, now=at(3))
    withdraw(lake, found.conflict.conflict_id, by=BERT, now=at(4))
    assert set(force(lake).values()) == {"accepted"}


def test_whoever_is_part_of_a_conflict_is_not_asked_about_it(lake: LocalLakehouse, disputed: list[Text]) -> None:
    assert [q.item.issue_id for q in next_items(lake, 9, NOW, by=ANNA)] == [disputed[2].issue]
    assert [q.item.issue_id for q in next_items(lake, 9, NOW, by=CARA)] == [disputed[0].issue, disputed[2].issue]


def test_repetitions_of_each_other_are_settled_by_a_third(lake: LocalLakehouse) -> None:
    one, two = put(lake, [Text("a"), Text("b")])
    rows = [(one, two, ANNA), (two, one, BERT)]
    duplicate(lake, one.issue, of=two.issue, by=ANNA, now=at(0))
    with pytest.raises(FeedbackError, match="duplicate of this one"):
        duplicate(lake, two.issue, of=one.issue, by=BERT, now=at(1))
    # Two people at once: each looked before the other wrote.
    from feedback_assets.contracts.arrow import to_arrow
    from feedback_assets_tests.review.test_binding import said

    both = [said(a, "duplicate", by, 1, duplicate_of=b.issue) for a, b, by in rows]
    lake.append_new(DECISIONS, to_arrow(DECISIONS, both))
    (found,) = disagreements(lake)
    assert found.affects == 2
    done = approve(lake, LABELS, found.item.issue_id, by=CARA, now=at(3))
    assert done.adjudicates == found.conflict.conflict_id
    assert disagreements(lake) == []
    assert sorted(force(lake).values()) == ["accepted", "duplicate"]
