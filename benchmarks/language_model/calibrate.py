"""Fits one number a language, the model's prior, on the cases of the part `dev`. Writes it into model.json. Nothing else is tuned here."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from feedback_assets.silver.language import model
from feedback_assets.silver.language.detector import _sample, probabilities, sharpness
from feedback_assets.silver.language.scripts import MODELLED
from feedback_assets.silver.language.words import RUNNING, folded

STEPS = 400
RATE = 0.5
SELDOM = {"gl": 0.4}
"""Weight of a language that is written far less than those that it resembles."""
SHRINK = 0.02
MOST = 1.5


def sums_of(script: Any, files: list[Path], weight: dict[str, float]) -> tuple[Any, Any, Any]:
    """(sums over words of every case of the script's languages, their columns, their weights)."""
    rows = [(json.loads(line), weight.get(f.name.split(".")[2], 1.0)) for f in files for line in f.read_text(encoding="utf-8").splitlines()]
    words, labels, weights = [], [], []
    for row, w in rows:
        if row["language"] in script.codes:
            found = RUNNING.findall(folded(_sample(row["text"])))
            if found:
                words.append(found)
                labels.append(script.codes.index(row["language"]))
                weights.append(w)
    index = script.rows(words)
    lengths = np.array(list(map(len, index)))
    flat = np.concatenate([np.array(r) for r in index])
    sums = np.add.reduceat(script.scores[flat], np.cumsum(lengths) - lengths, axis=0) * sharpness(lengths)[:, None]
    return sums, np.array(labels), np.array(weights)


def main(folder: str, target: str) -> None:
    files = sorted(Path(folder).glob("*.dev.*.jsonl"))
    prior: dict[str, float] = {}
    models = model.load()
    for script in MODELLED:
        sums, labels, weights = sums_of(models[script], files, {"sentences": 0.5})
        seen = np.bincount(labels, minlength=sums.shape[1]) > 0
        bias = np.zeros(sums.shape[1])
        each = weights / np.bincount(labels, weights=weights, minlength=sums.shape[1])[labels]
        each = each * np.array([SELDOM.get(code, 1.0) for code in models[script].codes])[labels]
        for _ in range(STEPS):
            p = probabilities(sums + bias)
            p[np.arange(len(labels)), labels] -= 1
            bias -= RATE * ((p * each[:, None]).sum(axis=0) + SHRINK * bias)
            bias = np.clip(bias, -MOST, MOST)
        # A language without dev cases can only lose here: it stays as it is.
        bias = np.where(seen, bias, np.minimum(bias[seen].mean(), 0.0))
        before = float((sums.argmax(axis=1) == labels).mean())
        print(script, before, float(((sums + bias).argmax(axis=1) == labels).mean()))
        prior |= {code: round(float(b), 3) for code, b in zip(models[script].codes, bias, strict=True)}
    path = Path(target) / "model.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    described["prior"] = prior
    path.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    print(prior)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
