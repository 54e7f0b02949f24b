"""Ingestion: what is pending, that repeats and kills add nothing, and that every file ends in the manifest."""

import os
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.bronze import ingest
from feedback_assets.bronze.ingest import DayReport, ingest_days, pending_days, pending_files
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.compute.workers import close_workers
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, bronze_table
from feedback_assets.contracts.table import Table
from feedback_assets.ground.identity import event_id, sha256_hex
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.interface import WriteResult
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.sources.framing.frames import Limits
from feedback_assets_tests import hostile

NOW = datetime(2024, 4, 1, tzinfo=UTC)
DAY = date(2024, 3, 1)
TABLES = (bronze_table("zendesk"), DEAD_LETTERS, MANIFEST)


@pytest.fixture
def zone(settings: Settings) -> LandingZone:
    return LandingZone(settings.landing)


def _land(zone: LandingZone, content: bytes, name: str = "a.json", source: str = "zendesk", day: date = DAY) -> Path:
    path = zone.root / source / day.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _ticket(number: int, when: str = "2024-03-01T10:00:00Z") -> bytes:
    return b'{"id":%d,"created_at":"%s"}' % (number, when.encode())


def _versions(lake: LocalLakehouse) -> list[int]:
    return [lake.version(t) for t in TABLES]


def test_rows_dead_letters_and_manifest_say_the_same(lake: LocalLakehouse, zone: LandingZone) -> None:
    content = b'{"tickets":[' + _ticket(1) + b",17," + _ticket(1) + b',{"id":2}]}'
    _land(zone, content)
    assert pending_days(lake, zone, "zendesk") == [DAY]
    reports = ingest_days(lake, zone, "zendesk", [DAY, date(2024, 3, 2)], now=NOW)
    assert reports == {DAY: DayReport(1, 4, 2, 2, {"missing_time": 1, "wrong_type": 1}), date(2024, 3, 2): DayReport()}
    [entry] = lake.read(MANIFEST).to_pylist()
    assert (entry["file"], entry["bytes"], entry["content_sha256"]) == ("zendesk/2024-03-01/a.json", len(content), sha256_hex(content))
    rows = lake.read(TABLES[0]).to_pylist()
    # The same record twice in a file is two rows at two places, of one event.
    assert {r["event_id"] for r in rows} == {event_id("zendesk", "1")}
    assert len({r["start"] for r in rows}) == 2
    assert all(r["payload"] == _ticket(1) and r["feed_date"] == DAY and r["received_at"] for r in rows)
    dead = {r["record_index"]: (r["reason"], content[r["start"] : r["end"]]) for r in lake.read(DEAD_LETTERS).to_pylist()}
    assert dead == {1: ("wrong_type", b"17"), 3: ("missing_time", b'{"id":2}')}


def test_a_repeat_commits_nothing_and_a_touched_file_is_known_by_its_content(lake: LocalLakehouse, zone: LandingZone) -> None:
    path = _land(zone, _ticket(1) + b"\nbroken\n" + _ticket(2))
    ingest_days(lake, zone, "zendesk", [DAY], now=NOW)
    before = _versions(lake)
    os.utime(path, (1, 1))
    assert pending_files(lake, zone, "zendesk") == []
    assert ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY].files == 0
    assert _versions(lake) == before


def test_a_changed_file_is_a_new_batch_and_the_old_rows_stay(lake: LocalLakehouse, zone: LandingZone) -> None:
    _land(zone, _ticket(1))
    ingest_days(lake, zone, "zendesk", [DAY], now=NOW)
    _land(zone, _ticket(1) + b"\n" + _ticket(2))
    assert [f.path for f in pending_files(lake, zone, "zendesk", [DAY])] == ["zendesk/2024-03-01/a.json"]
    report = ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY]
    assert (report.files, report.bronze_rows, lake.count(MANIFEST), lake.count(TABLES[0])) == (1, 2, 2, 3)


