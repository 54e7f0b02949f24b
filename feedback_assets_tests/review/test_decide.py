"""Deciding: what is refused, what is written once, what near-duplicates follow, what taking back restores, and what a kill leaves."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.review import DECISIONS, decisions_in_force
from feedback_assets.ground.errors import FeedbackError
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.review.binding import bind_tables
from feedback_assets.review.decide import approve, duplicate, edit, reject, spam, undo
from feedback_assets.review.items import decision_named, find_item, issue_named
from feedback_assets.review.queue import next_items
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed
from feedback_assets_tests.review.texts import LABELS, NOW, Text, put

LATER = NOW + timedelta(minutes=1)
ANNA, BERT = "u-anna", "u-bert"


def rows(lake: LocalLakehouse) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.read(DECISIONS).to_pylist()
    return sorted(found, key=lambda r: r["decision_id"])


def force(lake: LocalLakehouse) -> dict[str, tuple[str, str]]:
    return {r["issue_id"]: (r["verdict"], r["category"]) for r in decisions_in_force(rows(lake))}


def derived(lake: LocalLakehouse) -> str:
    """What later runs would read: the machine's tables, bound."""
    issues, review, _ = bind_tables(lake.read(ISSUES), lake.read(REVIEW), rows(lake), LABELS)
    return repr([sorted(map(repr, t.to_pylist())) for t in (issues, review)])


