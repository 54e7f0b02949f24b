"""`feedback themes`, `tickets`, `dead-letters` and `sources`: lists for people and for machines."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from feedback_assets.contracts.bronze import SOURCES
from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.cli.delivered import content, only_bronze
from feedback_assets_tests.small import FIRST, PLANTED, garbage, land, posts


def test_tickets_as_json_have_what_a_machine_needs(finished: Path, call: Call) -> None:
    found = call(finished, "tickets", "--json").json
    assert found
    for ticket in found:
        assert {"id", "theme_id", "title", "band", "score"} <= set(ticket)
        assert ticket["id"].startswith("FB-")
        assert ticket["theme_id"].startswith("T")
        assert ticket["band"] in ("P1", "P2", "P3", "P4")
        assert 0 <= ticket["score"] <= 100
        assert Path(ticket["file"]).is_file()
    assert [t["id"] for t in found] == [t["id"] for t in sorted(found, key=lambda t: (t["status"] != "open", -t["score"], t["id"]))]
    shown = call(finished, "tickets").out
    assert all(t["id"] in shown for t in found)


def test_themes_come_by_score_and_know_their_ticket(finished: Path, call: Call) -> None:
    found = call(finished, "themes", "--json").json
    scores = [t["score"] if t["score"] is not None else -1 for t in found]
    assert scores == sorted(scores, reverse=True)
    assert all(t["quote"] and t["owner"] and t["issues"] >= 1 for t in found)
    assert {t["id"]: t["theme_id"] for t in call(finished, "tickets", "--json").json}.items() <= {
        t["ticket"]: t["id"] for t in found if t["ticket"]
    }.items()
    assert call(finished, "themes", "--json", "--limit", "1").json == found[:1]
    assert found[0]["id"] in call(finished, "themes").out


def test_dead_letters_point_to_the_bytes_they_are_about(finished: Path, call: Call) -> None:
    found = call(finished, "dead-letters", "--json").json
    assert found
    for dead in found:
        path = finished / "landing" / dead["file"]
        if dead["record_index"] < 0:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == dead["sha256"]
        else:
            assert hashlib.sha256(content(path)[dead["start"] : dead["end"]]).hexdigest() == dead["sha256"]
    one = found[0]
    assert call(finished, "dead-letters", "--json", "--source", one["source"], "--reason", one["reason"]).json == [
        d for d in found if (d["source"], d["reason"]) == (one["source"], one["reason"])
    ]
    assert "and" in call(finished, "dead-letters", "--limit", "1").out.splitlines()[-1]


def test_dead_letters_are_counted_by_reason_and_show_nothing_of_the_record(tmp_path: Path, call: Call) -> None:
    land(tmp_path, [*posts(1), *garbage(3)])
    only_bronze(tmp_path, "forum", FIRST)
    listed = call(tmp_path, "dead-letters", "--json")
    assert len(listed.json) == 3
    assert {(d["source"], d["day"]) for d in listed.json} == {("forum", FIRST.isoformat())}
    shown = call(tmp_path, "dead-letters")
    assert listed.json[0]["reason"] in shown.out
    assert not [p for p in PLANTED if p in listed.out + shown.out]


@pytest.mark.parametrize("command", ["themes", "tickets", "dead-letters"])
def test_an_empty_home_gives_an_empty_list(tmp_path: Path, call: Call, command: str) -> None:
    assert call(tmp_path / "home", command, "--json").json == []
    assert call(tmp_path / "home", command).code == 0
    assert not (tmp_path / "home").exists()


def test_dead_letters_of_an_unknown_source_name_the_known_ones(tmp_path: Path, call: Call) -> None:
    found = call(tmp_path, "dead-letters", "--source", "nope")
    assert (found.code, found.out) == (1, "")
    assert "'nope'" in found.err
    assert "zendesk" in found.err


def test_sources_lists_every_source(tmp_path: Path, call: Call) -> None:
    found = call(tmp_path, "sources", "--json").json
    assert sorted(s["name"] for s in found) == sorted(SOURCES)
    assert [s["name"] for s in found if s["needs_mapping"]] == ["generic"]
    shown = call(tmp_path, "sources").out
    assert all(name in shown for name in SOURCES)


def test_days_are_written_as_iso_dates(finished: Path, call: Call) -> None:
    assert all(date.fromisoformat(d["day"]) for d in call(finished, "dead-letters", "--json").json)
