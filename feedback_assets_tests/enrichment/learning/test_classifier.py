"""Fitting a classifier gives one model from one set of rows, also the first time in a process, when its libraries are not yet loaded."""

import subprocess
import sys

FITTED_TWICE = """
import numpy as np
from feedback_assets.enrichment.learning.classifier import fit_classifier

words = [f"word{i}" for i in range(500)]
rows = np.random.default_rng(1)
labels = [f"label {i % 6}" for i in range(900)]
texts = [" ".join(words[i] for i in rows.integers(i % 6 * 60, i % 6 * 60 + 120, 12)) for i in range(900)]
first, second = (fit_classifier(texts, labels).voices(texts[:50]) for _ in range(2))
assert len(first) == 2, "without a network this shows little"
print([float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True)])
"""


def test_the_first_fit_of_a_process_and_the_second_give_the_same_model() -> None:
    done = subprocess.run([sys.executable, "-c", FITTED_TWICE], capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[0.0, 0.0]", 0), done.stderr
