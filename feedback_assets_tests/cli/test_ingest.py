"""`feedback ingest`: files land once, and what cannot be used is refused without stopping the others."""

import json
from pathlib import Path

import pytest

from feedback_assets_tests.cli.conftest import Call
from feedback_assets_tests.cli.feedback import feedback
from feedback_assets_tests.small import FIRST, PLANTED, SECOND, garbage, posts
from feedback_assets_tests.snapshot import files

MAPPING = (
    "name: calls\nchannel: other\nformat: csv\nfields: {record_id: id, event_time: at, text: said}\ntime: {format: iso, timezone: UTC}\n"
)


def export(folder: Path, name: str = "posts.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join([*posts(3), *posts(2, day=SECOND), *garbage(1)]) + "\n")
    return path


def test_a_summary_says_what_landed_and_what_comes_next(tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    found = call(home, "ingest", "--source", "forum", str(export(tmp_path)))
    assert (found.code, found.err) == (0, "")
    assert "5 records, 1 unreadable" in found.out
    assert f"{FIRST} .. {SECOND}" in found.out
    assert "feedback run" in found.out
    assert not [p for p in PLANTED if p in found.out]
    assert {p.parent.name for p in (home / "landing" / "forum").rglob("*.jsonl")} == {str(FIRST), str(SECOND)}


def test_the_json_report_counts_what_the_summary_counts(tmp_path: Path, call: Call) -> None:
    found = call(tmp_path / "home", "ingest", "--source", "posts", "--json", str(export(tmp_path))).json
    assert (found["source"], found["records"], found["unreadable"], found["refused"]) == ("forum", 5, 1, [])
    assert found["days"] == [str(FIRST), str(SECOND)]


def test_the_same_file_again_changes_nothing(tmp_path: Path, call: Call) -> None:
    home, path = tmp_path / "home", export(tmp_path)
    call(home, "ingest", "--source", "forum", str(path))
    before = files(home / "landing")
    again = call(home, "ingest", "--source", "forum", str(path))
    renamed = call(home, "ingest", "--source", "forum", "--json", str(path.rename(tmp_path / "other.jsonl")))
    assert again.code == renamed.code == 0
    assert "was here already" in again.out
    assert renamed.json["records"] == 0
    assert files(home / "landing") == before


def test_a_day_lands_the_file_whole(tmp_path: Path, call: Call) -> None:
    home, path = tmp_path / "home", export(tmp_path)
    assert call(home, "ingest", "--source", "forum", "--day", "2025-02-09", str(path)).code == 0
    (landed,) = (home / "landing" / "forum").rglob("*.jsonl")
    assert landed.parent.name == "2025-02-09"
    assert landed.read_bytes() == path.read_bytes()


def test_a_path_that_cannot_be_read_is_refused_and_the_others_land(tmp_path: Path, call: Call) -> None:
    home, missing = tmp_path / "home", tmp_path / "missing.jsonl"
    link = tmp_path / "loop"
    link.symlink_to(link)
    found = call(home, "ingest", "--source", "forum", str(missing), str(link), str(export(tmp_path)))
    assert found.code == 1
    assert "missing.jsonl" in found.err
    assert "loop" in found.err
    assert found.err.count("\n") == 2
    assert "5 records" in found.out
    assert len(list((home / "landing" / "forum").rglob("*.jsonl"))) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "nope"], ["'nope'", "zendesk"]),
        (["--source", "generic"], ["--mapping"]),
        (["--source", "generic", "--mapping", "absent.yaml"], ["absent.yaml"]),
    ],
)
def test_a_source_or_mapping_that_cannot_be_used_is_one_line(tmp_path: Path, call: Call, arguments: list[str], said: list[str]) -> None:
    found = call(tmp_path / "home", "ingest", *arguments, str(export(tmp_path)))
    assert (found.code, found.out) == (1, "")
    assert found.err.count("\n") == 1
    assert all(word in found.err for word in said)


def test_a_broken_mapping_names_the_file(tmp_path: Path, call: Call) -> None:
    mapping = tmp_path / "broken.yaml"
    mapping.write_text("name: [\n")
    found = call(tmp_path / "home", "ingest", "--source", "generic", "--mapping", str(mapping), str(export(tmp_path)))
    assert found.code == 1
    assert "broken.yaml" in found.err
    assert found.err.count("\n") == 1


def test_a_mapping_makes_any_csv_a_source(tmp_path: Path, call: Call) -> None:
    mapping, rows = tmp_path / "calls.yaml", tmp_path / "calls.csv"
    mapping.write_text(MAPPING)
    rows.write_text("id,at,said\n1,2025-02-03T10:00:00,The app crashes\n2,2025-02-03T11:00:00,Too slow\n")
    found = call(tmp_path / "home", "ingest", "--source", "generic", "--mapping", str(mapping), "--json", str(rows))
    assert (found.code, found.json["records"], found.json["unreadable"]) == (0, 2, 0)


def test_a_file_name_that_drives_a_terminal_is_shown_not_obeyed(tmp_path: Path, call: Call) -> None:
    path = export(tmp_path, "a\x1b[2J\u202eb.jsonl")
    for arguments in ([str(path)], [str(path) + ".absent\x1b[31m"]):
        found = call(tmp_path / "home", "ingest", "--source", "forum", *arguments)
        assert not set("\x1b\u202e") & set(found.out + found.err)


def test_without_a_path_it_is_wrong_usage(tmp_path: Path, call: Call) -> None:
    assert call(tmp_path / "home", "ingest", "--source", "forum").code == 2


def test_the_exit_code_reaches_the_shell(tmp_path: Path) -> None:
    path = export(tmp_path)
    assert json.loads(feedback(tmp_path / "home", "ingest", "--source", "forum", "--json", str(path)))["records"] == 5
    feedback(tmp_path / "home", "ingest", "--source", "forum", str(tmp_path / "missing"), code=1)


@pytest.mark.parametrize(
    ("source", "content", "said"),
    [
        ("zendesk", "a,b\n1,2\n", ["unknown_shape", "json or jsonl", "tickets"]),
        ("survey", "response,submitted_at,comment\n1,2025-01-01,slow\n", ["bad_header", "response_id, submitted_at, comment"]),
        ("forum", "\n".join(garbage(3)), ["none of its 3 records", "created_at"]),
    ],
)
def test_a_file_without_a_readable_record_ends_non_zero_and_says_what_was_expected(
    tmp_path: Path, call: Call, source: str, content: str, said: list[str]
) -> None:
    path = tmp_path / "x.data"
    path.write_text(content)
    for _ in range(2):  # put in again it is as wrong as before
        found = call(tmp_path / "home", "ingest", "--source", source, str(path))
        assert found.code == 1
        assert found.err.count("\n") == 1
        assert all(word in found.err for word in ["x.data", source, *said])
        assert not [p for p in PLANTED if p in found.err]
    assert len(list((tmp_path / "home" / "landing" / source).rglob("x*"))) == 1  # its bytes are kept


@pytest.mark.parametrize("content", ["", "response_id,submitted_at,comment\n"])
def test_an_empty_file_is_no_garbage(tmp_path: Path, call: Call, content: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    assert call(tmp_path / "home", "ingest", "--source", "survey", str(path)).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--from", "2025-06-10", "--to", "2025-06-01"], "2025-06-10 is after"), ([], "nothing ever landed")],
)
def test_a_reversed_range_and_a_home_where_nothing_landed_are_not_run(tmp_path: Path, call: Call, arguments: list[str], said: str) -> None:
    found = call(tmp_path / "home", "run", *arguments)
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    assert said in found.err
    assert list(tmp_path.iterdir()) == []
