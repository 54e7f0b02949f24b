"""One file's bytes -> its records, each read by its source or with the reason why not. No files, no tables here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feedback_assets.sources.event import CanonicalEvent, RecordError
from feedback_assets.sources.framing.file import frame_file
from feedback_assets.sources.framing.frames import Frame, FramedFile, Limits
from feedback_assets.sources.interface import Source
from feedback_assets.sources.zones import DEFAULT


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One frame: its event, or the reason why there is none."""

    frame: Frame
    event: CanonicalEvent | None
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """One framed file and what its records need to be read.

    mapping: what Source.read_mapping gave, or empty. timezone: that of times that name none.
    """

    source: Source
    framed: FramedFile
    mapping: str
    timezone: str = DEFAULT

    @property
    def context(self) -> dict[str, Any]:
        """What parse() needs beside a payload."""
        zone = {} if self.timezone == DEFAULT else {"timezone": self.timezone}
        return self.framed.context | ({"mapping": self.mapping} if self.mapping else {}) | zone

    @property
    def context_text(self) -> str:
        """The context as the JSON that stands in the bronze rows."""
        return json.dumps(self.context, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def records(self) -> Iterator[ReadRecord]:
        """Every frame, in file order."""
        context = self.context
        for frame in self.framed.frames:
            if frame.reason:
                yield ReadRecord(frame, None, frame.reason, frame.detail)
                continue
            try:
                event = self.source.parse(self.framed.payload(frame), context)
            except RecordError as e:
                yield ReadRecord(frame, None, e.reason, e.detail)
                continue
            yield ReadRecord(frame, event)


def open_bytes(source: Source, raw: bytes, mapping: str, limits: Limits, *, name: str = "", timezone: str = DEFAULT) -> OpenedFile:
    """The records' ranges of a file's bytes. `mapping`: what Source.read_mapping gave, or empty. `name`: the file's name. `timezone`: that
    of times that name none."""
    return OpenedFile(source, frame_file(raw, source.layout(mapping), limits, name=name), mapping, timezone)
