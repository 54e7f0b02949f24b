"""Near-duplicates: variants planted into eight sources of real texts, and the pairs of Hadoop's issues that people marked as duplicates.

Marks on planted variants: precision and recall .98, 15,000 texts/s of one core. People's duplicates say the same in other words: what the
product merges of them, and what it offers as candidates by embedding. Needs ../shared/data.
"""

import csv
import gzip
import statistics
import sys
from pathlib import Path

from benchmarks.corpora import shared_data
from benchmarks.measure import table
from benchmarks.planted import SOURCES, planted, real_texts
from feedback_assets.evaluation.duplicates import measure

MARK, MARK_RATE = 0.98, 15_000
NEAREST = (1, 5, 10, 20)


def main() -> int:
    """Returns 1 when a mark is missed over all sources together."""
    data = shared_data()
    if data is None:
        print("skipped: ../shared/data is not there", file=sys.stderr)
        return 0
    rows: list[list[object]] = []
    found = known = right = records = 0
    seconds = 0.0
    for source in SOURCES:
        made = planted(list(real_texts(data, "test", source)), seed=7, name=source)
        outcome = measure([{"id": key, "text": text} for key, text in made.texts.items()], made.pairs)
        f = outcome.figures
        rows.append([source, f"{outcome.records:,}", f["precision"], f["recall"], f"{outcome.records / outcome.seconds:,.0f}"])
        found, known, right = found + f["pairs_found"], known + f["pairs_known"], right + f["pairs_right"]
        records, seconds = records + outcome.records, seconds + outcome.seconds
    precision, recall, rate = right / found, right / known, records / seconds
    rows.append(["all", f"{records:,}", f"{precision:.4f}", f"{recall:.4f}", f"{rate:,.0f}"])
    table(["source, test part", "texts", "precision", "recall", "texts/s of one core"], rows)
    print()
    _people(data)
    return int(precision < MARK or recall < MARK or rate < MARK_RATE)


def _people(data: Path) -> None:
    """Hadoop's issues: which pairs are merged, and which the semantic candidates offer."""
    from feedback_assets.silver.duplicates.grouping import leaders
    from feedback_assets.silver.duplicates.semantic import semantic_candidates
    from feedback_assets.themes.embedders.registry import embedder_named

    folder = data / "hadoop_duplicates"
    with gzip.open(folder / "hadoop_bugs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        texts = {row["Issue id"]: f"{row['Summary']}\n{row['Description']}" for row in csv.DictReader(file)}
    with gzip.open(folder / "hadoop_duplicate_pairs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        listed = [(row["Issue id"], other.strip()) for row in csv.DictReader(file) for other in row["Duplicate id"].split(",")]
    pairs = sorted({(min(a, b), max(a, b)) for a, b in listed if a in texts and b in texts and a != b})
    ids = list(texts)
    groups = dict(zip(ids, leaders([texts[i] for i in ids]), strict=True))
    merged = sum(groups[a] == groups[b] for a, b in pairs)
    vectors = embedder_named("wordllama", Path()).embed([texts[i] for i in ids])
    shares = []
    for nearest in NEAREST:
        offered = {frozenset((c.one, c.other)) for c in semantic_candidates(ids, vectors, least=0.0, nearest=nearest)}
        shares.append(statistics.mean(frozenset(pair) in offered for pair in pairs))
    offers = [[f"offered among {k} nearest", f"{share:.3f}"] for k, share in zip(NEAREST, shares, strict=True)]
    table([f"of {len(pairs)} pairs", "share"], [["merged as copies", f"{merged / len(pairs):.3f}"], *offers])
