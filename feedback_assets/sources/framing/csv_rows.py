"""CSV (RFC 4180): rows with quoted fields over several lines, their exact byte ranges, and the header.

A row's range leaves out the line end. A row whose quotes are wrong is one dead letter up to the next line that reads as a row with the
header's number of fields; the search goes at most one record's limit far, so one bad quote cannot swallow a file.
"""

import re
from functools import lru_cache

from feedback_assets.sources.event import RecordError
from feedback_assets.sources.framing.frames import FileError, Frame, Layout, Limits
from feedback_assets.sources.reading import column_keys, decode, split_row

DELIMITERS = ",;\t|"


class CsvFrames:
    """What was found: header names and range, delimiter, frames."""

    def __init__(self, header: list[str], span: tuple[int, int], delimiter: str, frames: list[Frame]) -> None:
        self.header = header
        self.span = span
        self.delimiter = delimiter
        self.frames = frames


def frame_csv(data: bytes, start: int, layout: Layout, limits: Limits, *, cut: bool) -> CsvFrames:
    """cut: the data ends early, so an open last row is left to the file's own dead letter. Raises FileError bad_header, too_many_fields."""
    scanner = _Scanner(data, start, layout, limits)
    return CsvFrames(scanner.header, scanner.span, scanner.delimiter, scanner.rows(cut=cut))


class _Scanner:
    def __init__(self, data: bytes, start: int, layout: Layout, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        # A lone carriage return ends lines only in files that have no line feed.
        self.eol = b"\n" if b"\n" in data else b"\r"
        while data[start : start + 1] in (b"\r", b"\n"):
            start += 1
        self.delimiter = layout.delimiter or _sniff(data[start : self._line_end(start)], layout)
        self.row = _row_pattern(self.delimiter.encode(), self.eol)
        self.header, self.span, self.after_header = self._header(start, layout)

    def rows(self, *, cut: bool) -> list[Frame]:
        data, size, most = self.data, len(self.data), self.limits.max_record_bytes
        frames: list[Frame] = []
        at = self.after_header
        while at < size and len(frames) <= self.limits.max_records:
            m = self.row.match(data, at)
            if m is None:
                end, after = self._resync(at)
                if not (cut and after >= size):
                    frames.append(Frame(len(frames), at, end, "csv_quote", "a quote is not closed, or text follows the closing quote"))
                at = after
                continue
            if cut and m.end() >= size:
                break
            end = self._without_return(at, m.end())
            if end - at > most:
                frames.append(Frame(len(frames), at, end, "too_large", f"at most {most} bytes expected, {end - at} found"))
            elif data[at:end].strip():
                frames.append(Frame(len(frames), at, end))
            at = m.end() + 1
        return frames

    def _header(self, start: int, layout: Layout) -> tuple[list[str], tuple[int, int], int]:
        """(names, range, start of the first row)"""
        m = self.row.match(self.data, start)
        if m is None:
            raise FileError("bad_header", "a quote in the header is not closed")
        end = self._without_return(start, m.end())
        if end - start > self.limits.max_record_bytes:
            raise FileError("bad_header", f"a header of at most {self.limits.max_record_bytes} bytes expected")
        try:
            header = split_row(decode(self.data[start:end], layout.encoding), self.delimiter)
        except RecordError as e:
            raise FileError("bad_header", f"the header cannot be read ({e.reason})") from None
        if len(header) > self.limits.max_fields:
            raise FileError("too_many_fields", f"at most {self.limits.max_fields} columns expected, {len(header)} found")
        keys = column_keys(tuple(header))
        missing = [c for c in layout.columns if c not in keys]
        if missing:
            raise FileError("bad_header", f"columns missing: {', '.join(missing)}")
        if len(set(keys)) != len(keys):
            raise FileError("bad_header", "a column stands twice in the header")
        return header, (start, end), m.end() + 1

    def _resync(self, start: int) -> tuple[int, int]:
        """(end of the broken row, start of the next row)."""
        line_end = self._line_end(start)
        while line_end < len(self.data):
            after = line_end + 1
            if self._reads(after) or after - start > self.limits.max_record_bytes:
                return self._trimmed(start, line_end), after
            line_end = self._line_end(after)
        return self._trimmed(start, line_end), line_end

    def _reads(self, at: int) -> bool:
        """Whether a row with the header's number of fields starts here."""
        m = self.row.match(self.data, at)
        if m is None or not m.group().strip():
            return False
        try:
            return len(split_row(self.data[at : self._without_return(at, m.end())].decode("latin-1"), self.delimiter)) == len(self.header)
        except RecordError:
            return False

    def _without_return(self, start: int, end: int) -> int:
        return end - 1 if end > start and self.data[end - 1] == 0x0D else end

    def _trimmed(self, start: int, end: int) -> int:
        return start + len(self.data[start:end].rstrip(b"\r\n"))

    def _line_end(self, start: int) -> int:
        found = self.data.find(self.eol, start)
        return len(self.data) if found < 0 else found


@lru_cache(maxsize=32)
def _row_pattern(delimiter: bytes, eol: bytes) -> re.Pattern[bytes]:
    d, e = re.escape(delimiter), re.escape(eol)
    field = rb'(?:"[^"]*+(?:""[^"]*+)*+"(?=' + d + rb"|\r?" + e + rb'|\r?\Z)|(?!")[^' + d + e + rb"]*+)"
    # A quoted field may be followed by the carriage return of the line end.
    return re.compile(field + rb"(?:" + d + field + rb")*+\r?(?=" + e + rb"|\Z)")


def _sniff(line: bytes, layout: Layout) -> str:
    """The delimiter that shows most of the expected columns in the header line, then the most columns."""
    text = line[: 1 << 16].decode("latin-1")

    def found(delimiter: str) -> tuple[int, int]:
        names = {part.strip().strip('"').casefold() for part in text.split(delimiter)}
        return len(names & set(layout.columns)), text.count(delimiter)

    return max(DELIMITERS, key=found)
