"""Enrichment read again under another taxonomy: ids stay, only what differs is replaced, the purpose travels, kills are finished."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.enrichment.cascade import Decision
from feedback_assets.enrichment.process import enrich_days, pending_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.enrichment.tiers.interface import EventText
from feedback_assets.ground.batches import Making
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.enrichment.test_process import DAY, LATER, NEXT, NOW, TABLES, put, silver_row
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed

OLD, NEW = Making("old"), Making("new", "backfill", restates=True)
TEXTS = ("The app crashes every time and I was charged twice.", "still broken", "Great, thank you.", "All my bookmarks disappeared.")


class Relabelling:
    """The real reader, but that crashes go by another label, and one text has no issue any more."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.taxonomy_version = "other"
        self.model_version = reader.model_version

    def read(self, events: Sequence[EventText]) -> list[Decision]:
        return [self._relabelled(e, d) for e, d in zip(events, self._reader.read(events), strict=True)]

    def _relabelled(self, event: EventText, decision: Decision) -> Decision:
        if "bookmarks" in event.text:
            return decision._replace(issues=(), review=())
        issues = tuple(
            i._replace(category="other_kind", subcategory="freeze") if i.category == "stability_performance" else i for i in decision.issues
        )
        return decision._replace(issues=issues)


def land(lake: Lakehouse, reader: Any) -> None:
    put(lake, [silver_row(n, text, batch="a") for n, text in enumerate(TEXTS)])  # type: ignore[arg-type]
    put(lake, [silver_row(9, "No sound in videos.", day=NEXT, batch="next")])  # type: ignore[arg-type]
    enrich_days(lake, reader, [DAY, NEXT], now=NOW, making=OLD)


def rows(lake: Lakehouse) -> dict[str, list[str]]:
    left_out = {"made_by", "restated_for", "edition"}
    return {t.name: sorted(repr(r) for r in lake.read(t, columns=[c for c in t.compared if c not in left_out]).to_pylist()) for t in TABLES}


def test_a_relabelled_issue_stays_the_same_issue_and_the_others_are_left_alone(lake: LocalLakehouse, reader: Reader) -> None:
    land(lake, reader)
    before = {r["issue_id"]: r for r in lake.read(ISSUES).to_pylist()}
    report = enrich_days(lake, Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
    after = {r["issue_id"]: r for r in lake.read(ISSUES).to_pylist()}
    gone = {r["issue_id"] for r in before.values() if "bookmarks" in r["quote"]}
    assert len(gone) == 1
    assert set(after) == set(before) - gone
    changed = {i for i in after if after[i]["category"] != before[i]["category"]}
    assert {after[i]["category"] for i in changed} == {"other_kind"}
    assert {i for i, r in after.items() if r["restated_for"]} == changed
    assert {r["made_by"] for r in after.values()} == {"new"}
    assert report[DAY].restated > 0
    assert lake.count(ENRICHED_EVENTS) == 5


def test_read_again_by_the_same_versions_nothing_is_committed(lake: LocalLakehouse, reader: Reader) -> None:
    land(lake, reader)
    enrich_days(lake, Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
    versions = [lake.version(t) for t in TABLES]
    report = enrich_days(lake, Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
    assert [lake.version(t) for t in TABLES] == versions
    assert report[DAY].batches == 0


def test_versions_alone_change_no_edition_and_send_nothing_on(lake: LocalLakehouse, reader: Reader) -> None:
    land(lake, reader)
    enrich_days(lake, reader, [DAY, NEXT], now=LATER, making=NEW)
    ledger = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()
    assert {(r["made_by"], r["edition"], r["restated_for"]) for r in ledger} == {("new", 0, "")}
    assert {r["made_by"] for r in lake.read(ISSUES).to_pylist()} == {"new"}
    assert {r["restated_for"] or "" for r in lake.read(ISSUES).to_pylist()} == {""}


def test_a_live_run_follows_what_silver_did_anew_under_the_purpose_of_that(lake: LocalLakehouse, reader: Reader) -> None:
    """Else a backfill of silver would reach the trackers by the next live run."""
    land(lake, reader)
    stored = lake.read(EVENTS, where={"feed_date": [NEXT]}).to_pylist()
    from feedback_assets.contracts.arrow import to_arrow

    lake.upsert(EVENTS, to_arrow(EVENTS, [{**r, "text": "The app crashes at start."} for r in stored]))
    ledger = lake.read(STAGE_BATCHES, where={"stage": ["silver"], "feed_date": [NEXT]}).to_pylist()
    lake.upsert(STAGE_BATCHES, to_arrow(STAGE_BATCHES, [{**r, "edition": 2, "restated_for": "backfill"} for r in ledger]))
    assert pending_days(lake) == [NEXT]
    enrich_days(lake, reader, [NEXT], now=LATER, making=Making("old", "live"))
    assert pending_days(lake) == []
    (issue,) = lake.read(ISSUES, where={"feed_date": [NEXT]}).to_pylist()
    assert (issue["quote"], issue["restated_for"]) == ("The app crashes at start.", "backfill")
    (account,) = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"], "feed_date": [NEXT]}).to_pylist()
    assert (account["read_edition"], account["edition"], account["restated_for"]) == (2, 2, "backfill")


def test_an_event_that_silver_lost_leaves_no_issue(lake: LocalLakehouse, reader: Reader) -> None:
    land(lake, reader)
    kept = [r for r in lake.read(EVENTS, where={"feed_date": [DAY]}).to_pylist() if "bookmarks" not in r["text"]]
    from feedback_assets.contracts.arrow import to_arrow

    lake.replace(EVENTS, to_arrow(EVENTS, kept), where={"feed_date": [DAY]})
    enrich_days(lake, reader, [DAY], now=LATER, making=NEW)
    for table in (ISSUES, REVIEW, ENRICHED_EVENTS):
        assert set(lake.read(table, where={"feed_date": [DAY]})["event_id"].to_pylist()) <= {r["event_id"] for r in kept}
    assert lake.count(ENRICHED_EVENTS, {"feed_date": [DAY]}) == 3


def test_a_kill_at_any_write_is_finished_by_the_next_restatement(lake: LocalLakehouse, reader: Reader, tmp_path: Path) -> None:
    land(lake, reader)

    def copy(name: str) -> LocalLakehouse:
        shutil.copytree(lake.root, tmp_path / name)
        return LocalLakehouse(tmp_path / name)

    whole, fuse = copy("whole"), Fuse()
    enrich_days(FusedLake(whole, fuse), Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
    assert fuse.steps >= 8
    for at in range(1, fuse.steps + 1):
        killed = copy(f"killed {at}")
        with pytest.raises(Killed):
            enrich_days(FusedLake(killed, Fuse(at)), Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
        enrich_days(killed, Relabelling(reader), [DAY, NEXT], now=LATER, making=NEW)
        assert rows(killed) == rows(whole), at
        assert {r["made_by"] for r in killed.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()} == {"new"}
