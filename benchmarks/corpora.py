"""The texts that text benchmarks run over: real feedback from ../shared/data, the golden set's texts where that is absent."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from feedback_assets.ground.settings import project_root

csv.field_size_limit(10**9)

_FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "support posts": ("firefox_support/dev_redacted_2020-10_2022-12.csv.gz", ("title", "content")),
    "support posts, not English": ("firefox_support/multilingual_dev_redacted_to2022.csv.gz", ("title", "content")),
    "app reviews": ("app_reviews_8apps/study2_reviews_8apps.csv.gz", ("Content",)),
    "shop reviews": ("womens_clothing_reviews/womens_ecommerce.csv.gz", ("Title", "Review Text")),
    "survey comments": ("nhs_fft_feedback/phase1_dev_no_overlap_with_v6.csv.gz", ("feedback",)),
}


def shared_data() -> Path | None:
    """The folder of real data beside the project; None where it is absent."""
    folder = project_root().parent / "shared" / "data"
    return folder if folder.is_dir() else None


def corpora(most: int) -> dict[str, list[str]]:
    """Name -> texts as their sources gave them, HTML and all: the first `most` of each that are not empty."""
    folder = shared_data()
    if folder is None:
        lines = [line for p in sorted((project_root() / "taxonomy" / "golden").glob("*.jsonl")) for line in p.read_text().splitlines()]
        return {"golden set": [json.loads(line)["text"] for line in lines][:most]}
    return {name: _texts(folder / path, columns, most) for name, (path, columns) in _FILES.items()}


def _texts(path: Path, columns: Sequence[str], most: int) -> list[str]:
    texts = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = "\n".join(row[c] for c in columns if row[c])
            if text:
                texts.append(text)
                if len(texts) == most:
                    break
    return texts
