"""`feedback status`: counts that a machine can rely on, also where nothing is yet."""

from pathlib import Path

from feedback_assets.contracts.bronze import SOURCES
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.cli.delivered import only_bronze
from feedback_assets_tests.small import FIRST, garbage, land, posts

STAGES = ["bronze", "dead_letters", "silver", "enriched", "review", "themes", "tickets"]


def test_an_empty_home_has_all_keys_with_zeros_and_is_not_made(tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    found = call(home, "status", "--json")
    assert (found.code, found.err) == (0, "")
    assert found.json["stages"] == dict.fromkeys(STAGES, 0)
    assert found.json["delta_commits"] == 0
    assert list(found.json["sources"]) == list(SOURCES)
    assert call(home, "status").code == 0
    assert not home.exists()


def test_a_finished_home_has_the_same_keys_in_the_same_order(finished: Path, call: Call) -> None:
    found = call(finished, "status", "--json").json
    assert list(found["stages"]) == STAGES
    assert all(isinstance(n, int) and n > 0 for n in found["stages"].values())
    assert found["delta_commits"] > 0
    for stage in ("bronze", "dead_letters", "silver", "enriched", "review"):
        assert sum(s[stage] for s in found["sources"].values()) == found["stages"][stage]


def test_what_was_landed_and_not_ingested_is_told(tmp_path: Path, call: Call) -> None:
    land(tmp_path, [*posts(5), *garbage(2)])
    waiting = call(tmp_path, "status", "--json").json["sources"]["forum"]
    assert (waiting["pending_files"], waiting["bronze"]) == (1, 0)
    assert "feedback run" in call(tmp_path, "status").out
    only_bronze(tmp_path, "forum", FIRST)
    found = call(tmp_path, "status", "--json").json
    done = found["sources"]["forum"]
    assert (done["pending_files"], done["bronze"], done["dead_letters"], done["first_day"]) == (0, 5, 2, FIRST.isoformat())
    assert found["stages"]["bronze"] == 5
    assert "feedback run" not in call(tmp_path, "status").out


def test_two_homes_do_not_see_each_other(finished: Path, tmp_path: Path, call: Call) -> None:
    assert call(tmp_path / "other", "status", "--json").json["stages"]["bronze"] == 0
    assert call(finished, "status", "--json").json["stages"]["bronze"] > 0
