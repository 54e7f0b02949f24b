"""Binding: decisions make of the machine's rows what people said, in any order, twice as once, and nothing when they are taken back."""

import random
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.enrichment import ISSUES, REVIEW
from feedback_assets.contracts.pandera_schema import schema_verdict
from feedback_assets.contracts.review import conflicts, decisions_in_force
from feedback_assets.ground.identity import decision_id, sha256_hex
from feedback_assets.review.binding import Bound, bind, bind_tables, readdressed
from feedback_assets_tests.review.texts import LABELS, NOW, Text

Row = dict[str, Any]


def said(text: Text, verdict: str, by: str = "u-1", hour: int = 0, **more: Any) -> Row:
    """A decision about a text."""
    at = NOW + timedelta(hours=hour)
    named = {"issue_id": text.issue, "event_id": text.event, "payload_sha256": text.payload, "quote": text.words, "language": "en"}
    labels = {"category": text.category, "subcategory": text.subcategory, "severity": None}
    machine = {"machine_stand": text.stand, "machine_category": text.category, "machine_reason": None, "machine_tier": "rules"}
    row = {**named, **labels, **machine, "verdict": verdict, "decided_by": by, "decided_at": at, "origin": "person"}
    return {**row, "decision_id": decision_id(text.issue, by, at.isoformat()), **more}


def taken_back(row: Row) -> Row:
    return {**row, "verdict": "undo", "undoes": row["decision_id"], "decision_id": decision_id("undo " + row["decision_id"], "u", "")}


def bound(texts: list[Text], decisions: list[Row]) -> Bound:
    issues, review = ([t.row() for t in texts if t.stand == stand] for stand in ("accepted", "doubted"))
    return bind(issues, review, decisions, LABELS)


def test_doubted_issues_become_issues_rejected_ones_go_and_corrected_ones_carry_the_persons_labels() -> None:
    yes, no, spam, twice, other, untouched = texts = [Text(n) for n in "abcdef"]
    decisions = [
        said(yes, "accepted"),
        said(no, "rejected"),
        said(spam, "spam"),
        said(twice, "duplicate", duplicate_of=yes.issue),
        said(other, "corrected", category="delivery", subcategory="late", severity=5),
    ]
    found = bound(texts, decisions)
    assert [r["issue_id"] for r in found.issues] == [yes.issue, other.issue]
    assert [r["issue_id"] for r in found.review] == [untouched.issue]
    assert found.review == [untouched.row()]
    accepted, corrected = found.issues
    assert not {"reason", "status"} & set(accepted)
    assert (accepted["tier"], accepted["confidence"], accepted["category"], accepted["severity"]) == ("person", 1.0, "billing", 3)
    assert (corrected["category"], corrected["subcategory"], corrected["severity"], corrected["owner"]) == (
        *("delivery", "late"),
        *(5, "team-parcels"),
    )
    assert corrected["evidence"] == other.row()["evidence"]
    assert found.events == {(t.event, t.payload) for t in texts[:5]}
    for table, made in ((ISSUES, found.issues), (REVIEW, found.review)):
        assert schema_verdict(table, to_arrow(table, made), next_command="x").passed


def test_accepted_issues_of_the_machine_are_rejected_and_corrected_too() -> None:
    right, wrong, other = texts = [Text(n, stand="accepted") for n in "abc"]
    found = bound(texts, [said(right, "accepted"), said(wrong, "rejected"), said(other, "corrected", category="crash")])
    assert [(r["issue_id"], r["category"], r["tier"]) for r in found.issues] == [
        (right.issue, "billing", "person"),
        (other.issue, "crash", "person"),
    ]


def test_a_decision_stays_with_its_issue_when_a_later_run_labels_it_otherwise() -> None:
    before, after = Text("a", category="billing"), Text("a", category="delivery", stand="accepted", severity=1)
    (row,) = bound([after], [said(before, "accepted")]).issues
    assert (row["category"], row["owner"]) == ("billing", "team-money")


def test_an_issue_with_another_id_is_found_by_event_revision_and_quote() -> None:
    old, new = Text("a", claim=1), Text("a", claim=2, category="delivery")
    assert bound([new], [said(old, "accepted")]).issues[0]["category"] == "billing"
    elsewhere = Text("b", quote=old.words)
    found = bound([elsewhere], [said(old, "accepted")])
    assert found.issues == []
    assert [r["issue_id"] for r in found.unmatched] == [old.issue]


def test_a_rejection_never_passes_to_another_claim_of_the_same_words() -> None:
    billing, delivery = Text("a", claim=1), Text("a", claim=2, category="delivery")
    assert bound([delivery], [said(billing, "rejected")]).review == [delivery.row()]
    renamed = Text("a", claim=3)
    assert bound([renamed, delivery], [said(billing, "rejected")]).review == [delivery.row()]


def test_an_acceptance_of_one_claim_leaves_the_other_claim_of_the_same_words_alone_also_when_it_is_bound_again() -> None:
    old, billing, delivery = Text("a", claim=1), Text("a", claim=2), Text("a", claim=3, category="delivery")
    once = bound([delivery, billing], [said(old, "accepted")])
    again = bind(once.issues, once.review, [said(old, "accepted")], LABELS)
    assert [(r["issue_id"], r["tier"]) for r in once.issues] == [(billing.issue, "person")]
    assert (again.issues, again.review) == (once.issues, [delivery.row()])


