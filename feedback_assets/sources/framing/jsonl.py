"""JSONL: one record a line. Blank lines are no records; a record's range leaves out the line end and outer white space."""

import re

from feedback_assets.sources.framing.frames import Frames, Limits

_LINE = re.compile(rb"[^\s][^\n]*")
_SPACE = b" \t\r\n\v\f"


def frame_jsonl(data: bytes, start: int, limits: Limits, *, cut: bool) -> Frames:
    """cut: the data ends early, so a last line without a line end is left to the file's own dead letter."""
    frames = Frames()
    for m in _LINE.finditer(data, start):
        at, end = m.span()
        if cut and end == len(data):
            break
        if data[end - 1] in _SPACE:
            end = at + len(m.group().rstrip(_SPACE))
        if end - at > limits.max_record_bytes:
            frames.add(at, end, "too_large", f"at most {limits.max_record_bytes} bytes expected, {end - at} found")
        else:
            frames.add(at, end)
        if len(frames) > limits.max_records:
            break
    return frames
