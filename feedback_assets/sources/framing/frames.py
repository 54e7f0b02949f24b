"""The words of framing: limits, what a source's files look like, and what was found in one file."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload


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


class Frames(Sequence[Frame]):
    """Frames of a file with very many records: sixteen bytes each, made into a Frame where one is looked at."""

    def __init__(self) -> None:
        self._starts, self._ends = array("q"), array("q")
        self._bad: dict[int, tuple[str, str]] = {}

    def add(self, start: int, end: int, reason: str = "", detail: str = "") -> None:
        if reason:
            self._bad[len(self._starts)] = reason, detail
        self._starts.append(start)
        self._ends.append(end)

    def places(self) -> "Places":
        """Of those without a reason."""
        if not self._bad:
            return Places(self._starts, self._ends, array("q", range(len(self._starts))))
        good = array("q", (i for i in range(len(self._starts)) if i not in self._bad))
        return Places(array("q", (self._starts[i] for i in good)), array("q", (self._ends[i] for i in good)), good)

    def bad(self) -> Iterator[Frame]:
        """Those with a reason."""
        return (self._frame(i) for i in self._bad)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[Frame]:
        return (self._frame(i) for i in range(len(self._starts)))

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        at = range(len(self._starts))[index]
        return self._frame(at) if isinstance(at, int) else [self._frame(i) for i in at]

    def _frame(self, index: int) -> Frame:
        return Frame(index, self._starts[index], self._ends[index], *self._bad.get(index, ("", "")))


@dataclass(frozen=True, slots=True)
class Places:
    """Where records lie, in the order of the file, a number of each in every array: first byte, one past the last byte, index."""

    starts: "array[int]"
    ends: "array[int]"
    indexes: "array[int]"


@dataclass(slots=True)
class FramedFile:
    """What was found in one file.

    data: the decompressed bytes that positions count in. compression: '', gz or zst. context: what parse() needs beside the payload.
    header: range of the CSV header. reason, detail: a failure of the file itself; frames can still hold what was readable.
    """

    data: bytes
    compression: str = ""
    format: str = ""
    frames: Sequence[Frame] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    header: tuple[int, int] | None = None
    reason: str = ""
    detail: str = ""

    def payload(self, frame: Frame) -> bytes:
        """The record's bytes, exactly as delivered."""
        return self.data[frame.start : frame.end]

    def places(self) -> Places:
        """Of the records that could be told apart."""
        if isinstance(self.frames, Frames):
            return self.frames.places()
        good = [f for f in self.frames if not f.reason]
        return Places(array("q", [f.start for f in good]), array("q", [f.end for f in good]), array("q", [f.index for f in good]))

    def bad(self) -> Iterator[Frame]:
        """The ranges that cannot be a record."""
        return self.frames.bad() if isinstance(self.frames, Frames) else (f for f in self.frames if f.reason)


class FileError(Exception):
    """The file as a whole cannot be framed. Caught where a file is framed; it becomes one dead letter."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")
