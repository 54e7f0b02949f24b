"""Reading dead letters: which records could not be read, where they are, and why. No click, no printing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from feedback_assets.cli.queries.reader import Reader
from feedback_assets.contracts.bronze import DEAD_LETTERS


@dataclass(frozen=True)
class DeadLetter:
    """One record, or one whole file (record_index -1), that could not be read. Positions are bytes after decompression."""

    source: str
    day: date
    file: str
    start: int
    end: int
    record_index: int
    reason: str
    detail: str
    sha256: str


def dead_letters(reader: Reader, source: str = "", reason: str = "", day: date | None = None) -> list[DeadLetter]:
    """All dead letters, or those of one source, reason or day, in the order of day, file and position."""
    where = {name: [value] for name, value in (("source", source), ("reason", reason), ("feed_date", day)) if value}
    columns = ["source", "feed_date", "file", "start", "end", "record_index", "reason", "detail", "sha256"]
    rows = reader.frame(DEAD_LETTERS, columns, where=where or None).rename({"feed_date": "day"})
    found = [DeadLetter(**r) for r in rows.iter_rows(named=True)]
    return sorted(found, key=lambda d: (d.source, d.day, d.file, d.start, d.end, d.reason))


def by_reason(found: Sequence[DeadLetter]) -> list[tuple[str, str, int]]:
    """Source, reason and count, most first."""
    counts = Counter((d.source, d.reason) for d in found)
    return [(source, reason, n) for (source, reason), n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
