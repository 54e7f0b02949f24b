"""From landed files to bronze: every record a bronze row or a dead letter, then the file's line in the manifest.

The manifest is written last: a kill before it repeats the file, and append_new makes the repeat harmless. A file is known when the
manifest has it with the same size and time; else its content decides. Reading records is records.py's, files are landing.py's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedback_assets.bronze.landing import LandedFile, LandingZone
from feedback_assets.bronze.reading import read_batches
from feedback_assets.bronze.records import open_bytes
from feedback_assets.compute.workers import ROWS, spread
from feedback_assets.contracts.arrow import arrow_schema
from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST, bronze_table
from feedback_assets.contracts.table import Table
from feedback_assets.errors import SettingError
from feedback_assets.identity import batch_id, dead_letter_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.sources.framing.frames import DEFAULT_LIMITS, Frame, FramedFile, Limits
from feedback_assets.sources.interface import Source
from feedback_assets.sources.registry import source_named

if TYPE_CHECKING:
    import pyarrow as pa

FLUSH_BYTES = 64 << 20
"""So many payload bytes are held before they are written."""
_DEAD_LETTER_BYTES = 500
_MOST_BYTES_AT_ONCE = 8 << 20


@dataclass(slots=True)
class DayReport:
    """What one call did for one day. records_in = bronze_rows + dead_letters, always."""

    files: int = 0
    records_in: int = 0
    bronze_rows: int = 0
    dead_letters: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)


def pending_files(lake: Lakehouse, landing: LandingZone, source: str, days: Iterable[date] | None = None) -> list[LandedFile]:
    """Landed files that the manifest does not have in their present content, in order of day and path."""
    name = source_named(source).name
    days = None if days is None else sorted(set(days))
    known = _Known(lake, name, days)
    return [f for f in landing.list_files(name, days) if not known.by_listing(f) and not known.by_content(landing, f)]


def pending_days(lake: Lakehouse, landing: LandingZone, source: str) -> list[date]:
    """Days with files that are not ingested yet, in order."""
    return sorted({f.feed_date for f in pending_files(lake, landing, source)})


def ingest_days(
    lake: Lakehouse,
    landing: LandingZone,
    source: str,
    days: Iterable[date],
    *,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
    workers: int = 1,
) -> dict[date, DayReport]:
    """Reads what is new under these days, a large file by so many `workers`. A report for each day, also when nothing was new.

    A file that vanishes or changes while it is read is left for the next call.
    """
    reader = source_named(source)
    wanted = sorted(set(days))
    reports = {day: DayReport() for day in wanted}
    known = _Known(lake, reader.name, wanted)
    writer = _Writer(lake, reader, landing, now, limits, workers=workers)
    for file in landing.list_files(reader.name, wanted):
        if not known.by_listing(file):
            writer.add(file, reports[file.feed_date], known)
    writer.flush(last=True)
    return reports


class _Known:
    """What the manifest says about one source, and only of these days where they are given: a file's path names its day."""

    def __init__(self, lake: Lakehouse, source: str, days: Sequence[date] | None) -> None:
        where: dict[str, Sequence[Any]] = {"source": [source]} if days is None else {"source": [source], "feed_date": days}
        rows = lake.read(MANIFEST, columns=["batch_id", "file", "bytes", "received_at"], where=where).to_pylist()
        self.batches = {r["batch_id"] for r in rows}
        self.files = {r["file"] for r in rows}
        self.listings = {(r["file"], r["bytes"], r["received_at"]) for r in rows}

    def by_listing(self, file: LandedFile) -> bool:
        return (file.path, file.size, file.received_at) in self.listings

    def by_content(self, landing: LandingZone, file: LandedFile) -> bool:
        if file.path not in self.files:
            return False
        try:
            sha = landing.sha256(file)
        except OSError:
            sha = sha256_hex(b"")
        return sha is not None and batch_id(file.source, file.path, sha) in self.batches


