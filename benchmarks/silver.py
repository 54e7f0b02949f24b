"""What silver made of real feedback: share masked by kind, languages, duplicate and template groups. Reads a home that `firefox` left.

FEEDBACK_BENCH_HOME names the home. Prints groups by their first words, so that a person can judge them.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

from benchmarks.measure import table
from feedback_assets.contracts.silver import DUPLICATE_GROUPS, EVENTS
from feedback_assets.lakehouse.local import LocalLakehouse

LARGEST = 50
SHOWN = 110


def main() -> int:
    """Returns 0, also where there is no home to read."""
    home = os.environ.get("FEEDBACK_BENCH_HOME")
    if not home or not (Path(home) / "lake").is_dir():
        print("skipped: FEEDBACK_BENCH_HOME names no home; `python -m benchmarks firefox` fills one", file=sys.stderr)
        return 0
    lake = LocalLakehouse(Path(home) / "lake")
    columns = ["event_id", "text", "language", "language_confidence", "masked", "is_informative", "spam_reason"]
    events = lake.read(EVENTS, columns=columns).to_pylist()
    total = len(events)
    found: Counter[str] = Counter()
    holding: Counter[str] = Counter()
    for event in events:
        kinds = json.loads(event["masked"])
        found.update(kinds)
        holding.update(kinds.keys())
    touched = sum(event["masked"] != "{}" for event in events)
    print(f"{total:,} events; {touched:,} ({touched / total:.1%}) had something masked\n")
    table(["kind", "values", "events"], [[kind, n, holding[kind]] for kind, n in found.most_common()])
    print()
    languages = Counter(event["language"] for event in events)
    table(["language", "events", "share"], [[code, n, f"{n / total:.2%}"] for code, n in languages.most_common(20)])
    print()
    spam = Counter(event["spam_reason"] or "none" for event in events)
    table(["spam", "events"], [[reason, n] for reason, n in spam.most_common()])
    print(f"\nnot informative: {sum(not e['is_informative'] for e in events):,}\n")
    _groups({event["event_id"]: event["text"] for event in events}, lake)
    return 0


def _groups(texts: dict[str, str], lake: LocalLakehouse) -> None:
    rows = lake.read(DUPLICATE_GROUPS, columns=["event_id", "group_id", "kind", "similarity", "is_template"]).to_pylist()
    groups: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        groups.setdefault(row["group_id"], []).append(row)
    templates = [g for g in groups.values() if g[0]["is_template"]]
    kinds = Counter(row["kind"] for row in rows)
    print(f"{len(groups):,} groups of {len(rows):,} events ({dict(kinds)}); {len(templates):,} copied templates\n")
    for group_id, members in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))[:LARGEST]:
        template = ", template" if members[0]["is_template"] else ""
        print(f"{len(members)} events{template}: {_line(texts.get(group_id, ''))}")
        others = sorted((m for m in members if m["event_id"] != group_id), key=lambda m: (m["similarity"], m["event_id"]))
        for member in others[:2]:
            print(f"    {member['kind']} {member['similarity']:.2f}: {_line(texts.get(str(member['event_id']), ''))}")


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 2 * SHOWN else f"{flat[:SHOWN]} … {flat[-SHOWN:]}"
