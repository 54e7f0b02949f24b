"""The outbox by itself: order in a chain, waiting, and states that never go back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.tickets import OUTBOX
from feedback_assets.effects.outbox import Intent, Settled, newest, read_intents, settle, wait_after, write_intents
from feedback_assets.effects.purpose import may_publish
from feedback_assets.effects.refusals import RefusedError, UnavailableError
from feedback_assets.ground.identity import intent_id, sha256_hex
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.gold_rows import NOW, theme


def intent(ticket: str, sequence: int, content: str = "{}") -> Intent:
    sha256 = sha256_hex(f"{content}{sequence}".encode())
    return Intent(
        intent_id=intent_id("d", ticket, "update", sha256),
        destination="d",
        action="update",
        ticket_id=ticket,
        theme_id=theme(1),
        sequence=sequence,
        content=content,
        content_sha256=sha256,
        written_at=NOW,
    )


class Outside:
    """A destination that keeps what it is told, and gives the answers it is set up with."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.answers: dict[str, Exception] = {}
        self.at_flush: Exception | None = None

    def deliver(self, i: Intent) -> None:
        if i.ticket_id in self.answers:
            raise self.answers[i.ticket_id]
        self.told.append((i.ticket_id, i.sequence))

    def flush(self) -> None:
        if self.at_flush:
            raise self.at_flush

    def settle(self, lake: LocalLakehouse, *, minutes: float = 0, batch: int = 10) -> Settled:
        now = NOW + timedelta(minutes=minutes)
        return settle(lake, "d", now=now, chain_of=lambda i: i.ticket_id, deliver=self.deliver, flush=self.flush, batch=batch)


def statuses(lake: LocalLakehouse) -> list[str]:
    return [i.status for i in read_intents(lake, "d")]


def test_in_a_chain_only_the_newest_is_applied(lake: LocalLakehouse) -> None:
    outside = Outside()
    write_intents(lake, [intent("a", 2), intent("a", 1), intent("b", 1)])
    assert outside.settle(lake) == Settled(applied=2, superseded=1)
    assert outside.told == [("a", 2), ("b", 1)]
    assert statuses(lake) == ["superseded", "applied", "applied"]


def test_what_is_settled_is_never_told_again(lake: LocalLakehouse) -> None:
    outside = Outside()
    write_intents(lake, [intent("a", 1)])
    outside.settle(lake)
    version = lake.version(OUTBOX)
    assert not write_intents(lake, [replace(intent("a", 1), written_at=NOW + timedelta(days=1))]).committed
    assert outside.settle(lake) == Settled()
    assert outside.told == [("a", 1)]
    assert lake.version(OUTBOX) == version


def test_a_refusal_waits_longer_each_time(lake: LocalLakehouse) -> None:
    outside = Outside()
    outside.answers["a"] = RefusedError("no")
    write_intents(lake, [intent("a", 1)])
    assert outside.settle(lake).refused == 1
    assert outside.settle(lake, minutes=0.5).waiting == 1
    assert outside.settle(lake, minutes=1).refused == 1
    assert outside.settle(lake, minutes=2.9).waiting == 1
    assert read_intents(lake, "d")[0].attempts == 2
    assert max(wait_after(n) for n in range(100)) == timedelta(days=1)


def test_unavailable_at_flush_leaves_everything_pending(lake: LocalLakehouse) -> None:
    outside = Outside()
    outside.at_flush = UnavailableError("gone", mend="wait")
    outside.answers["b"] = RefusedError("no")
    write_intents(lake, [intent("a", 1), intent("b", 1), intent("c", 1)])
    found = outside.settle(lake)
    assert (found.applied, found.refused, found.waiting) == (0, 1, 2)
    assert statuses(lake) == ["pending", "refused", "pending"]


def test_a_bug_in_a_destination_passes_through_and_leaves_the_intent_pending(lake: LocalLakehouse) -> None:
    outside = Outside()
    outside.answers["a"] = ZeroDivisionError()
    write_intents(lake, [intent("a", 1)])
    with pytest.raises(ZeroDivisionError):
        outside.settle(lake)
    assert statuses(lake) == ["pending"]


def test_a_long_refusal_is_cut(lake: LocalLakehouse) -> None:
    outside = Outside()
    outside.answers["a"] = RefusedError("no " * 1000)
    write_intents(lake, [intent("a", 1)])
    outside.settle(lake)
    assert len(read_intents(lake, "d")[0].error) <= 500


def test_other_destinations_are_left_alone(lake: LocalLakehouse) -> None:
    write_intents(lake, [replace(intent("a", 1), destination="other")])
    assert Outside().settle(lake) == Settled()
    assert [i.status for i in read_intents(lake, "other")] == ["pending"]


def test_many_intents_are_settled_in_batches_over_several_commits(lake: LocalLakehouse) -> None:
    outside = Outside()
    write_intents(lake, [intent(f"t{n:02}", 1) for n in range(7)])
    assert outside.settle(lake, batch=3).applied == 7
    write_intents(lake, [intent(f"t{n:02}", 2) for n in range(7)])
    assert outside.settle(lake, batch=3).applied == 7
    assert statuses(lake) == ["applied"] * 14


@settings(max_examples=50)
@given(st.permutations([("a", 1, "x"), ("a", 2, "x"), ("a", 2, "y"), ("b", 1, "x")]))
def test_the_newest_of_a_chain_does_not_depend_on_order(order: list[tuple[str, int, str]]) -> None:
    found = newest((intent(*o) for o in order), lambda i: i.ticket_id)
    assert found["a"].intent_id == max((intent("a", 2, c) for c in "xy"), key=lambda i: i.content_sha256).intent_id
    assert found["b"].sequence == 1


@pytest.mark.parametrize("purpose", ["backfill", "replay", "canary", "", None, "LIVE", " live"])
def test_only_live_may_publish(purpose: str | None) -> None:
    assert may_publish("live")
    assert not may_publish(purpose)
