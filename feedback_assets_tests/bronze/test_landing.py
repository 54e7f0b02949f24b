"""The landing zone: splitting by event day, names, repeats, and paths that must be refused."""

import gzip
import json
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.bronze.landing import LandingZone
from feedback_assets.bronze.names import safe_parts
from feedback_assets.bronze.records import open_bytes
from feedback_assets.ground.errors import SettingError
from feedback_assets.sources.framing.frames import DEFAULT_LIMITS
from feedback_assets.sources.registry import source_named
from feedback_assets_tests import hostile

TODAY = date(2024, 4, 1)


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    return LandingZone(tmp_path / "landing")


def _put(zone: LandingZone, source: str, folder: Path, content: bytes, name: str = "export.json", **rest: object) -> list[str]:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    mapping = None
    if source == "generic":
        mapping = folder / "m.yaml"
        mapping.write_text(hostile.MAPPING)
    report = zone.put(source, [path], mapping=mapping, today=TODAY, **rest)  # type: ignore[arg-type]
    assert report.refused == []
    return [p for f in report.files for p in f.parts]


def _found(zone: LandingZone, source: str) -> Counter[tuple[bytes, bool]]:
    """(payload, is readable) of everything that lies in the landing zone."""
    counted: Counter[tuple[bytes, bool]] = Counter()
    for file in zone.list_files(source):
        mapping = zone.mapping_text(file.mapping) if source == "generic" else ""
        opened = open_bytes(source_named(source), (zone.root / file.path).read_bytes(), mapping, DEFAULT_LIMITS, name=file.path)
        assert opened.framed.reason == ""
        counted.update((opened.framed.payload(r.frame), r.event is not None) for r in opened.records())
    return counted


