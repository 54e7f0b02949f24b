"""5,000 and more hostile records and files of all sources, through the landing zone into real Delta tables: all are accounted for."""

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.bronze.ingest import ingest_days, pending_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, SOURCES, bronze_table
from feedback_assets.ground.settings import Settings
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.sources.framing.decompress import decompress
from feedback_assets.sources.framing.frames import FileError
from feedback_assets.sources.reasons import REASONS
from feedback_assets.sources.registry import source_named
from feedback_assets_tests import hostile

NOW = datetime(2024, 4, 1, tzinfo=UTC)
TODAY = date(2024, 4, 1)


class _Run:
    """All hostile files, put in and ingested once for all tests of this module."""

    def __init__(self, root: Path) -> None:
        settings = Settings(home=root / "home")
        self.zone = LandingZone(settings.landing)
        self.lake = LocalLakehouse(settings.lake)
        self.files = [*hostile.mixed_files(7, files=9, records=70), *hostile.broken_files(7)]
        mapping = root / "hostile.yaml"
        mapping.write_text(hostile.MAPPING)
        self.refused = []
        self.put = 0
        for n, source in enumerate(SOURCES):
            folder = root / "in" / source
            folder.mkdir(parents=True)
            paths = []
            for i, file in enumerate(f for f in self.files if f.source == source):
                home = folder / str(i)
                home.mkdir()
                paths.append(home / file.name)
                paths[-1].write_bytes(file.content)
            report = self.zone.put(source, paths, mapping=mapping if source == "generic" else None, today=TODAY, limits=hostile.LIMITS)
            self.refused += report.refused
            self.put += len(report.files)
            assert n < len(SOURCES)
        self.reports = {
            s: ingest_days(self.lake, self.zone, s, pending_days(self.lake, self.zone, s), now=NOW, limits=hostile.LIMITS) for s in SOURCES
        }
        self.dead = self.lake.read(DEAD_LETTERS).to_pylist()
        self.manifest = self.lake.read(MANIFEST).to_pylist()
        self.bronze: list[dict[str, Any]] = [row for s in SOURCES for row in self.lake.read(bronze_table(s)).to_pylist()]

    def data(self, file: str) -> bytes:
        raw = (self.zone.root / file).read_bytes()
        try:
            return decompress(raw, hostile.LIMITS).data
        except FileError:
            return b""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> _Run:
    return _Run(tmp_path_factory.mktemp("hostile"))


def test_five_thousand_hostile_records_and_files_are_put_in_and_none_is_refused(run: _Run) -> None:
    assert sum(r["records_in"] for r in run.manifest) > 5000
    assert run.put == len(run.files)
    assert run.refused == []


def test_records_in_are_bronze_rows_and_dead_letters_file_by_file(run: _Run) -> None:
    rows = Counter(r["batch_id"] for r in run.bronze)
    dead = Counter(r["batch_id"] for r in run.dead)
    for entry in run.manifest:
        batch = entry["batch_id"]
        assert entry["records_in"] == rows[batch] + dead[batch] == entry["bronze_rows"] + entry["dead_letters"], entry["file"]
    assert set(rows) | set(dead) <= {e["batch_id"] for e in run.manifest}
    landed = {f.path for s in SOURCES for f in run.zone.list_files(s)}
    assert landed == {e["file"] for e in run.manifest}
    for source, days in run.reports.items():
        told = sum(r.records_in for r in days.values())
        assert told == sum(e["records_in"] for e in run.manifest if e["source"] == source)
        assert all(r.records_in == r.bronze_rows + r.dead_letters and r.dead_letters == sum(r.by_reason.values()) for r in days.values())


def test_every_bronze_row_is_its_bytes_in_the_landed_file(run: _Run) -> None:
    data = {f: run.data(f) for f in {r["file"] for r in run.bronze}}
    for row in run.bronze:
        found = data[row["file"]][row["start"] : row["end"]]
        assert found == row["payload"]
        assert hashlib.sha256(found).hexdigest() == row["payload_sha256"]


def test_every_dead_letter_has_a_place_that_hashes_and_a_listed_reason(run: _Run) -> None:
    for row in run.dead:
        raw = (run.zone.root / row["file"]).read_bytes()
        data = raw if row["record_index"] == -1 else run.data(row["file"])
        assert 0 <= row["start"] <= row["end"] <= len(data)
        assert hashlib.sha256(data[row["start"] : row["end"]]).hexdigest() == row["sha256"]
        assert row["reason"] in REASONS
        assert row["detail"]


def test_no_dead_letter_repeats_feedback_text(run: _Run) -> None:
    assert not [r for r in run.dead if hostile.MARK in r["detail"] or "\n" in r["detail"] or len(r["detail"]) > 400]


def test_every_good_record_between_broken_ones_reaches_bronze(run: _Run) -> None:
    found = {(r["source"], r["record_id"].removeprefix("hostile:")) for r in run.bronze}
    for file in run.files:
        missing = [g for g in file.good if (file.source, g) not in found]
        assert not missing, (file.source, file.name)


def test_bombs_binary_files_and_cut_archives_are_one_dead_letter_each(run: _Run) -> None:
    by_file: dict[str, list[str]] = {}
    for row in run.dead:
        by_file.setdefault(row["file"].rsplit("/", 1)[-1].split(".", 1)[0], []).append(row["reason"])
    each = len(SOURCES)
    assert by_file["bomb"] == ["decompression_bomb"] * each * 2
    assert by_file["bomb_in_bomb"] == ["not_text"] * each * 2
    assert sorted(set(by_file["binary"])) == ["not_text"]
    assert by_file["export"] == by_file["report"] == ["not_text"] * each
    assert by_file["cut_early"] == ["truncated_archive"] * each
    assert by_file["damaged"] == by_file["bad_checksum"] == ["bad_archive"] * each
    assert set(by_file["wide"]) == {"not_utf8"}
    # Two archives of this name a source, gzip and zstd.
    assert by_file["cut"].count("truncated_archive") == each * 2
    assert by_file["trailing"].count("trailing_garbage") == each


def test_bronze_rows_can_be_read_again_from_payload_and_context_alone(run: _Run) -> None:
    for row in run.bronze:
        event = source_named(row["source"]).parse(row["payload"], json.loads(row["context"]))
        assert (event.record_id, event.event_time, event.is_deletion) == (row["record_id"], row["event_time"], row["is_deletion"])
        json.dumps(event.attributes).encode()
        event.text.encode()


def test_a_second_ingestion_and_a_second_put_change_nothing(run: _Run) -> None:
    tables = [MANIFEST, DEAD_LETTERS, *(bronze_table(s) for s in SOURCES)]
    before = [run.lake.version(t) for t in tables]
    for source in SOURCES:
        days = {f.feed_date for f in run.zone.list_files(source)}
        assert pending_days(run.lake, run.zone, source) == []
        reports = ingest_days(run.lake, run.zone, source, days, now=NOW, limits=hostile.LIMITS)
        assert all(r.files == 0 for r in reports.values())
    assert [run.lake.version(t) for t in tables] == before


def test_hostile_names_stay_inside_their_day_and_are_plain(run: _Run) -> None:
    for source in SOURCES:
        for file in run.zone.list_files(source):
            path = (run.zone.root / file.path).resolve()
            assert path.is_relative_to(run.zone.root.resolve() / source / file.feed_date.isoformat())
            assert path.name[0] not in "._-="
            assert path.name.isprintable()
            assert len(path.name.encode()) < 160
    assert run.zone.strays() == []