class _Columns:
    """Rows of one table, kept by column."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.values: dict[str, list[Any]] = {name: [] for name in table.column_names}

    def add(self, **row: object) -> None:
        for name, column in self.values.items():
            column.append(row[name])

    def taken(self) -> "pa.Table":
        """The rows as an Arrow table; the columns are empty afterwards."""
        import pyarrow as pa

        schema = arrow_schema(self.table)
        made = pa.table({n: pa.array(v, type=schema.field(n).type) for n, v in self.values.items()}, schema=schema)
        self.values = {name: [] for name in self.values}
        return made


class _Writer:
    """Collects rows of several files and writes each table in one call."""

    def __init__(self, lake: Lakehouse, source: Source, landing: LandingZone, now: datetime, limits: Limits, *, workers: int) -> None:
        self.lake = lake
        self.source = source
        self.landing = landing
        self.now = now
        self.limits = limits
        self.workers = workers
        self.bronze = bronze_table(source.name)
        self.read: list[pa.RecordBatch] = []
        self.dead = _Columns(DEAD_LETTERS)
        self.manifest = _Columns(MANIFEST)
        self.held = 0
        self.mappings: dict[str, str | None] = {}

    def add(self, file: LandedFile, report: DayReport, known: _Known) -> None:
        batch = self._batch(file, known)
        if batch is None:
            return
        self.manifest.add(
            **batch.shared,
            bytes=batch.size,
            content_sha256=batch.content_sha256,
            records_in=batch.rows + batch.dead,
            bronze_rows=batch.rows,
            dead_letters=batch.dead,
        )
        report.files += 1
        report.records_in += batch.rows + batch.dead
        report.bronze_rows += batch.rows
        report.dead_letters += batch.dead
        report.by_reason = dict(sorted((Counter(report.by_reason) + batch.reasons).items()))
        if self.held >= FLUSH_BYTES:
            self.flush(last=True)

    def flush(self, *, last: bool) -> None:
        """Writes bronze and dead letters, and with `last` the manifest of the files that are whole."""
        if self.read:
            import pyarrow as pa

            rows, self.read = pa.Table.from_batches(self.read), []
            self.lake.append_new(self.bronze, rows)
        self.lake.append_new(DEAD_LETTERS, self.dead.taken())
        if last:
            self.lake.append_new(MANIFEST, self.manifest.taken())
        self.held = 0

    def _batch(self, file: LandedFile, known: "_Known") -> "_Batch | None":
        """Reads one file; its rows are in the columns then. None when it vanished, changed, or is known by its content."""
        raw, problem, detail = b"", "", ""
        try:
            if file.size > self.limits.max_file_bytes:
                sha = self.landing.sha256(file)
                problem, detail = "too_large", f"at most {self.limits.max_file_bytes} bytes expected, {file.size} found"
            else:
                found = self.landing.read(file)
                raw, sha = found or b"", None if found is None else sha256_hex(found)
        except OSError as e:
            sha, problem, detail = sha256_hex(b""), "unreadable_file", f"the file cannot be read: {e.strerror or type(e).__name__}"
        if sha is None:
            return None
        size = 0 if problem == "unreadable_file" else file.size
        batch = _Batch(file, batch_id(file.source, file.path, sha), sha, size, self.now)
        if batch.id in known.batches:
            return None
        if problem:
            self._dead_file(batch, problem, detail)
        else:
            self._records(batch, raw)
        return batch

    def _records(self, batch: "_Batch", raw: bytes) -> None:
        mapping = self._mapping(batch.file)
        if mapping is None:
            self._dead_file(batch, "no_mapping", "no mapping of this key that can be used: feedback ingest puts it there")
            return
        opened = open_bytes(self.source, raw, mapping, self.limits, name=batch.file.path)
        context = opened.context_text
        for frame in opened.framed.frames:
            if frame.reason:
                sha = sha256_hex(opened.framed.payload(frame))
                self._dead(batch, (frame.start, frame.end, frame.index), frame.reason, frame.detail, sha)
        kernel = partial(read_batches, source=self.source.name, context=context, batch=batch.id)
        for rows in spread(kernel, _payloads(opened.framed), self.workers):
            self._read(batch, rows, context)
            if self.held >= FLUSH_BYTES:
                self.flush(last=False)
        if opened.framed.reason:
            self._dead_file(batch, opened.framed.reason, _file_detail(opened.framed))

    def _read(self, batch: "_Batch", rows: "pa.RecordBatch", context: str) -> None:
        """Rows of read_batches -> bronze rows, and dead letters for those that cannot be read."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_read = pc.equal(rows.column("reason"), "")
        for row in rows.filter(pc.invert(is_read)).to_pylist():
            self._dead(batch, (row["start"], row["end"], row["index"]), row["reason"], row["detail"], row["payload_sha256"])
        good = rows.filter(is_read)
        schema = arrow_schema(self.bronze)
        shared = {**batch.shared, "context": context}
        columns = [
            good.column(f.name) if f.name in good.schema.names else pa.repeat(pa.scalar(shared[f.name], f.type), good.num_rows)
            for f in schema
        ]
        self.read.append(pa.RecordBatch.from_arrays(columns, schema=schema))
        batch.rows += good.num_rows
        self.held += good.column("payload").nbytes + len(context) * good.num_rows

    def _mapping(self, file: LandedFile) -> str | None:
        """The mapping's text, empty for sources without one; None when there is none that can be used."""
        if not self.source.needs_mapping:
            return ""
        if file.mapping not in self.mappings:
            try:
                self.mappings[file.mapping] = self.landing.mapping_text(file.mapping)
            except SettingError:
                self.mappings[file.mapping] = None
        return self.mappings[file.mapping]

    def _dead_file(self, batch: "_Batch", reason: str, detail: str) -> None:
        """The file itself: its range and hash are those of the file as landed, before decompression."""
        self._dead(batch, (0, batch.size, -1), reason, detail, batch.content_sha256)

    def _dead(self, batch: "_Batch", place: tuple[int, int, int], reason: str, detail: str, sha: str) -> None:
        start, end, index = place
        batch.count(reason)
        self.held += _DEAD_LETTER_BYTES
        self.dead.add(
            **batch.shared,
            dead_letter_id=dead_letter_id(batch.id, start, end, reason),
            start=start,
            end=end,
            record_index=index,
            reason=reason,
            detail=detail,
            sha256=sha,
        )