def test_decisions_whose_category_is_gone_bind_nothing_and_are_listed() -> None:
    text = Text("a")
    found = bound([text], [said(text, "corrected", category="weather")])
    assert found.review == [text.row()]
    assert [r["category"] for r in found.outdated] == ["weather"]
    assert found.events == frozenset()


def test_two_people_who_disagree_bind_nothing_until_a_third_settles_it_and_one_step_of_severity_is_no_dispute() -> None:
    text = Text("a")
    a, b = said(text, "accepted", "u-a", 1), said(text, "rejected", "u-b", 2)
    found = bound([text], [a, b])
    assert found.review == [text.row()]
    (clash,) = found.conflicts
    assert clash.issue_ids == (text.issue,)
    third = said(text, "corrected", "u-c", 3, category="crash", adjudicates=clash.conflict_id)
    assert bound([text], [b, third, a]).issues[0]["category"] == "crash"
    assert conflicts([a, b, third]) == []
    objecting = said(text, "rejected", "u-a", 4)
    assert len(conflicts([a, b, third, objecting])) == 1
    near = [said(text, "corrected", "u-a", 1, severity=3), said(text, "corrected", "u-b", 2, severity=4)]
    assert bound([text], near).issues[0]["severity"] == 4
    assert conflicts([near[0], {**near[1], "severity": 5}])


def test_what_was_propagated_yields_to_whoever_looked_and_a_dispute_about_one_text_is_one_with_its_copies() -> None:
    text, copy, third = Text("a"), Text("b"), Text("c")
    a, b = said(text, "accepted", "u-a", 1), said(text, "rejected", "u-b", 2)
    follow = [
        said(other, root["verdict"], root["decided_by"], n, origin="propagated", propagated_from=root["decision_id"])
        for other in (copy, third)
        for n, root in ((1, a), (2, b))
    ]
    (clash,) = conflicts([*follow, b, a])
    assert clash.issue_ids[0] == text.issue
    assert set(clash.issue_ids) == {text.issue, copy.issue, third.issue}
    looked = said(copy, "corrected", "u-d", 0, category="crash")
    assert {r["issue_id"]: r["category"] for r in decisions_in_force([*follow, a, b, looked])} == {copy.issue: "crash"}
    assert {r["issue_id"] for r in decisions_in_force([*follow, a, b, taken_back(b)])} == {text.issue, copy.issue, third.issue}


def test_issues_that_are_said_to_repeat_each_other_all_stay() -> None:
    a, b, c = texts = [Text(n) for n in "abc"]
    round_ = [
        said(a, "duplicate", "u-a", 1, duplicate_of=b.issue),
        said(b, "duplicate", "u-b", 2, duplicate_of=a.issue),
        said(c, "duplicate", "u-c", 3, duplicate_of=a.issue),
    ]
    found = bound(texts, round_)
    assert [r["issue_id"] for r in found.review] == [a.issue, b.issue]
    (clash,) = found.conflicts
    assert set(clash.issue_ids) == {a.issue, b.issue}


def test_tables_are_bound_as_rows_are_and_pass_untouched_when_nobody_decided() -> None:
    texts = [Text("a"), Text("b"), Text("c", stand="accepted"), Text("d", stand="accepted")]
    issues, review = (to_arrow(t, [x.row() for x in texts if x.stand == s]) for t, s in ((ISSUES, "accepted"), (REVIEW, "doubted")))
    assert bind_tables(issues, review, [], LABELS)[:2] == (issues, review)
    decisions = [said(texts[0], "accepted"), said(texts[2], "rejected")]
    made, left, found = bind_tables(issues, review, decisions, LABELS)
    by_rows = bound(texts, decisions)
    assert sorted(r["issue_id"] for r in made.to_pylist()) == sorted(r["issue_id"] for r in by_rows.issues)
    assert [r["issue_id"] for r in left.to_pylist()] == [r["issue_id"] for r in by_rows.review]
    assert found.events == by_rows.events
    assert (made.schema, left.schema) == (issues.schema, review.schema)


def test_the_urgency_follows_the_persons_severity_where_the_rule_is_given() -> None:
    text = Text("a")
    row = said(text, "corrected", severity=5)
    assert (
        bind([], [text.row()], [row], LABELS, urgency=lambda _, severity: "now" if severity == 5 else "low").issues[0]["urgency"] == "now"
    )
    assert bind([], [text.row()], [row], LABELS).issues[0]["urgency"] == "normal"


# --- properties -------------------------------------------------------------------------------------------------------------------------

