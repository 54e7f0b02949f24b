"""Themes against people's labels, ten daily batches, half of the labels born midway: at least as good as assigning alone."""

import csv
import gzip
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedback_assets.ground.identity import sha256_hex
from feedback_assets.themes.embedders.interface import Embedder
from feedback_assets.themes.fold import Issue, Parameters, State, fold


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "label", "assign_only"),
    [("banking77/banking77.csv.gz", "category", 0.264), ("clinc150/clinc150_full.csv.gz", "intent", 0.248)],
)
def test_assigning_and_discovering_beats_assigning_alone(
    shared: Path, embedder: Embedder, file: str, label: str, assign_only: float
) -> None:
    from sklearn.metrics import adjusted_rand_score

    with gzip.open(shared / "data" / file, "rt", encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r[label] != "oos"]
    rnd = random.Random(0)
    labels = sorted({r[label] for r in rows})
    rnd.shuffle(labels)
    born_late = set(labels[: len(labels) // 2])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    issues, truth = [], {}
    for n, (row, vector) in enumerate(zip(rows, embedder.embed([r["text"] for r in rows]), strict=True)):
        time = start + timedelta(days=rnd.randrange(5, 10) if row[label] in born_late else rnd.randrange(10), seconds=n)
        name = sha256_hex(f"{n}".encode())[:32]
        truth[name] = row[label]
        issues.append(Issue(time.date(), time, name, name, "all", "", "en", vector))
    folded = fold(State(), issues, Parameters())
    names = sorted(truth)
    score = adjusted_rand_score([truth[n] for n in names], [folded.places[n].theme_id for n in names])
    assert score > assign_only, f"ARI {score:.3f}, {len(folded.state.themes)} themes"
