"""The rules of tickets and outbox, on tables that somebody changed by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.tickets.rules import AGE_LIMIT, one_ticket_verdict, outbox_verdict
from feedback_assets_tests.gold_rows import theme

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


def put_tickets(lake: LocalLakehouse, *tickets: tuple[int, int, str]) -> None:
    """Tickets as (number, number of the theme, status)."""
    rows = [
        {
            "ticket_id": f"FB-{number:08X}", "theme_id": theme(of), "tracker": "local", "external_key": f"{number}.md", "title": "t",
            "category": "c", "owner": "o", "band": "P1", "score": 90.0, "status": status, "revision": 1, "content_sha256": "0" * 64,
            "opened_at": NOW, "updated_at": NOW,
        }
        for number, of, status in tickets
    ]  # fmt: skip
    lake.upsert(TICKETS, to_arrow(TICKETS, rows))


def put_intent(lake: LocalLakehouse, number: int, *, age: timedelta, status: str = "pending", **changed: Any) -> None:
    row = {
        "intent_id": f"{number:032x}", "destination": "local", "action": "create", "ticket_id": "FB-00000001", "theme_id": theme(1),
        "sequence": 1, "content": "{}", "content_sha256": "0" * 64, "purpose": "live", "status": status, "attempts": 4,
        "error": "no such project", "written_at": NOW - age, "applied_at": None,
    }  # fmt: skip
    lake.upsert(OUTBOX, to_arrow(OUTBOX, [row | changed]))


def test_one_open_ticket_a_theme_is_clean(lake: LocalLakehouse) -> None:
    assert one_ticket_verdict(lake).passed
    put_tickets(lake, (1, 1, "open"), (2, 2, "open"), (3, 2, "closed"))
    verdict = one_ticket_verdict(lake)
    assert (verdict.passed, verdict.number, verdict.threshold, list(verdict.sample)) == (True, 0, "0 of 2 open tickets", [])


def test_two_open_tickets_of_a_theme_are_both_named(lake: LocalLakehouse) -> None:
    put_tickets(lake, (1, 1, "open"), (2, 1, "open"), (3, 2, "open"))
    verdict = one_ticket_verdict(lake)
    assert (verdict.passed, verdict.number) == (False, 1)
    assert verdict.sample == [{"theme": theme(1), "ticket": f"FB-{n:08X}"} for n in (1, 2)]
    assert "feedback trace" in verdict.next_command


def test_an_intent_may_wait_for_a_day(lake: LocalLakehouse) -> None:
    put_intent(lake, 1, age=AGE_LIMIT)
    verdict = outbox_verdict(lake, NOW)
    assert (verdict.passed, verdict.number, list(verdict.sample)) == (True, 0, [])
    assert "1 wait now" in verdict.rule


@pytest.mark.parametrize("status", ["pending", "refused"])
def test_an_intent_that_waits_longer_is_named_with_its_error_and_without_its_content(lake: LocalLakehouse, status: str) -> None:
    put_intent(lake, 1, age=AGE_LIMIT + timedelta(seconds=1), status=status, content='{"quote": "secret words"}')
    verdict = outbox_verdict(lake, NOW)
    assert (verdict.passed, verdict.number) == (False, 1)
    assert verdict.sample == [
        {"intent_id": f"{1:032x}", "destination": "local", "action": "create", "attempts": 4, "error": "no such project"}
    ]
    assert "secret words" not in str(verdict)


@pytest.mark.parametrize("status", ["applied", "superseded"])
def test_an_intent_that_is_settled_is_never_late(lake: LocalLakehouse, status: str) -> None:
    put_intent(lake, 1, age=timedelta(days=400), status=status)
    assert outbox_verdict(lake, NOW).passed


def test_the_oldest_come_first_and_the_sample_is_bounded(lake: LocalLakehouse) -> None:
    for number in range(8):
        put_intent(lake, number, age=timedelta(days=2 + number))
    verdict = outbox_verdict(lake, NOW)
    assert verdict.number == 8
    assert [r["intent_id"] for r in verdict.sample] == [f"{n:032x}" for n in (7, 6, 5, 4, 3)]
