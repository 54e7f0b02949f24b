"""The enrichment step on real Delta tables: accounts, outcomes, repeats, kills, late batches."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import STAGE_BATCHES
from feedback_assets.contracts.enrichment import ENRICHED_EVENTS, ISSUES, REVIEW
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.contracts.table import Table
from feedback_assets.enrichment.process import enrich_days, pending_days
from feedback_assets.enrichment.reader import Reader
from feedback_assets.ground.identity import batch_id, event_id, issue_id, sha256_hex
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.loopback.trackers import Fuse, FusedLake, Killed

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 12, tzinfo=UTC)
DAY = date(2026, 1, 4)
NEXT = date(2026, 1, 5)
TABLES = (ISSUES, REVIEW, ENRICHED_EVENTS, STAGE_BATCHES)


def silver_row(n: int, text: str, *, day: date = DAY, batch: str = "a", **other: Any) -> dict[str, Any]:
    return {
        "event_id": event_id("forum", str(n)),
        "payload_sha256": sha256_hex(text.encode()),
        "source": "forum",
        "feed_date": day,
        "batch_id": batch_id("forum", batch, "0"),
        "channel": "forum",
        "event_time": NOW,
        "revised_at": NOW,
        "is_deletion": False,
        "title": "",
        "text": text,
        "rating": None,
        "language": "en",
        "is_informative": True,
        "spam_reason": "",
        "received_at": NOW,
        "processed_at": NOW,
        **other,
    }


def put(lake: LocalLakehouse, rows: list[dict[str, Any]]) -> None:
    lake.append_new(EVENTS, to_arrow(EVENTS, rows))
    batches = {(r["feed_date"], r["batch_id"]) for r in rows}
    accounts = [
        {
            "stage": "silver",
            "feed_date": d,
            "source": "forum",
            "batch_id": b,
            "rows_in": 1,
            "rows_out": 1,
            "reasons": "{}",
            "processed_at": NOW,
        }
        for d, b in sorted(batches)
    ]
    lake.append_new(STAGE_BATCHES, to_arrow(STAGE_BATCHES, accounts))


def day_one() -> list[dict[str, Any]]:
    return [
        silver_row(1, "The app crashes every time and I was charged twice."),
        silver_row(2, "still broken"),
        silver_row(3, "Great, thank you."),
        silver_row(4, "buy cheap followers, it crashes", spam_reason="links"),
        silver_row(5, "ok", is_informative=False),
        silver_row(6, "", is_deletion=True),
    ]


def state(lake: LocalLakehouse, *tables: Table) -> dict[str, list[dict[str, Any]]]:
    out = {}
    for table in tables or TABLES:
        rows = lake.read(table, columns=table.compared).to_pylist()
        out[table.name] = sorted(rows, key=lambda r: tuple(str(r[k]) for k in table.key))
    return out


def test_each_event_ends_in_one_outcome_and_the_account_adds_up(lake: LocalLakehouse, reader: Reader) -> None:
    put(lake, day_one())
    assert pending_days(lake) == [DAY]
    report = enrich_days(lake, reader, [DAY], now=NOW)[DAY]
    assert dict(report.outcomes) == {"issues": 1, "review": 1, "no_issue": 1, "spam": 1, "uninformative": 1, "deletion": 1}
    assert (report.rows_in, report.issues, report.in_review, report.batches, report.committed) == (6, 2, 1, 1, True)
    (account,) = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()
    assert account["rows_in"] == account["rows_out"] + sum(json.loads(account["reasons"]).values()) == 6
    assert lake.count(ENRICHED_EVENTS) == 6
    assert pending_days(lake) == []


def test_an_issue_row_says_what_the_contract_says(lake: LocalLakehouse, reader: Reader) -> None:
    put(lake, day_one())
    enrich_days(lake, reader, [DAY], now=NOW)
    silver = {r["event_id"]: r for r in lake.read(EVENTS).to_pylist()}
    rows = [*lake.read(ISSUES).to_pylist(), *lake.read(REVIEW).to_pylist()]
    assert len(rows) == 3
    for row in rows:
        text = silver[row["event_id"]]["text"]
        first = row["evidence"][0]
        assert row["quote"] == text[first["start"] : first["end"]]
        assert row["issue_id"] == issue_id(row["event_id"], row["payload_sha256"], first["start"], first["end"])
        assert row["taxonomy_version"] == reader.taxonomy_version
        assert all(row[c.name] is not None for c in ISSUES.columns if not c.nullable)
    (review,) = lake.read(REVIEW).to_pylist()
    assert (review["reason"], review["status"], review["category"]) == ("no_category", "open", "")


def test_the_same_step_again_commits_nothing(lake: LocalLakehouse, reader: Reader) -> None:
    put(lake, day_one())
    enrich_days(lake, reader, [DAY], now=NOW)
    versions = [lake.version(t) for t in TABLES]
    report = enrich_days(lake, reader, [DAY, NEXT], now=LATER)
    assert [lake.version(t) for t in TABLES] == versions
    assert not report[DAY].committed
    assert report[NEXT].rows_in == 0


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_a_kill_after_any_write_then_a_run_gives_the_same_tables(
    lake: LocalLakehouse, reader: Reader, tmp_path_factory: pytest.TempPathFactory, writes: int
) -> None:
    whole = LocalLakehouse(tmp_path_factory.mktemp("whole"))
    for target in (lake, whole):
        put(target, day_one())
    enrich_days(whole, reader, [DAY], now=NOW)
    with pytest.raises(Killed):
        enrich_days(FusedLake(lake, Fuse(2 * writes + 1)), reader, [DAY], now=NOW)
    assert pending_days(lake) == [DAY]
    enrich_days(lake, reader, [DAY], now=LATER)
    assert state(lake) == state(whole)


def test_a_late_batch_adds_only_its_own_rows(lake: LocalLakehouse, reader: Reader) -> None:
    put(lake, day_one())
    enrich_days(lake, reader, [DAY], now=NOW)
    before = state(lake, ISSUES, REVIEW, ENRICHED_EVENTS)
    put(lake, [silver_row(7, "All my bookmarks disappeared.", batch="late"), silver_row(8, "No sound in videos.", day=NEXT, batch="next")])
    assert pending_days(lake) == [DAY, NEXT]
    reports = enrich_days(lake, reader, [DAY, NEXT], now=LATER)
    assert (reports[DAY].rows_in, reports[NEXT].rows_in) == (1, 1)
    after = state(lake, ISSUES, REVIEW, ENRICHED_EVENTS)
    assert len(after[ENRICHED_EVENTS.name]) == 8
    assert all(row in after[name] for name, rows in before.items() for row in rows)


def test_days_in_any_order_or_together_give_the_same_tables(
    lake: LocalLakehouse, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = LocalLakehouse(tmp_path_factory.mktemp("other"))
    rows = [*day_one(), silver_row(8, "No sound in videos.", day=NEXT, batch="next")]
    put(lake, rows)
    put(other, rows[::-1])
    enrich_days(lake, reader, [DAY, NEXT], now=NOW)
    enrich_days(other, reader, [NEXT], now=NOW)
    enrich_days(other, reader, [DAY], now=LATER)
    assert state(lake) == state(other)


def test_an_edited_event_is_read_again_and_its_old_issues_stay(lake: LocalLakehouse, reader: Reader) -> None:
    put(lake, [silver_row(1, "The app crashes.")])
    enrich_days(lake, reader, [DAY], now=NOW)
    put(lake, [silver_row(1, "The app crashes and I was charged twice.", batch="edit")])
    enrich_days(lake, reader, [DAY], now=LATER)
    rows = lake.read(ISSUES).to_pylist()
    assert len({r["payload_sha256"] for r in rows}) == 2
    assert len({r["issue_id"] for r in rows}) == len(rows) == 3


def test_a_batch_without_rows_is_accounted_for(lake: LocalLakehouse, reader: Reader) -> None:
    account = {"stage": "silver", "feed_date": DAY, "source": "forum", "batch_id": batch_id("forum", "empty", "0")}
    lake.append_new(
        STAGE_BATCHES, to_arrow(STAGE_BATCHES, [{**account, "rows_in": 0, "rows_out": 0, "reasons": "{}", "processed_at": NOW}])
    )
    enrich_days(lake, reader, [DAY], now=NOW)
    assert pending_days(lake) == []
    (row,) = lake.read(STAGE_BATCHES, where={"stage": ["enrichment"]}).to_pylist()
    assert (row["rows_in"], row["rows_out"], row["reasons"]) == (0, 0, "{}")
