"""Framing: byte ranges are exact, nothing is lost between them, and damage stays where it is."""

import gzip
import json
import re
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.framing.frames import FramedFile, Layout, Limits
from feedback_assets.sources.reading import load_row, split_row
from feedback_assets.sources.registry import source_named

ZENDESK = source_named("zendesk").layout()
CSV = Layout(("csv",), columns=("id", "text"))
ANY = Layout(("json", "jsonl", "csv"), any_array=True, marks=("id", "at"), columns=("id", "text"))

_text = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(['"', '\\"', "}", "]},{", "a,b\n", "\r\n", '""', "\\", "ü€🙃"])
_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_record = st.fixed_dictionaries({"id": st.integers(), "created_at": _text}, optional={"description": _text, "more": _value})


def _payloads(framed: FramedFile) -> list[bytes]:
    return [framed.payload(f) for f in framed.frames]


def _is_accounted_for(framed: FramedFile, envelope: bytes) -> bool:
    """Every byte outside the frames and the header is white space or of these envelope bytes."""
    left = bytearray(framed.data)
    for start, end in [*((f.start, f.end) for f in framed.frames), *([framed.header] if framed.header else [])]:
        left[start:end] = b" " * (end - start)
    return re.fullmatch(rb"[\s" + envelope + rb"]*", bytes(left).removeprefix(b"\xef\xbb\xbf")) is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(_record, max_size=6), st.sampled_from([None, 1, 3]), st.booleans(), st.integers(0, 2))
def test_each_element_of_an_envelope_is_its_own_bytes(records: list[Any], indent: int | None, is_ascii: bool, place: int) -> None:
    keys: list[tuple[str, Any]] = [("count", 3), ("meta", {"tickets": [1], "x": "]}"})]
    keys.insert(place, ("tickets", records))
    data = json.dumps(dict(keys), indent=indent, ensure_ascii=is_ascii).encode()
    framed = frame_file(data, ZENDESK)
    assert framed.reason == ""
    assert [json.loads(p) for p in _payloads(framed)] == records
    assert not any(f.reason for f in framed.frames)


@settings(max_examples=60, deadline=None)
@given(st.lists(_record, min_size=2, max_size=6), st.sampled_from([b"\n", b"\r\n", b"\n\n \n"]), st.booleans())
def test_each_line_of_jsonl_is_its_own_bytes_without_the_line_end(records: list[Any], eol: bytes, ends: bool) -> None:
    lines = [json.dumps(r, ensure_ascii=False).encode() for r in records]
    framed = frame_file(b"\xef\xbb\xbf" + eol.join(lines) + (eol if ends else b""), ZENDESK)
    assert framed.format == "jsonl"
    assert _payloads(framed) == lines
    assert _is_accounted_for(framed, b"")


_cell = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12) | st.sampled_from(
    ['"', "a\nb", ",", "\r\n", '""', " ", "=1+1"]
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(_cell.filter(str.strip), _cell), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t|"),
    st.booleans(),
)
def test_each_csv_row_is_its_own_bytes_and_reads_as_written(rows: list[tuple[str, str]], eol: str, sep: str, bom: bool) -> None:
    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if any(c in value for c in f'"\r\n{sep}') else value

    written = [sep.join(map(cell, r)) for r in [("id", "text"), *rows]]
    framed = frame_file((("\ufeff" if bom else "") + eol.join(written) + eol).encode(), CSV)
    assert framed.reason == ""
    assert framed.context["delimiter"] == sep
    assert _payloads(framed) == [w.encode() for w in written[1:]]
    for frame, row in zip(framed.frames, rows, strict=True):
        found = load_row(framed.payload(frame), framed.context)
        assert (found.get("id"), found.get("text")) == row
    assert _is_accounted_for(framed, b"")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_record, min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(b'{}[]",:\\\nx ')), max_size=4),
    st.data(),
)
def test_no_byte_of_a_damaged_file_is_lost(records: list[Any], damage: list[tuple[int, int]], data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(["envelope", "array", "jsonl", "csv"]))
    lines = [json.dumps(r).encode() for r in records]
    raw = bytearray(
        {
            "envelope": b'{"tickets":[' + b",".join(lines) + b"]}",
            "array": b"[" + b",\n".join(lines) + b"]",
            "jsonl": b"\n".join(lines),
            "csv": b"id,text\n" + b"\n".join(b'1,"%d\n"' % i for i in range(9)),
        }[shape]
    )
    for at, byte in damage:
        raw[at % len(raw)] = byte
    cut = data.draw(st.integers(0, len(raw)))
    framed = frame_file(bytes(raw[:cut]), CSV if shape == "csv" else ZENDESK)
    if framed.reason:
        assert framed.frames == []
        return
    last = 0
    for n, frame in enumerate(framed.frames):
        assert frame.index == n
        assert last <= frame.start <= frame.end <= len(framed.data)
        last = frame.end
    # Damage can turn a record's bytes into keys and values of an envelope, never into silence.
    if framed.format == "json" and framed.data.startswith(b"["):
        assert _is_accounted_for(framed, rb",\[\]")
    elif shape in ("jsonl", "csv"):
        assert _is_accounted_for(framed, b"")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"id":2,}', "not_json"),
        (b'{"id":2 "x":[}', "not_json"),
        (b"nonsense", "not_json"),
        (b'{"id":2}}', ""),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "too_deep"),
        (b'{"id":2,"created_at":"x', "not_json"),
        (b'"\xff"', ""),
        (b'{"x":"' + b"y" * 3000 + b'"}', "too_large"),
    ],
)
def test_one_broken_element_does_not_touch_its_neighbours(broken: bytes, reason: str) -> None:
    good = [b'{"id":%d,"created_at":"2024"}' % i for i in (1, 3, 4)]
    framed = frame_file(b'{"tickets":[' + b",".join([good[0], broken, *good[1:]]) + b"]}", ZENDESK, Limits(max_record_bytes=2000))
    assert [
        p for f, p in zip(framed.frames, _payloads(framed), strict=True) if not f.reason and p.startswith(b'{"id":') and p in good
    ] == good
    bad = [f.reason for f in framed.frames if f.reason]
    assert bad == ([reason] if reason else ["not_json"] if broken.endswith(b"}}") else [])


