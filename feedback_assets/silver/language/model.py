"""The stored model: how likely each word is in each language of its script. Not here: texts, locales, margins."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from feedback_assets.ground.errors import FeedbackError
from feedback_assets.silver.language.grams import ORDERS, rows, triples
from feedback_assets.silver.language.scripts import MODELLED
from feedback_assets.silver.language.words import LONGEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLOOR = -6.0
"""Least logarithm of a probability: one word never rules a language out."""
LEVELS = (0.0, -0.7, -1.8, -3.4)
"""How far below a listed word's likeliest language another language of that word stands."""
FREQUENT_STEP = 0.05
PROBES = 8
"""Places in the table of words where one may stand."""
WORD_WEIGHT = 0.75
"""Weight of the table against the character sequences for a word that the table lists."""

_CACHED = 1 << 16
_MULTIPLIER = 0x9E3779B97F4A7C15


class ModelError(FeedbackError):
    """The model's file is missing, of another version, or not the one that its description names."""


def keys(words: Sequence[str]) -> "NDArray[np.uint64]":
    """A number for each word: the first 8 bytes of its BLAKE2 digest."""
    import numpy as np

    digest = hashlib.blake2b
    joined = b"".join(digest(w.encode("utf-8", "replace"), digest_size=8).digest() for w in words)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


class Parts(NamedTuple):
    """What is stored of one script."""

    weights: "NDArray[np.int8]"
    """What each character sequence says for each language, in steps of the model's scale."""
    bias: "NDArray[np.float32]"
    words: "NDArray[np.uint64]"
    """The table of words; see `unpacked`."""
    frequent_keys: "NDArray[np.uint64]"
    """Of the most frequent words, in order."""
    frequent: "NDArray[np.int8]"
    """What each of these says for every language, in steps of FREQUENT_STEP below its likeliest: there is no room for all in an entry."""
    usual: "NDArray[np.bool_]"
    """Which triples of characters any of the languages uses."""


