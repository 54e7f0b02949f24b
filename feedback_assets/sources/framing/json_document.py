"""JSON documents: an array of records, an envelope with such an array, or one record.

A good record is found by the C decoder, over the bytes read as Latin-1 so that its positions are byte positions. Only a broken one is
scanned token by token. Cost is linear in the file: a broken record is never read again from a later start, but for a bounded search
for the next plausible record.
"""

import json
import re

from feedback_assets.sources.framing.frames import FileError, Frame, Layout, Limits

_WS = re.compile(rb"[ \t\n\r]*+")
_WS_COMMAS = re.compile(rb"[ \t\n\r,]*+")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]++|[\]}]++|,', re.DOTALL)
_NEXT_RECORD = re.compile(rb"[,}\n]\s{0,64}+(?=\{)")
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)
_SEARCHES = 2000
_SPACE = b" \t\r\n"
_CUT = re.compile(rb"|[-+.eE0-9]{1,12}|\\?u?[0-9a-fA-F]{0,4}")
_LITERALS = (b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity")
_NO_KEY, _CUT_KEY = -1, -2


def frame_json(data: bytes, start: int, layout: Layout, limits: Limits, *, cut: bool) -> list[Frame]:
    """cut: the data ends early, so an open tail is left to the file's own dead letter. Raises FileError unknown_shape."""
    scanner = _Scanner(data, layout, limits, cut=cut)
    scanner.document(start)
    return scanner.frames


class _Text(str):
    """Text whose lines are not counted: JSONDecodeError counts them from the start, which is quadratic in a file of broken records."""

    __slots__ = ()

    def count(self, *_: object) -> int:
        return 0

    def rfind(self, *_: object) -> int:
        return -1


class _Scanner:
    def __init__(self, data: bytes, layout: Layout, limits: Limits, *, cut: bool) -> None:
        self.data = data
        self.text = _Text(data.decode("latin-1"))
        self.size = len(data)
        self.layout = layout
        self.limits = limits
        self.cut = cut
        self.frames: list[Frame] = []
        self.searches = _SEARCHES
        self.is_open = False
        # A file that names none of them holds records of another make, which need not have one.
        self.any_mark = layout.any_mark if any(f'"{k}"'.encode() in data for k in layout.any_mark) else ()

    def document(self, start: int) -> None:
        """Documents one after the other: an export page a line is common."""
        first = True
        at = self._skip(start)
        while at < self.size:
            byte = self.data[at]
            if byte == 0x5B:
                at = self._array(at + 1)
            elif byte == 0x7B:
                at = self._object(at)
            elif first:
                raise FileError("unknown_shape", "JSON expected: an array, or an object")
            else:
                self._bad(at, self._last(), "trailing_data", "the JSON document ends before these bytes")
                return
            first = False
            if len(self.frames) > self.limits.max_records:
                return
            at = self._skip(at)

    def _array(self, at: int) -> int:
        """Records from after the opening bracket; returns the position after the closing one."""
        while True:
            at = _WS_COMMAS.match(self.data, at).end()  # type: ignore[union-attr]
            if at >= self.size:
                self._open_tail(self.size, "the array of records is not closed")
                return self.size
            if self.data[at] == 0x5D:
                return at + 1
            at = self._element(at)
            if len(self.frames) > self.limits.max_records:
                return self.size

    def _element(self, start: int) -> int:
        try:
            _, end = _DECODER.raw_decode(self.text, start)
        except (json.JSONDecodeError, RecursionError) as e:
            return self._broken(start, "too_deep" if isinstance(e, RecursionError) else "not_json")
        if end == self.size and self.cut and self.data[end - 1] not in b'}]"':
            self._open_tail(start, "the file ends inside the record")
            return end
        self._record(start, end)
        return end

    def _record(self, start: int, end: int) -> None:
        if end - start > self.limits.max_record_bytes:
            self._bad(start, end, "too_large", f"at most {self.limits.max_record_bytes} bytes expected, {end - start} found")
        else:
            self.frames.append(Frame(len(self.frames), start, end))

    def _broken(self, start: int, reason: str) -> int:
        """One dead letter for a broken record: up to the next record that reads, else to where its brackets close."""
        end = self._delimiter(start)
        found = self._next_record(start, end)
        if found is not None:
            self._bad(start, found[0], reason, "the record is broken; reading went on at the next one")
            return found[1]
        if end >= self.size:
            if reason == "too_deep":
                self._bad(start, self._last(), reason, "nested too deeply, and not closed before the end of the file")
                self.is_open = True
            else:
                self._open_tail(start, "the file ends inside the record")
            return self.size
        last = start + len(self.data[start:end].rstrip(_SPACE))
        self._bad(start, last, reason, "nested too deeply" if reason == "too_deep" else "the brackets close, the content is not JSON")
        return end

    def _next_record(self, start: int, end: int) -> tuple[int, int] | None:
        """(end of the broken one, start of the next) for the first object before `end` that reads and has the marks of a record."""
        if not self.layout.marks:
            return None
        for m in _NEXT_RECORD.finditer(self.data, start, end):
            if self.searches <= 0:
                return None
            self.searches -= 1
            try:
                value, _ = _DECODER.raw_decode(self.text, m.end())
            except (json.JSONDecodeError, RecursionError):
                continue
            if self._has_marks(value):
                return start + len(self.data[start : m.end()].rstrip(_SPACE + b",")), m.end()
        return None

    def _delimiter(self, start: int, closers: bytes = b"]") -> int:
        """Position of the first comma or closer outside brackets and strings; the file's size when there is none."""
        depth = 0
        for m in _TOKEN.finditer(self.data, start):
            byte = self.data[m.start()]
            if byte == 0x22:
                continue
            if byte == 0x2C:
                if depth == 0:
                    return m.start()
            elif byte in b"[{":
                depth += m.end() - m.start()
            elif depth >= m.end() - m.start():
                depth -= m.end() - m.start()
            else:
                rest, depth = m.start() + depth, 0
                found = next((at for at in range(rest, m.end()) if self.data[at] in closers), -1)
                if found >= 0:
                    return found
        return self.size

    def _object(self, start: int) -> int:
        """An envelope, or one record."""
        if self.layout.any_array and self._is_record(start):
            return self._single(start, is_record=True)
        at, found, is_record = start + 1, False, True
        problem = ""
        while True:
            at = _WS_COMMAS.match(self.data, at).end()  # type: ignore[union-attr]
            if at >= self.size:
                problem = "truncated_json"
                break
            if self.data[at] == 0x7D:
                at += 1
                break
            value_at, key = self._key(at)
            if value_at < 0:
                problem = "not_json" if value_at == _NO_KEY else "truncated_json"
                break
            wanted = key in self.layout.record_keys
            if self._opens_records(value_at) and (wanted or self.layout.any_array):
                found = True
                at = self._array(value_at + 1)
                if len(self.frames) > self.limits.max_records or at >= self.size:
                    return self.size
                continue
            is_record = is_record and not wanted
            at = self._skip_value(value_at)
        if not found:
            return self._single(start, is_record=is_record)
        if problem == "truncated_json":
            self._open_tail(self.size, "the envelope is not closed")
            return self.size
        if problem:
            self._bad(at, self._last(), problem, "the envelope is broken after its records")
            return self.size
        return at

    def _key(self, at: int) -> tuple[int, str]:
        """(position of the value, key), or (_NO_KEY, '') when no key stands here, (_CUT_KEY, '') when the file ends inside it."""
        if self.data[at] != 0x22:
            return _NO_KEY, ""
        try:
            key, end = _DECODER.raw_decode(self.text, at)
        except json.JSONDecodeError as e:
            return (_CUT_KEY if self._ends_early(e) else _NO_KEY), ""
        end = self._skip(end)
        if end < self.size and self.data[end] != 0x3A:
            return _NO_KEY, ""
        value_at = self._skip(end + 1)
        return (value_at, key) if value_at < self.size else (_CUT_KEY, "")

    def _ends_early(self, error: json.JSONDecodeError) -> bool:
        """Whether the text is JSON up to the end of the file, so that only the rest of it is missing."""
        rest = self.data[error.pos : self._last()][:16]
        return error.msg.startswith("Unterminated string") or _CUT.fullmatch(rest) is not None or any(w.startswith(rest) for w in _LITERALS)

    def _opens_records(self, at: int) -> bool:
        if self.data[at] != 0x5B:
            return False
        if not self.layout.any_array:
            return True
        inside = self._skip(at + 1)
        return inside >= self.size or self.data[inside] in b"{]"

    def _skip_value(self, at: int) -> int:
        try:
            _, end = _DECODER.raw_decode(self.text, at)
        except (json.JSONDecodeError, RecursionError):
            return max(self._delimiter(at, b"}"), at + 1)
        return end

    def _is_record(self, start: int) -> bool:
        try:
            value, _ = _DECODER.raw_decode(self.text, start)
        except (json.JSONDecodeError, RecursionError):
            return False
        return bool(self.layout.marks) and self._has_marks(value)

    def _has_marks(self, value: object) -> bool:
        if not isinstance(value, dict) or not all(k in value for k in self.layout.marks):
            return False
        return not self.any_mark or any(k in value for k in self.any_mark)

    def _single(self, start: int, *, is_record: bool) -> int:
        """A document that is one object without an array of records."""
        try:
            _, end = _DECODER.raw_decode(self.text, start)
        except (json.JSONDecodeError, RecursionError) as e:
            end = self._last()
            if isinstance(e, RecursionError):
                self._bad(start, end, "too_deep", "nested too deeply")
            elif self._ends_early(e):
                self._open_tail(start, "the file ends inside the record")
            else:
                self._bad(start, end, "not_json", "one object expected")
            return self.size
        if is_record:
            self._record(start, end)
        else:
            self._bad(start, end, "unknown_shape", f"an array expected under {' or '.join(self.layout.record_keys)}")
        return end

    def _open_tail(self, start: int, detail: str) -> None:
        """An open end is told once: for the record that it cuts, else for the array or the envelope."""
        if not self.cut and not self.is_open:
            self._bad(start, max(start, self._last()), "truncated_json", detail)
        self.is_open = True

    def _bad(self, start: int, end: int, reason: str, detail: str) -> None:
        self.frames.append(Frame(len(self.frames), start, end, reason, detail))

    def _skip(self, at: int) -> int:
        return _WS.match(self.data, at).end()  # type: ignore[union-attr]

    def _last(self) -> int:
        return len(self.data.rstrip(_SPACE))
