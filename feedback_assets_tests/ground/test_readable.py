"""When a source counts as broken as a whole, and which later delivery lifts that."""

import gzip
import json
import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from feedback_assets.bronze.ingest import ingest_days
from feedback_assets.bronze.landing import LandingZone
from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.ground.identity import batch_id, sha256_hex
from feedback_assets.ground.readable import files_verdict, readable_verdict
from feedback_assets.ground.verdict import Verdict
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.delivered import land_bytes
from feedback_assets_tests.small import FIRST, LANDED, SECOND, garbage, posts

Delivery = tuple[int, int] | tuple[int, int, str]


def judged(lake: LocalLakehouse, files: Sequence[Delivery], *, day: date = FIRST, source: str = "forum", at_once: bool = False) -> Verdict:
    """The verdict after these deliveries, each (records, dead letters) or with a file name, one an hour."""
    rows = []
    for number, (records, dead, *name) in enumerate(files):
        file = f"{source}/{day}/{name[0] if name else f'file{number}'}"
        sha = sha256_hex(f"{number} {file}".encode())
        landed = LANDED + timedelta(hours=number)
        rows.append(
            {
                "batch_id": batch_id(source, file, sha), "source": source, "feed_date": day, "file": file, "bytes": 1,
                "content_sha256": sha,
                "records_in": records, "bronze_rows": records - dead, "dead_letters": dead, "received_at": landed,
                "processed_at": LANDED + timedelta(days=1) if at_once else landed,
            }
        )  # fmt: skip
    lake.append_new(MANIFEST, to_arrow(MANIFEST, rows))
    return readable_verdict(lake, [source], [day])


@pytest.mark.parametrize(
    ("files", "holds"),
    [
        ([], True),
        ([(40, 0)], True),
        ([(40, 20)], True),  # half is not more than half
        ([(40, 21)], False),
        ([(20, 11)], False),
        ([(19, 19)], True),  # too few to judge
        ([(10, 10), (10, 10)], False),  # the day counts, not the file
        ([(40, 40), (40, 0)], True),  # mended
        ([(40, 40), (40, 20)], True),  # mended, with a few records that are still wrong
        ([(40, 40), (40, 30)], False),  # mended and broken again
        ([(40, 40), (40, 40), (40, 40), (40, 0)], True),  # three tries, then mended
        ([(40, 40), (40, 40), (10, 0)], False),  # what came after is not the mended export
        ([(40, 40), (14, 0), (13, 0), (13, 0)], True),  # mended in pieces
        ([(50, 0), (40, 40), (40, 40)], False),  # it broke during the day: an earlier good file lifts nothing
        ([(40, 40, "a"), (10, 0, "a")], True),  # the file itself was replaced
        ([(40, 0, "a"), (40, 40, "a")], False),  # it was replaced by a broken one
    ],
)
def test_a_day_is_broken_when_more_than_half_is_unreadable_and_nothing_mended_came(
    lake: LocalLakehouse, files: list[Delivery], holds: bool
) -> None:
    assert judged(lake, files).passed is holds


def test_the_order_of_landing_decides_when_all_was_ingested_in_one_run(lake: LocalLakehouse) -> None:
    assert judged(lake, [(40, 40, "c"), (40, 40, "b"), (40, 0, "a")], at_once=True).passed


def test_an_earlier_good_file_lifts_nothing_when_all_was_ingested_in_one_run(lake: LocalLakehouse) -> None:
    assert not judged(lake, [(50, 0, "c"), (40, 40, "b"), (40, 40, "a")], at_once=True).passed


def test_a_good_day_or_source_does_not_hide_a_broken_one(lake: LocalLakehouse) -> None:
    judged(lake, [(1000, 0)], day=SECOND)
    judged(lake, [(1000, 0)], source="survey")
    judged(lake, [(30, 25)])
    verdict = readable_verdict(lake, ["zendesk", "survey", "forum"], [FIRST, SECOND])
    assert (verdict.passed, verdict.number) == (False, 0.8333)
    assert verdict.sample == [{"day": f"{FIRST}", "source": "forum", "records": 30, "dead letters": 25}]
    assert "--source forum" in verdict.next_command
    assert readable_verdict(lake, ["forum"], [SECOND]).passed
    assert readable_verdict(lake, ["survey"], [FIRST]).passed


# --- broken files -----------------------------------------------------------------------------------------------------------------------


