"""The second look at what masking left, row by row as rows are made: what it finds is masked there and then.

Two looks at every text column: the recognisers again, and detectors that share nothing with them. Whatever either finds becomes a
placeholder, until neither finds anything; a value that will not come clean is left out. So one record is never a reason to stop a day.

The recognisers go over a text until they find nothing, so their second look at it is that last one. What is looked at here first is what
the detectors may see; from then on both look. Not here: the recognisers, the detectors, and what the finds lead to (leaks.py).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from feedback_assets.ground.placeholders import PATTERN
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal.detectors import may_see, seen_in
from feedback_assets.silver.personal.find import found_in
from feedback_assets.silver.personal.finds import Find, chosen
from feedback_assets.silver.personal.masker import Masker
from feedback_assets.silver.personal.rules import SourceRules

ROUNDS = 8
"""Looks at one value. Each masks all that it finds, and what stands beside a placeholder seldom gives a new find: two are enough."""
MOST_NOTED = 20
"""Finds of a row that are noted: a spam text can hold thousands."""
WITHHELD = "withheld"
"""Noted as the kind of a value that was left out, because it did not come clean."""
PERSON_KEYS = frozenset(
    {"name", "first_name", "last_name", "full_name", "username", "user_name", "author", "author_name", "email", "phone", "password"}
)


def looks_like_personal(text: str, rules: SourceRules, asked: int | None = None) -> Iterator[Find]:
    """What either look finds in a text, placeholders left out. `asked`: the text's hints, when they are known."""
    if asked != 0 or rules.looks:
        yield from found_in(text, "", asked, rules)
    yield from detected(text, rules)


def detected(text: str, rules: SourceRules) -> Iterator[Find]:
    """What the detectors alone find in a text, placeholders left out."""
    finds = list(seen_in(text))
    if finds:
        placeholders = [m.span() for m in PATTERN.finditer(text)] if "[" in text else []
        for find in rules.without_kept(text, finds):
            if not any(a < find[1] and find[0] < b for a, b in placeholders):
                yield find


def looks_like_personal_inside(value: Any, rules: SourceRules) -> Iterator[Find]:
    """The same for a JSON value, its keys too."""
    if isinstance(value, str):
        yield from looks_like_personal(value, rules)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from looks_like_personal(key, rules)
            if isinstance(inner, str) and inner and key.lower() in PERSON_KEYS and PATTERN.search(inner) is None:
                yield 0, len(inner), "name"
            else:
                yield from looks_like_personal_inside(inner, rules)
    elif isinstance(value, list):
        for inner in value:
            yield from looks_like_personal_inside(inner, rules)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**8:
        yield from looks_like_personal(str(value), rules)


Noted = tuple[str, int]
"""The kind of a find that was masked, and where its placeholder stood then; or WITHHELD."""


class Notes:
    """What the second look found in a batch of rows. `counts`: of each row, kind -> how many were masked; finds are counted there too."""

    def __init__(self, counts: Sequence[dict[str, int]]) -> None:
        self._counts = counts
        self._noted: dict[int, list[tuple[str, str, int]]] = defaultdict(list)

    def add(self, row: int, column: str, found: Iterable[Noted]) -> None:
        """The finds in one value of a row."""
        noted = self._noted[row]
        for kind, start in found:
            if kind != WITHHELD and column != "title":  # the text begins with the title: counted there
                self._counts[row][kind] = self._counts[row].get(kind, 0) + 1
            if kind == WITHHELD and len(noted) >= MOST_NOTED:
                noted.pop()  # what was left out is always told
            if len(noted) < MOST_NOTED:
                noted.append((column, kind, start))

    def column(self) -> list[str]:
        """One value a row for the column `second_look`: JSON [[column, kind, start], ...]; empty when nothing was found."""
        out = [""] * len(self._counts)
        for row, noted in self._noted.items():
            out[row] = json.dumps(noted, separators=(",", ":"))
        return out


class SecondLook:
    """The second look of one process, under one site's masker. rounds: looks at one value."""

    def __init__(self, masker: Masker, rounds: int = ROUNDS) -> None:
        self.masker = masker
        self._rounds = rounds

    def texts(self, column: str, texts: Sequence[MappedText], sources: Sequence[str], notes: Notes) -> list[MappedText]:
        """The texts of a column with what either look finds masked, the way back to the raw text kept; empty what will not come clean."""
        out = list(texts)
        for row, doubtful in enumerate(may_see([t.text for t in texts])):
            if doubtful:
                out[row], found = self.mask(out[row], sources[row])
                if found:
                    notes.add(row, column, found)
        return out

    def attributes(self, values: Sequence[str], sources: Sequence[str], notes: Notes) -> list[str]:
        """The same for attributes: JSON objects, in which every string and key is looked at by itself."""
        out = list(values)
        for row, doubtful in enumerate(may_see(values)):
            if doubtful:
                found: list[Noted] = []
                out[row] = self._object(out[row], sources[row], found)
                if found:
                    notes.add(row, "attributes", found)
        return out

    def mask(self, text: MappedText, source: str, *, by_detectors: bool = False) -> tuple[MappedText, list[Noted]]:
        """One text with what either look finds masked, and what that was. `by_detectors`: these alone, where any code may stand."""
        rules = self.masker.rules_of(source)
        look = detected if by_detectors else looks_like_personal
        noted: list[Noted] = []
        for _ in range(self._rounds):
            found = chosen(text.text, look(text.text, rules))
            if not found:
                return text, noted
            edits = self.masker.edits(text.text, found)
            moved = 0
            for edit, (start, end, kind) in zip(edits, found, strict=True):
                noted.append((kind, start + moved))
                moved += len(edit.text) - (end - start)
            text = text.edited(edits)
        if next(look(text.text, rules), None) is None:
            return text, noted
        return text.cut(0), [*noted, (WITHHELD, 0)]

    def _object(self, value: str, source: str, noted: list[Noted]) -> str:
        masked = self._inside(json.loads(value), source, noted)
        if next(looks_like_personal_inside(masked, self.masker.rules_of(source)), None) is None:
            return json.dumps(masked, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if noted else value
        noted.append((WITHHELD, 0))
        return "{}"

    def _inside(self, value: Any, source: str, noted: list[Noted]) -> Any:
        if isinstance(value, str):
            text, found = self.mask(MappedText.raw(value), source)
            noted.extend(found)
            return text.text
        if isinstance(value, dict):
            masked: dict[str, Any] = {}
            for key, inner in value.items():
                name = self._inside(key, source, noted)
                while name in masked:
                    name += "_"
                masked[name] = self._inside(inner, source, noted)
            return masked
        if isinstance(value, list):
            return [self._inside(inner, source, noted) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**8:
            shown = self._inside(str(value), source, noted)
            return value if shown == str(value) else shown
        return value
