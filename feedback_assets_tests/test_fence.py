"""The fence: whatever is ingested with whatever purpose and whichever run takes it further, exactly what live data touched is published."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.contracts.themes import ISSUE_FACTS, THEMES
from feedback_assets.contracts.tickets import OUTBOX, TICKETS
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.priority.weights import Weights, load_weights
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.embedders.registry import embedder_named
from feedback_assets.tickets.process import update_tickets
from feedback_assets.tickets.trackers.local import LocalTracker
from feedback_assets_tests.gold_history import History, embed_all, gold
from feedback_assets_tests.themes.stream import COMPLAINTS, NOW

KEYS = sorted(COMPLAINTS)
RESTATED = "restated"
INGESTED = ("live", "backfill", "replay", RESTATED)
"""Purposes of deliveries; or a backfill reads a batch anew, whoever brought it."""
RUNS = ("live", "backfill", "replay", "canary", "", "apply")
"""Purposes of gold runs: sensors, schedules and `feedback run` say live; a run from the UI says nothing unless a person does."""

steps = st.lists(st.tuples(st.sampled_from(INGESTED), st.integers(0, len(KEYS) - 1), st.sampled_from(RUNS)), min_size=2, max_size=5)


@pytest.fixture(scope="module")
def weights() -> Weights:
    shipped = load_weights(project_root() / "taxonomy" / "priority_weights.yaml")
    every = shipped.tickets.model_copy(update={"lowest_band": "P4", "issues": 1, "customers": 0})
    return shipped.model_copy(update={"tickets": every})


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return embedder_named("wordllama")


class Site:
    """A home, and beside it what the rule says: which themes live data touched and nobody has published since."""

    def __init__(self, home: Any, embedder: Embedder, weights: Weights, seed: int) -> None:
        self.lake = LocalLakehouse(home / "lake")
        self.tracker = LocalTracker(self.lake, home / "tickets")
        self.embedder, self.weights = embedder, weights
        self.history = History(random.Random(seed))
        self.pending: set[str] = set()
        self.read_away: set[str] = set()
        """Issues that a backfill no longer found."""

    def facts(self) -> dict[str, dict[str, Any]]:
        return {r["issue_id"]: r for r in self.lake.read(ISSUE_FACTS, columns=["issue_id", "theme_id", "event_id", "batch_id"]).to_pylist()}

    def deliver(self, purpose: str, key: int) -> None:
        if purpose == RESTATED and self.history.revisions:
            self.read_away |= self.history.restate(self.lake, "backfill")
        else:
            self.history.deliver(self.lake, "live" if purpose == RESTATED else purpose, days=4, size=7, key=KEYS[key])
        embed_all(self.lake, self.embedder)

    def gold(self) -> None:
        before = self.facts()
        gold(self.lake, self.embedder, self.weights)
        after = self.facts()
        purposes = {r["batch_id"]: r["purpose"] for r in self.lake.read(MANIFEST, columns=["batch_id", "purpose"]).to_pylist()}
        newest = {r.event: r.batch for r in sorted(self.history.revisions, key=lambda r: (r.edit, -r.feed_date.toordinal()))}
        brought = [r for i, r in after.items() if i not in before and purposes[r["batch_id"]] == "live"]
        gone = {i: r for i, r in before.items() if i not in after and i not in self.read_away}
        lost = [r for r in gone.values() if purposes[newest[r["event_id"]]] == "live"]
        self.pending |= {r["theme_id"] for r in brought + lost} - {""}

    def publish(self, purpose: str) -> set[str]:
        """The themes of the intents that this run wrote."""
        known = set(self.lake.read(OUTBOX, columns=["intent_id"])["intent_id"].to_pylist())
        everything = purpose == "apply"
        told = "live" if everything else purpose
        update_tickets(self.lake, self.tracker, purpose=told, weights=self.weights, now=NOW, everything=everything)
        return {r["theme_id"] for r in self.lake.read(OUTBOX, columns=["intent_id", "theme_id"]).to_pylist() if r["intent_id"] not in known}

    def alive(self) -> set[str]:
        rows = self.lake.read(THEMES, columns=["theme_id", "status", "issues"]).to_pylist()
        return {r["theme_id"] for r in rows if r["status"] == "active" and r["issues"]}

    def with_ticket(self) -> set[str]:
        return set(self.lake.read(TICKETS, columns=["theme_id"], where={"status": ["open"]})["theme_id"].to_pylist())


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=steps, seed=st.integers(0, 10_000))
def test_exactly_what_live_data_touched_is_published_whoever_runs_gold(
    told: list[tuple[str, int, str]], seed: int, embedder: Embedder, weights: Weights, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = Site(tmp_path_factory.mktemp("site"), embedder, weights, seed)
    for ingested, key, run in told:
        site.deliver(ingested, key)
        site.gold()
        wrote = site.publish(run)
        if run == "apply":
            assert site.with_ticket() == site.alive()
            site.pending.clear()
        elif run == "live":
            retired = {r["theme_id"] for r in site.lake.read(THEMES, columns=["theme_id"], where={"status": ["retired"]}).to_pylist()}
            assert wrote <= site.pending | retired
            assert site.pending & site.alive() <= site.with_ticket()
            site.pending.clear()
        else:
            assert wrote == set()


def test_what_a_backfill_read_otherwise_in_live_data_is_not_published_by_the_next_live_run(
    embedder: Embedder, weights: Weights, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = Site(tmp_path_factory.mktemp("site"), embedder, weights, 4)
    for _ in range(3):
        site.deliver("live", 0)
    site.gold()
    assert site.publish("live")
    site.deliver(RESTATED, 0)
    assert site.read_away
    site.gold()
    assert site.publish("live") == set()
    assert site.publish("apply")


def test_what_a_backfill_brought_waits_for_an_apply_and_what_live_data_touched_does_not(
    embedder: Embedder, weights: Weights, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = Site(tmp_path_factory.mktemp("site"), embedder, weights, 3)
    for _ in range(3):
        site.deliver("backfill", 0)
        site.deliver("backfill", 1)
    site.gold()
    assert len(site.alive()) >= 2
    assert site.publish("live") == set()
    site.deliver("live", 0)
    site.gold()
    assert site.publish("") == set()  # a run from the UI, without a purpose: what is live stays for the next live run
    first = site.publish("live")
    assert first
    assert first < site.alive()
    assert site.publish("live") == set()
    site.publish("apply")
    assert site.with_ticket() == site.alive()