def landed(tmp_path: Path, *files: tuple[str, bytes], source: str = "survey", day: date = FIRST) -> tuple[LocalLakehouse, Verdict, Verdict]:
    """What the two rules say after these files were landed, one an hour, and read into bronze: (lake, files_read, readable)."""
    lake, zone = LocalLakehouse(tmp_path / "lake"), LandingZone(tmp_path / "landing")
    for number, (name, content) in enumerate(files):
        path = land_bytes(tmp_path, source, day, name, content)
        os.utime(path, ((LANDED + timedelta(hours=number)).timestamp(),) * 2)
        ingest_days(lake, zone, source, [day], now=LANDED + timedelta(hours=number))
    return lake, files_verdict(lake, [source], [day]), readable_verdict(lake, [source], [day])


def answers(count: int, columns: str = "response_id,submitted_at,comment", first: int = 0) -> bytes:
    rows = [f"{n},{FIRST}T10:00:00Z,It is far too slow since the update" for n in range(first, first + count)]
    return "\n".join([columns, *rows]).encode() + b"\n"


RENAMED = answers(27, columns="response,submitted_at,comment")
ENVELOPE = json.dumps({"Tickets": [{"id": n, "created_at": f"{FIRST}T10:00:00Z"} for n in range(27)]}).encode()
CUT_ARCHIVE = gzip.compress(answers(400), mtime=0)[:-60]


@pytest.mark.parametrize(
    ("source", "name", "content", "why"),
    [
        ("survey", "renamed.csv", RENAMED, "bad_header"),
        ("zendesk", "envelope.json", ENVELOPE, "missing_id"),
        ("survey", "cut.csv.gz", CUT_ARCHIVE, "truncated_archive"),
        ("forum", "one.jsonl", garbage(1)[0].encode(), "no record of 1"),
        ("zendesk", "table.csv", b"a,b\n1,2\n", "unknown_shape"),
    ],
)
def test_a_small_broken_file_is_an_error_that_holds_nothing(tmp_path: Path, source: str, name: str, content: bytes, why: str) -> None:
    _, files, readable = landed(tmp_path, (name, content), source=source)
    assert not files.passed
    assert why in files.sample[0]["why"]
    assert f"--source {source} --day {FIRST}" in files.next_command
    assert readable.passed


@pytest.mark.parametrize(
    ("source", "name", "content"),
    [
        ("survey", "empty.csv", b""),
        ("survey", "header.csv", b"response_id,submitted_at,comment\n"),
        ("zendesk", "none.json", b'{"tickets": []}'),
        ("forum", "some.jsonl", "\n".join([*posts(1), *garbage(3)]).encode()),
        ("forum", f"posts.{'a' * 12}.broken3.jsonl", garbage(1)[0].encode()),  # a record that `feedback ingest` put apart
    ],
)
def test_an_empty_file_and_single_bad_records_are_no_broken_file(tmp_path: Path, source: str, name: str, content: bytes) -> None:
    assert landed(tmp_path, (name, content), source=source)[1].passed


def test_a_broken_file_is_no_error_any_more_once_it_was_mended(tmp_path: Path) -> None:
    assert landed(tmp_path / "same", ("a.csv", RENAMED), ("a.csv", answers(27)))[1].passed
    assert landed(tmp_path / "other", ("a.csv", RENAMED), ("b.csv", answers(27)))[1].passed
    assert landed(tmp_path / "cut", ("a.csv.gz", CUT_ARCHIVE), ("b.csv.gz", gzip.compress(answers(400))))[1].passed
    assert not landed(tmp_path / "empty", ("a.csv", RENAMED), ("b.csv", b""))[1].passed
    assert not landed(tmp_path / "again", ("a.csv", answers(27)), ("a.csv", RENAMED))[1].passed


def test_a_broken_file_weighs_as_many_records_as_the_files_of_its_source_bring(tmp_path: Path) -> None:
    """One dead letter for a whole export must not look like one bad record."""
    for number in range(1, 4):
        landed(tmp_path, ("day.csv", answers(400, first=400 * number)), day=FIRST + timedelta(days=number))
    _, files, readable = landed(tmp_path, ("day.csv", RENAMED))
    assert (files.passed, readable.passed) == (False, False)
    assert readable.sample[0]["dead letters"] == 400
    assert not landed(tmp_path, ("small.csv", answers(150, first=9000)))[1].passed  # an ordinary small delivery is not the mended file
    assert landed(tmp_path, ("mended.csv", answers(250, first=9500)))[1].passed


def test_a_broken_file_among_good_ones_holds_none_of_them(tmp_path: Path) -> None:
    good = [(f"{n}.csv", answers(30, first=30 * n)) for n in range(3)]
    _, files, readable = landed(tmp_path, *good, ("broken.csv", RENAMED))
    assert (files.passed, readable.passed) == (False, True)
