"""Which language a text is in: by script where the script tells, else py3langid restricted to a set. No translation, no locale parsing
beyond its language."""

import math
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"

_CODES = (
    "ar bg bn ca cs da de el en es et fa fi fr gu he hi hr hu hy id it ja ka kn ko lt lv mk ml mr ms nb ne nl no pa pl pt ro ru sk sl sq "
    "sr sv ta te th tr uk ur vi zh"
)
LANGUAGES = tuple(_CODES.split())
"""ISO 639-1 codes that are told apart unless a site sets others."""

FIRST_CHARACTERS = 140
"""Characters that the model reads first, byte by byte at about 1 µs each. A sure answer ends it there."""
SURE = 0.95
CHARACTERS = 600
"""Characters that are looked at when the first ones leave a doubt."""
SHORT = 24
"""Letters below which the locale counts as a prior."""
MARGIN = 0.5
"""Least probability of an answer; below it the text is `und`."""
LOCALE_WEIGHT = 1.5
"""Added to the log score of the locale's language for a text of no letters; fades to one at SHORT letters."""

_NOISE = re.compile(r"\[[A-Z_]{2,16}\]|(?:https?://|www\.)\S+|\.(?:com|org|net|de|io)\b\S*|[\d_]+|[#@]\w+")
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ebef]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("hy", re.compile("[\u0531-\u058f]")),
    ("ka", re.compile("[\u10a0-\u10ff\u1c90-\u1cbf]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("kn", re.compile("[\u0c80-\u0cff]")),
    ("ml", re.compile("[\u0d00-\u0d7f]")),
)
_NOT_LATIN = re.compile("[\u0370-\u1fff\u3041-\ud7a3\uff66-\uff9d\U00020000-\U0002ebef]")
_SAME = {"nb": "no", "nn": "no"}


# Words that only one language of the set uses often. Several of one language and none of another: the model would say the same.
_TELLING = {
    word: code
    for code, words in {
        "en": "the and my this that with you when cannot would there from what please your they been which how after because every could "
        "should does doesn't don't can't it's i'm",
        "de": "und ich nicht auch aber wenn wird eine kann habe immer keine nach bei das mehr wieder mein",
        "fr": "je une dans avec vous nous cette sont être depuis très c'est n'est j'ai mon qui",
        "es": "los pero muy cuando puedo tengo hay después también desde las mi y",
        "pt": "não você uma meu minha isso também muito estou fazer tem ao",
        "it": "che non sono della il mio questo perché anche gli più ho",
        "nl": "het een niet maar ik mijn zijn wordt deze geen",
    }.items()
    for word in words.split()
}
_TELLING_WORDS = 3
_WORD_EDGE = ".,;:!?()\"“”…'"


class LanguageDetector:
    """Tells languages of one set. Making it is free; the first text loads the model (about 0.3 s)."""

    def __init__(self, languages: tuple[str, ...] = LANGUAGES) -> None:
        self.languages = frozenset(languages)

    def detect(self, text: str, locale: str = "") -> tuple[str, float]:
        """(ISO 639-1 code or `und`, confidence 0 to 1). `locale` is a prior for short texts alone; an empty text is `und`, 0."""
        sample = " ".join(_NOISE.sub(" ", text[: 2 * CHARACTERS]).split())[:CHARACTERS]
        if sample.isascii() and (spoken := self._by_words(sample)) is not None:
            return spoken
        letters = sum(map(str.isalpha, sample))
        if letters == 0:
            return UNKNOWN, 0.0
        if not sample.isascii() and (written := self._by_script(sample, letters)) is not None:
            return written
        if not sample.isascii() and (spoken := self._by_words(sample)) is not None:
            return spoken
        if sum(map(str.isupper, sample)) * 2 > letters:
            sample = sample.lower()  # the model knows shouting less well than speech
        prior = _language_of(locale)
        if len(sample) > FIRST_CHARACTERS + 40:
            head = sample[:FIRST_CHARACTERS]
            told = self._by_model(head, sum(map(str.isalpha, head)), prior)
            if told[1] >= SURE:
                return told
        return self._by_model(sample, letters, prior)

    def _by_script(self, sample: str, letters: int) -> tuple[str, float] | None:
        foreign = len(_NOT_LATIN.findall(sample))
        if foreign * 2 < letters * 0.6:
            return None
        counts = {code: n for code, pattern in _SCRIPTS if (n := len(pattern.findall(sample)))}
        if "ja" in counts and "zh" in counts:
            # Japanese mixes both; Chinese has no kana.
            counts["ja"] += counts.pop("zh")
        if not counts:
            return None
        code, n = max(counts.items(), key=lambda item: (item[1], item[0]))
        if n * 2 < foreign or code not in self.languages:
            return None
        return code, round(min(1.0, 0.6 + 0.4 * n / letters), 4)

    def _by_words(self, sample: str) -> tuple[str, float] | None:
        seen = {word.strip(_WORD_EDGE) for word in sample.lower().replace("’", "'").split()}
        told = [_TELLING[word] for word in seen if word in _TELLING]
        if len(told) >= _TELLING_WORDS and len(set(told)) == 1 and told[0] in self.languages:
            return told[0], 0.99
        return None

    def _by_model(self, sample: str, letters: int, prior: str) -> tuple[str, float]:
        labels, columns = self._labels
        scores = self._model._decide(sample)  # its public rank() sorts all labels, which costs a third of the speed
        total: dict[str, float] = {}
        for label, column in zip(labels, scores.tolist(), strict=True):
            if column > 0:
                total[label] = total.get(label, 0.0) + column
        if prior in columns and letters < SHORT:
            weight = math.exp(LOCALE_WEIGHT * (1 - letters / SHORT) + 1)
            total[prior] = total.get(prior, 0.0) * weight
            whole = sum(total.values())
            total = {label: p / whole for label, p in total.items()}
        code, p = max(total.items(), key=lambda item: (item[1], item[0]), default=(UNKNOWN, 0.0))
        if p < MARGIN:
            return UNKNOWN, round(p, 4)
        return code, round(p, 4)

    @cached_property
    def _labels(self) -> tuple[list[str], frozenset[str]]:
        labels = [_SAME.get(c, c) for c in self._model.nb_classes]
        return labels, frozenset(labels)

    @cached_property
    def _model(self) -> "LanguageIdentifier":
        return _load(self.languages)


@lru_cache(maxsize=4)
def _load(languages: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(sorted(languages & set(model.labels)))
    return model


def _language_of(locale: str) -> str:
    code = re.split(r"[-_]", locale.strip().lower(), maxsplit=1)[0]
    return _SAME.get(code, code)