class ScriptModel:
    """The languages of one script. Remembers words that came before, at most `_CACHED`; what it answers depends on the word alone."""

    def __init__(self, codes: tuple[str, ...], parts: "Parts", scale: float, prior: Mapping[str, float] | None = None) -> None:
        import numpy as np

        self.codes = codes
        self.prior = np.array([(prior or {}).get(code, 0.0) for code in codes], dtype=np.float32)
        """Added once to the sum over a text's words: the lists of words that the model is made from are of different depth."""
        self._weights = parts.weights.astype(np.int16)
        self._scale = scale
        self._bias = parts.bias
        self._table = parts.words
        self._frequent_keys = parts.frequent_keys
        self._frequent = parts.frequent
        self._usual = parts.usual
        self._bits = int(parts.weights.shape[0]).bit_length() - 1
        self._known: dict[str, int] = {}
        self.scores = np.zeros((1024, len(codes)), dtype=np.float32)
        """A row for each word: natural logarithm of the probability of each language, given the word alone."""
        self.best = np.zeros(1024, dtype=np.float32)
        """The greatest of each row."""

    def rows(self, words: Sequence[Sequence[str]]) -> list[list[int]]:
        """Rows of `scores` for the words of every text. They hold until the next call."""
        known = self._known
        try:
            return [[known[w] for w in text] for text in words]
        except KeyError:
            pass
        missing = dict.fromkeys(w for text in words for w in text if w not in known)
        if len(known) + len(missing) > _CACHED:
            known.clear()
            missing = dict.fromkeys(w for text in words for w in text)
        self._learn(list(missing))
        return [[known[w] for w in text] for text in words]

    def of(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """The rows of some words."""
        at = self.rows([words])[0]
        found: NDArray[np.float32] = self.scores.take(at, axis=0)
        return found

    def _learn(self, words: list[str]) -> None:
        import numpy as np

        first = len(self._known)
        need = first + len(words)
        if need > len(self.scores):
            room = max(2 * len(self.scores), need)
            self.scores = np.concatenate([self.scores[:first], np.zeros((room - first, len(self.codes)), dtype=np.float32)])
            self.best = np.concatenate([self.best[:first], np.zeros(room - first, dtype=np.float32)])
        for at in range(0, len(words), 4096):
            part = words[at : at + 4096]
            found = self.judged(part)
            self.scores[first + at : first + at + len(part)] = found
            self.best[first + at : first + at + len(part)] = found.max(axis=1)
        self._known.update(zip(words, range(first, need), strict=True))

    def judged(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """A row of `scores` for each word."""
        import numpy as np

        cut = [w[:LONGEST] for w in words]
        scores = self.by_sequences(cut) * self._plausible(cut)[:, None]
        scores -= _log_total(scores)
        key = keys(cut)
        at, listed = self._listed(key)
        if len(at):
            scores[at] = WORD_WEIGHT * listed + (1 - WORD_WEIGHT) * scores[at]
            scores[at] -= _log_total(scores[at])
        if len(self._frequent_keys):
            place = np.minimum(np.searchsorted(self._frequent_keys, key), len(self._frequent_keys) - 1)
            at = np.flatnonzero(self._frequent_keys[place] == key)
            if len(at):
                scores[at] = self._frequent[place[at]] * np.float32(-FREQUENT_STEP)
                scores[at] -= _log_total(scores[at])
        bounded: NDArray[np.float32] = np.maximum(scores, np.float32(FLOOR))
        return bounded

    def by_sequences(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """Logarithms of probabilities from character sequences alone."""
        import numpy as np

        slots, starts = rows(words, self._bits)
        slots = slots.reshape(-1, ORDERS)
        # Sums of at most ORDERS * LONGEST bytes fit 16 bits.
        places = self._weights[slots[:, 0]]
        for n in range(1, ORDERS):
            places += self._weights[slots[:, n]]
        sums = np.add.reduceat(places, starts // ORDERS, axis=0)
        scores: NDArray[np.float32] = sums.astype(np.float32) * np.float32(self._scale) + self._bias
        scores -= _log_total(scores)
        return scores

    def _plausible(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """1 for what could be a word of some language, down to almost nothing for a slip over the keys."""
        import numpy as np

        numbers, starts = triples(words)
        strange = np.add.reduceat((~self._usual[numbers]).astype(np.float32), starts) / np.diff(np.append(starts, len(numbers)))
        result: NDArray[np.float32] = np.clip(1.5 - 2 * strange, 0.1, 1.0).astype(np.float32)
        return result

    def _listed(self, key: "NDArray[np.uint64]") -> "tuple[NDArray[np.int64], NDArray[np.float32]]":
        """(which of the keys the table lists, their logarithms of probabilities)."""
        import numpy as np

        place, mark = placed(key, len(self._table))
        entry = np.zeros(len(key), dtype=np.uint64)
        for probe in range(PROBES):
            found = self._table[(place + np.uint64(probe)) % np.uint64(len(self._table))]
            entry = np.where((entry == 0) & (found >> np.uint64(48) == mark) & (found != 0), found, entry)
        at = np.flatnonzero(entry)
        return at, unpacked(entry[at], len(self.codes))


def placed(key: "NDArray[np.uint64]", size: int) -> "tuple[NDArray[np.uint64], NDArray[np.uint64]]":
    """(place in a table of that size, 16 bits that the entry repeats) of each key."""
    import numpy as np

    return key % np.uint64(size), key >> np.uint64(48)


def unpacked(entries: "NDArray[np.uint64]", width: int) -> "NDArray[np.float32]":
    """Entries of the table as logarithms of probabilities. An entry: 16 bits of the word's key, then up to six (language + 1, level)."""
    import numpy as np

    levels = np.array(LEVELS, dtype=np.float32)
    scores = np.full((len(entries), width + 1), FLOOR, dtype=np.float32)
    which = np.arange(len(entries))
    for n in range(6):
        byte = (entries >> np.uint64(8 * n)) & np.uint64(0xFF)
        column = (byte >> np.uint64(2)).astype(np.int64)
        # Column 0 stands for none and is cut off.
        scores[which, column] = levels[(byte & np.uint64(3)).astype(np.int64)]
    scores = scores[:, 1:]
    scores -= _log_total(scores)
    return scores


def _log_total(scores: "NDArray[Any]") -> "NDArray[np.float32]":
    import numpy as np

    top = scores.max(axis=1, keepdims=True)
    total: NDArray[np.float32] = top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True, dtype=np.float32))
    return total


@lru_cache(maxsize=1)
def load() -> dict[str, ScriptModel]:
    """The model that stands beside this module, by script. Raises ModelError."""
    import io

    import numpy as np

    folder = files("feedback_assets.silver.language")
    try:
        described = json.loads(folder.joinpath("model.json").read_text(encoding="utf-8"))
        data = folder.joinpath("model.npz").read_bytes()
    except FileNotFoundError as e:
        raise ModelError(f"language model: {e.filename} is missing; install the package again") from None
    found = hashlib.sha256(data).hexdigest()
    if found != described["sha256"]:
        raise ModelError(f"language model: model.npz has sha256 {found}, model.json names {described['sha256']}; install the package again")
    models = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        for script, codes in MODELLED.items():
            if described["columns"].get(script) != list(codes):
                raise ModelError(
                    f"language model: the languages of script {script} are not those of this version; install the package again"
                )
            usual = np.unpackbits(arrays[f"{script}_usual"]).astype(bool)
            names = ("weights", "bias", "words", "frequent_keys", "frequent")
            weights, bias, words, frequent_keys, frequent = (arrays[f"{script}_{name}"] for name in names)
            parts = Parts(weights, bias, words, frequent_keys, frequent, usual)
            models[script] = ScriptModel(codes, parts, float(described["scale"]), described["prior"])
    return models
