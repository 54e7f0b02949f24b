"""Makes the language model from words with frequencies (sources.py). Needs numba beside the project's own packages.

Two parts: weights of character sequences by logistic regression, which judge any word; and a table of words whose languages these
sequences alone would not tell. The result is feedback_assets/silver/language/model.npz.
"""

import json
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from feedback_assets.silver.language.grams import rows
from feedback_assets.silver.language.scripts import MODELLED
from feedback_assets.silver.language.words import WORD, folded

BITS = 17
EXAMPLES = 140_000
POOL = 150_000
TEMPER = 0.42
FROM_MESSAGES = {"az": "", "cy": "", "eu": "", "ga": "", "gl": "", "af": "afrikaans", "et": "estonian", "sq": "albanian"}
"""Languages whose words come from translated messages above all, and their list of subtitle words where there is one."""
RARE = 3e-8
"""Share of running words below which a word of a large list is left out: mostly noise, and forms that a rule made."""
LISTED = 700_000
PASSES = 3
RATE = 0.25
SHRINK = 2e-7

RANGES = {
    "latin": (0x41, 0x2AF),
    "cyrillic": (0x400, 0x52F),
    "arabic": (0x600, 0x6FF),
    "devanagari": (0x900, 0x97F),
}
_WITHOUT = "af az cy et eu ga gl sq sw be kk mn mr ne"
WITHOUT_FREQUENCIES = frozenset(_WITHOUT.split())


def script_of(word: str) -> str:
    counts = {
        name: sum(low <= ord(c) <= high or (name == "latin" and 0x1E00 <= ord(c) <= 0x1EFF) for c in word)
        for name, (low, high) in RANGES.items()
    }
    return max(counts, key=lambda name: counts[name]) if max(counts.values()) == len(word) else ""


def load(folder: Path) -> dict[str, dict[str, float]]:
    """Words of every language in its own script, folded as the model folds them."""
    found: dict[str, dict[str, float]] = {}
    for script, codes in MODELLED.items():
        for code in codes:
            words: dict[str, float] = {}
            names = {"hr": ("hr", "bs"), "sr": ("sr", "sh")}.get(code, (code,))
            for name in names:
                if name == "sh":
                    from benchmarks.language_model.sources import cyrillic

                    raw = {
                        cyrillic(w): f
                        for w, f in json.loads((folder / "hr.json").read_text(encoding="utf-8")).items()
                        if not set(w) & set("qwxy")
                    }
                else:
                    raw = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                extra = folder / f"{name}.common.txt"
                if extra.exists():
                    for rank, word in enumerate(extra.read_text(encoding="utf-8").split()):
                        raw[word] = raw.get(word, 0) + 0.06 / (rank + 2)
                for word, f in list(raw.items())[:LISTED]:
                    if f < RARE and code not in WITHOUT_FREQUENCIES:
                        continue
                    for part in WORD.findall(folded(word)):
                        if len(part) <= 32 and script_of(part) == script:
                            words[part] = words.get(part, 0.0) + f
            total = sum(words.values())
            found[code] = {w: f / total for w, f in words.items()}
            print(code, len(words), flush=True)
    for code, name in FROM_MESSAGES.items():
        said = folder / "subtitles" / f"{name}.txt"
        without_english(found, code, frozenset(said.read_text(encoding="utf-8").split()[:5000]) if said.exists() else frozenset())
    return found


def without_english(words: dict[str, dict[str, float]], code: str, said: frozenset[str]) -> None:
    """Takes out what translators left in English, and bounds names and terms that messages repeat more than people do."""
    others = [words[c] for c in MODELLED["latin"] if c not in WITHOUT_FREQUENCIES and c != "en"]
    for word, f in list(words[code].items()):
        english = words["en"].get(word, 0.0)
        if english < 1e-7 or word in said:
            continue
        most = max(o.get(word, 0.0) for o in others)
        if english > most and (len(word) > 3 or f < english):
            words[code][word] = min(f, english) * 0.02
        elif len(word) > 3:
            words[code][word] = min(f, max(english, most))


