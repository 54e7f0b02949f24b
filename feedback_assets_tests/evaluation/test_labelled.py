"""How labelled files are read: what is refused, and that the refusal names the line."""

import gzip
from pathlib import Path

import pytest

from feedback_assets.evaluation.labelled import read_pairs, read_rows
from feedback_assets.evaluation.outcome import LabelError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"text": "a"}\n{"text": \n', "line 2: not JSON"),
        (b'{"text": "a"}\n\n[1]\n', "line 3: a JSON object expected, list found"),
        (b'{"text": "\xff"}\n', "line 1: not UTF-8 at byte 10"),
        (b"\n\n", "no records"),
        (b"[" * 100_000, "line 1: "),
    ],
    ids=["cut", "list", "latin-1", "empty", "deep"],
)
def test_a_broken_line_is_named_and_nothing_is_read(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_bytes(content)
    with pytest.raises(LabelError, match=said) as refused:
        read_rows(path)
    assert "labelled.jsonl" in str(refused.value)


def test_a_byte_order_mark_blank_lines_and_gzip_are_read_through(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl.gz"
    path.write_bytes(gzip.compress(b'\xef\xbb\xbf{"text": "caf\xc3\xa9"}\r\n\r\n{"text": "b"}'))
    assert read_rows(path) == [{"text": "café"}, {"text": "b"}]


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a"}\n' * 5000)[:-9])
    with pytest.raises(LabelError, match="not a whole gzip file"):
        read_rows(path)


def test_pairs_are_ids_of_text_or_whole_numbers(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"a": 1, "b": "two"}\n')
    assert read_pairs(path) == [("1", "two")]
    for wrong in ('{"a": 1}', '{"a": true, "b": 2}', '{"a": "", "b": 2}', "[1, 2]"):
        path.write_text(wrong)
        with pytest.raises(LabelError, match="line 1: "):
            read_pairs(path)
