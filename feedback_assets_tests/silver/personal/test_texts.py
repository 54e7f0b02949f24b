"""Texts in sixteen languages that people of the project wrote, with traps: what must be found, and what must stay."""

import json
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.evaluation.pii import measure

FOLDER = Path(__file__).parents[1] / "personal_texts"


def texts(part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("part", ["dev", "test"])
def test_structured_kinds_are_found_in_every_language_and_traps_stay(part: str) -> None:
    rows = texts(part)
    assert len({row["language"] for row in rows}) >= 10
    figures = measure(rows).figures
    assert figures["f1"] >= 0.95, figures
    assert figures["precision"] >= 0.95, figures


@pytest.mark.data
def test_structured_kinds_of_the_synthetic_corpus_are_found(shared: Path) -> None:
    import gzip

    with gzip.open(shared / "data" / "presidio_synth_pii" / "generated_large.jsonl.gz", "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    figures = measure(rows).figures
    assert figures["f1"] >= 0.95, figures
    assert {"PERSON", "ADDRESS"} <= set(figures["not_covered"])
