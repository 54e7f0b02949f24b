"""When a source counts as broken as a whole, and which later delivery lifts that."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from feedback_assets.contracts.arrow import to_arrow
from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.identity import batch_id, sha256_hex
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.readable import readable_verdict
from feedback_assets.verdict import Verdict
from feedback_assets_tests.small import FIRST, LANDED, SECOND

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
