"""`feedback trace`: from any id to bytes that still hash to what was ingested, and never the raw text."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import zstandard

from feedback_assets.cli.queries.answers import answers_behind
from feedback_assets.cli.queries.reader import LakeReader
from feedback_assets.ground.identity import event_id
from feedback_assets.ground.settings import project_root
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets_tests.cli.conftest import HOSTILE_ID, PLANTED_DAY, Call
from feedback_assets_tests.cli.delivered import delivered_bytes, land_bytes, only_bronze
from feedback_assets_tests.cli.feedback import feedback
from feedback_assets_tests.small import FIRST, PLANTED, land, posts

POSTS = [json.loads(p) for p in posts(3)]
LINES = ("\n".join(json.dumps(p) for p in POSTS) + "\n").encode()
ARRAY = json.dumps(POSTS, indent=2, ensure_ascii=False).encode()
ENVELOPE = json.dumps({"users": [{"id": 7}], "latest_posts": POSTS, "more": None}, indent=1).encode()


def control_characters(text: str) -> set[str]:
    return {c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2069"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("posts.jsonl", LINES),
        ("posts.jsonl.gz", gzip.compress(LINES)),
        ("posts.jsonl.zst", zstandard.ZstdCompressor().compress(LINES)),
        ("posts.json", ARRAY),
        ("array.json.gz", gzip.compress(ARRAY)),
        ("envelope.json", ENVELOPE),
        ("envelope.json.zst", zstandard.ZstdCompressor().compress(ENVELOPE)),
        ("with_mark.jsonl", b"\xef\xbb\xbf" + LINES),
    ],
)
def test_a_record_of_any_container_is_found_byte_exact_with_bronze_alone(tmp_path: Path, call: Call, name: str, data: bytes) -> None:
    land_bytes(tmp_path, "forum", FIRST, name, data)
    only_bronze(tmp_path, "forum", FIRST)
    for post in POSTS:
        found = call(tmp_path, "trace", f"forum:{post['id']}", "--json", "--verify")
        assert found.code == 0, found.err
        (record,) = found.json["records"]
        assert json.loads(delivered_bytes(record)) == post
        assert record["event_id"] == found.json["id"] == event_id("forum", str(post["id"]))
        assert (record["source"], record["relative_file"], record["bytes"]) == ("forum", f"forum/{FIRST}/{name}", "ok")
        assert found.json["events"][0]["stage"] == "bronze"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_csv_field_of_several_lines_is_found_byte_exact(tmp_path: Path, call: Call, ending: bytes) -> None:
    row = b'r2,2025-02-03T10:00:00Z,3,"First line, with ""quotes""' + ending + b"second line" + ending + ending + 'the l\u00e4st"'.encode()
    header = b"response_id,submitted_at,nps_score,comment"
    before, after = b"r1,2025-02-03T09:00:00Z,9,fine", b"r3,2025-02-03T11:00:00Z,1,bad"
    land_bytes(tmp_path, "survey", FIRST, "nps.csv.gz", gzip.compress(ending.join([header, before, row, after, b""])))
    only_bronze(tmp_path, "survey", FIRST)
    (record,) = call(tmp_path, "trace", "survey:r2", "--json").json["records"]
    assert delivered_bytes(record).rstrip(b"\r\n") == row


def test_every_delivery_of_a_record_is_listed(tmp_path: Path, call: Call) -> None:
    changed = {**POSTS[0], "updated_at": "2025-02-03T20:00:00Z", "cooked": "It works again."}
    land_bytes(tmp_path, "forum", FIRST, "a.jsonl", LINES)
    land_bytes(tmp_path, "forum", FIRST, "b.jsonl", json.dumps(changed).encode() + b"\n")
    only_bronze(tmp_path, "forum", FIRST)
    found = call(tmp_path, "trace", f"forum:{changed['id']}", "--json").json
    assert found["records_total"] == 2
    assert [json.loads(delivered_bytes(r)) for r in sorted(found["records"], key=lambda r: r["file"])] == [POSTS[0], changed]


def test_neither_raw_text_nor_personal_data_is_printed_before_masking(tmp_path: Path, call: Call) -> None:
    land(tmp_path, posts(3))
    only_bronze(tmp_path, "forum", FIRST)
    for more in ([], ["--json"], ["--all"]):
        seen = call(tmp_path, "trace", f"forum:{POSTS[0]['id']}", *more)
        assert seen.code == 0
        assert not [p for p in (*PLANTED, POSTS[0]["cooked"]) if p in seen.out + seen.err]


def test_a_record_id_that_drives_a_terminal_is_shown_not_obeyed(tmp_path: Path, call: Call) -> None:
    post = {**POSTS[0], "id": "a\x1b[2Jb\u202ec"}
    land_bytes(tmp_path, "forum", FIRST, "posts.jsonl", json.dumps(post).encode() + b"\n")
    only_bronze(tmp_path, "forum", FIRST)
    for ident in (event_id("forum", post["id"]), "forum:" + post["id"], "forum:\x1b[2J"):
        seen = call(tmp_path, "trace", ident)
        assert control_characters(seen.out + seen.err) == set()


def test_a_shortened_id_that_means_two_events_names_both(tmp_path: Path, call: Call) -> None:
    seen: dict[str, str] = {}
    twins: list[str] = []
    for number in range(100_000):
        prefix = event_id("forum", str(number))[:6]
        if prefix in seen:
            twins = [seen[prefix], str(number)]
            break
        seen[prefix] = str(number)
    land_bytes(tmp_path, "forum", FIRST, "p.jsonl", b"\n".join(json.dumps({**POSTS[1], "id": int(i)}).encode() for i in twins))
    only_bronze(tmp_path, "forum", FIRST)
    ids = [event_id("forum", i) for i in twins]
    found = call(tmp_path, "trace", ids[0][:6])
    assert (found.code, found.out) == (1, "")
    assert found.err.count("\n") == 1
    assert all(i in found.err for i in (*ids, "2 things", "more characters"))
    assert call(tmp_path, "trace", ids[0][:12].upper(), "--json").json["id"] == ids[0]


@pytest.mark.parametrize(
    "ident",
    [
        "FB-00000000",
        "T000000000000",
        "0" * 32,
        "abcdef",
        "abc",
        "",
        "FB-",
        "T",
        "nonsense!",
        "forum:1",
        "nosource:1",
        ":",
        "forum:",
        "é" * 500,
    ],
)
def test_an_id_that_nothing_has_is_one_line_that_says_what_to_do(tmp_path: Path, call: Call, ident: str) -> None:
    found = call(tmp_path / "home", "trace", ident, "--json")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("feedback: ")
    assert found.err.count("\n") == 1
    assert "expected: " in found.err
    assert not (tmp_path / "home").exists()


def test_changed_bytes_are_told_and_end_with_1(tmp_path: Path, call: Call) -> None:
    path = land(tmp_path, posts(3))
    only_bronze(tmp_path, "forum", FIRST)
    first, second = (f"forum:{p['id']}" for p in POSTS[:2])
    data = bytearray(path.read_bytes())
    data[data.index(b"crashes")] ^= 1
    path.write_bytes(bytes(data))
    found = call(tmp_path, "trace", first)
    assert found.code == 1
    assert "DIFFERS" in found.out
    assert "posts.jsonl" in found.err
    checked = call(tmp_path, "trace", first, "--json", "--verify")
    assert (checked.code, checked.json["records"][0]["bytes"]) == (1, "DIFFERS")
    assert call(tmp_path, "trace", first, "--no-verify").code == 0
    assert call(tmp_path, "trace", second).code == 0, "its neighbour is as it was"
    path.unlink()
    gone = call(tmp_path, "trace", second)
    assert gone.code == 1
    assert "MISSING" in gone.out


def test_a_damaged_archive_is_told_and_ends_with_1(tmp_path: Path, call: Call) -> None:
    path = land_bytes(tmp_path, "forum", FIRST, "posts.jsonl.gz", gzip.compress(LINES))
    only_bronze(tmp_path, "forum", FIRST)
    path.write_bytes(path.read_bytes()[:20])
    found = call(tmp_path, "trace", f"forum:{POSTS[2]['id']}", "--json", "--verify")
    assert (found.code, found.json["records"][0]["bytes"]) == (1, "MISSING")


def linked(home: Path, call: Call) -> dict[str, Any]:
    """A ticket's trace, from which the other ids are taken."""
    ticket = call(home, "tickets", "--json").json[0]
    found = call(home, "trace", ticket["id"], "--json")
    assert found.code == 0, found.err
    traced: dict[str, Any] = found.json
    assert (traced["kind"], traced["id"], traced["theme"]["id"]) == ("ticket", ticket["id"], ticket["theme_id"])
    return traced


