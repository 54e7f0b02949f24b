"""2,000 doubted and sampled items decided by a script: in the order of the queue and in random order, how many decisions correct how much.

A made-up world: texts in groups of near-duplicates (a few large ones, many alone), categories in which the machine errs seldom, often and
mostly, severities, themes with scores. The script knows the truth and answers what it is asked, through the real tables and functions: the
queue is asked anew after every STEP answers. Wrong is a text whose labels, or whose being an issue, a truthful answer changes.
FEEDBACK_BENCH_ITEMS: how many items.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import table

if TYPE_CHECKING:
    from feedback_assets.lakehouse.local import LocalLakehouse
    from feedback_assets.review.labels import Labels

ITEMS = 2000
STEP = 25
LARGE = 5
"""Near-duplicates from which a group counts as large."""
SHARES = (0.5, 0.8, 0.9, 1.0)
DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
WRONG = {"billing": 0.05, "delivery": 0.15, "display": 0.35, "crash": 0.75}
"""Category of the machine -> how often a truthful answer changes something."""
SCORES = {"billing": 80.0, "delivery": 60.0, "display": 20.0, "crash": 70.0}


@dataclass(frozen=True)
class Truth:
    """One item: group, and what a truthful person answers. category: empty when it is no issue."""

    number: int
    group: int
    machine: str
    category: str
    confidence: float
    severity: int

    @property
    def issue_id(self) -> str:
        return f"{self.number + 1:032x}"

    @property
    def is_wrong(self) -> bool:
        """A doubted item makes no ticket, so it is right where there is no issue."""
        return bool(self.category)


@dataclass(frozen=True)
class Course:
    """decided: for each decision the wrong items that it corrected, in order. seconds: of deciding and asking."""

    corrected: list[list[Truth]]
    seconds: float

    def needed(self, share: float, *, large: frozenset[int] | None = None) -> int:
        """Decisions until so large a share of the wrong items (of groups in `large`) is corrected."""
        counts = [sum(large is None or t.group in large for t in found) for found in self.corrected]
        wanted, so_far = share * sum(counts), 0
        for n, count in enumerate(counts, start=1):
            so_far += count
            if so_far >= wanted - 1e-9:
                return n
        return len(counts)


def world(items: int, seed: int) -> list[Truth]:
    """So many items in groups whose sizes follow a power law."""
    rng = random.Random(seed)
    found: list[Truth] = []
    group = 0
    while len(found) < items:
        size = min(int(rng.paretovariate(1.1)), 60, items - len(found))
        machine = rng.choice(sorted(WRONG))
        wrong = rng.random() < WRONG[machine]
        other = rng.choice([c for c in sorted(WRONG) if c != machine])
        category = (machine if rng.random() < 0.6 else other) if wrong else ""
        for _ in range(size):
            confidence = round(min(0.69, max(0.42, rng.gauss(0.6 if wrong else 0.52, 0.07))), 2)
            found.append(Truth(len(found), group, machine, category, confidence, rng.choice([1, 2, 2, 3, 3, 3, 4, 5])))
        group += 1
    return found


def large_groups(items: Sequence[Truth]) -> frozenset[int]:
    """Groups of at least LARGE items."""
    sizes: dict[int, int] = {}
    for item in items:
        sizes[item.group] = sizes.get(item.group, 0) + 1
    return frozenset(g for g, n in sizes.items() if n >= LARGE)


def decide_all(folder: Path, items: Sequence[Truth], *, by_value: bool, seed: int = 0, step: int = STEP) -> Course:
    """Lets the script answer everything that is open, each group of copies once."""
    from feedback_assets.contracts.review import DECISIONS
    from feedback_assets.lakehouse.local import LocalLakehouse

    lake, known = LocalLakehouse(folder), {t.issue_id: t for t in items}
    _put(lake, items)
    started = time.perf_counter()
    order: list[str] = []
    for n, issue in enumerate(_by_value(lake, step) if by_value else _at_random(lake, items, seed)):
        order.append(_answer(lake, known[issue], NOW + timedelta(seconds=n)))
    seconds = time.perf_counter() - started
    settled: dict[str, list[Truth]] = {root: [] for root in order}
    seen: set[str] = set()
    rows = lake.read(DECISIONS, columns=["decision_id", "issue_id", "propagated_from", "decided_at"]).to_pylist()
    for row in sorted(rows, key=lambda r: r["decided_at"]):
        truth = known[row["issue_id"]]
        if truth.is_wrong and row["issue_id"] not in seen:
            settled[row["propagated_from"] or row["decision_id"]].append(truth)
        seen.add(row["issue_id"])
    return Course([settled[root] for root in order], seconds)


def _by_value(lake: "LocalLakehouse", step: int) -> Iterator[str]:
    from feedback_assets.review.queue import next_items

    while asked := next_items(lake, step, NOW):
        yield from (q.item.issue_id for q in asked)


def _at_random(lake: "LocalLakehouse", items: Sequence[Truth], seed: int) -> Iterator[str]:
    """Whatever is not covered yet."""
    from feedback_assets.contracts.review import DECISIONS

    order = [t.issue_id for t in items]
    random.Random(seed).shuffle(order)
    covered: set[str] = set()
    for issue in order:
        if issue not in covered:
            yield issue
            covered |= set(lake.read(DECISIONS, columns=["issue_id"])["issue_id"].to_pylist())


def _answer(lake: "LocalLakehouse", truth: Truth, now: datetime) -> str:
    from feedback_assets.review import decide

    if not truth.category:
        done = decide.reject(lake, truth.issue_id, by="script", now=now)
    elif truth.category == truth.machine:
        done = decide.approve(lake, _labels(), truth.issue_id, by="script", now=now)
    else:
        done = decide.edit(lake, _labels(), truth.issue_id, by="script", now=now, category=truth.category)
    return str(done.decision["decision_id"])


def _labels() -> "Labels":
    from feedback_assets.review.labels import Labels

    return Labels(dict.fromkeys(WRONG, ()), dict.fromkeys(WRONG, "team"))


def _put(lake: "LocalLakehouse", items: Sequence[Truth]) -> None:
    """The tables that the queue and deciding read."""
    from feedback_assets.contracts import table_named
    from feedback_assets.contracts.arrow import to_arrow
    from feedback_assets.ground.identity import theme_id

    heads: dict[int, str] = {}
    review: list[dict[str, Any]] = []
    index: list[dict[str, Any]] = []
    for t in items:
        event = f"{t.number + 1:032x}"
        heads.setdefault(t.group, event)
        named = {"event_id": event, "payload_sha256": f"{t.number:064x}", "feed_date": DAY}
        index.append({**named, "event_day": DAY, "leader_id": heads[t.group], "minhash": [], "similarity": 1.0})
        labels = {"category": t.machine, "subcategory": "", "severity": t.severity, "confidence": t.confidence, "tier": "rules"}
        told = {"quote": f"text {t.number} of group {t.group}", "language": "en", "reason": "low_confidence", "status": "open"}
        review.append({**named, **labels, **told, "issue_id": t.issue_id, "evidence": []})
    themes = [{"theme_id": theme_id(c), "category": c, "subcategory": "", "status": "active", "terms": [], "centroid": []} for c in SCORES]
    scores = [{"theme_id": theme_id(c), "score": score} for c, score in SCORES.items()]
    for name, rows in (
        *(("enrichment/review", review), ("silver/duplicate_index", index)),
        *(("themes/themes", themes), ("priority/scores", scores)),
    ):
        of = table_named(name)
        lake.append_new(of, to_arrow(of, rows))


def main() -> int:
    """Prints decisions until each share of wrong items is corrected, in both orders."""
    count = int(os.environ.get("FEEDBACK_BENCH_ITEMS", str(ITEMS)))
    items = world(count, seed=1)
    large = large_groups(items)
    with tempfile.TemporaryDirectory() as folder:
        value = decide_all(Path(folder) / "value", items, by_value=True)
        others = [decide_all(Path(folder) / f"random{n}", items, by_value=False, seed=n) for n in range(3)]
    wrong = sum(t.is_wrong for t in items)
    in_large = sum(t.is_wrong and t.group in large for t in items)
    print(f"{count} items, {wrong} wrong, {in_large} of these in {len(large)} groups of {LARGE} and more\n")
    rows = []
    for name, group in (("all", None), ("large groups", large)):
        for share in SHARES:
            by_value = value.needed(share, large=group)
            at_random = sorted(o.needed(share, large=group) for o in others)
            rows.append(
                [name, f"{share:.0%}", by_value, f"{at_random[1]} ({at_random[0]} to {at_random[2]})", f"{at_random[1] / by_value:.1f}"]
            )
    table(["wrong items", "corrected", "decisions, by value", "at random, median of 3", "ratio"], rows)
    per = value.seconds / len(value.corrected)
    print(f"\n{len(value.corrected)} decisions by value in {value.seconds:.1f} s, asking every {STEP} included: {per * 1000:.0f} ms each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
