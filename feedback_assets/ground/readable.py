"""When a source or a file is broken as a whole: the rules that bronze shows and that every day must pass. Not here: row accounts.

readable     more than half of a day's records of a source are unreadable: the day stops before enrichment
files_read   a file of any size is broken: an ERROR that people hear of, and that holds nothing
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from statistics import median_low
from typing import Any

from feedback_assets.contracts.bronze import DEAD_LETTERS, MANIFEST
from feedback_assets.ground.verdict import SAMPLE, Verdict
from feedback_assets.lakehouse.interface import Lakehouse

MOST_DEAD = 0.5
"""A source of which more than half of a day's records are unreadable is broken as a whole."""
LEAST_RECORDS = 20
"""Below this many records a share says nothing."""
WHOLE_FILE = -1
"""record_index of a dead letter that is the file itself."""
HARMLESS = ("empty_file", "trailing_garbage")
"""Reasons of a whole file that cost no record: nothing was delivered, or all of it could be read."""
_BROKEN_PART = re.compile(r"\.[0-9a-f]{12}\.broken\d+\.")
"""What `feedback ingest` names the part in which it puts a single broken record apart: a record, not a file."""

File = dict[str, Any]
Place = tuple[date, str]


def readable_verdict(lake: Lakehouse, sources: Sequence[str], days: Sequence[date]) -> Verdict:
    """Not more than half of a day's records of a source are unreadable: otherwise the source as a whole is broken.

    A file of which nothing could be told apart (a cut archive, a wrong header) is one dead letter, but counts as many as the source's
    files usually bring. Files that were mended by a later delivery are not counted, so that a day whose mended file came can go on.
    """
    records: Counter[Place] = Counter()
    dead: Counter[Place] = Counter()
    for place, files in _weighed(lake, sources, days).items():
        for f in _in_force(files, _mostly_dead):
            records[place] += f["records_in"]
            dead[place] += f["dead_letters"]
    judged = sorted(p for p in records if records[p] >= LEAST_RECORDS)
    worst = [
        {"day": day.isoformat(), "source": source, "records": records[day, source], "dead letters": dead[day, source]}
        for day, source in judged
        if dead[day, source] > MOST_DEAD * records[day, source]
    ]
    named = sources[0] if len(sources) == 1 else "each source"
    return Verdict(
        passed=not worst,
        rule=f"On every day at most half of the records of {named} are unreadable (days under {LEAST_RECORDS} records are not judged).",
        number=round(max((dead[p] / records[p] for p in judged), default=0.0), 4),
        threshold=f"{MOST_DEAD} of a day's records",
        owner="data-platform",
        next_command="feedback dead-letters --source {source} --day {day}; ask the source's owner what changed".format(**worst[0])
        if worst
        else "feedback status",
        sample=worst[:SAMPLE],
    )


def files_verdict(lake: Lakehouse, sources: Sequence[str], days: Sequence[date] | None = None) -> Verdict:
    """Every file could be read, however small: its archive is whole, its shape is known, and at least one of its records is readable.

    An empty file is not broken. A broken file counts no more once it was mended. Without `days` all days are judged.
    """
    broken, judged = broken_files(lake, sources, days)
    first = broken[0] if broken else None
    named = sources[0] if len(sources) == 1 else "each source"
    return Verdict(
        passed=not broken,
        rule=f"Every landed file of {named} has a whole archive and a known shape, and yields a record unless it is empty.",
        number=len(broken),
        threshold=f"0 of {judged} files",
        owner="data-platform",
        next_command=f"feedback dead-letters --source {first['source']} --day {first['day']}; then have the file delivered again"
        if first
        else "feedback status",
        sample=broken[:SAMPLE],
    )


def broken_files(lake: Lakehouse, sources: Sequence[str], days: Sequence[date] | None = None) -> tuple[list[File], int]:
    """The files that are broken now, in the order of day, source and name, and how many files were judged."""
    found: list[File] = []
    judged = 0
    for (day, source), files in _weighed(lake, sources, days).items():
        for f in _in_force(files, lambda f: bool(f["broken"])):
            judged += 1
            if f["broken"]:
                found.append({"day": day.isoformat(), "source": source, "file": f["file"].rpartition("/")[2], "why": f["broken"]})
    return sorted(found, key=lambda f: (f["day"], f["source"], f["file"])), judged


