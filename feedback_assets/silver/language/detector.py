"""Which language each text of a batch is in: by script, then by its words, then by its locale where these leave a doubt.

What is told of a text depends on the text and its locale alone, never on the texts beside it: a day comes out the same however it is cut
into batches. Not here: the model's file (model.py), stretches of several languages (mixed.py).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from feedback_assets.ground.placeholders import blanked
from feedback_assets.silver.language import mixed
from feedback_assets.silver.language.model import ScriptModel, load
from feedback_assets.silver.language.scripts import ALONE, LANGUAGES, MODELLED, latin_alone, script_of, shares
from feedback_assets.silver.language.told import NOTHING, UNKNOWN, Segment, Told
from feedback_assets.silver.language.words import RUNNING, folded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEAD = 130
"""Characters that are read of every text."""
TAIL = 60
"""Characters of a longer text's end that are read beside them."""
CHARACTERS = 1200
"""Characters that are read of a text whose head leaves a doubt or whose parts differ."""
MARGIN = 0.2
"""Least probability of an answer; below it the text is `und`."""
LOCALE_ODDS = 12.0
"""How much likelier the locale's language is than each other one, before anything is read."""
TEMPER = 0.9
"""What a word counts; more of them count less each (see `_sharpness`), because words that stand together are not independent."""

INSIDE = 0.02
"""Least probability that a text is in a language of the set; below it the text is `und`, whatever language of the set comes closest."""
FOREIGN = 0.15
"""Share of another script's letters from which a text is looked at for stretches in two languages."""

_SAME = {"nb": "no", "nn": "no", "fil": "tl", "in": "id", "iw": "he", "ji": "yi", "bs": "hr", "sh": "hr", "cmn": "zh", "yue": "zh"}


def canonical(code: str) -> str:
    """A code as this detector writes it: a locale's language alone, Norwegian and the South Slavic languages in Latin letters as one."""
    parts = code.strip().lower().replace("_", "-").split("-")
    if parts[0] == "sr" and "latn" in parts:
        return "hr"
    return _SAME.get(parts[0], parts[0])


@dataclass
class _Group:
    """The texts of one script: where they stand, their words, and whether they hold much of another script."""

    which: list[int] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)
    foreign: list[bool] = field(default_factory=list)


class Answers(NamedTuple):
    """The likeliest language of each text: its column and its probability."""

    best: "NDArray[np.int64]"
    sure: "NDArray[np.float32]"

    @classmethod
    def of(cls, sums: "NDArray[np.float32]") -> "Answers":
        """From rows of logarithms."""
        found = probabilities(sums)
        best = found.argmax(axis=1)
        return cls(best, found.max(axis=1))


