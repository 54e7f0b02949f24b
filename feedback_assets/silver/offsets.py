"""Where each character of a cleaned text came from. Edits and their composition; which edits to make is cleaning's and masking's.

A text under work is a `MappedText`: the text, and runs that cover it. A run is exact (it maps character by character)
or replaced (all of it came from all of its raw span). Stored, a map is flat triples (start, raw start, raw end): a run goes on to the
start of the next one, and a last triple of no length stands at the end of the text. A run as long as its raw span maps character by
character. A replaced run of several characters that happens to be as long as its raw span is stored as two runs over the same raw
span, so that it cannot be taken for an exact one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace text[start:end]."""

    start: int
    end: int
    text: str


class Run(NamedTuple):
    """text[start:end] came from raw[raw_start:raw_end]."""

    start: int
    end: int
    raw_start: int
    raw_end: int
    exact: bool


class MappedText:
    """A text and the map of its characters to the raw text. Immutable: every step gives a new one."""

    __slots__ = ("runs", "text")

    def __init__(self, text: str, runs: Sequence[Run]) -> None:
        self.text = text
        self.runs = runs

    @classmethod
    def raw(cls, text: str) -> "MappedText":
        """The raw text itself, mapped to itself."""
        return cls(text, (Run(0, len(text), 0, len(text), exact=True),) if text else ())

    def edited(self, edits: Iterable[Edit]) -> "MappedText":
        """The text after edits, which must be ascending and not overlap. Without edits, itself."""
        listed = [e for e in edits if self.text[e.start : e.end] != e.text]
        if not listed:
            return self
        parts: list[str] = []
        runs: list[Run] = []
        cursor = _Cursor(self.runs)
        text = self.text
        at = out = 0
        for start, end, new in listed:
            if at < start:
                parts.append(text[at:start])
                out = cursor.keep(at, start, out, runs)
            if new:
                raw_start, raw_end = cursor.span(start, end)
                _add(runs, Run(out, out + len(new), raw_start, raw_end, exact=False))
                parts.append(new)
                out += len(new)
            at = end
        if at < len(text):
            parts.append(text[at:])
            cursor.keep(at, len(text), out, runs)
        return MappedText("".join(parts), runs)

    def cut(self, limit: int) -> "MappedText":
        """The first `limit` characters."""
        if len(self.text) <= limit:
            return self
        return self.edited((Edit(limit, len(self.text), ""),))

    def triples(self) -> list[int]:
        """The map as it is stored."""
        flat: list[int] = []
        for start, end, raw_start, raw_end, exact in self.runs:
            flat += (start, raw_start, raw_end)
            if not exact and end - start == raw_end - raw_start and end - start > 1:
                flat += (start + 1, raw_start, raw_end)
        if self.runs:
            last = self.runs[-1]
            flat += (last.end, last.raw_end, last.raw_end)
        return flat


class _Cursor:
    """Walks the runs of a text once, left to right."""

    __slots__ = ("at", "runs")

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.at = 0

    def _seek(self, position: int) -> None:
        runs = self.runs
        while self.at < len(runs) - 1 and runs[self.at].end <= position:
            self.at += 1

    def keep(self, start: int, end: int, out: int, into: list[Run]) -> int:
        """Copies text[start:end]'s runs to `into` at `out`; the end of what was copied."""
        self._seek(start)
        i = self.at
        while start < end:
            run = self.runs[i]
            stop = min(end, run.end)
            if run.exact:
                raw_start = run.raw_start + start - run.start
                _add(into, Run(out, out + stop - start, raw_start, raw_start + stop - start, exact=True))
            else:
                _add(into, Run(out, out + stop - start, run.raw_start, run.raw_end, exact=False))
            out += stop - start
            start = stop
            i += 1
        self.at = max(self.at, i - 1)
        return out

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The raw span of text[start:end]; an empty one when start equals end."""
        self._seek(start)
        if start == end:
            if not self.runs:
                return 0, 0
            run = self.runs[self.at]
            point = run.raw_start + start - run.start if run.exact else run.raw_start
            return point, point
        i = self.at
        first = self.runs[i]
        raw_start = first.raw_start + (start - first.start if first.exact else 0)
        while self.runs[i].end < end:
            i += 1
        last = self.runs[i]
        raw_end = last.raw_start + (end - last.start) if last.exact else last.raw_end
        self.at = i
        return raw_start, raw_end


def _add(runs: list[Run], run: Run) -> None:
    """Appends a run, grown into the one before where both map on without a gap."""
    if runs:
        last = runs[-1]
        if last.exact and run.exact and last.raw_end == run.raw_start:
            runs[-1] = Run(last.start, run.end, last.raw_start, run.raw_end, exact=True)
            return
        if not last.exact and not run.exact and (last.raw_start, last.raw_end) == (run.raw_start, run.raw_end):
            runs[-1] = Run(last.start, run.end, last.raw_start, run.raw_end, exact=False)
            return
    runs.append(run)


def raw_span(offsets: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """The raw text that text[start:end] came from, by a stored map: `offsets` of silver/raw_text.

    A span that touches part of a replaced run (a placeholder, an entity) takes in all of the run's raw text. Characters that cleaning
    removed inside the span are part of the result. start == end gives an empty span. Raises IndexError for a span outside the text.
    """
    length = offsets[-3] if offsets else 0
    if not 0 <= start <= end <= length:
        raise IndexError(f"span {start}..{end} is outside a text of {length} characters")
    if not offsets:
        return 0, 0
    starts = offsets[0::3]
    raw_start = _edge(offsets, bisect_right(starts, start) - 1, start, at_end=False)
    if start == end:
        return raw_start, raw_start
    return raw_start, _edge(offsets, bisect_right(starts, end - 1) - 1, end, at_end=True)


def _edge(offsets: Sequence[int], run: int, position: int, *, at_end: bool) -> int:
    start, raw_start, raw_end = offsets[3 * run : 3 * run + 3]
    if 3 * run + 3 < len(offsets) and offsets[3 * run + 3] - start == raw_end - raw_start:
        return raw_start + position - start
    return raw_end if at_end else raw_start
