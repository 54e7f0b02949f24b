"""What lies in the landing zone, as a listing: files by source and day. Nothing is opened here but in `read_ranges`."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from feedback_assets.contracts.bronze import SOURCES
from feedback_assets.ground.identity import sha256_hex


@dataclass(frozen=True)
class LandedFile:
    """file: relative to the landing zone, with forward slashes. modified: seconds since 1970."""

    source: str
    day: date
    file: str
    bytes: int
    modified: float


def landed_files(landing: Path) -> Iterator[LandedFile]:
    """Feedback files of all sources, in the order of source, day, name. Names that begin with '_' or '.' are none."""
    for source in SOURCES:
        for day_folder in _entries(landing / source):
            day = _day(day_folder.name)
            if day is not None and day_folder.is_dir(follow_symlinks=False):
                yield from _files(Path(day_folder.path), f"{source}/{day_folder.name}", source, day)


def _files(folder: Path, prefix: str, source: str, day: date) -> Iterator[LandedFile]:
    for entry in _entries(folder):
        name = f"{prefix}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), name, source, day)
        elif entry.is_file(follow_symlinks=False):
            stat = entry.stat(follow_symlinks=False)
            yield LandedFile(source, day, name, stat.st_size, stat.st_mtime)


def strange_folders(landing: Path) -> list[str]:
    """Entries that no source will read: folders of no known source, and those that are no day inside a source's folder."""
    found = [e.name for e in _entries(landing) if e.name not in SOURCES]
    for source in SOURCES:
        found += [f"{source}/{e.name}" for e in _entries(landing / source) if _day(e.name) is None or not e.is_dir()]
    return found


def file_in_the_way(path: Path) -> Path | None:
    """The part of a path that exists and is no folder, so that no folder can be made there; None when all is well."""
    for part in (path, *path.parents):
        if part.is_dir():
            return None
        if part.exists() or part.is_symlink():
            return part
    return None


def read_ranges(landing: Path, file: str, ranges: Sequence[tuple[int, int]]) -> list[str] | None:
    """SHA-256 of each byte range of a landed file after decompression; "" for a range that the file does not have.

    None when there is no such file in the landing zone, or its archive is damaged.
    """
    path = landing / file
    try:
        if not path.resolve().is_relative_to(landing.resolve()) or not path.is_file():
            return None
        with path.open("rb") as handle:
            head = handle.read(8)
            from feedback_assets.sources.framing.decompress import compression_of

            if not compression_of(head):
                hashes = []
                for start, end in ranges:
                    handle.seek(start)
                    hashes.append(_hash_of(handle.read(end - start), end - start))
                return hashes
        return _from_archive(path, ranges)
    except OSError:
        return None


def _from_archive(path: Path, ranges: Sequence[tuple[int, int]]) -> list[str] | None:
    from feedback_assets.sources.framing.decompress import decompress
    from feedback_assets.sources.framing.frames import DEFAULT_LIMITS, FileError

    try:
        data = decompress(path.read_bytes(), DEFAULT_LIMITS).data
    except FileError:
        return None
    return [_hash_of(data[start:end], end - start) for start, end in ranges]


def _hash_of(part: bytes, length: int) -> str:
    return sha256_hex(part) if len(part) == length else ""


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if not e.name.startswith(("_", "."))), key=lambda e: e.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if len(name) == len("2024-01-01") else None
    except ValueError:
        return None