class _Dies(LocalLakehouse):
    """A lakehouse whose process dies before the n-th append."""

    def __init__(self, root: Path, appends: int) -> None:
        super().__init__(root)
        self.left = appends

    def append_new(self, table: Table, rows: Any) -> WriteResult:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().append_new(table, rows)


@pytest.mark.parametrize("appends", range(3))
def test_a_kill_between_tables_then_a_repeat_gives_the_same_rows(lake: LocalLakehouse, zone: LandingZone, appends: int) -> None:
    _land(zone, _ticket(1) + b"\nbroken\n")
    with pytest.raises(KeyboardInterrupt):
        ingest_days(_Dies(lake.root, appends), zone, "zendesk", [DAY], now=NOW)
    assert pending_days(lake, zone, "zendesk") == [DAY]
    report = ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY]
    assert (report.bronze_rows, report.dead_letters) == (1, 1)
    assert [lake.count(t) for t in TABLES] == [1, 1, 1]


def test_much_payload_is_written_in_pieces_and_comes_out_the_same(
    lake: LocalLakehouse, zone: LandingZone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        _land(zone, b"\n".join([*(_ticket(10 * n + i) for i in range(5)), b"broken"]), f"{n}.jsonl")
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 150)
    report = ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY]
    assert (report.files, report.bronze_rows, report.dead_letters) == (3, 15, 3)
    assert [lake.count(t) for t in TABLES] == [15, 3, 3]
    assert lake.version(TABLES[0]) > 0


@pytest.mark.parametrize("appends", [0, 2, 5])
def test_a_write_that_fails_behind_the_reading_leaves_the_file_pending_and_a_repeat_completes_it(
    lake: LocalLakehouse, zone: LandingZone, monkeypatch: pytest.MonkeyPatch, appends: int
) -> None:
    _land(zone, b"\n".join([*map(_ticket, range(9)), b"broken"]), "a.jsonl")
    monkeypatch.setattr(ingest, "FLUSH_BYTES", 1)
    monkeypatch.setattr(ingest, "ROWS", 2)
    with pytest.raises(KeyboardInterrupt):
        ingest_days(_Dies(lake.root, appends), zone, "zendesk", [DAY], now=NOW)
    assert pending_days(lake, zone, "zendesk") == [DAY]
    assert ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY].bronze_rows == 9
    assert [lake.count(t) for t in TABLES] == [9, 1, 1]
    assert sorted(lake.read(TABLES[0])["payload"].to_pylist()) == sorted(map(_ticket, range(9)))


def test_a_file_that_changes_or_vanishes_after_listing_waits_for_the_next_call(lake: LocalLakehouse, zone: LandingZone) -> None:
    path = _land(zone, _ticket(1))
    gone = _land(zone, _ticket(2), "b.json")
    listed = zone.list_files("zendesk")
    path.write_bytes(_ticket(1) + b"\n" + _ticket(3))
    gone.unlink()
    assert [zone.read(f) for f in listed] == [None, None]
    assert [zone.sha256(f) for f in listed] == [None, None]
    assert ingest_days(lake, zone, "zendesk", [DAY], now=NOW)[DAY].bronze_rows == 2


def test_files_over_the_limit_and_files_that_may_not_be_read_are_dead_letters(lake: LocalLakehouse, zone: LandingZone) -> None:
    big = _land(zone, b"[" + b" " * 5000 + b"]", "big.json")
    # A name that is a link by the time it is opened cannot be opened, like a file without permission.
    secret = _land(zone, _ticket(1), "secret.json")

    class Swapping(LandingZone):
        def list_files(self, source: str, days: Any = None) -> Any:
            found = super().list_files(source, days)
            if not secret.is_symlink():
                secret.unlink()
                secret.symlink_to(big)
            return found

    report = ingest_days(lake, Swapping(zone.root), "zendesk", [DAY], now=NOW, limits=Limits(max_file_bytes=1000))[DAY]
    assert report.by_reason == {"too_large": 1, "unreadable_file": 1}
    found = {r["reason"]: (r["start"], r["end"], r["record_index"], r["sha256"]) for r in lake.read(DEAD_LETTERS).to_pylist()}
    assert found["too_large"] == (0, 5002, -1, sha256_hex(big.read_bytes()))
    assert found["unreadable_file"] == (0, 0, -1, sha256_hex(b""))