def _weighed(lake: Lakehouse, sources: Sequence[str], days: Sequence[date] | None) -> dict[Place, list[File]]:
    """The ingested files by day and source, each with why it is `broken` ("" when it is not) and what it weighs as its records.

    `needed`: records of a later file that is this one mended: no fewer than it has, or half of what it weighs where that is a guess.
    """
    of_days: dict[str, Collection[Any]] = {"source": list(sources)} if days is None else {"source": list(sources), "feed_date": list(days)}
    names = ["batch_id", "source", "feed_date", "file", "records_in", "bronze_rows", "dead_letters", "received_at", "processed_at"]
    files = lake.read(MANIFEST, columns=names, where=of_days).to_pylist()
    reasons: dict[str, list[tuple[int, str]]] = {}
    if any(f["dead_letters"] for f in files):
        for letter in lake.read(DEAD_LETTERS, columns=["batch_id", "record_index", "reason"], where=of_days).to_pylist():
            reasons.setdefault(letter["batch_id"], []).append((letter["record_index"], letter["reason"]))
    usual: Mapping[str, int] | None = None
    places: dict[Place, list[File]] = {}
    for f in files:
        letters = reasons.get(f["batch_id"], [])
        whole = next((r for index, r in letters if index == WHOLE_FILE), "")
        f["broken"] = _why_broken(f, letters, whole)
        f["needed"] = f["records_in"]
        if whole and whole not in HARMLESS and not f["bronze_rows"]:
            usual = _usual_records(lake, sources) if usual is None else usual
            f["records_in"] = f["dead_letters"] = max(f["records_in"], usual.get(f["source"], 0))
            f["needed"] = (f["records_in"] + 1) // 2
        places.setdefault((f["feed_date"], f["source"]), []).append(f)
    return places


def _why_broken(f: File, letters: Sequence[tuple[int, str]], whole: str) -> str:
    if whole and whole not in HARMLESS:
        return whole
    if not whole and f["dead_letters"] and not f["bronze_rows"] and not _BROKEN_PART.search(f["file"]):
        ((reason, _),) = Counter(r for _, r in letters).most_common(1) or [("unreadable", 0)]
        return f"no record of {f['records_in']} can be read: {reason}"
    return ""


def _usual_records(lake: Lakehouse, sources: Sequence[str]) -> dict[str, int]:
    """How many records a readable file of a source brings: the median over all of them."""
    rows = lake.read(MANIFEST, columns=["source", "records_in", "bronze_rows"], where={"source": list(sources)}).to_pylist()
    counts: dict[str, list[int]] = {}
    for row in rows:
        if row["bronze_rows"]:
            counts.setdefault(row["source"], []).append(row["records_in"])
    return {source: median_low(found) for source, found in counts.items()}


def _mostly_dead(f: File) -> bool:
    return bool(f["dead_letters"] > MOST_DEAD * f["records_in"])


def _in_force(files: Sequence[File], is_broken: Callable[[File], bool]) -> list[File]:
    """The files of one source and day that tell how the source is now.

    A file counts in its newest content alone. A broken file counts no more when a later file, not broken itself, has as many records as
    are needed: that is how a mended export looks. Later is the order of ingestion, then of landing.
    """
    ordered = sorted(files, key=lambda f: (f["processed_at"], f["received_at"], f["file"]))
    newest = {f["file"]: number for number, f in enumerate(ordered)}
    counted: list[File] = []
    most_mended = 0
    for number in sorted(newest.values(), reverse=True):
        f = ordered[number]
        if not is_broken(f):
            most_mended = max(most_mended, f["records_in"] if f["bronze_rows"] else 0)  # an empty file mends nothing
        elif f["needed"] <= most_mended:
            continue
        counted.append(f)
    return counted
