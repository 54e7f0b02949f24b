"""When a source is broken as a whole: the rule that bronze shows and that every day must pass before enrichment. Not here: row accounts."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from feedback_assets.contracts.bronze import MANIFEST
from feedback_assets.lakehouse.interface import Lakehouse
from feedback_assets.verdict import SAMPLE, Verdict

MOST_DEAD = 0.5
"""A source of which more than half of a day's records are unreadable is broken as a whole."""
LEAST_RECORDS = 20
"""Below this many records a share says nothing."""


def readable_verdict(lake: Lakehouse, sources: Sequence[str], days: Sequence[date]) -> Verdict:
    """Not more than half of a day's records of a source are unreadable: otherwise the source as a whole is broken.

    Files that were mended by a later delivery are not counted, so that a day whose mended file came can go on.
    """
    names = ["source", "feed_date", "file", "records_in", "dead_letters", "received_at", "processed_at"]
    delivered: dict[tuple[date, str], list[dict[str, Any]]] = {}
    for f in lake.read(MANIFEST, columns=names, where={"feed_date": list(days), "source": list(sources)}).to_pylist():
        delivered.setdefault((f["feed_date"], f["source"]), []).append(f)
    records: Counter[tuple[date, str]] = Counter()
    dead: Counter[tuple[date, str]] = Counter()
    for place, files in delivered.items():
        for f in _in_force(files):
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


def _in_force(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files of one source and day that tell how the source is now.

    A file counts in its newest content alone. A file that is broken (more than half unreadable) counts no more when a later file, not
    broken itself, has at least as many records: that is how a mended export looks. Later is the order of ingestion, then of landing.
    """
    ordered = sorted(files, key=lambda f: (f["processed_at"], f["received_at"], f["file"]))
    newest = {f["file"]: number for number, f in enumerate(ordered)}
    counted: list[dict[str, Any]] = []
    most_mended = 0
    for number in sorted(newest.values(), reverse=True):
        f = ordered[number]
        if f["dead_letters"] <= MOST_DEAD * f["records_in"]:
            most_mended = max(most_mended, f["records_in"])
        elif f["records_in"] <= most_mended:
            continue
        counted.append(f)
    return counted