def test_a_ticket_leads_to_source_bytes_and_every_event_leads_back(finished: Path, call: Call) -> None:
    traced = linked(finished, call)
    assert traced["records_total"] == len(traced["records"]) >= traced["events_total"] == len({e["event_id"] for e in traced["events"]}) > 1
    assert {r["event_id"] for r in traced["records"]} == {e["event_id"] for e in traced["events"]}
    for record in traced["records"]:
        assert delivered_bytes(record)
    for event in traced["events"]:
        back = call(finished, "trace", event["event_id"], "--json").json
        assert traced["theme"]["id"] in {t["id"] for t in (back["theme"], *back["themes"])}
        assert traced["id"] in {t["id"] for t in (back["ticket"], *back["tickets"]) if t}


def test_a_trace_has_every_version_and_hash_on_the_way(finished: Path, call: Call) -> None:
    traced = linked(finished, call)
    assert traced["ticket"]["content_sha256"]
    assert traced["ticket"]["intents"]
    assert traced["score"]["weights_version"]
    assert traced["theme"]["embedder"]
    for event in traced["events"]:
        assert all(
            event[k] for k in ("payload_sha256", "text_hash", "taxonomy_version", "model_version", "outcome", "tier", "processed_at")
        )
    for file in traced["files"]:
        assert file["content_sha256"]
        assert {s["stage"] for s in file["stages"]} == {"silver", "enrichment", "embeddings"}


