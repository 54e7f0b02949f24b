"""Reads demo files the plain way, with the standard library only: an independent view of what the generator wrote."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

CSV_SOURCES = {"shop_reviews": "review_id", "returns": "return_id", "survey": "response_id"}


def unpacked(path: Path) -> bytes:
    """The file's content."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(raw)
    if path.suffix == ".zst":
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return raw


def elements(path: Path) -> list[Any]:
    """What the file delivers: JSON values or CSV rows by column; None for what is no JSON or not UTF-8."""
    data = unpacked(path)
    kind = next(s for s in path.suffixes if s in {".json", ".jsonl", ".csv"})
    if kind == ".csv":
        delimiter = ";" if "sales_calls" in path.name else ","
        text = data.decode("utf-8", "replace")
        return [
            None if "�" in "".join(map(str, row.values())) else row
            for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    if kind == ".jsonl":
        return [_value(line) for line in data.split(b"\n") if line]
    document = json.loads(data.decode("utf-8", "replace"))
    (array,) = [document] if isinstance(document, list) else [v for v in document.values() if isinstance(v, list)]
    return list(array)


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None


def id_of(source: str, path: Path, element: Any) -> str:
    """The id as the truth names it; empty when there is none."""
    if not isinstance(element, dict):
        return ""
    if source in CSV_SOURCES:
        return str(element[CSV_SOURCES[source]])
    if source == "generic":
        mapping = path.parent.name.rpartition("-")[0]
        key = {"sales_calls": "Call", "kiosk": "id", "community_chat": "msg_id"}[mapping]
        return f"{mapping}:{element.get(key)}"
    return str(element.get("reviewId" if source == "google_play" else "id", ""))