@pytest.mark.parametrize(
    "source", ["zendesk", "intercom", "app_store", "google_play", "forum", "shop_reviews", "returns", "survey", "generic"]
)
@pytest.mark.parametrize("shape", ["json", "jsonl"])
def test_a_split_export_holds_the_same_records_bytes_exact_under_their_event_days(
    zone: LandingZone, tmp_path: Path, source: str, shape: str
) -> None:
    rng = random.Random(f"{source}{shape}")
    records = [hostile.record(source, i, rng) for i in range(40)]
    content = hostile.assemble(source, [hostile.encode(source, r) for r in records], shape)
    parts = _put(zone, source, tmp_path / "in", content)
    assert len(parts) == hostile.DAYS
    assert _found(zone, source) == Counter((hostile.encode(source, r), True) for r in records)
    for file in zone.list_files(source):
        mapping = zone.mapping_text(file.mapping) if source == "generic" else ""
        for record in open_bytes(
            source_named(source), (zone.root / file.path).read_bytes(), mapping, DEFAULT_LIMITS, name=file.path
        ).records():
            assert record.event is not None
            assert record.event.event_time.date() == file.feed_date


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_broken_records_land_once_bytes_exact_beside_readable_ones(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = random.Random(seed)
    root = tmp_path_factory.mktemp("split")
    source = rng.choice(("zendesk", "survey", "google_play", "returns"))
    raws = [(hostile.broken_record if rng.random() < 0.4 else _good)(source, i, rng) for i in range(12)]
    content = hostile.assemble(source, raws, rng.choice(("json", "jsonl")))
    if rng.random() < 0.4:
        content = content[: rng.randrange(len(content))]
    if not content.strip():
        return
    before = open_bytes(source_named(source), content, "", DEFAULT_LIMITS)
    zone = LandingZone(root / "landing")
    _put(zone, source, root / "in", content)
    if before.framed.reason:
        assert [f.size for f in zone.list_files(source)] == [len(content)]
        return
    expected = Counter((before.framed.payload(r.frame), r.event is not None) for r in before.records())
    assert _found(zone, source) == expected


def _good(source: str, number: int, rng: random.Random) -> bytes:
    return hostile.encode(source, hostile.record(source, number, rng))


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_compression_is_kept_and_the_same_bytes_each_time(tmp_path: Path, kind: str) -> None:
    rng = random.Random(1)
    plain = hostile.assemble("forum", [_good("forum", i, rng) for i in range(20)], "jsonl")
    content = gzip.compress(plain) if kind == "gz" else zstandard.ZstdCompressor().compress(plain)
    found = []
    for name in ("a", "b"):
        zone = LandingZone(tmp_path / name)
        parts = _put(zone, "forum", tmp_path / "in", content, "posts.jsonl." + kind)
        assert all(p.endswith(".jsonl." + kind) for p in parts)
        found.append({p: (zone.root / p).read_bytes() for p in parts})
    assert found[0] == found[1]


def test_one_day_lands_as_it_is_and_another_day_may_be_asked_for(zone: LandingZone, tmp_path: Path) -> None:
    content = json.dumps({"tickets": [{"id": 1, "created_at": "2024-03-02T01:00:00+02:00"}], "next_page": None}).encode()
    [part] = _put(zone, "zendesk", tmp_path / "in", content, "My export.json")
    assert part.startswith("zendesk/2024-03-01/My_export.")
    assert (zone.root / part).read_bytes() == content
    [asked] = _put(zone, "zendesk", tmp_path / "in", content + b"\n", day=date(2024, 1, 5))
    assert asked.startswith("zendesk/2024-01-05/")


def test_days_outside_the_partitions_become_the_nearest_day(zone: LandingZone, tmp_path: Path) -> None:
    rows = [b'{"id":%d,"created_at":"%d-05-05"}' % (y, y) for y in (1999, 2021, 2099)]
    parts = _put(zone, "zendesk", tmp_path / "in", b"\n".join(rows), first_day=date(2020, 1, 1))
    assert [p.split("/")[1] for p in parts] == ["2020-01-01", "2021-05-05", "2024-04-01"]


def test_a_day_with_nothing_but_broken_lines_around_it_is_still_split(zone: LandingZone, tmp_path: Path) -> None:
    lines = [
        b'{"id":1,"created_at":"2024-03-01"}',
        b"garbage",
        b"",
        b"more {",
        b"17",
        b'{"id":2,"created_at":"2024-03-02"}',
        b'{"id":3,"crea',
    ]
    parts = _put(zone, "zendesk", tmp_path / "in", b"\n".join(lines), "tickets.jsonl")
    assert [p.split("/")[1] for p in parts] == ["2024-03-01", "2024-03-02"]
    assert _found(zone, "zendesk") == Counter({(line, b'1"}' in line or b'2"}' in line): 1 for line in lines if line})


def test_what_follows_a_json_document_stays_one_dead_letter_of_the_last_day(zone: LandingZone, tmp_path: Path) -> None:
    content = b'{"tickets":[{"id":1,"created_at":"2024-03-01"},{"id":2,"created_at":"2024-03-02"}]} tail'
    assert len(_put(zone, "zendesk", tmp_path / "in", content)) == 2
    assert _found(zone, "zendesk")[b"tail", False] == 1


def test_damaged_and_unreadable_files_land_whole_and_unchanged(zone: LandingZone, tmp_path: Path) -> None:
    rng = random.Random(2)
    cut = gzip.compress(hostile.assemble("zendesk", [_good("zendesk", i, rng) for i in range(60)], "jsonl"))[:-200]
    for name, content, day in (
        ("cut.gz", cut, None),
        ("junk.bin", b"\x00" * 99, "2024-04-01"),
        ("none.json", b'{"tickets":[{"id":1}]}', "2024-04-01"),
    ):
        [part] = _put(zone, "zendesk", tmp_path / "in", content, name)
        assert (zone.root / part).read_bytes() == content
        assert day is None or part.split("/")[1] == day


def test_the_same_export_again_adds_nothing_also_under_another_name_or_on_another_day(zone: LandingZone, tmp_path: Path) -> None:
    rng = random.Random(3)
    content = hostile.assemble("survey", [*(_good("survey", i, rng) for i in range(20)), b"broken"], "")
    first = _put(zone, "survey", tmp_path / "in", content, "a.csv")
    before = {f: f.mtime_ns for f in zone.list_files("survey")}
    path = tmp_path / "b.csv"
    path.write_bytes(content)
    report = zone.put("nps", [path], today=date(2025, 1, 1))
    assert (report.files[0].already, list(report.files[0].parts), report.records) == (True, first, 0)
    assert {f: f.mtime_ns for f in zone.list_files("survey")} == before


def test_a_put_that_was_killed_is_continued_with_the_same_parts(zone: LandingZone, tmp_path: Path) -> None:
    rng = random.Random(4)
    content = hostile.assemble("forum", [_good("forum", i, rng) for i in range(20)], "json")
    parts = _put(zone, "forum", tmp_path / "in", content)
    kept = (zone.root / parts[0]).stat().st_mtime_ns
    next((zone.root / "_ingested").glob("*.json")).unlink()
    (zone.root / parts[-1]).unlink()
    (zone.root / parts[-1]).with_name(".half.tmp").write_bytes(b"half")
    assert _put(zone, "forum", tmp_path / "in", content) == parts
    assert (zone.root / parts[0]).stat().st_mtime_ns == kept
    assert [f.path for f in zone.list_files("forum")] == sorted(parts)


def test_puts_at_the_same_time_land_each_export_once(zone: LandingZone, tmp_path: Path) -> None:
    rng = random.Random(5)
    content = hostile.assemble("forum", [_good("forum", i, rng) for i in range(20)], "json")
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: LandingZone(zone.root).put("forum", [path], today=TODAY), range(8)))
    assert sum(not r.files[0].already for r in reports) == 1
    assert sum(_found(zone, "forum").values()) == 20