def test_the_same_thing_is_found_by_every_form_of_its_id(finished: Path, call: Call) -> None:
    traced = linked(finished, call)
    event, record = traced["events"][0], traced["records"][0]
    issue = next(i for i in event["issues"] if i["theme_id"] == traced["theme"]["id"])
    forms = [
        (traced["id"].lower(), "ticket", traced["id"]),
        (traced["id"][:9], "ticket", traced["id"]),
        (traced["theme"]["id"], "theme", traced["theme"]["id"]),
        (traced["theme"]["id"][:8], "theme", traced["theme"]["id"]),
        (event["event_id"], "event", event["event_id"]),
        (event["event_id"][:10], "event", event["event_id"]),
        (issue["issue_id"], "issue", issue["issue_id"]),
        (issue["issue_id"][:10], "issue", issue["issue_id"]),
        (f"{record['source']}:{record['record_id']}", "event", record["event_id"]),
    ]
    for text, kind, ident in forms:
        found = call(finished, "trace", text, "--json", "--verify")
        assert (found.code, found.json["kind"], found.json["id"]) == (0, kind, ident), text
        assert found.json["records"]
        for r in found.json["records"]:
            assert delivered_bytes(r)


def test_an_issue_in_review_is_traced_with_its_reason(finished: Path, call: Call) -> None:
    from feedback_assets.contracts.enrichment import REVIEW
    from feedback_assets.lakehouse.quick import QuickReader

    doubted = QuickReader(finished / "lake").frame(REVIEW, ["issue_id", "event_id", "reason"]).sort("issue_id").row(0, named=True)
    found = call(finished, "trace", doubted["issue_id"], "--json").json
    assert (found["kind"], found["events"][0]["event_id"]) == ("issue", doubted["event_id"])
    told = next(i for i in found["events"][0]["issues"] if i["issue_id"] == doubted["issue_id"])
    assert told["review"]["reason"] == doubted["reason"]
    assert doubted["reason"] in call(finished, "trace", doubted["issue_id"]).out


def test_personal_data_is_masked_in_every_view(finished: Path, call: Call) -> None:
    for post in (json.loads(p) for p in posts(4, day=PLANTED_DAY)):
        for more in ([], ["--json"]):
            seen = call(finished, "trace", f"forum:{post['id']}", *more)
            assert seen.code == 0
            assert "post" in seen.out
            assert not [p for p in PLANTED if p in seen.out + seen.err]


def test_feedback_text_that_drives_a_terminal_is_not_obeyed(finished: Path, call: Call) -> None:
    for more in ([], ["--json"]):
        seen = call(finished, "trace", f"forum:{HOSTILE_ID}", *more)
        assert seen.code == 0
        assert "crashes" in seen.out
        assert control_characters(seen.out) == set()


def test_a_tampered_file_fails_the_trace_of_its_ticket_as_a_process(finished: Path, call: Call, tmp_path: Path) -> None:
    traced = linked(finished, call)
    home = tmp_path / "home"
    for folder in ("landing", "lake", "tickets"):
        shutil.copytree(finished / folder, home / folder)
    record = traced["records"][0]
    file = home / "landing" / record["relative_file"]
    file.write_bytes(b" " * file.stat().st_size)
    assert any(word in feedback(home, "trace", traced["id"], code=1) for word in ("DIFFERS", "MISSING"))
    assert feedback(finished, "trace", traced["id"]).count(" ok") >= 1


@pytest.mark.parametrize(
    ("prompt_version", "why"),
    [("v9+00000000", "is not in prompts/"), ("v1+00000000", "was changed since"), ("v1+", "no answer in the ledger")],
)
def test_an_issue_whose_question_cannot_be_found_says_why_and_fails_nothing(tmp_path: Path, prompt_version: str, why: str) -> None:
    event = {"text": "It is broken.", "language": "en"}
    reader = LakeReader(LocalLakehouse(tmp_path / "lake"))
    (found,) = answers_behind(reader, project_root() / "prompts", [(f"a/deployment/{prompt_version}", "1", event)])
    assert (found["model"], found["request_key"]) == ("a/deployment", "")
    assert why in found["why"]