def test_an_approval_writes_one_row_that_fits_the_contract_and_says_what_the_machine_had_said(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a", subcategory="refund", severity=4)])
    done = approve(lake, LABELS, text.issue, by=ANNA, now=NOW, note="seen it myself")
    (row,) = rows(lake)
    assert schema_verdict(DECISIONS, lake.read(DECISIONS), next_command="x").passed
    assert (row["verdict"], row["category"], row["subcategory"], row["severity"], row["reason"]) == (
        "accepted",
        "billing",
        "refund",
        4,
        "right",
    )
    assert (row["machine_stand"], row["machine_reason"], row["machine_confidence"], row["machine_tier"]) == (
        *("doubted", "low_confidence"),
        *(0.6, "rules"),
    )
    assert (row["decided_by"], row["decided_at"], row["quote"], row["note"]) == (ANNA, NOW, text.words, "seen it myself")
    assert not done.already
    assert not done.in_conflict


def test_deciding_the_same_again_writes_nothing(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    first = reject(lake, text.issue, by=ANNA, now=NOW, reason="praise")
    version = lake.version(DECISIONS)
    again = reject(lake, text.issue, by=ANNA, now=LATER, reason="praise")
    assert (again.already, again.decision["decision_id"]) == (True, first.decision["decision_id"])
    assert lake.version(DECISIONS) == version
    other = spam(lake, text.issue, by=ANNA, now=LATER)
    assert not other.already
    assert force(lake)[text.issue][0] == "spam"


def test_two_answers_of_a_person_at_the_very_same_time_are_refused_instead_of_one_being_lost(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    approve(lake, LABELS, text.issue, by=ANNA, now=NOW)
    with pytest.raises(FeedbackError, match="very same time"):
        reject(lake, text.issue, by=ANNA, now=NOW)


def test_labels_that_the_taxonomy_does_not_have_are_refused_with_those_it_has(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    with pytest.raises(FeedbackError, match="billing, delivery, crash"):
        edit(lake, LABELS, text.issue, by=ANNA, now=NOW, category="weather")
    with pytest.raises(FeedbackError, match="refund, double_charge"):
        edit(lake, LABELS, text.issue, by=ANNA, now=NOW, subcategory="late")
    with pytest.raises(FeedbackError, match="severity 9"):
        edit(lake, LABELS, text.issue, by=ANNA, now=NOW, severity=9)
    with pytest.raises(FeedbackError, match="what the machine says"):
        edit(lake, LABELS, text.issue, by=ANNA, now=NOW, category="billing")
    assert rows(lake) == []


def test_an_issue_that_is_not_there_is_refused(lake: LocalLakehouse) -> None:
    put(lake, [Text("a")])
    with pytest.raises(FeedbackError, match="no issue"):
        approve(lake, LABELS, "f" * 32, by=ANNA, now=NOW)
    with pytest.raises(FeedbackError, match="no decision"):
        undo(lake, "f" * 32, by=ANNA, now=NOW)


def test_what_the_machine_could_not_name_is_edited_or_rejected_but_never_approved(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a", reason="no_category", category="", confidence=0.0)])
    with pytest.raises(FeedbackError, match="no category"):
        approve(lake, LABELS, text.issue, by=ANNA, now=NOW)
    edit(lake, LABELS, text.issue, by=ANNA, now=NOW, category="crash", subcategory="on_start")
    assert force(lake)[text.issue] == ("corrected", "crash")


@pytest.mark.parametrize("by", ["anna@example.org", "Anna Quist", "", "x" * 65, "a\nb", "-x"])
def test_a_name_or_an_address_is_no_user_id_and_is_not_repeated(lake: LocalLakehouse, by: str) -> None:
    (text,) = put(lake, [Text("a")])
    with pytest.raises(FeedbackError, match="no user id") as refused:
        reject(lake, text.issue, by=by, now=NOW)
    assert not by or by not in str(refused.value)


@pytest.mark.parametrize(
    "note", ["x" * 281, "two\nlines", "red \x1b[31m", "turned \u202e", "to anna@example.org", "call +49 151 234567", "card 4242424242"]
)
def test_a_note_that_is_long_or_hostile_or_personal_is_refused_and_not_repeated(lake: LocalLakehouse, note: str) -> None:
    (text,) = put(lake, [Text("a")])
    with pytest.raises(FeedbackError) as refused:
        reject(lake, text.issue, by=ANNA, now=NOW, note=note)
    assert note not in str(refused.value)
    assert rows(lake) == []


def test_a_reason_must_go_with_the_verdict(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    with pytest.raises(FeedbackError, match="not_an_issue, evidence_wrong, praise"):
        reject(lake, text.issue, by=ANNA, now=NOW, reason="same_as")


def test_near_duplicates_follow_by_category_or_quote_one_an_event_and_others_do_not(lake: LocalLakehouse) -> None:
    first = Text("a", quote="charged twice")
    alike = Text("b", leader="a", quote="charged two times")
    quoted = Text("c", leader="a", category="delivery", quote="charged twice")
    both = [Text("d", leader="a", quote="charged twice", claim=n, category=c) for n, c in enumerate(("billing", "crash"))]
    unlike = [Text("e", leader="a", category="crash"), Text("f", quote="charged twice"), Text("g", leader="a", current=False)]
    accepted = Text("h", leader="a", stand="accepted")
    put(lake, [first, alike, quoted, *both, *unlike, accepted])
    done = edit(lake, LABELS, first.issue, by=ANNA, now=NOW, category="billing", subcategory="double_charge")
    assert done.propagated == 3
    followed = {r["issue_id"]: r for r in rows(lake) if r["origin"] == "propagated"}
    assert set(followed) == {alike.issue, quoted.issue, both[0].issue}
    assert {r["propagated_from"] for r in followed.values()} == {done.decision["decision_id"]}
    assert {(r["category"], r["subcategory"], r["severity"]) for r in followed.values()} == {("billing", "double_charge", None)}
    assert followed[quoted.issue]["machine_category"] == "delivery"


def test_a_severity_is_passed_on_only_when_the_person_changed_it(lake: LocalLakehouse) -> None:
    texts = put(lake, [Text("a", severity=2), Text("b", leader="a", severity=5), Text("c", severity=2), Text("d", leader="c", severity=3)])
    approve(lake, LABELS, texts[0].issue, by=ANNA, now=NOW)
    edit(lake, LABELS, texts[2].issue, by=ANNA, now=NOW, severity=4)
    severities = {r["issue_id"]: r["severity"] for r in rows(lake)}
    assert [severities[t.issue] for t in texts] == [2, None, 4, 4]


def test_spam_takes_the_other_issues_of_the_event_and_a_duplicates_original_never_follows(lake: LocalLakehouse) -> None:
    one, two = Text("a"), Text("a", claim=1, category="crash")
    original, repeat, copy = Text("o"), Text("p", leader="o"), Text("q", leader="o")
    put(lake, [one, two, original, repeat, copy])
    spam(lake, one.issue, by=ANNA, now=NOW)
    assert {one.issue, two.issue} <= set(force(lake))
    duplicate(lake, repeat.issue, of=original.issue, by=ANNA, now=NOW)
    assert force(lake)[copy.issue][0] == "duplicate"
    assert original.issue not in force(lake)
    with pytest.raises(FeedbackError, match="itself"):
        duplicate(lake, original.issue, of=original.issue, by=ANNA, now=LATER)
    with pytest.raises(FeedbackError, match="duplicate of this one"):
        duplicate(lake, original.issue, of=repeat.issue, by=BERT, now=LATER)


def test_a_copy_that_somebody_looked_at_is_not_overruled_by_what_is_propagated(lake: LocalLakehouse) -> None:
    first, copy = put(lake, [Text("a"), Text("b", leader="a")])
    reject(lake, first.issue, by=ANNA, now=NOW, reason="praise")
    approve(lake, LABELS, copy.issue, by=BERT, now=LATER)
    assert (force(lake)[first.issue][0], force(lake)[copy.issue][0]) == ("rejected", "accepted")


def test_undo_restores_what_later_runs_read_and_what_is_asked_to_the_byte(lake: LocalLakehouse) -> None:
    texts = put(lake, [Text("a"), Text("b", leader="a"), Text("c", category="crash"), Text("s", stand="accepted")])
    approve(lake, LABELS, texts[2].issue, by=BERT, now=NOW)
    before, asked = derived(lake), next_items(lake, 10, NOW)
    assert texts[0].issue in {q.item.issue_id for q in asked}
    done = edit(lake, LABELS, texts[0].issue, by=ANNA, now=NOW, category="crash")
    assert derived(lake) != before
    assert not {texts[0].issue, texts[1].issue} & {q.item.issue_id for q in next_items(lake, 10, LATER)}
    back = undo(lake, done.decision["decision_id"], by=ANNA, now=LATER)
    assert (back.propagated, back.already) == (1, False)
    assert derived(lake) == before
    assert next_items(lake, 10, LATER) == asked
    assert undo(lake, done.decision["decision_id"], by=ANNA, now=LATER + timedelta(hours=1)).already
    assert len(rows(lake)) == 4


def test_undo_of_a_second_thought_puts_the_first_in_force_again(lake: LocalLakehouse) -> None:
    first, copy = put(lake, [Text("a"), Text("b", leader="a")])
    approve(lake, LABELS, first.issue, by=ANNA, now=NOW)
    second = reject(lake, first.issue, by=ANNA, now=LATER, reason="praise")
    assert force(lake)[copy.issue][0] == "rejected"
    undo(lake, second.decision["decision_id"], by=ANNA, now=LATER)
    assert {i: v for i, (v, _) in force(lake).items()} == {first.issue: "accepted", copy.issue: "accepted"}


def test_only_whoever_decided_takes_back_and_an_undo_is_final(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    done = approve(lake, LABELS, text.issue, by=ANNA, now=NOW)
    with pytest.raises(FeedbackError, match="somebody else"):
        undo(lake, done.decision["decision_id"], by=BERT, now=LATER)
    undo(lake, done.decision["decision_id"], by=ANNA, now=LATER)
    (undoing,) = [r for r in rows(lake) if r["verdict"] == "undo"]
    with pytest.raises(FeedbackError, match="not undone"):
        undo(lake, undoing["decision_id"], by=ANNA, now=LATER)
    assert approve(lake, LABELS, text.issue, by=ANNA, now=LATER).already is False


def test_one_copy_can_be_taken_out_of_a_propagation(lake: LocalLakehouse) -> None:
    first, copy, other = put(lake, [Text("a"), Text("b", leader="a"), Text("c", leader="a")])
    approve(lake, LABELS, first.issue, by=ANNA, now=NOW)
    (row,) = [r for r in rows(lake) if r["issue_id"] == copy.issue]
    undo(lake, row["decision_id"], by=ANNA, now=LATER)
    assert set(force(lake)) == {first.issue, other.issue}


def test_an_issue_that_a_run_has_taken_away_can_still_be_decided_about_with_its_copies(lake: LocalLakehouse) -> None:
    first, copy = put(lake, [Text("a"), Text("b", leader="a")])
    reject(lake, first.issue, by=ANNA, now=NOW, reason="praise")
    lake.replace(REVIEW, to_arrow(REVIEW, []))
    edit(lake, LABELS, first.issue, by=ANNA, now=LATER, category="delivery")
    assert force(lake) == {first.issue: ("corrected", "delivery"), copy.issue: ("corrected", "delivery")}
    assert find_item(lake, copy.issue).category == "billing"


def test_a_decision_on_what_was_bound_remembers_the_machine_and_not_the_person_before(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    edit(lake, LABELS, text.issue, by=ANNA, now=NOW, category="crash")
    issues, review, _ = bind_tables(lake.read(ISSUES), lake.read(REVIEW), rows(lake), LABELS)
    lake.replace(ISSUES, issues)
    lake.replace(REVIEW, review)
    done = edit(lake, LABELS, text.issue, by=BERT, now=LATER, category="crash", severity=4)
    assert (done.decision["machine_tier"], done.decision["machine_category"]) == ("rules", "billing")


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("again", [NOW, LATER])
def test_killed_before_or_after_its_write_the_repeat_completes_a_decision_and_an_undo(
    lake: LocalLakehouse, step: int, again: datetime
) -> None:
    first, copy = put(lake, [Text("a"), Text("b", leader="a")])
    with pytest.raises(Killed):
        approve(FusedLake(lake, Fuse(step)), LABELS, first.issue, by=ANNA, now=NOW)
    done = approve(lake, LABELS, first.issue, by=ANNA, now=again)
    assert len(rows(lake)) == 2
    assert set(force(lake)) == {first.issue, copy.issue}
    with pytest.raises(Killed):
        undo(FusedLake(lake, Fuse(step)), done.decision["decision_id"], by=ANNA, now=NOW)
    undo(lake, done.decision["decision_id"], by=ANNA, now=again)
    assert len(rows(lake)) == 3
    assert force(lake) == {}


def test_copies_that_came_later_are_covered_when_the_decision_is_repeated(lake: LocalLakehouse) -> None:
    (first,) = put(lake, [Text("a")])
    approve(lake, LABELS, first.issue, by=ANNA, now=NOW)
    (late,) = put(lake, [Text("b", leader="a")])
    again = approve(lake, LABELS, first.issue, by=ANNA, now=LATER)
    assert (again.already, again.propagated) == (True, 1)
    assert late.issue in force(lake)


def test_rows_of_before_the_new_columns_are_read_bound_and_undone(tmp_path: Path) -> None:
    from dataclasses import replace

    lake = LocalLakehouse(tmp_path)
    old = replace(DECISIONS, columns=DECISIONS.columns[:12])
    (text,) = put(lake, [Text("a")])
    named = {"issue_id": text.issue, "event_id": text.event, "payload_sha256": text.payload, "quote": text.words, "language": "en"}
    row = {**named, "decision_id": "d" * 32, "verdict": "corrected", "category": "crash", "subcategory": "", "severity": None}
    lake.append_new(old, to_arrow(old, [{**row, "decided_by": ANNA, "decided_at": NOW}]))
    assert force(lake) == {text.issue: ("corrected", "crash")}
    reject(lake, text.issue, by=ANNA, now=LATER, reason="praise")
    assert force(lake)[text.issue][0] == "rejected"
    undo(lake, "d" * 32, by=ANNA, now=LATER)
    assert schema_verdict(DECISIONS, lake.read(DECISIONS), next_command="x").passed


def test_ids_may_be_shortened_while_they_are_unique(lake: LocalLakehouse) -> None:
    (text,) = put(lake, [Text("a")])
    assert issue_named(lake, text.issue[:8].upper()) == text.issue
    done = approve(lake, LABELS, text.issue, by=ANNA, now=NOW)
    assert decision_named(lake, done.decision["decision_id"][:7]) == done.decision["decision_id"]
    for wrong in ("abc", "xyzxyz", "FB-123456"):
        with pytest.raises(FeedbackError, match="no id of"):
            issue_named(lake, wrong)
    with pytest.raises(FeedbackError, match="begins"):
        issue_named(lake, "ffffffff")
