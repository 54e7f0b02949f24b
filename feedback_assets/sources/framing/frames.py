"""The words of framing: limits, what a source's files look like, and what was found in one file."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What a hostile or broken file may cost. Sizes in bytes.

    A file may swell by decompression up to `free_bytes`, and beyond that to `max_ratio` times its own size, never over max_file_bytes.
    """

    max_file_bytes: int = 1 << 30
    free_bytes: int = 64 << 20
    max_ratio: int = 200
    max_record_bytes: int = 4 << 20
    max_records: int = 1_000_000
    max_fields: int = 512


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Layout:
    """What the files of a source look like.

    formats: those that it exports, of json, jsonl, csv. record_keys: keys of the array in a JSON envelope. any_array: an envelope whose
    key is not known. marks: keys that a record has, to tell a record's start in damaged JSON; any_mark: it has at least one of these
    too. delimiter: of CSV; empty: told from the
    header. columns: those that a CSV header must have (compared as reading.column_key).
    """

    formats: tuple[str, ...]
    record_keys: tuple[str, ...] = ()
    any_array: bool = False
    marks: tuple[str, ...] = ()
    any_mark: tuple[str, ...] = ()
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Frame:
    """One range of the file: a record, or with a reason bytes that cannot be one. index counts both from 0."""

    index: int
    start: int
    end: int
    reason: str = ""
    detail: str = ""


@dataclass(slots=True)
class FramedFile:
    """What was found in one file.

    data: the decompressed bytes that positions count in. compression: '', gz or zst. context: what parse() needs beside the payload.
    header: range of the CSV header. reason, detail: a failure of the file itself; frames can still hold what was readable.
    """

    data: bytes
    compression: str = ""
    format: str = ""
    frames: list[Frame] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    header: tuple[int, int] | None = None
    reason: str = ""
    detail: str = ""

    def payload(self, frame: Frame) -> bytes:
        """The record's bytes, exactly as delivered."""
        return self.data[frame.start : frame.end]


class FileError(Exception):
    """The file as a whole cannot be framed. Caught where a file is framed; it becomes one dead letter."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")
