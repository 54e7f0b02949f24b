"""Where each character of a cleaned text came from. Edits and their composition; which edits to make is cleaning's and masking's.

A text under work is a `MappedText`: the text and its map, in the form that is stored: flat triples (start, raw start, raw end). A run
goes on to the start of the next one, and a last triple of no length stands at the end of the text. A run as long as its raw span maps
character by character (a single one may have become another: a tab a space); every other run is a replacement: all of it came from all
of its raw span. A replacement of several characters that happens to be as long as its raw span is written as two runs over the same
span, so that it cannot be taken for an exact one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace text[start:end]. Any triple (start, end, text) will do where edits are taken."""

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
    """A text and the map of its characters to the raw text. Never changed: every step gives a new one."""

    __slots__ = ("_map", "text")

    def __init__(self, text: str, triples: list[int]) -> None:
        self.text = text
        self._map = triples

    @classmethod
    def raw(cls, text: str) -> "MappedText":
        """The raw text itself, mapped to itself."""
        n = len(text)
        return cls(text, [0, 0, n, n, n, n] if n else [])

    @property
    def runs(self) -> tuple[Run, ...]:
        """The map, run by run: for looking at it. Work is done on the triples."""
        flat = self._map
        return tuple(
            Run(flat[i], flat[i + 3], flat[i + 1], flat[i + 2], flat[i + 3] - flat[i] == flat[i + 2] - flat[i + 1])
            for i in range(0, len(flat) - 3, 3)
        )

    def triples(self) -> list[int]:
        """The map as it is stored. Not to be changed."""
        return self._map

    def edited(self, edits: Iterable[tuple[int, int, str]]) -> "MappedText":
        """The text after edits, which must be ascending and not overlap. Without edits, itself."""
        text = self.text
        listed = [e for e in edits if text[e[0] : e[1]] != e[2]]
        if not listed:
            return self
        flat = self._map
        if not flat:
            return _from_nothing(listed)
        parts: list[str] = []
        runs: list[int] = []
        at = out = i = 0
        for start, end, new in listed:
            if at < start:
                parts.append(text[at:start])
                i = _keep(flat, i, (at, start), out, runs)
                out += start - at
            if new:
                i, raw_start, raw_end = _source(flat, i, start, end)
                length = len(new)
                runs += (out, raw_start, raw_end)
                if length > 1 and length == raw_end - raw_start:
                    runs += (out + 1, raw_start, raw_end)
                parts.append(new)
                out += length
            at = end
        if at < len(text):
            parts.append(text[at:])
            _keep(flat, i, (at, len(text)), out, runs)
            out += len(text) - at
        if runs:
            runs += (out, runs[-1], runs[-1])
        return MappedText("".join(parts), runs)

    def over(self, before: "MappedText") -> "MappedText":
        """The same text with its map to the raw text of `before`, where this one maps to the text of `before`."""
        flat, earlier = self._map, before._map
        runs: list[int] = []
        i = 0
        for at in range(0, len(flat) - 3, 3):
            out, start, end, high = flat[at : at + 4]
            if high - out == end - start:
                i = _keep(earlier, i, (start, end), out, runs)
            else:
                # The next run may be the other half of this one, over the same span: the search stays before it.
                _, raw_start, raw_end = _source(earlier, i, start, end)
                runs += (out, raw_start, raw_end)
                if 1 < high - out == raw_end - raw_start:
                    runs += (out + 1, raw_start, raw_end)
        if runs:
            runs += (len(self.text), runs[-1], runs[-1])
        return MappedText(self.text, runs)

    def cut(self, limit: int) -> "MappedText":
        """The first `limit` characters."""
        if len(self.text) <= limit:
            return self
        return self.edited(((limit, len(self.text), ""),))


def _keep(flat: list[int], i: int, span: tuple[int, int], out: int, runs: list[int]) -> int:
    """Copies the runs of a span of the text, which begin at or after flat[i], to `runs` at `out`. Where in `flat` it came to."""
    at, stop = span
    while flat[i + 3] <= at:
        i += 3
    while True:
        low, raw_start, raw_end, high = flat[i : i + 4]
        end = high if high < stop else stop
        if high - low == raw_end - raw_start:
            runs += (out, raw_start + at - low, raw_start + end - low)
        else:
            runs += (out, raw_start, raw_end)
            if 1 < end - at == raw_end - raw_start:
                runs += (out + 1, raw_start, raw_end)
        if end == stop:
            return i
        out += end - at
        at = end
        i += 3


def _source(flat: list[int], i: int, start: int, end: int) -> tuple[int, int, int]:
    """Where in `flat` the search came to, and the raw span of text[start:end]; an empty one when start equals end."""
    last = len(flat) - 6
    while i < last and flat[i + 3] <= start:
        i += 3
    low, raw_start, raw_end, high = flat[i : i + 4]
    if high - low == raw_end - raw_start:
        raw_start += start - low
    if start == end:
        return i, raw_start, raw_start
    while flat[i + 3] < end:
        i += 3
    low, tail_start, raw_end, high = flat[i : i + 4]
    return i, raw_start, tail_start + end - low if high - low == raw_end - tail_start else raw_end


def _from_nothing(edits: list[tuple[int, int, str]]) -> MappedText:
    """What was written into an empty text came from no raw text."""
    new = "".join(e[2] for e in edits)
    return MappedText(new, [0, 0, 0, len(new), 0, 0])


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