def test_a_cut_document_is_its_whole_records_and_one_dead_letter_with_its_range() -> None:
    data = b'{"tickets":[{"id":1},{"id":2},{"id":3,"x":"ab'
    for end in range(len(b'{"tickets":['), len(data) + 1):
        framed = frame_file(data[:end], ZENDESK)
        assert [f.reason for f in framed.frames].count("truncated_json") == 1
        assert framed.frames[-1].reason == "truncated_json"
        assert framed.frames[-1].end == end
        assert sum(not f.reason for f in framed.frames) == (end >= 20) + (end >= 29)


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (b'{"tickets":[]}', []),
        (b"[]", []),
        (b'{"id":1,"created_at":"x"}', [""]),
        (b'{"tickets":[{"id":1}]} {"tickets":[{"id":2}]}', ["", ""]),
        (b'{"tickets":[{"id":1}]}\n{"tickets":[{"id":2}]}\n', ["", ""]),
        (b'{"tickets":[{"id":1}]} tail', ["", "trailing_data"]),
        (b'{"tickets":5}', ["unknown_shape"]),
        (b'{"tickets":[{"id":1} {"id":2}]}', ["", ""]),
    ],
)
def test_shapes_of_json_documents(data: bytes, reasons: list[str]) -> None:
    framed = frame_file(data, ZENDESK)
    assert (framed.reason, [f.reason for f in framed.frames]) == ("", reasons)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \n", "empty_file"),
        (b"null", "unknown_shape"),
        (b"Bad gateway", "unknown_shape"),
        (b"PK\x03\x04" + b"a" * 90, "not_text"),
        ("x".join("abc").encode("utf-16"), "not_utf8"),
        (bytes(range(256)) * 9, "not_text"),
        (gzip.compress(gzip.compress(b"[]", mtime=0), mtime=0), "not_text"),
    ],
)
def test_a_file_that_is_no_export_is_one_failure_of_the_file(data: bytes, reason: str) -> None:
    framed = frame_file(data, ZENDESK)
    assert (framed.reason, framed.frames) == (reason, [])


def test_an_export_by_any_mapping_is_told_by_its_content() -> None:
    assert frame_file(b'{"meta":{"a":1},"rows":[{"id":1},{"id":2}]}', ANY).format == "json"
    assert len(frame_file(b'{"tags":["a"],"rows":[{"id":1},{"id":2}]}', ANY).frames) == 2
    assert len(frame_file(b'{"id":1,"at":2,"parts":[{"x":1},{"x":2}]}', ANY).frames) == 1
    assert frame_file(b'{"id":1}\n{"id":2}\n', ANY).format == "jsonl"
    assert frame_file(b"id;text\n1;a\n", ANY).format == "csv"


def test_a_bad_quote_costs_its_row_and_not_the_rest() -> None:
    rows = [b'%d,"text %d"' % (i, i) for i in range(50)]
    rows[10] = b'10,"open'
    rows[20] = b'20,"closed" and more'
    framed = frame_file(b"id,text\n" + b"\n".join(rows), CSV)
    assert [f.index for f in framed.frames if f.reason] == [10, 20]
    assert _payloads(framed) == rows


