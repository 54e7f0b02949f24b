"""JSONL: one record a line. Blank lines are no records; a record's range leaves out the line end and outer white space."""

import re

from feedback_assets.sources.framing.frames import Frame, Limits

_LINE = re.compile(rb"[^\s][^\n]*")
_SPACE = b" \t\r\n\v\f"


def frame_jsonl(data: bytes, start: int, limits: Limits, *, cut: bool) -> list[Frame]:
    """cut: the data ends early, so a last line without a line end is left to the file's own dead letter."""
    frames: list[Frame] = []
    for m in _LINE.finditer(data, start):
        at, line = m.start(), m.group().rstrip(_SPACE)
        if cut and m.end() == len(data):
            break
        if len(line) > limits.max_record_bytes:
            detail = f"at most {limits.max_record_bytes} bytes expected, {len(line)} found"
            frames.append(Frame(len(frames), at, at + len(line), "too_large", detail))
        else:
            frames.append(Frame(len(frames), at, at + len(line)))
        if len(frames) > limits.max_records:
            break
    return frames
