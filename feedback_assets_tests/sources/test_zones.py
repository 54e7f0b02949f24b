"""Times that name no zone are read in the zone of their source, in every source the same way, and a slip in the file is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.settings import project_root
from feedback_assets.sources.event import CanonicalEvent, RecordError
from feedback_assets.sources.registry import SOURCES, source_named
from feedback_assets.sources.zones import Zones, load_zones

NAIVE = "2025-07-01T10:00:00"
RECORDS: dict[str, dict[str, Any]] = {
    "zendesk": {"id": 1, "created_at": NAIVE, "subject": "s"},
    "intercom": {"type": "conversation", "id": "1", "created_at": NAIVE, "updated_at": NAIVE},
    "app_store": {"id": "1", "attributes": {"createdDate": NAIVE, "rating": 1}},
    "google_play": {"reviewId": "1", "deleted": True, "deleted_at": NAIVE, "comments": []},
    "forum": {"id": 1, "created_at": NAIVE, "username": "u", "cooked": "t"},
    "returns": {"return_id": "1", "created_at": NAIVE, "comment": "c"},
    "shop_reviews": {"review_id": "1", "created_at": NAIVE, "review": "c"},
    "survey": {"response_id": "1", "submitted_at": NAIVE, "comment": "c"},
}
CSV = ("returns", "shop_reviews", "survey")


def read(source: str, record: dict[str, Any], zone: str | None) -> CanonicalEvent:
    context: dict[str, Any] = {} if zone is None else {"timezone": zone}
    if source not in CSV:
        return source_named(source).parse(json.dumps(record).encode(), context)
    context |= {"header": list(record), "delimiter": ","}
    return source_named(source).parse(",".join(record.values()).encode(), context)


def test_every_source_without_a_mapping_is_tried_here() -> None:
    assert set(RECORDS) == {s.name for s in SOURCES if not s.needs_mapping}


@pytest.mark.parametrize("source", sorted(RECORDS))
@pytest.mark.parametrize(("zone", "hour"), [("Europe/Berlin", 8), ("America/New_York", 14), (None, 10), ("UTC", 10)])
def test_a_time_without_a_zone_is_of_the_zone_in_the_records_context(source: str, zone: str | None, hour: int) -> None:
    assert read(source, RECORDS[source], zone).event_time == datetime(2025, 7, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize("source", sorted(RECORDS))
def test_a_time_that_names_its_zone_is_of_that_zone(source: str) -> None:
    record = json.loads(json.dumps(RECORDS[source]).replace(NAIVE, NAIVE + "+01:00"))
    assert read(source, record, "America/New_York").event_time == datetime(2025, 7, 1, 9, tzinfo=UTC)


def test_a_context_with_an_unknown_zone_makes_a_dead_letter_and_no_crash() -> None:
    for zone in ("Mars/Base", "../../etc/passwd", "", 7):
        with pytest.raises(RecordError, match="bad_context"):
            read("returns", RECORDS["returns"], zone)  # type: ignore[arg-type]


def test_the_shipped_file_leaves_every_source_in_utc_and_so_does_none(tmp_path: Path) -> None:
    assert load_zones(project_root() / "taxonomy" / "sources.yaml") == load_zones(tmp_path / "none.yaml") == Zones()
    assert Zones().of("returns") == "UTC"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("timezone: {returns: UTC}", "timezone"),
        ("timezones: {retuns: UTC}", "retuns"),
        ("timezones: {generic: UTC}", "mapping"),
        ("timezones: {returns: Berlin}", "returns"),
        ("timezones: {returns: 2}", "timezones.returns"),
        ("- a", "the file"),
        ("a: [", "YAML"),
    ],
)
def test_a_slip_is_refused_with_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    with pytest.raises(SettingError, match=r"sources\.yaml") as caught:
        load_zones(path)
    assert named in str(caught.value)


def test_a_file_names_the_zone_of_a_source(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("timezones: {returns: Europe/Berlin}")
    assert (load_zones(path).of("returns"), load_zones(path).of("survey")) == ("Europe/Berlin", "UTC")
