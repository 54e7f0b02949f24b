"""The landing zone: <root>/<source>/<day>/<file>, and for `generic` <root>/generic/<day>/<mapping name>-<sha12>/<file>.

Files come in whole or not at all: each is written under a name that starts with a dot, synced, and renamed. Names that start with a dot
or an underscore are never feedback. The ledger in _ingested/ says what was put in, so that the same export again adds nothing.
Not here: what becomes of landed files (ingest.py).
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeVar

from feedback_assets.bronze.names import safe_parts
from feedback_assets.bronze.records import open_bytes
from feedback_assets.bronze.splitting import days_of, split
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.identity import sha256_hex
from feedback_assets.sources.framing.frames import DEFAULT_LIMITS, Limits
from feedback_assets.sources.interface import Source
from feedback_assets.sources.registry import SOURCES, source_named
from feedback_assets.sources.zones import Zones

EVERYWHERE_UTC = Zones()
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_DEPTH = 32
_T = TypeVar("_T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class LandedFile:
    """One file in the landing zone, as it stood when it was listed.

    path: relative to the landing zone, with forward slashes: the `file` column of the tables. mapping: key of its mapping, for generic.
    """

    feed_date: date
    path: str
    source: str
    size: int
    mtime_ns: int
    mapping: str = ""

    @property
    def received_at(self) -> datetime:
        """When the file landed: its modification time, in whole microseconds."""
        return _EPOCH + timedelta(microseconds=self.mtime_ns // 1000)


@dataclass(frozen=True, slots=True)
class PutFile:
    """What became of one file that was put in.

    parts: the landed files, relative to the landing zone. records: readable ones; unreadable: those that will be dead letters, a
    damaged file counted as one. already: it had been put in before, nothing was done. reason: why the file itself is damaged, or empty.
    """

    origin: str
    sha256: str
    parts: tuple[str, ...]
    days: tuple[date, ...]
    records: int
    unreadable: int
    already: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A path that was not put in, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class PutReport:
    """What `put` did."""

    source: str
    files: list[PutFile] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def records(self) -> int:
        """Readable records of the files that were new."""
        return sum(f.records for f in self.files if not f.already)

    @property
    def unreadable(self) -> int:
        return sum(f.unreadable for f in self.files if not f.already)

    @property
    def days(self) -> list[date]:
        """Days that hold something of these files."""
        return sorted({d for f in self.files for d in f.days})


class LandingZone:
    """The folder of landed files. zones: how times without a zone are read, to find the event days of what is put in."""

    def __init__(self, root: Path, zones: Zones = EVERYWHERE_UTC) -> None:
        self.root = root
        self.zones = zones

    def put(
        self,
        source_name: str,
        paths: Iterable[Path],
        *,
        today: date,
        mapping: Path | None = None,
        day: date | None = None,
        first_day: date | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> PutReport:
        """Copies files, and the files in folders, into the landing zone.

        With `day` a file lands whole under that day. Without it, it is split by the event day of its records; days after `today` and
        before `first_day` become these. Unreadable records go with their neighbours; a file with none that is readable, and a damaged
        archive, land whole. Raises SettingError for a source or a mapping that cannot be used; a path that cannot be used is refused in
        the report and does not stop the others.
        """
        source = source_named(source_name)
        if source.needs_mapping and mapping is None:
            raise SettingError(f"the source {source.name} needs a mapping file", expected="--mapping FILE.yaml", mend="see docs/examples")
        mapping_text = source.read_mapping(mapping) if mapping is not None else ""
        report = PutReport(source.name)
        self.root.mkdir(parents=True, exist_ok=True)
        mapping_key = self._keep_mapping(mapping, mapping_text) if mapping is not None else ""
        putting = _Putting(self, source, mapping_text, mapping_key, today=today, day=day, first_day=first_day, limits=limits)
        for path in _walk(paths, report.refused):
            try:
                report.files.append(putting.file(path))
            except OSError as e:
                report.refused.append(Refusal(_shown(path), f"cannot be read or copied: {e.strerror or type(e).__name__}"))
            except _Refused as e:
                report.refused.append(Refusal(_shown(path), str(e)))
        return report

    def list_files(self, source: str, days: Iterable[date] | None = None) -> list[LandedFile]:
        """Landed files in order of day and path. Links, folders that are no days, and names that start with `.` or `_` are left out."""
        wanted = None if days is None else set(days)
        found: list[LandedFile] = []
        for folder, day in self._day_folders(source):
            if day is not None and (wanted is None or day in wanted):
                found.extend(self._files_below(folder, source, day))
        return sorted(found)

    def strays(self) -> list[str]:
        """What lies in the landing zone and will never be read, relative to it, each with the reason: for `feedback doctor`."""
        names = {s.name for s in SOURCES}
        others = (e.name for e in _entries(self.root) if e.name not in names and not e.name.startswith(("_", ".")))
        found = [f"{_readable(name)}: no source of this name" for name in others]
        for name in sorted(names):
            for folder, day in self._day_folders(name):
                if day is None:
                    found.append(f"{_readable(self._relative(folder))}: not a folder named YYYY-MM-DD")
                    continue
                found.extend(f"{_readable(self._relative(path))}: {why}" for path, why in self._unread_below(folder))
        return sorted(found)

    def mapping_text(self, key: str) -> str:
        """The mapping that was kept under this key. Raises SettingError."""
        if not key:
            raise SettingError(
                "the file lies outside a mapping's folder", expected="generic/<day>/<mapping>/<file>", mend="feedback ingest"
            )
        path = self.root / "generic" / "_mappings" / f"{key}.yaml"
        if path.is_symlink():
            raise SettingError(f"the mapping {path.name} is a link", expected="a file", mend="feedback ingest with the mapping again")
        return source_named("generic").read_mapping(path)

    def read(self, file: LandedFile) -> bytes | None:
        """The file's bytes; None when it vanished or changed since it was listed. Raises OSError when it may not be read."""
        with self._opened(file) as handle:
            return None if handle is None else _unchanged(handle, file, handle.read(file.size + 1))

    def sha256(self, file: LandedFile) -> str | None:
        """SHA-256 of the file's bytes, read in pieces; else as read()."""
        with self._opened(file) as handle:
            return None if handle is None else _unchanged(handle, file, hashlib.file_digest(handle, "sha256").hexdigest())

    @contextmanager
    def _opened(self, file: LandedFile) -> Iterator[BufferedReader | None]:
        try:
            descriptor = os.open(self.root / file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            yield None
            return
        with os.fdopen(descriptor, "rb") as handle:
            yield handle

    def place(self, relative: str, content: bytes, *, durable: bool = True) -> None:
        """Writes a file whole or not at all. A file that holds the same bytes already is left alone, so that its time stays.

        durable: it survives a loss of power too.
        """
        target = self.root / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file() and not target.is_symlink() and target.stat().st_size == len(content) and target.read_bytes() == content:
            return
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("wb") as handle:
                handle.write(content)
                if durable:
                    handle.flush()
                    os.fsync(handle.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One `put` of a file at a time, between processes of one machine."""
        folder = self.root / "_ingested"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _keep_mapping(self, path: Path, text: str) -> str:
        """Keeps a mapping's file; its key is its name and the hash of what it says."""
        key = f"{json.loads(text)['name']}-{sha256_hex(text.encode())[:12]}"
        relative = f"generic/_mappings/{key}.yaml"
        if not (self.root / relative).is_file():
            self.place(relative, path.read_bytes())
        return key

    def _day_folders(self, source: str) -> Iterator[tuple[Path, date | None]]:
        for entry in _entries(self.root / source):
            if not entry.name.startswith(("_", ".")):
                is_day = entry.is_dir(follow_symlinks=False) and _DAY.fullmatch(entry.name)
                yield Path(entry.path), _date(entry.name) if is_day else None

    def _files_below(self, folder: Path, source: str, day: date) -> Iterator[LandedFile]:
        for path, found in _regular_files(folder):
            relative = self._relative(path)
            if not _is_utf8(relative):
                continue
            inside = path.relative_to(folder).parts
            mapping = inside[0] if source == "generic" and len(inside) == 2 else ""
            yield LandedFile(day, relative, source, found.st_size, found.st_mtime_ns, mapping)

    def _unread_below(self, folder: Path) -> Iterator[tuple[Path, str]]:
        for path in _everything(folder):
            mode = path.lstat().st_mode
            if not _is_utf8(str(path)):
                yield path, "the name is not UTF-8: rename it"
            elif stat.S_ISLNK(mode):
                yield path, "a link: put the file itself there"
            elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                yield path, "neither a file nor a folder"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _unchanged(handle: BufferedReader, file: LandedFile, found: _T) -> _T | None:
    now = os.fstat(handle.fileno())
    same = stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) == (file.size, file.mtime_ns)
    return found if same else None


class _Refused(Exception):  # noqa: N818
    """A path that is not put in; the message says why."""


class _Putting:
    """One call of put: what all its files share."""

    def __init__(
        self,
        zone: LandingZone,
        source: Source,
        mapping: str,
        mapping_key: str,
        *,
        today: date,
        day: date | None,
        first_day: date | None,
        limits: Limits,
    ) -> None:
        self.zone = zone
        self.source = source
        self.mapping = mapping
        self.mapping_key = mapping_key
        self.today = today
        self.day = day
        self.first_day = first_day
        self.limits = limits

    def file(self, path: Path) -> PutFile:
        content = _content(path, self.limits)
        sha = sha256_hex(content)
        key = sha256_hex(f"{self.source.name}\0{sha256_hex(self.mapping.encode())}\0{sha}".encode())
        with self.zone.lock():
            known = self._ledger(f"_ingested/{key}.json")
            if known is not None and all((self.zone.root / p).is_file() for p in known["parts"]):
                return _from_ledger(known, _shown(path), sha)
            # The plan fixes the day of undated content, so that a run that was killed is continued with the same names.
            plan = self._ledger(f"_ingested/{key}.plan") or {}
            today = _date(str(plan.get("today", ""))) or self.today
            if not plan:
                self.zone.place(f"_ingested/{key}.plan", json.dumps({"today": today.isoformat()}).encode(), durable=False)
            done = self._land(path, content, sha, today)
            entry = {
                "origin": path.name.encode("utf-8", "replace").decode(),
                "source": self.source.name,
                "mapping": self.mapping_key,
                "sha256": sha,
                "parts": list(done.parts),
                "days": [d.isoformat() for d in done.days],
                "records": done.records,
                "unreadable": done.unreadable,
                "reason": done.reason,
            }
            self.zone.place(f"_ingested/{key}.json", json.dumps(entry, indent=1).encode())
        return done

    def _land(self, path: Path, content: bytes, sha: str, today: date) -> PutFile:
        stem, extension = safe_parts(path.name)
        opened = open_bytes(self.source, content, self.mapping, self.limits, name=path.name, timezone=self.zone.zones.of(self.source.name))
        days = days_of(opened, self.first_day, today)
        told = [d for d in days if d is not None]
        landed: list[tuple[date, str, bytes]] = []
        if self.day is None and len(set(told)) > 1 and not opened.framed.reason:
            made = split(opened, days, self.limits) or []
            landed = [(p.day, f"{stem}.{sha[:12]}{p.label}{p.extension}", p.content) for p in made]
        if not landed:
            landed = [(self.day or (told[0] if told else today), f"{stem}.{sha[:12]}{extension}", content)]
        parts = []
        for day, name, body in landed:
            folder = f"{self.source.name}/{day.isoformat()}" + (f"/{self.mapping_key}" if self.mapping_key else "")
            self.zone.place(f"{folder}/{name}", body)
            parts.append(f"{folder}/{name}")
        return PutFile(
            _shown(path),
            sha,
            tuple(parts),
            tuple(sorted({d for d, _, _ in landed})),
            len(told),
            len(days) - len(told) + bool(opened.framed.reason),
            reason=opened.framed.reason,
        )

    def _ledger(self, relative: str) -> dict[str, Any] | None:
        path = self.zone.root / relative
        try:
            found = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None


def _from_ledger(known: dict[str, Any], origin: str, sha: str) -> PutFile:
    days = tuple(date.fromisoformat(d) for d in known["days"])
    counts = int(known["records"]), int(known["unreadable"])
    return PutFile(origin, sha, tuple(known["parts"]), days, *counts, already=True, reason=str(known.get("reason", "")))


def _content(path: Path, limits: Limits) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except ValueError:
        raise _Refused("the path holds a NUL character") from None
    with os.fdopen(descriptor, "rb") as handle:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _Refused("not a regular file")
        if found.st_size > limits.max_file_bytes:
            raise _Refused(f"{found.st_size} bytes long; at most {limits.max_file_bytes} are taken: split the export")
        return handle.read(limits.max_file_bytes + 1)


def _walk(paths: Iterable[Path], refused: list[Refusal]) -> Iterator[Path]:
    """Regular files of the paths, folders walked in order of names; links and the like are refused."""
    for path in paths:
        yield from _walk_one(path, refused, 0)


def _walk_one(path: Path, refused: list[Refusal], depth: int) -> Iterator[Path]:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) and depth < _MAX_DEPTH:
            for child in sorted(path.iterdir()):
                if child.name.startswith("."):
                    refused.append(Refusal(_shown(child), "a hidden file: name it to put it in"))
                else:
                    yield from _walk_one(child, refused, depth + 1)
            return
    except ValueError:
        refused.append(Refusal(_shown(path), "the path holds a NUL character"))
        return
    except OSError as e:
        refused.append(Refusal(_shown(path), f"cannot be read: {e.strerror or type(e).__name__}"))
        return
    if stat.S_ISREG(mode):
        yield path
    elif stat.S_ISDIR(mode):
        refused.append(Refusal(_shown(path), f"folders are walked {_MAX_DEPTH} deep"))
    elif stat.S_ISLNK(mode):
        refused.append(Refusal(_shown(path), "a link: name the file itself"))
    else:
        refused.append(Refusal(_shown(path), "neither a file nor a folder"))


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda e: e.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _everything(folder: Path) -> Iterator[Path]:
    """All that lies below, links not followed, names that start with `.` or `_` left out."""
    for entry in _entries(folder):
        if entry.name.startswith((".", "_")):
            continue
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _everything(Path(entry.path))


def _regular_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in _everything(folder):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode):
            yield path, found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _readable(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text.encode("utf-8", "replace").decode())


def _shown(path: Path) -> str:
    """A path fit for a terminal and a report: no control characters, no lone surrogates."""
    return _readable(str(path))