def test_links_pipes_and_missing_paths_are_refused_one_by_one(zone: LandingZone, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    good = folder / "deep" / "good.json"
    good.write_bytes(b'{"tickets":[{"id":1,"created_at":"2024-03-01"}]}')
    (folder / "link.json").symlink_to(good)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    (folder / ".DS_Store").write_bytes(b"x")
    paths = [folder, folder / "missing.json", Path("/dev/zero"), folder / "nul\x00.json"]
    report = zone.put("zendesk", paths, today=TODAY)
    assert [f.records for f in report.files] == [1]
    assert len(report.refused) == 7
    assert all(r.reason and r.path.isprintable() for r in report.refused)


def test_listing_leaves_out_what_is_no_feedback_and_names_it_as_a_stray(zone: LandingZone) -> None:
    day = zone.root / "zendesk" / "2024-03-01"
    day.mkdir(parents=True)
    for name in ("b.json", "a.json", ".part.json", "_note.json"):
        (day / name).write_bytes(b"{}")
    (day / "link.json").symlink_to(day / "a.json")
    (zone.root / "zendesk" / "2024-02-30").mkdir()
    (zone.root / "zendesk" / "March").mkdir()
    (zone.root / "fax").mkdir()
    (zone.root / "zendesk" / "2024-03-02").symlink_to(day)
    assert [f.path for f in zone.list_files("zendesk")] == ["zendesk/2024-03-01/a.json", "zendesk/2024-03-01/b.json"]
    assert zone.list_files("zendesk", [date(2024, 3, 2)]) == []
    assert [s.split(":")[0] for s in zone.strays()] == [
        "fax",
        "zendesk/2024-02-30",
        "zendesk/2024-03-01/link.json",
        "zendesk/2024-03-02",
        "zendesk/March",
    ]


def test_generic_files_need_a_mapping_and_the_others_take_none(zone: LandingZone, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a\n1\n")
    with pytest.raises(SettingError, match="mapping"):
        zone.put("generic", [path], today=TODAY)
    with pytest.raises(SettingError, match="takes no mapping"):
        zone.put("survey", [path], mapping=path, today=TODAY)
    with pytest.raises(SettingError, match="one of zendesk"):
        zone.put("fax", [path], today=TODAY)


@given(
    st.text(max_size=60)
    | st.sampled_from(["", ".", "..", "../../etc/passwd", "a/b\\c.csv", "\ud800.json", "x" * 999 + ".csv.gz", "_x", "-x.JSON"])
)
def test_any_name_becomes_a_plain_one(name: str) -> None:
    stem, extension = safe_parts(name)
    assert stem
    assert stem[0] not in "._-"
    assert (stem + extension).isprintable()
    assert not set(stem + extension) & set("/\\ \n\t\0'\"$`;|&<>*?")
    assert len(stem.encode()) <= 80
    assert ".." not in stem


def test_the_time_of_landing_is_the_file_s_own(zone: LandingZone, tmp_path: Path) -> None:
    [part] = _put(zone, "zendesk", tmp_path / "in", b'{"id":1,"created_at":"2024-03-01"}')
    os.utime(zone.root / part, ns=(0, 1_709_283_600_123_456_789))
    assert zone.list_files("zendesk")[0].received_at == datetime(2024, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