def bare(word: str) -> str:
    """Without its accents, as people in a hurry write."""
    return (
        "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        .replace("ı", "i")
        .replace("ł", "l")
        .replace("ø", "o")
    )


@njit(cache=True, fastmath=True)
def descend(weights, sums, bias, slots, starts, order, labels, low, high, rate, shrink):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0917
    """One pass of stochastic gradient descent with AdaGrad steps by row."""
    width = high - low
    p = np.zeros(width, np.float32)
    loss = 0.0
    for o in range(len(order)):
        e = order[o]
        for j in range(width):
            p[j] = bias[low + j]
        for k in range(starts[e], starts[e + 1]):
            s = slots[k]
            if s:
                for j in range(width):
                    p[j] += weights[s, low + j]
        top = p[0]
        for j in range(width):
            top = max(top, p[j])
        total = np.float32(0)
        for j in range(width):
            p[j] = np.exp(p[j] - top)
            total += p[j]
        square = np.float32(0)
        for j in range(width):
            p[j] /= total
        y = labels[e] - low
        loss -= np.log(max(p[y], np.float32(1e-9)))
        p[y] -= np.float32(1)
        for j in range(width):
            square += p[j] * p[j]
        for j in range(width):
            bias[low + j] -= np.float32(0.0005) * p[j]
        for k in range(starts[e], starts[e + 1]):
            s = slots[k]
            if s:
                sums[s] += square
                step = np.float32(rate) / np.sqrt(sums[s] + np.float32(1))
                for j in range(width):
                    w = weights[s, low + j]
                    weights[s, low + j] = w - step * (p[j] + np.float32(shrink) * w)
    return loss / len(order)


def sequences(words: dict[str, dict[str, float]], seed: int = 11) -> tuple[Any, Any]:
    """(weights, bias) of the character sequences."""
    rng = np.random.default_rng(seed)
    columns = [code for codes in MODELLED.values() for code in codes]
    weights = np.zeros((1 << BITS, len(columns)), np.float32)
    sums = np.zeros(1 << BITS, np.float32)
    bias = np.zeros(len(columns), np.float32)
    low = 0
    for script, codes in MODELLED.items():
        high = low + len(codes)
        texts: list[str] = []
        labels: list[int] = []
        for i, code in enumerate(codes):
            listed = sorted(words[code].items(), key=lambda item: (-item[1], item[0]))
            names = np.array([w for w, _ in listed], dtype=object)
            f = np.array([f for _, f in listed])
            if len(names) > POOL:
                keep = np.sort(np.concatenate([np.arange(60_000), rng.choice(np.arange(60_000, len(names)), POOL - 60_000, replace=False)]))
                names, f = names[keep], f[keep]
            p = f**TEMPER
            drawn = list(names[rng.choice(len(names), size=EXAMPLES, p=p / p.sum())])
            if script == "latin":
                drawn += [bare(w) for w in drawn[: EXAMPLES // 12] if not w.isascii()]
            texts += drawn
            labels += [low + i] * len(drawn)
        slots, starts = rows(texts, BITS)
        starts = np.append(starts, len(slots))
        slots = slots.astype(np.int32)
        y = np.array(labels, np.int32)
        for turn in range(PASSES):
            began = time.time()
            order = rng.permutation(len(texts))
            loss = descend(weights, sums, bias, slots, starts, order, y, low, high, RATE, SHRINK)
            print(script, turn, len(texts), round(loss, 4), round(time.time() - began, 1), flush=True)
        low = high
    return weights, bias


def main(folder: str, prefix: str) -> None:
    """Writes the lists and the weights beside each other."""
    lists = load(Path(folder))
    Path(f"{prefix}.words.json").write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")
    weights, bias = sequences(lists)
    np.savez(f"{prefix}.grams.npz", weights=weights, bias=bias)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
