"""What people decide binds the next run of any kind, is not undone by a better model, and an undo brings back what the machine said."""

from datetime import timedelta
from typing import Any

from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.enrichment.process import enrich_days, pending_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.ground.accounts import unfinished_sources
from feedback_assets.ground.batches import Making
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.review.decide import edit, reject, undo
from feedback_assets.review.labels import labels_of
from feedback_assets.wiring.services import Services
from feedback_assets_tests.enrichment.test_process import DAY, NOW, put, silver_row, state

TABLES = (ISSUES, REVIEW, ENRICHED_EVENTS)
LIVE = Making("v1", "live")


def derive(lake: LocalLakehouse, reader: Reader, services: Services, making: Making = LIVE) -> None:
    enrich_days(lake, reader, [DAY], now=NOW, making=making, bind=services.binding_on(lake))


def rows(lake: LocalLakehouse) -> dict[str, list[dict[str, Any]]]:
    left_out = ("made_by", "restated_for")
    return {name: [{k: v for k, v in r.items() if k not in left_out} for r in found] for name, found in state(lake, *TABLES).items()}


def test_decisions_bind_the_next_run_and_an_undo_brings_the_machine_back(lake: LocalLakehouse, reader: Reader, settings: Settings) -> None:
    services = Services(settings)
    put(lake, [silver_row(1, "The app crashes every time."), silver_row(2, "still broken")])
    put(lake, [silver_row(3, "All my bookmarks disappeared.", batch="other")])
    derive(lake, reader, services)
    machine = rows(lake)
    (doubted,) = lake.read(REVIEW).to_pylist()
    crash = next(r for r in lake.read(ISSUES).to_pylist() if "crashes" in r["quote"])
    untouched = lake.version(ENRICHED_EVENTS)
    assert pending_days(lake) == []

    labels = labels_of(reader.taxonomy.categories)
    at = NOW + timedelta(hours=1)
    first = edit(lake, labels, doubted["issue_id"], by="ana", now=at, category="function_broken", subcategory="", severity=4)
    second = reject(lake, crash["issue_id"], by="ana", now=at)
    assert pending_days(lake) == [DAY]
    derive(lake, reader, services)
    assert pending_days(lake) == []
    decided = {r["event_id"]: r for r in lake.read(ISSUES).to_pylist()}
    assert decided[doubted["event_id"]]["tier"] == "person"
    assert (decided[doubted["event_id"]]["category"], decided[doubted["event_id"]]["severity"]) == ("function_broken", 4)
    assert crash["event_id"] not in decided
    assert lake.count(REVIEW) == 0
    outcomes = {r["event_id"]: (r["outcome"], r["tier"], r["issues"]) for r in lake.read(ENRICHED_EVENTS).to_pylist()}
    assert outcomes[crash["event_id"]] == ("no_issue", "person", 0)
    assert outcomes[doubted["event_id"]] == ("issues", "person", 1)
    assert lake.version(ENRICHED_EVENTS) > untouched

    derive(lake, reader, services, Making("v2", "backfill", restates=True))
    assert {r["event_id"]: r["category"] for r in lake.read(ISSUES).to_pylist()} == {e: r["category"] for e, r in decided.items()}

    for decision in (first, second):
        undo(lake, decision.decision["decision_id"], by="ana", now=at + timedelta(hours=1))
    assert pending_days(lake) == [DAY]
    derive(lake, reader, services)
    assert rows(lake) == machine
    assert unfinished_sources(lake) == {}