class LanguageDetector:
    """Tells languages of one set. Making it is free; the first text loads the model."""

    def __init__(self, languages: Iterable[str] = LANGUAGES, margin: float = MARGIN) -> None:
        self.languages = frozenset(map(canonical, languages))
        self.margin = margin
        self._columns: dict[str, NDArray[np.float32]] = {}
        self._locales: dict[str, str] = {}

    def detect(self, text: str, locale: str = "") -> Told:
        """The same as `detect_batch` of one text."""
        return self.detect_batch([text], [locale])[0]

    def detect_batch(self, texts: Sequence[str], locales: Sequence[str] = ()) -> list[Told]:
        """What is told of each text. `locales`: as many as texts, or none; "de-AT", "de_AT", "de" or ""."""
        told: list[Told] = [NOTHING] * len(texts)
        asked: dict[str, _Group] = {}
        find = RUNNING.findall
        for i, text in enumerate(texts):
            sample = _sample(text)
            other = False
            if sample.isascii() or latin_alone(sample):
                script = "latin"
                found = find(folded(sample))
                if not found:
                    continue
            else:
                spread = shares(sample if len(sample) <= 120 else f"{sample[:80]}{sample[-40:]}")
                if not spread:
                    continue
                script = max(spread, key=lambda name: (spread[name], name))
                if script not in MODELLED:
                    told[i] = self._alone(text, script, spread, locales[i] if locales else "")
                    continue
                found = find(folded(sample))
                if not found:
                    continue
                if spread[script] < 0.999:
                    # Words of another script say nothing about the languages of this one.
                    found = [w for w in found if script_of(w[0]) == script]
                    if not found:
                        continue
                    other = 1 - spread[script] > FOREIGN
            group = asked.get(script) or asked.setdefault(script, _Group())
            group.which.append(i)
            group.words.append(found)
            group.foreign.append(other)
        for script, group in asked.items():
            for i, answer in zip(group.which, self._by_words(script, group, texts, locales), strict=True):
                told[i] = answer
        return told

    def _by_words(self, script: str, group: "_Group", texts: Sequence[str], locales: Sequence[str]) -> list[Told]:
        import numpy as np

        model = load()[script]
        rows = model.rows(group.words)
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))
        starts = np.cumsum(lengths) - lengths
        scores = model.scores[flat]
        sums = np.add.reduceat(scores, starts, axis=0) * sharpness(lengths)[:, None] + model.prior
        inside = np.ones(len(rows), dtype=np.float32)
        allowed = self._allowed(script, model)
        if allowed is not None:
            if not np.isfinite(allowed).any():
                return [Told(UNKNOWN, 0.0, "script")] * len(rows)
            # How likely it is that the text is in any language of the set at all.
            inside = probabilities(sums)[:, np.isfinite(allowed)].sum(axis=1)
            sums += allowed
        plain = Answers.of(sums)
        final = plain
        if locales and (homes := [self._home(locales[i]) for i in group.which]).count("") < len(homes):
            final = Answers.of(sums + np.float32(math.log(LOCALE_ODDS)) * self._priors(homes, model.codes))
        # Words that another language fits far better: enough of them, and the text is looked at for stretches.
        away = (model.best[flat] - scores[np.arange(len(flat)), np.repeat(plain.best, lengths)]) > mixed.AWAY
        strays = np.add.reduceat(away.astype(np.int64), starts)
        looked = np.flatnonzero((strays >= mixed.STRAYS) | np.array(group.foreign, dtype=bool)).tolist()
        codes = model.codes
        told: list[Told] = []
        for p, at, before, at_before, known in zip(
            final.sure.tolist(), final.best.tolist(), plain.sure.tolist(), plain.best.tolist(), inside.tolist(), strict=True
        ):
            basis = "text+locale" if at != at_before or before < self.margin <= p else "text"
            language = codes[at] if p >= self.margin and known >= INSIDE else UNKNOWN
            told.append(Told(language, round(min(p, known) if known < INSIDE else p, 4), basis))
        for n in looked:
            own = scores[starts[n] : starts[n] + lengths[n]]
            if group.foreign[n] or mixed.worth_it(own, int(plain.best[n])):
                told[n] = told[n]._replace(segments=self._mixed(texts[group.which[n]], codes[int(final.best[n])]))
        return told

    @staticmethod
    def _priors(homes: list[str], codes: tuple[str, ...]) -> "NDArray[np.float32]":
        """1 in the column of each text's home language."""
        import numpy as np

        places = {code: n for n, code in enumerate(codes)}
        column = np.array([places.get(home, len(codes)) for home in homes])
        result: NDArray[np.float32] = np.eye(len(codes) + 1, dtype=np.float32)[column][:, :-1]
        return result

    def _mixed(self, text: str, main: str) -> "tuple[Segment, ...]":
        return mixed.segments(blanked(text[:CHARACTERS]), main, self.languages)

    def _alone(self, text: str, script: str, spread: dict[str, float], locale: str) -> Told:
        code = ALONE.get(script, UNKNOWN)
        share = round(spread[script], 4)
        home = self._home(locale)
        basis = "script"
        if script == "bengali" and any(c in text for c in "\u09f0\u09f1"):
            code = "as"
        if script == "han" and home == "ja" and len(text) <= 24:
            code, basis = "ja", "script+locale"
        if code not in self.languages or share < self.margin:
            return Told(UNKNOWN, share, basis)
        segments: tuple[Segment, ...] = ()
        if 1 - share > FOREIGN:
            segments = self._mixed(text, code)
        return Told(code, share, basis, segments)

    def _allowed(self, script: str, model: ScriptModel) -> "NDArray[np.float32] | None":
        """What to add to each language of the script; nothing where all of them are in the set."""
        import numpy as np

        if self.languages.issuperset(model.codes):
            return None
        if script not in self._columns:
            self._columns[script] = np.array([0.0 if code in self.languages else -np.inf for code in model.codes], dtype=np.float32)
        return self._columns[script]

    def _home(self, locale: str) -> str:
        if locale not in self._locales:
            if len(self._locales) > 4096:
                self._locales.clear()
            self._locales[locale] = canonical(locale)
        return self._locales[locale]


def _sample(text: str) -> str:
    """The head, and the end of a longer text, without placeholders and without a word cut in two."""
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD].rpartition(' ')[0] or text[:HEAD]} {text[-TAIL:].partition(' ')[2]}"
    return blanked(text) if "[" in text else text


def sharpness(lengths: "NDArray[np.int64]") -> "NDArray[np.float32]":
    """What the sum over that many words is multiplied with before it is a probability's logarithm."""
    import numpy as np

    result: NDArray[np.float32] = (TEMPER / np.sqrt(1 + 0.08 * (lengths - 1))).astype(np.float32)
    return result


def probabilities(scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Rows of logarithms as probabilities that add up to 1."""
    import numpy as np

    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return result