def test_a_quote_open_to_the_end_is_one_dead_letter() -> None:
    framed = frame_file(b'id,text\n1,a\n2,"never closed\n\n\nmore text\n', CSV)
    assert [(f.reason, framed.payload(f)) for f in framed.frames] == [("", b"1,a"), ("csv_quote", b'2,"never closed\n\n\nmore text')]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"id,words", "bad_header"),
        (b"id,text,ID", "bad_header"),
        (b'"id,text', "bad_header"),
        (b"id,text," + b",".join(b"%d" % i for i in range(600)), "too_many_fields"),
        (b"\xff,id,text", "bad_header"),
    ],
)
def test_a_header_that_cannot_be_used_fails_the_file(header: bytes, reason: str) -> None:
    assert frame_file(header + b"\n1,2\n", CSV).reason == reason


@pytest.mark.parametrize("pack", [lambda b: gzip.compress(b, mtime=0), zstandard.ZstdCompressor().compress])
def test_every_cut_of_an_archive_keeps_whole_records_and_says_so(pack: Any) -> None:
    lines = b"".join(b'{"id":%d,"x":"%d"}\n' % (i, i * 7919) for i in range(400))
    packed = pack(lines)
    for end in range(5, len(packed), max(1, len(packed) // 40)):
        framed = frame_file(packed[:end], ZENDESK)
        assert framed.reason == "truncated_archive"
        assert all(p + b"\n" in lines for p in _payloads(framed))
        assert not any(f.reason for f in framed.frames)
    whole = frame_file(pack(lines[:3000]) + pack(lines[3000:]), ZENDESK)
    assert (whole.reason, whole.data, len(whole.frames)) == ("", lines, 400)
    assert frame_file(packed + b"rubbish", ZENDESK).reason == "trailing_garbage"
    assert len(frame_file(packed + b"rubbish", ZENDESK).frames) == 400


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"{", b'{"tickets":[', b"id,text\n"]))
def test_any_bytes_are_framed_without_an_error(tail: bytes, head: bytes) -> None:
    for layout in (ZENDESK, CSV, ANY):
        framed = frame_file(head + tail, layout)
        assert framed.reason or framed.frames or framed.header or b"[" in framed.data


def test_a_bomb_stops_at_the_limit() -> None:
    limits = Limits(free_bytes=1 << 20, max_ratio=10)
    bomb = zstandard.ZstdCompressor().compress(b" " * (64 << 20))
    assert frame_file(bomb, ZENDESK, limits).reason == "decompression_bomb"
    assert frame_file(gzip.compress(b" " * (16 << 20)), ZENDESK, limits).reason == "decompression_bomb"
    assert frame_file(gzip.compress(b"") * 100_002, ZENDESK, limits).reason == "decompression_bomb"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8), min_size=1, max_size=5))
def test_a_row_splits_into_what_was_joined(cells: list[str]) -> None:
    row = ",".join('"' + c.replace('"', '""') + '"' for c in cells)
    assert split_row(row, ",") == cells


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("wrap", ["envelope", "array", "object"])
def test_a_document_cut_anywhere_in_its_only_record_is_one_dead_letter(indent: int | None, wrap: str) -> None:
    stamp = "2024-05-01T09:30:00Z"
    ticket = {
        "id": 1,
        "created_at": stamp,
        "subject": "x, y",
        "custom_fields": [{"id": 7, "value": None}, {"id": 8, "value": True}],
        "comments": [{"id": 2, "created_at": stamp}, {"id": 3, "created_at": stamp, "ok": False}],
        "score": -1.5e3,
        "description": "tab\t\u00e4 end",
    }
    document = {"envelope": {"count": 1, "tickets": [ticket], "next_page": None}, "array": [ticket], "object": ticket}[wrap]
    data = json.dumps(document, indent=indent).encode()
    last = data.rindex(b"}", 0, data.rindex(b"]") if wrap != "object" else len(data))
    for cut in range(1, last + 1):
        framed = frame_file(data[:cut], ZENDESK, name="export.json")
        assert [f.reason for f in framed.frames] == ["truncated_json"], data[:cut]
        assert framed.reason == ""
    for cut in range(last + 1, len(data)):
        framed = frame_file(data[:cut], ZENDESK, name="export.json")
        assert [f.reason for f in framed.frames] in (["", "truncated_json"], [""]), data[:cut]


def test_records_inside_a_broken_record_are_not_taken_for_the_next_one() -> None:
    inner = b'[{"id":2,"created_at":"2024-05-01"},\n{"id":3,"created_at":"2024-05-01"}]'
    data = b'{"tickets":[{"id":1,"created_at":"x",,"comments":' + inner + b'},\n{"id":4,"created_at":"2024-05-01","subject":"a"}]}'
    framed = frame_file(data, ZENDESK)
    assert [f.reason for f in framed.frames] == ["not_json", ""]
    assert json.loads(framed.payload(framed.frames[1]))["id"] == 4
