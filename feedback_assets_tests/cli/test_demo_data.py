"""`feedback demo-data` by the days that it chooses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedback_assets_tests.cli.conftest import Call

ASKED = ("demo-data", "--records", "60", "--days", "3", "--seed", "5", "--json")


def _days(home: Path) -> set[str]:
    return {f.name for f in (home / "landing").glob("*/????-??-??")}


def test_the_demo_ends_yesterday_so_that_its_days_fill_the_graph(call: Call, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    assert call(tmp_path, *ASKED).json["written"] > 0
    assert _days(tmp_path) == {(today - timedelta(days=n)).isoformat() for n in (1, 2, 3)}


def test_a_demo_asked_for_again_on_a_later_day_adds_nothing(call: Call, tmp_path: Path) -> None:
    first = call(tmp_path, *ASKED, "--first-day", "2025-06-02").json
    again = call(tmp_path, *ASKED).json
    assert (again["written"], again["unchanged"]) == (0, first["files"])
    assert _days(tmp_path) == {"2025-06-02", "2025-06-03", "2025-06-04"}
    other = call(tmp_path, *ASKED, "--seed", "6").json
    assert other["written"] > 0
