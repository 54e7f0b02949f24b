"""Partitions begin with the data, and never before the day that a site set."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from feedback_assets.graph.partitions import first_partition, is_partition
from feedback_assets.ground.settings import Settings

TODAY = date(2025, 6, 1)


@pytest.mark.parametrize(
    ("folders", "first"),
    [
        ([], TODAY),
        (["landing/forum/2025-02-03", "landing/survey/2025-02-01"], date(2025, 2, 1)),
        (["landing/forum/2019-12-31", "landing/forum/2025-02-03"], date(2025, 2, 3)),  # before FEEDBACK_FIRST_DAY
        (["landing/forum/2031-01-01"], TODAY),
        (["landing/forum/_mappings", "landing/forum/notes", "landing/forum/2025-02-30", "landing/forum/2025-03-01"], date(2025, 3, 1)),
        (["landing/forum/2025-02-03", "lake/bronze/forum/feed_date=2024-01-01"], date(2024, 1, 1)),  # the landing zone was cleared
        (["lake/bronze/forum/_delta_log"], TODAY),
    ],
)
def test_the_first_partition_is_the_first_day_with_data(tmp_path: Path, folders: list[str], first: date) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    assert first_partition(Settings(home=tmp_path), TODAY) == first


def test_a_site_may_begin_later_than_its_data(tmp_path: Path) -> None:
    (tmp_path / "landing/forum/2024-01-01").mkdir(parents=True)
    (tmp_path / "landing/forum/2025-01-01").mkdir(parents=True)
    assert first_partition(Settings(home=tmp_path, first_day=date(2024, 6, 1)), TODAY) == date(2025, 1, 1)


def test_a_file_where_a_folder_should_be_is_no_day(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("not a folder")
    assert first_partition(Settings(home=tmp_path), TODAY) == TODAY


def test_today_is_a_partition_and_tomorrow_is_not() -> None:
    now = datetime(2025, 6, 1, 12, tzinfo=UTC)
    days = (date(2025, 1, 1), TODAY, date(2024, 12, 31), date(2025, 6, 2))
    assert [is_partition(day, date(2025, 1, 1), now) for day in days] == [True, True, False, False]
