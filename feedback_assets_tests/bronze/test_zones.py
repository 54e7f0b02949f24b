"""A source's time zone reads its times when records come in, and stays with them: a changed setting changes no stored record."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.compute.sail import SailCompute
from feedback_assets.contracts.bronze import bronze_table
from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.process import process_days
from feedback_assets.sources.zones import Zones
from feedback_assets_tests.compute.fixtures import sail  # noqa: F401
from feedback_assets_tests.keys import MASKER

DAY = date(2025, 6, 30)
NOW = datetime(2025, 7, 2, tzinfo=UTC)
BERLIN = Zones(timezones={"returns": "Europe/Berlin"})
EXPORT = "return_id,created_at,comment\n1,2025-07-01T00:30:00,It broke\n2,2025-07-01T00:30:00+00:00,Too small\n"


def landed(tmp_path: Path, zones: Zones) -> LandingZone:
    zone = LandingZone(tmp_path / "landing", zones)
    export = tmp_path / "export.csv"
    export.write_text(EXPORT)
    zone.put("returns", [export], today=NOW.date())
    return zone


def test_the_zone_decides_the_event_day_and_goes_with_the_record(tmp_path: Path, lake: LocalLakehouse) -> None:
    zone = landed(tmp_path, BERLIN)
    assert sorted({f.feed_date for f in zone.list_files("returns")}) == [DAY, date(2025, 7, 1)]
    ingest_days(lake, zone, "returns", [DAY, date(2025, 7, 1)], now=NOW)
    rows = {r["record_id"]: r for r in lake.read(bronze_table("returns")).to_pylist()}
    assert rows["1"]["event_time"] == datetime(2025, 6, 30, 22, 30, tzinfo=UTC)
    assert rows["2"]["event_time"] == datetime(2025, 7, 1, 0, 30, tzinfo=UTC)
    assert {json.loads(r["context"])["timezone"] for r in rows.values()} == {"Europe/Berlin"}


def test_silver_reads_a_stored_record_in_the_zone_it_came_in_with_whatever_the_setting_is_now(
    tmp_path: Path,
    lake: LocalLakehouse,
    sail: SailCompute,  # noqa: F811
) -> None:
    ingest_days(lake, landed(tmp_path, BERLIN), "returns", [DAY], now=NOW)
    later = LandingZone(tmp_path / "landing", Zones(timezones={"returns": "America/New_York"}))
    assert ingest_days(lake, later, "returns", [DAY], now=NOW)[DAY].files == 0
    process_days(lake, sail, [DAY], masker=MASKER, now=NOW)
    assert [r["event_time"] for r in lake.read(EVENTS).to_pylist()] == [datetime(2025, 6, 30, 22, 30, tzinfo=UTC)]


def test_without_a_zone_the_context_is_as_it_was(tmp_path: Path, lake: LocalLakehouse) -> None:
    ingest_days(lake, landed(tmp_path, Zones()), "returns", [date(2025, 7, 1)], now=NOW)
    assert all("timezone" not in json.loads(r["context"]) for r in lake.read(bronze_table("returns")).to_pylist())