def test_generic_files_without_a_usable_mapping_are_dead_letters_and_say_so(
    lake: LocalLakehouse, zone: LandingZone, tmp_path: Path
) -> None:
    rng = random.Random(1)
    content = hostile.assemble("generic", [hostile.encode("generic", hostile.record("generic", i, rng)) for i in range(3)])
    for name in ("loose.csv", "unknown-000000000000/a.csv", "../../../escape/a.csv"):
        if ".." not in name:
            _land(zone, content, "x.csv", "generic", DAY).rename(_made(zone.root / "generic" / DAY.isoformat() / name))
    export, mapping = tmp_path / "e.csv", tmp_path / "m.yaml"
    export.write_bytes(content)
    mapping.write_text(hostile.MAPPING)
    zone.put("generic", [export], mapping=mapping, today=NOW.date(), day=DAY)
    report = ingest_days(lake, zone, "generic", [DAY], now=NOW)[DAY]
    assert (report.files, report.bronze_rows, report.by_reason) == (3, 3, {"no_mapping": 2})
    assert {r["record_id"] for r in lake.read(bronze_table("generic")).to_pylist()} == {f"hostile:{i}" for i in range(3)}


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_the_order_of_days_and_files_does_not_change_the_tables(settings: Settings, zone: LandingZone) -> None:
    for n in range(4):
        _land(zone, _ticket(n) + b"\nbroken", f"{n}.json", day=date(2024, 3, 1 + n % 2))
    days = [date(2024, 3, 1), date(2024, 3, 2)]
    found: list[Any] = []
    for order in ([days], [days[:1], days[1:]], [days[1:], days[:1]]):
        lake = LocalLakehouse(settings.home / f"lake{len(found)}")
        for chunk in order:
            ingest_days(lake, zone, "zendesk", chunk, now=NOW)
        found.append([sorted(lake.read(t).to_pylist(), key=lambda r: [str(v) for v in r.values()]) for t in TABLES])
    assert found[0] == found[1] == found[2]


@pytest.mark.data
def test_real_forum_posts_all_reach_bronze(lake: LocalLakehouse, zone: LandingZone, shared: Path) -> None:
    mapping = Path(__file__).resolve().parents[2] / "docs" / "examples" / "firefox_support.mapping.yaml"
    export = shared / "data/firefox_support/multilingual_dev_redacted_to2022.csv.gz"
    report = zone.put("generic", [export], mapping=mapping, today=date(2025, 1, 1))
    assert (report.records, report.unreadable) == (5021, 0)
    days = pending_days(lake, zone, "generic")
    assert days == report.days
    reports = ingest_days(lake, zone, "generic", days, now=NOW)
    assert sum(r.bronze_rows for r in reports.values()) == 5021
    assert lake.count(DEAD_LETTERS) == 0


def test_a_large_file_read_by_several_processes_gives_the_same_tables(
    lake: LocalLakehouse, zone: LandingZone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [b"no json" if n % 1000 == 999 else _ticket(n) for n in range(5_000)]
    _land(zone, b"\n".join(lines), name="a.jsonl")
    other = LocalLakehouse(tmp_path_factory.mktemp("other"))
    reports = [ingest_days(each, zone, "zendesk", [DAY], now=NOW, workers=n)[DAY] for each, n in ((lake, 1), (other, 2))]
    close_workers()
    assert reports[0] == reports[1]
    assert (reports[0].bronze_rows, reports[0].dead_letters) == (4_995, 5)
    for table in TABLES:
        rows = [sorted(each.read(table).to_pylist(), key=lambda r: r[table.key[0]]) for each in (lake, other)]
        assert rows[0] == rows[1]