# Few texts, few words, ids that the machine has and ids that it had: so that matching by words, repetition and conflicts meet.
TEXTS = [
    Text(name, stand=stand, category=category, claim=claim, quote=quote)
    for name in ("a", "b")
    for claim, (stand, category, quote) in enumerate(
        [
            ("accepted", "billing", "w"),
            ("doubted", "delivery", "w"),
            ("doubted", "billing", "w"),
            ("doubted", "billing", "v"),
            ("accepted", "", "v"),
        ]
    )
]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Text], list[Row]]:
    """Rows that the machine has now, and decisions about these and about others, with propagated ones, adjudications and undos."""
    present = draw(st.lists(st.sampled_from(TEXTS), unique=True))
    decisions: list[Row] = []
    for hour in range(draw(st.integers(0, 7))):
        text = draw(st.sampled_from(TEXTS))
        verdict = draw(st.sampled_from(["accepted", "corrected", "rejected", "duplicate", "spam"]))
        by = draw(st.sampled_from(["u-a", "u-b", "u-c"]))
        more: Row = {"severity": draw(st.sampled_from([None, 1, 3, 4]))}
        if verdict == "corrected":
            more["category"] = draw(st.sampled_from(["billing", "crash", "weather"]))
        elif verdict == "accepted":
            more["category"] = text.category or "crash"
        if verdict == "duplicate":
            more["duplicate_of"] = draw(st.sampled_from(TEXTS)).issue
        if draw(st.integers(0, 4)) == 0:
            more["adjudicates"] = "c" * 32
        root = said(text, verdict, by, hour // 2, **more)
        if any(d["decision_id"] == root["decision_id"] for d in decisions):
            continue
        decisions.append(root)
        if draw(st.booleans()):
            copy = draw(st.sampled_from(TEXTS))
            follow = said(copy, verdict, by, hour // 2, **more)
            follow |= {"origin": "propagated", "propagated_from": root["decision_id"], "decision_id": sha256_hex(f"{hour}".encode())[:32]}
            decisions.append(follow)
    undone = draw(st.lists(st.sampled_from(decisions), unique_by=lambda r: r["decision_id"], max_size=2)) if decisions else []
    return present, [*decisions, *(taken_back(r) for r in undone)]


def plain(found: Bound) -> tuple[Any, ...]:
    return sorted(map(repr, found.issues)), sorted(map(repr, found.review))


@given(histories(), st.randoms())
def test_the_order_of_rows_and_decisions_does_not_matter(history: tuple[list[Text], list[Row]], order: random.Random) -> None:
    texts, decisions = history
    once = bound(texts, decisions)
    order.shuffle(texts)
    order.shuffle(decisions)
    other = bound(texts, decisions)
    assert plain(other) == plain(once)
    assert (other.conflicts, other.events) == (once.conflicts, once.events)


@settings(max_examples=300)
@given(histories())
def test_binding_twice_is_binding_once(history: tuple[list[Text], list[Row]]) -> None:
    once = bound(*history)
    again = bind(once.issues, once.review, history[1], LABELS)
    assert (again.issues, again.review) == (once.issues, once.review)
    assert again.events == frozenset()


@given(histories(), st.data())
def test_undo_restores_exactly_what_was_before(history: tuple[list[Text], list[Row]], data: st.DataObject) -> None:
    texts, before = history
    text = data.draw(st.sampled_from(TEXTS))
    verdict = data.draw(st.sampled_from(["accepted", "rejected", "spam"]))
    new = said(text, verdict, data.draw(st.sampled_from(["u-a", "u-b", "u-z"])), data.draw(st.integers(-2, 9)), category="crash")
    new["decision_id"] = "e" * 32
    copy = said(data.draw(st.sampled_from(TEXTS)), verdict, new["decided_by"], category="crash")
    copy |= {"origin": "propagated", "propagated_from": new["decision_id"], "decision_id": "f" * 32}
    after = bound(texts, [new, *before, copy, taken_back(new)])
    assert (after.issues, after.review) == (bound(texts, before).issues, bound(texts, before).review)
    assert after.conflicts == bound(texts, before).conflicts


@given(histories())
def test_what_is_in_force_is_one_decision_an_issue_and_stays_in_force_alone(history: tuple[list[Text], list[Row]]) -> None:
    _, decisions = history
    in_force = decisions_in_force(decisions)
    assert len({r["issue_id"] for r in in_force}) == len(in_force)
    assert decisions_in_force(in_force) == in_force
    disputed = {i for c in conflicts(decisions) for i in c.issue_ids}
    assert not disputed & {r["issue_id"] for r in in_force}


@given(histories())
def test_readdressing_moves_a_decision_only_to_its_own_words(history: tuple[list[Text], list[Row]]) -> None:
    texts, decisions = history
    words = {t.issue: (t.event, t.payload, t.words) for t in texts}
    for before, after in zip(decisions, readdressed(decisions, [t.row() for t in texts]), strict=True):
        if after["issue_id"] != before["issue_id"]:
            assert words[after["issue_id"]] == (before["event_id"], before["payload_sha256"], before["quote"])


def test_times_in_any_zone_are_compared_as_moments() -> None:
    text = Text("a")
    later = datetime.fromisoformat("2026-03-11T11:30:00+01:00")
    rows = [said(text, "accepted", "u-a", 1), {**said(text, "rejected", "u-a", 0), "decided_at": later, "decision_id": "0" * 32}]
    assert [r["verdict"] for r in decisions_in_force(rows)] == ["rejected"]
