"""Where each character of a cleaned text came from. Edits and their composition; which edits to make is cleaning's and masking's.

A text under work is a `MappedText`: the text and its map, in the form that is stored: flat triples (start, raw start, raw end). A run
goes on to the start of the next one, and a last triple of no length stands at the end of the text. A run as long as its raw span maps
character by character (one alone may have become another: a tab a space); every other run is a replacement: all of it came from all of its span. A replacement of several characters
that happens to be as long as its raw span is written as two runs over the same raw span, so that it cannot be taken for an exact one.
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
        last = len(flat) - 3
        parts: list[str] = []
        runs: list[int] = []
        at = out = i = 0
        for start, end, new in (*listed, (len(text), len(text), "")):
            # The runs of text[at:start] are taken over.
            if at < start:
                parts.append(text[at:start])
                while flat[i + 3] <= at:
                    i += 3
                while at < start:
                    low, raw_start, raw_end, high = flat[i : i + 4]
                    stop = high if high < start else start
                    length = stop - at
                    if high - low == raw_end - raw_start:
                        raw_start += at - low
                        runs += (out, raw_start, raw_start + length)
                    else:
                        runs += (out, raw_start, raw_end)
                        if length > 1 and length == raw_end - raw_start:
                            runs += (out + 1, raw_start, raw_end)
                    out += length
                    at = stop
                    if at < start:
                        i += 3
            if new:
                while i < last - 3 and flat[i + 3] <= start:
                    i += 3
                low, raw_start, raw_end, high = flat[i : i + 4]
                exact = high - low == raw_end - raw_start
                if start == end:
                    raw_start += start - low if exact else 0
                    raw_end = raw_start
                else:
                    if exact:
                        raw_start += start - low
                    while flat[i + 3] < end:
                        i += 3
                    low, tail_start, raw_end, high = flat[i : i + 4]
                    if high - low == raw_end - tail_start:
                        raw_end = tail_start + end - low
                runs += (out, raw_start, raw_end)
                length = len(new)
                if length > 1 and length == raw_end - raw_start:
                    runs += (out + 1, raw_start, raw_end)
                parts.append(new)
                out += length
            at = end
        return _mapped(parts, runs, out)

    def cut(self, limit: int) -> "MappedText":
        """The first `limit` characters."""
        if len(self.text) <= limit:
            return self
        return self.edited(((limit, len(self.text), ""),))


def _mapped(parts: list[str], runs: list[int], length: int) -> MappedText:
    if runs:
        raw_end = runs[-1]
        runs += (length, raw_end, raw_end)
    return MappedText("".join(parts), runs)


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
