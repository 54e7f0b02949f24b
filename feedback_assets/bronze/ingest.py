"""From landed files to bronze: every record a bronze row or a dead letter, then the file's line in the manifest.

The manifest is written last: a kill before it repeats the file, and append_new makes the repeat harmless. A file is known when the
manifest has it with the same size and time; else its content decides. Reading records is records.py's, files are landing.py's.
"""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
from feedback_assets.ground.errors import SettingError
from feedback_assets.ground.identity import batch_id, dead_letter_id, sha256_hex
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.sources.framing.frames import DEFAULT_LIMITS, FramedFile, Limits
from feedback_assets.sources.interface import Source
from feedback_assets.sources.registry import source_named

if TYPE_CHECKING:
    import pyarrow as pa

BACKFILL = "backfill"
"""Purpose of batches of a run that says none: what they bring waits for an explicit apply."""
FLUSH_BYTES = 40 << 20
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
    purpose: str = BACKFILL,
    limits: Limits = DEFAULT_LIMITS,
    workers: int = 1,
) -> dict[date, DayReport]:
    """Reads what is new under these days, a large file by so many `workers`. A report for each day, also when nothing was new.

    purpose: of the run; the batches keep it, and only what live ones bring is published by itself.

    A file that vanishes or changes while it is read is left for the next call.
    """
    reader = source_named(source)
    wanted = sorted(set(days))
    reports = {day: DayReport() for day in wanted}
    known = _Known(lake, reader.name, wanted)
    with ThreadPoolExecutor(1, thread_name_prefix="feedback-bronze") as behind:  # starts no thread before it has work
        writer = _Writer(lake, reader, landing, now, limits, purpose=purpose, workers=workers, behind=behind)
        for file in landing.list_files(reader.name, wanted):
            if not known.by_listing(file):
                writer.add(file, reports[file.feed_date], known)
        writer.flush()
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

    def __init__(
        self,
        lake: Lakehouse,
        source: Source,
        landing: LandingZone,
        now: datetime,
        limits: Limits,
        *,
        purpose: str,
        workers: int,
        behind: ThreadPoolExecutor,
    ) -> None:
        self.purpose = purpose
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
        self.behind = behind
        self.writing: Future[None] | None = None
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
            purpose=self.purpose,
        )
        report.files += 1
        report.records_in += batch.rows + batch.dead
        report.bronze_rows += batch.rows
        report.dead_letters += batch.dead
        report.by_reason = dict(sorted((Counter(report.by_reason) + batch.reasons).items()))
        if self.held >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Writes bronze and dead letters, and then the manifest: all files in it are whole."""
        self._wait()
        self._append(*self._taken())
        self.lake.append_new(MANIFEST, self.manifest.taken())

    def flush_behind(self) -> None:
        """Writes bronze and dead letters while reading goes on. One such write at a time: more would hold more in memory."""
        self._wait()
        self.writing = self.behind.submit(self._append, *self._taken())

    def _wait(self) -> None:
        """Until what is being written stands. Raises what the write raised."""
        writing, self.writing = self.writing, None
        if writing is not None:
            writing.result()

    def _taken(self) -> "tuple[list[pa.RecordBatch], pa.Table]":
        rows, self.read, self.held = self.read, [], 0
        return rows, self.dead.taken()

    def _append(self, rows: "list[pa.RecordBatch]", dead: "pa.Table") -> None:
        import pyarrow as pa

        if rows:
            self.lake.append_new(self.bronze, pa.Table.from_batches(rows))
        self.lake.append_new(DEAD_LETTERS, dead)

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
        opened = open_bytes(self.source, raw, mapping, self.limits, name=batch.file.path, timezone=self.landing.zones.of(self.source.name))
        context = opened.context_text
        for frame in opened.framed.bad():
            sha = sha256_hex(opened.framed.payload(frame))
            self._dead(batch, (frame.start, frame.end, frame.index), frame.reason, frame.detail, sha)
        kernel = partial(read_batches, source=self.source.name, context=context, batch=batch.id)
        sent: deque[pa.RecordBatch] = deque()
        for read in spread(kernel, _remembered(_payloads(opened.framed), sent), self.workers):
            self._read(batch, sent.popleft(), read, context)
            if self.held >= FLUSH_BYTES:
                self.flush_behind()
        if opened.framed.reason:
            self._dead_file(batch, opened.framed.reason, _file_detail(opened.framed))

    def _read(self, batch: "_Batch", records: "pa.RecordBatch", read: "pa.RecordBatch", context: str) -> None:
        """Records and what read_batches says of them -> bronze rows, and dead letters for those that cannot be read."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = pa.RecordBatch.from_arrays([*records.columns, *read.columns], names=[*records.schema.names, *read.schema.names])
        is_read = pc.equal(rows.column("reason"), "")
        if not pc.all(is_read).as_py():
            for row in rows.drop_columns(["payload"]).filter(pc.invert(is_read)).to_pylist():
                self._dead(batch, (row["start"], row["end"], row["index"]), row["reason"], row["detail"], row["payload_sha256"])
            rows = rows.filter(is_read)
        schema = arrow_schema(self.bronze)
        shared = {**batch.shared, "context": context}
        columns = [
            rows.column(f.name) if f.name in rows.schema.names else pa.repeat(pa.scalar(shared[f.name], f.type), rows.num_rows)
            for f in schema
        ]
        self.read.append(pa.RecordBatch.from_arrays(columns, schema=schema))
        batch.rows += rows.num_rows
        self.held += rows.column("payload").nbytes + len(context) * rows.num_rows

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
    """The records of a file that could be told apart, in its order: (payload, start, end, index). At most ROWS at once."""
    import pyarrow as pa

    places, data = framed.places(), framed.data
    at, count = 0, len(places.starts)
    while at < count:
        last = bisect_right(places.ends, places.starts[at] + _MOST_BYTES_AT_ONCE, at, min(at + ROWS, count))
        last = max(last, at + 1)
        starts, ends, indexes = places.starts[at:last], places.ends[at:last], places.indexes[at:last]
        payloads = pa.array([data[start:end] for start, end in zip(starts, ends, strict=True)], type=pa.binary())
        yield pa.RecordBatch.from_arrays(
            [payloads, *(pa.Array.from_buffers(pa.int64(), len(n), [None, pa.py_buffer(n)]) for n in (starts, ends, indexes))],
            names=["payload", "start", "end", "index"],
        )
        at = last


def _remembered(batches: "Iterable[pa.RecordBatch]", sent: "deque[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """The same batches, each kept in `sent`: what is said of its rows comes back without them."""
    for batch in batches:
        sent.append(batch)
        yield batch


def _file_detail(framed: FramedFile) -> str:
    kept = len(framed.places().starts)
    return f"{framed.detail}; {kept} records before it were read" if kept else framed.detail