class _Batch:
    """One file in one state of its content, and the count of what was found in it."""

    def __init__(self, file: LandedFile, batch: str, content_sha256: str, size: int, now: datetime) -> None:
        self.file = file
        self.id = batch
        self.content_sha256 = content_sha256
        self.size = size
        self.rows = 0
        self.dead = 0
        self.reasons: Counter[str] = Counter()
        self.shared: dict[str, object] = {
            "batch_id": batch,
            "source": file.source,
            "feed_date": file.feed_date,
            "file": file.path,
            "received_at": file.received_at,
            "processed_at": now,
        }

    def count(self, reason: str) -> None:
        self.dead += 1
        self.reasons[reason] += 1


def _payloads(framed: FramedFile) -> "Iterator[pa.RecordBatch]":
    """The records of a file that could be told apart, in its order: (payload, start, end, index)."""
    good = (f for f in framed.frames if not f.reason)
    held: list[Frame] = []
    size = 0
    for frame in good:
        held.append(frame)
        size += frame.end - frame.start
        if len(held) == ROWS or size >= _MOST_BYTES_AT_ONCE:
            yield _batch_of(framed, held)
            held, size = [], 0
    if held:
        yield _batch_of(framed, held)


def _batch_of(framed: FramedFile, frames: list[Frame]) -> "pa.RecordBatch":
    import pyarrow as pa

    payloads = pa.array([framed.payload(f) for f in frames], type=pa.binary())
    places = [pa.array([getattr(f, name) for f in frames], type=pa.int64()) for name in ("start", "end", "index")]
    return pa.RecordBatch.from_arrays([payloads, *places], names=["payload", "start", "end", "index"])


def _file_detail(framed: FramedFile) -> str:
    kept = sum(not f.reason for f in framed.frames)
    return f"{framed.detail}; {kept} records before it were read" if kept else framed.detail
