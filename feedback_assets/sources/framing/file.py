"""One landed file -> its records' ranges: decompress, tell the shape, frame. The one entry to framing."""

import re

from feedback_assets.sources.framing.csv_rows import frame_csv
from feedback_assets.sources.framing.decompress import compression_of, decompress
from feedback_assets.sources.framing.frames import DEFAULT_LIMITS, FileError, Frame, FramedFile, Layout, Limits
from feedback_assets.sources.framing.json_document import frame_json
from feedback_assets.sources.framing.jsonl import frame_jsonl

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n\v\f"
_HEAD = 8192
_JSONL_NAME = re.compile(r"\.(?:jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_BINARY = {
    b"PK\x03\x04": "a zip archive or an office document",
    b"PK\x05\x06": "an empty zip archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"7z\xbc\xaf": "a 7-zip archive",
    b"Rar!": "a rar archive",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an old office document",
}


def frame_file(raw: bytes, layout: Layout, limits: Limits = DEFAULT_LIMITS, *, name: str = "") -> FramedFile:
    """Never raises for what the bytes hold: what cannot be read is in the frames' reasons or the file's own.

    name: the file's name. It decides between JSON and JSONL only, where most lines are broken.
    """
    try:
        unpacked = decompress(raw, limits)
    except FileError as e:
        return FramedFile(b"", compression_of(raw), reason=e.reason, detail=e.detail)
    framed = FramedFile(unpacked.data, unpacked.compression, reason=unpacked.reason, detail=unpacked.detail)
    try:
        _frame(framed, layout, limits, name)
        if len(framed.frames) > limits.max_records:
            raise FileError("too_many_records", f"at most {limits.max_records} records expected")
    except FileError as e:
        framed.frames = []
        if not framed.reason:
            framed.reason, framed.detail = e.reason, e.detail
    return framed


def _frame(framed: FramedFile, layout: Layout, limits: Limits, name: str) -> None:
    data = framed.data
    start = len(_BOM) if data.startswith(_BOM) else 0
    cut = framed.reason == "truncated_archive"
    _refuse_what_is_no_text(data, start)
    framed.format = _format(data, start, layout, name)
    framed.context = {"format": "csv" if framed.format == "csv" else "json"}
    if framed.format == "csv":
        found = frame_csv(data, start, layout, limits, cut=cut)
        framed.frames, framed.header = found.frames, found.span
        framed.context |= {"delimiter": found.delimiter, "header": found.header}
    elif framed.format == "jsonl":
        framed.frames = frame_jsonl(data, start, limits, cut=cut)
    else:
        framed.frames = frame_json(data, start, layout, limits, cut=cut)


def _refuse_what_is_no_text(data: bytes, start: int) -> None:
    if not data[start:].strip(_SPACE) if len(data) < _HEAD else not data[start:_HEAD].strip(_SPACE) and not data.strip(_SPACE):
        raise FileError("empty_file", "at least one record, or an empty array, expected")
    if data.startswith(_WIDE_BOMS):
        raise FileError("not_utf8", "UTF-8 expected, UTF-16 or UTF-32 found: convert the file to UTF-8 and put it in again")
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            raise FileError("not_text", f"JSON, JSONL or CSV expected, {name} found: unpack or export it first")
    if data[257:262] == b"ustar":
        raise FileError("not_text", "JSON, JSONL or CSV expected, a tar archive found: unpack it first")
    if compression_of(data):
        raise FileError("not_text", "the file is compressed twice: decompress it once and put it in again")
    head = data[:_HEAD]
    junk = len(_CONTROL.findall(head))
    if junk > max(16, len(head) // 30):
        wide = head.count(0) * 3 > len(head)
        raise FileError(
            "not_text", "UTF-16 without its mark found: convert the file to UTF-8" if wide else "text expected, binary data found"
        )


def _format(data: bytes, start: int, layout: Layout, name: str) -> str:
    """json, jsonl or csv, by the content, of those that the source exports. Raises FileError unknown_shape."""
    if len(layout.formats) == 1:
        return layout.formats[0]
    first = re.compile(rb"\s*").match(data, start).end()  # type: ignore[union-attr]
    looks_json = data[first : first + 1] in (b"{", b"[")
    if "jsonl" in layout.formats and (_looks_jsonl(data, first, layout) or _named_jsonl(data, first, layout, name)):
        return "jsonl"
    if looks_json and "json" in layout.formats:
        return "json"
    if "csv" in layout.formats:
        return "csv"
    raise FileError("unknown_shape", f"{' or '.join(layout.formats)} expected: the file starts with neither an object nor an array")


def _looks_jsonl(data: bytes, first: int, layout: Layout) -> bool:
    """Most of the first lines are whole objects, and they are no envelopes."""
    head = data[first : first + (1 << 18)]
    whole = len(head) < (1 << 18)
    lines = [line.strip() for line in head.split(b"\n")]
    if not whole:
        lines.pop()
    lines = [line for line in lines if line][:64]
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    if len(lines) < 2 or objects * 2 < len(lines) or objects == 0:
        return False
    return not _is_envelope(next(line for line in lines if line.startswith(b"{") and line.endswith(b"}")), layout)


def _named_jsonl(data: bytes, first: int, layout: Layout, name: str) -> bool:
    """The name says JSONL, and the content does not say otherwise."""
    line = data[first : first + 4096].split(b"\n", 1)[0]
    return bool(_JSONL_NAME.search(name)) and not line.startswith(b"[") and not _is_envelope(line, layout)


def _is_envelope(line: bytes, layout: Layout) -> bool:
    return any(
        re.match(rb'\{(?:"(?:type|count)"\s*:\s*[^,]{0,80},\s*)*"' + re.escape(key.encode()) + rb'"\s*:\s*\[', line)
        for key in layout.record_keys
    )


__all__ = ["DEFAULT_LIMITS", "Frame", "FramedFile", "Layout", "Limits", "frame_file"]
