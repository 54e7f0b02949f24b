"""The truth file: what the demo planted, line by line. The pipeline never reads it; tests and evaluation do.

First line: {"line": "header", ...}; then {"line": "record", ...} for each delivered readable record and {"line": "broken", ...} for each
that no reader can read, in the order of delivery; last line: {"line": "totals", ...}. Fields at their default are left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedback_assets.ground.errors import FeedbackError

FILE_NAME = "demo_truth.jsonl"


@dataclass(frozen=True, slots=True)
class TruthRecord:
    """One delivered record.

    record_id: as bronze names it ('<mapping name>:<id>' for generic). file: relative to the landing zone. feed_date: day of delivery.
    event_time: seconds since 1970. revision: 1 for the first state of the record; a redelivery repeats the number of what it repeats.
    kinds: what was planted: edit, deletion, redelivery, echo, near_duplicate, macro, spam, several_issues, sarcasm, very_short,
    personal_data, html, signature, quoted_reply, prompt_injection, formula, emoji_only, empty, late, praise, question, neutral.
    cause: id in causes.py. incident: id of the planted incident that it belongs to, or empty. category: what a reader should come to;
    None when there is nothing to act on or the text alone does not tell. categories: all of them. severity: fair range.
    personal: (kind, value) of personal data planted in the text. duplicate_of: "<source>:<record id>". group: echo or macro group.
    version: release that the writer uses; App Store, forum and kiosk exports do not tell it.
    """

    source: str
    record_id: str
    file: str
    feed_date: str
    event_time: int
    revision: int
    language: str
    cause: str
    category: str | None
    categories: tuple[str, ...]
    severity: tuple[int, int]
    kinds: tuple[str, ...] = ()
    incident: str = ""
    personal: tuple[tuple[str, str], ...] = ()
    duplicate_of: str = ""
    group: str = ""
    deleted: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """One record, or one whole file (index -1), that cannot be read. defect: what is wrong with it."""

    source: str
    file: str
    feed_date: str
    index: int
    defect: str


@dataclass(frozen=True)
class Truth:
    """The truth file. header: what was asked for and the planted incidents; totals: counts of all lines."""

    header: dict[str, Any]
    records: list[TruthRecord]
    broken: list[BrokenRecord]
    totals: dict[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[TruthRecord]:
        """The records with this kind."""
        return [r for r in self.records if kind in r.kinds]


def iterate_truth(path: Path) -> Iterator[TruthRecord | BrokenRecord | dict[str, Any]]:
    """The lines of a truth file, one by one; header and totals as they are. Raises FeedbackError on a file that is none."""
    with path.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            line = json.loads(text)
            kind = line.pop("line", None)
            if kind == "record":
                labels = tuple(line.pop("categories", ()))
                yield TruthRecord(
                    category=labels[0] if labels else None,
                    categories=labels,
                    severity=tuple(line.pop("severity")),
                    kinds=tuple(line.pop("kinds", ())),
                    personal=tuple((k, v) for k, v in line.pop("personal", ())),
                    **line,
                )
            elif kind == "broken":
                yield BrokenRecord(**line)
            elif kind in {"header", "totals"}:
                yield {"line": kind, **line}
            else:
                raise FeedbackError(f"{path.name}, line {number}: no line of a truth file", mend="write it again with `feedback demo-data`")


def read_truth(path: Path) -> Truth:
    """The whole truth file in memory. `path` is the file, or the home or folder that holds it."""
    if path.is_dir():
        path = path / FILE_NAME
    records: list[TruthRecord] = []
    broken: list[BrokenRecord] = []
    ends: dict[str, dict[str, Any]] = {}
    for line in iterate_truth(path):
        if isinstance(line, TruthRecord):
            records.append(line)
        elif isinstance(line, BrokenRecord):
            broken.append(line)
        else:
            ends[line.pop("line")] = line
    if set(ends) != {"header", "totals"}:
        raise FeedbackError(f"{path.name} is cut short: header or totals are missing", mend="write it again with `feedback demo-data`")
    return Truth(ends["header"], records, broken, ends["totals"])
