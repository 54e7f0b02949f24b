"""The files: same arguments, same bytes; the number that was asked for; nothing rewritten."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets.demo.generator import generate
from feedback_assets.demo.schedule import SOURCES, plan
from feedback_assets.demo.truth import read_truth
from feedback_assets.ground.errors import FeedbackError
from feedback_assets_tests.demo.conftest import Demo

_SCRIPT = """
import sys
from pathlib import Path
from feedback_assets.demo.generator import generate
generate(Path(sys.argv[1]) / "landing", records=900, days=9, seed=int(sys.argv[2]))
"""


def _tree(root: Path) -> dict[str, tuple[str, int]]:
    """Every file: hash of its bytes and, for deliveries, its time of modification."""
    found = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        modified = path.stat().st_mtime_ns if "landing" in path.parts else 0
        found[path.relative_to(root).as_posix()] = (hashlib.sha256(path.read_bytes()).hexdigest(), modified)
    return found


def _run(home: Path, seed: int, hash_seed: str) -> dict[str, tuple[str, int]]:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Kolkata" if hash_seed == "2" else "UTC"}
    subprocess.run([sys.executable, "-c", _SCRIPT, str(home), str(seed)], check=True, env=env)
    return _tree(home)


def test_same_arguments_give_the_same_bytes_and_times_in_another_process(tmp_path: Path) -> None:
    first = _run(tmp_path / "a", 3, "1")
    assert first == _run(tmp_path / "b", 3, "2")
    assert len(first) > 50


def test_another_seed_gives_other_files_that_overwrite_none(tmp_path: Path) -> None:
    generate(tmp_path / "landing", records=200, days=4, seed=1)
    before = _tree(tmp_path / "landing")
    generate(tmp_path / "landing", records=200, days=4, seed=2)
    after = _tree(tmp_path / "landing")
    assert before.items() <= after.items()
    fresh = {name: digest for name, (digest, _) in after.items() if name not in before}
    assert len(fresh) > 20
    # The two empty shapes are the same for every seed; all others differ.
    shared = {name for name, digest in fresh.items() if digest in {d for d, _ in before.values()}}
    assert all("-9" in name for name in shared)


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    first = generate(tmp_path / "landing", records=300, days=5, seed=1)
    stats = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.rglob("*") if p.is_file()}
    second = generate(tmp_path / "landing", records=300, days=5, seed=1)
    assert (second.written, second.unchanged) == (0, first.files)
    assert stats == {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.rglob("*") if p.is_file()}


def test_a_damaged_or_half_written_file_is_mended(tmp_path: Path) -> None:
    generate(tmp_path / "landing", records=300, days=3, seed=1)
    before = _tree(tmp_path)
    victim = next((tmp_path / "landing" / "zendesk").rglob("tickets*"))
    victim.write_bytes(victim.read_bytes()[:-5])
    victim.with_name(f".{victim.name}.part").write_bytes(b"left over")
    assert generate(tmp_path / "landing", records=300, days=3, seed=1).written == 1
    assert _tree(tmp_path) == before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.integers(1, 400),
    days=st.integers(1, 40),
    seed=st.integers(-5, 2**40),
    first_day=st.dates(date(2019, 12, 20), date(2030, 1, 1)),
)
def test_any_size_delivers_exactly_the_records_asked_for(tmp_path: Path, records: int, days: int, seed: int, first_day: date) -> None:
    home = tmp_path / f"{records}-{days}-{seed}-{first_day}"
    report = generate(home / "landing", records=records, days=days, seed=seed, first_day=first_day)
    truth = read_truth(home)
    assert report.records == len(truth.records) == truth.totals["records"] == records
    assert report.broken == len(truth.broken)
    assert sum(report.by_source.values()) == records
    # Nothing is said after its delivery was fetched.
    for r in truth.records:
        assert datetime.fromtimestamp(r.event_time, UTC).date().isoformat() <= r.feed_date


def test_quotas_add_up_and_scale_with_the_size() -> None:
    for records in (100, 5000, 1_000_000):
        schedule = plan(date(2025, 6, 2), 14, records)
        totals = {s: sum(q[s] for q in schedule.quotas) for s in SOURCES}
        assert sum(totals.values()) == records
        assert min(totals.values()) >= 1
        assert totals["zendesk"] > totals["forum"] > totals["generic"]


def test_large_deliveries_are_split_so_that_memory_stays_bounded(tmp_path: Path) -> None:
    generate(tmp_path / "landing", records=30_000, days=1, seed=1)
    truth = read_truth(tmp_path)
    sizes: dict[str, int] = {}
    for r in truth.records:
        sizes[r.file] = sizes.get(r.file, 0) + 1
    assert max(sizes.values()) <= 5000
    assert len({f for f in sizes if f.startswith("zendesk")}) == 2
    assert len({f for f in sizes if f.startswith("google_play")}) == 2


def test_layout_is_that_of_the_landing_zone(demo: Demo) -> None:
    for path in demo.files():
        parts = path.relative_to(demo.landing).parts
        assert parts[0] in SOURCES
        assert date(2025, 6, 2) <= date.fromisoformat(parts[1]) <= date(2025, 6, 15)
        assert len(parts) == (4 if parts[0] == "generic" else 3)
        fetched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert (fetched.date().isoformat(), fetched.hour) == (parts[1], 22 if "-90-cut" in path.name else 23)
        if parts[0] == "generic":
            mapping = demo.landing / "generic" / "_mappings" / f"{parts[2]}.yaml"
            assert hashlib.sha256(mapping.read_bytes()).hexdigest()[:12] == parts[2].rpartition("-")[2]
    suffixes = {p.suffix for p in demo.files()}
    assert {".gz", ".zst", ".json", ".jsonl", ".csv"} <= suffixes


def test_weekends_are_quiet_for_offices_and_busy_for_reviews(demo: Demo) -> None:
    days: dict[tuple[str, bool], int] = {}
    for r in demo.truth.records:
        key = (r.source, date.fromisoformat(r.feed_date).weekday() >= 5)
        days[key] = days.get(key, 0) + 1
    assert days["zendesk", True] / 4 < 0.6 * days["zendesk", False] / 10
    assert days["google_play", True] / 4 > 1.1 * days["google_play", False] / 10


@pytest.mark.parametrize(("records", "days"), [(0, 5), (5, 0), (10, 30_000)])
def test_senseless_sizes_are_refused_with_words(tmp_path: Path, records: int, days: int) -> None:
    with pytest.raises(FeedbackError, match="expected"):
        generate(tmp_path / "landing", records=records, days=days, seed=1)
