"""Splitting an export by event day: the same records, bytes exact, in one file a day. Only bytes here: landing.py writes them.

A part is framed again before it is used: only one that gives exactly its records back is landed.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date

from feedback_assets.bronze.records import OpenedFile
from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.framing.frames import Frame, Limits

_EXTENSION = {"json": ".json", "jsonl": ".jsonl", "csv": ".csv"}
_PACKED = {"": "", "gz": ".gz", "zst": ".zst"}


@dataclass(frozen=True, slots=True)
class Part:
    """Content of one landed file, as it is written."""

    day: date
    label: str
    extension: str
    content: bytes
    records: int


def days_of(opened: OpenedFile, first_day: date | None, today: date) -> list[date | None]:
    """The event day of each frame's record, not after `today` and not before `first_day`; None for one that cannot be read."""
    days: list[date | None] = []
    for record in opened.records():
        day = None
        if record.event is not None:
            day = min(record.event.event_time.astimezone(UTC).date(), today)
            day = day if first_day is None else max(day, first_day)
        days.append(day)
    return days


def split(opened: OpenedFile, days: Sequence[date | None], limits: Limits) -> list[Part] | None:
    """One part a day, in order of the days. An unreadable record goes with the nearest readable one before it, else after it.

    None when no record is readable, or when the records could not be told apart again once they are rearranged.
    """
    last = next((d for d in days if d is not None), None)
    if last is None:
        return None
    grouped: dict[date, list[Frame]] = {}
    for frame, day in zip(opened.framed.frames, days, strict=True):
        last = day or last
        grouped.setdefault(last, []).append(frame)
    splitter = _Splitter(opened, frozenset(f.index for f, d in zip(opened.framed.frames, days, strict=True) if d is not None), limits)
    parts: list[Part] = []
    for day in sorted(grouped):
        made = splitter.parts(day, grouped[day])
        if made is None:
            return None
        parts.extend(made)
    return parts


class _Splitter:
    """One export that is split. readable: indexes of the records that can be read."""

    def __init__(self, opened: OpenedFile, readable: frozenset[int], limits: Limits) -> None:
        self.opened = opened
        self.readable = readable
        self.limits = limits
        self.layout = opened.source.layout(opened.mapping)
        self.extension = _EXTENSION[opened.framed.format] + _PACKED[opened.framed.compression]

    def parts(self, day: date, frames: Sequence[Frame]) -> list[Part] | None:
        whole = self._part(day, frames, "")
        if whole is not None:
            return [whole]
        # A broken record can take its new neighbours with it: then it lands in a file of its own.
        good = [f for f in frames if f.index in self.readable]
        made = [self._part(day, good, "")] if good else []
        made += [self._part(day, [f], f".broken{f.index}") for f in frames if f.index not in self.readable]
        parts = [p for p in made if p is not None]
        return parts if len(parts) == len(made) else None

    def _part(self, day: date, frames: Sequence[Frame], label: str) -> Part | None:
        for is_closed in (True, False):
            content = self._composed(frames, is_closed=is_closed)
            if self._gives_back(frames, content):
                return Part(day, label, self.extension, pack(content, self.opened.framed.compression), len(frames))
            if self.opened.framed.format != "json":
                break
        return None

    def _gives_back(self, frames: Sequence[Frame], content: bytes) -> bool:
        """Readable records come back readable, broken ones broken, each with its bytes."""
        framed = self.opened.framed
        again = frame_file(content, self.layout, self.limits, name="part" + self.extension)
        if again.reason or again.context != framed.context or len(again.frames) != len(frames):
            return False
        for new, old in zip(again.frames, frames, strict=True):
            is_same = not new.reason if old.index in self.readable else bool(new.reason) or not old.reason
            if not is_same or again.payload(new) != framed.payload(old):
                return False
        return True

    def _composed(self, frames: Sequence[Frame], *, is_closed: bool) -> bytes:
        framed = self.opened.framed
        payloads = [framed.payload(f) for f in frames]
        if framed.format == "jsonl":
            return b"\n".join(payloads) + b"\n"
        if framed.format == "csv":
            start, end = framed.header or (0, 0)
            eol = b"\r\n" if framed.data[end : end + 2] == b"\r\n" else framed.data[end : end + 1] or b"\n"
            return eol.join([framed.data[start:end], *payloads]) + eol
        keys = self.layout.record_keys
        opening, closing = (b"{" + json.dumps(keys[0]).encode() + b":[\n", b"\n]}\n") if keys else (b"[\n", b"\n]\n")
        after = payloads.pop() if frames and frames[-1].reason == "trailing_data" else b""
        # What the export left open stays open: its tail is one dead letter again.
        return opening + b",\n".join(p for p in payloads if p) + (closing + after if is_closed else b"")


def pack(content: bytes, compression: str) -> bytes:
    """Compressed as the export was, the same bytes each time."""
    if compression == "gz":
        return gzip.compress(content, compresslevel=6, mtime=0)
    if compression == "zst":
        import zstandard

        return zstandard.ZstdCompressor(level=3).compress(content)
    return content
