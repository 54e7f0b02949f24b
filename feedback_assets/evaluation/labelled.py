"""Reads labelled data: JSONL files of objects, and of pairs. What the rows must hold is the tasks' business."""

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from feedback_assets.evaluation.outcome import LabelError, Row


def read_rows(path: Path) -> list[Row]:
    """The objects of a JSONL file (UTF-8, plain or .gz), blank lines left out. Raises LabelError naming file and line."""
    rows: list[Row] = []
    for number, value in _values(path):
        if not isinstance(value, dict):
            raise LabelError(f"{path}: line {number}: a JSON object expected, {type(value).__name__} found")
        rows.append(value)
    if not rows:
        raise LabelError(f"{path}: no records; one JSON object a line expected")
    return rows


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The pairs of a JSONL file of objects {a, b}. Raises LabelError naming file and line."""
    pairs = []
    for number, value in _values(path):
        a, b = (value.get("a"), value.get("b")) if isinstance(value, dict) else (None, None)
        if not _is_id(a) or not _is_id(b):
            raise LabelError(f'{path}: line {number}: {{"a": id, "b": id}} expected, ids as text or whole numbers')
        pairs.append((str(a), str(b)))
    return pairs


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _values(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                text = line.strip()
                if not text:
                    continue
                try:
                    yield number, json.loads(text.decode("utf-8-sig" if number == 1 else "utf-8"))
                except UnicodeDecodeError as e:
                    raise LabelError(f"{path}: line {number}: not UTF-8 at byte {e.start}") from None
                except (json.JSONDecodeError, RecursionError) as e:
                    said = f"{e.msg} at character {e.pos}" if isinstance(e, json.JSONDecodeError) else "nested too deeply"
                    raise LabelError(f"{path}: line {number}: not JSON: {said}") from None
    except (gzip.BadGzipFile, EOFError) as e:
        raise LabelError(f"{path}: not a whole gzip file: {e}") from None


def _opened(path: Path) -> AbstractContextManager[Iterable[bytes]]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
