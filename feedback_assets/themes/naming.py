"""Names of themes: the terms that tell one theme from the others of its language, in readable order. Pure but for the embedder.

Terms are words and pairs of words; in scripts without spaces, runs of one script and short character sequences. They are weighed by
class-based TF-IDF (Grootendorst, "BERTopic", 2022, with texts counted once a term), then by nearness to the theme's centre.

A name never holds an id, a hash or a piece of one. Themes that would share a name are told apart by further terms, then by what they are
filed under, then by language, then by a number in the order in which they were founded.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING

from feedback_assets.themes.stop_words import STOP_WORDS
from feedback_assets.themes.wording import BETWEEN, plain

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from feedback_assets.themes.embedders.interface import Embedder

NAMING_VERSION = "naming-3"
"""Names of different versions are never mixed: when it changes, all themes are named anew."""
MOST_TEXTS = 200
"""A theme is named by its first texts: its name settles, and the work is bounded."""
CANDIDATES = 24
TERMS = 8
IN_NAME = 3
LEAST_SHARE = 0.08
"""Fewest texts of a theme that a term of it is in."""
STRONG = 0.45
"""A further term in a name scores at least this share of the first."""
PAIR = 1.3
"""How much more a pair of words weighs than its rarity says: it reads better."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ID = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|\b(?=\w*\d)(?=\w*[^\W\d_])(?:\w*\d[^\W\d_]+\d\w*|\w*[^\W\d_]\d+[^\W\d_]\w*)\b",  # letters and digits mixed: not "win10"
    re.IGNORECASE | re.ASCII,
)
_BUILD = re.compile(r"(?=[a-z]*\d)[0-9a-z]{7,}", re.IGNORECASE)
"""A version that is a commit or a build number names nothing."""
_PARTICLE_VERB = re.compile(r"\b(log|logging|logged|sign|signing|signed|pop|set|start|shut|freeze|lock|locked)\s(in|out|up|down|off)\b")
_CLAUSE = re.compile(r"[.!?;:,()\"\n…]+|\s[-–—]\s")
_KATAKANA = r"[\u30a1-\u30fa\u30fc]"
_HAN = r"[\u4e00-\u9fff\u3400-\u4dbf\u3005]"
_THAI = r"[\u0e01-\u0e4e]"
_UNSPACED = re.compile(f"{_KATAKANA}{{2,}}|{_HAN}{{2,}}|{_THAI}{{3,}}")
_UNSPACED_OR_KANA = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u3005\u4e00-\u9fff\u0e01-\u0e4e]+")
_HAS_HAN = re.compile(_HAN)
_HAS_THAI = re.compile(_THAI)


Counted = Mapping[str, Mapping[str, int]]
"""Term -> form in which it stands -> in how many texts it stands so, each at least once."""


@dataclass(frozen=True)
class Subject:
    """What is known of a theme when it is named.

    texts: wordings of issues in force. fallback names it when no term does. category, language and founded (ISO) tell themes apart that
    would share a name. counted: what count_terms gives for the first MOST_TEXTS texts, where somebody kept it.
    """

    theme_id: str
    language: str
    texts: Sequence[str]
    centroid: "npt.NDArray[np.float32]"
    fallback: str
    version: str = ""
    category: str = ""
    founded: str = ""
    counted: Counted | None = None


@dataclass(frozen=True)
class Naming:
    """A readable name, and the terms that it was made from, best first."""

    name: str
    terms: tuple[str, ...]


def name_themes(subjects: Sequence[Subject], embedder: "Embedder") -> dict[str, Naming]:
    """A name for each; no two alike. Depends on the subjects alone, not on their order."""
    ordered = sorted(subjects, key=lambda s: s.theme_id)
    languages: dict[str, list[Subject]] = defaultdict(list)
    for subject in ordered:
        languages[subject.language].append(subject)
    candidates: dict[str, list[_Term]] = {}
    for language, members in languages.items():
        candidates.update(_candidates(members, language))
    ranked = _near_centre(ordered, candidates, embedder)
    return _distinct(ordered, ranked)


def terms_of(text: str, stop: frozenset[str]) -> dict[str, str]:
    """Term -> how it stands in the text: words, pairs of words of a clause with at most two stop words between ("export pdf" ->
    "export to pdf"), and sequences of scripts without spaces."""
    found: dict[str, str] = {}
    for clause in _CLAUSE.split(_ID.sub("\n", text.replace(BETWEEN, "\n")).lower()):
        for run in _UNSPACED.findall(clause):
            found.update({piece: piece for piece in _sequences(run)})
        words = _WORD.findall(_PARTICLE_VERB.sub(r"\1-\2", _UNSPACED_OR_KANA.sub(" ", clause)))
        telling = [k for k, w in enumerate(words) if w not in stop and (len(w) > 2 or not w.isascii())]
        found.update({words[k]: words[k] for k in telling})
        for a, b in pairwise(telling):
            if b - a <= 3 and words[a] != words[b]:
                found.setdefault(f"{words[a]} {words[b]}", " ".join(words[a : b + 1]))
    return found


def count_terms(texts: Iterable[str], language: str) -> dict[str, Counter[str]]:
    """The terms of these texts, as Counted."""
    stop = STOP_WORDS.get(language, frozenset())
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for term, form in terms_of(plain(text), stop).items():
            forms[term][form] += 1
    return dict(forms)


def recount_terms(counted: Counted, before: Sequence[str], after: Sequence[str], language: str) -> dict[str, dict[str, int]]:
    """count_terms(after) from what it gave for `before`: only texts that came or went are read."""
    came, gone = Counter(after), Counter(before)
    came, gone = came - gone, gone - came
    result = {term: dict(forms) for term, forms in counted.items()}
    for sign, texts in ((1, came), (-1, gone)):
        for term, changed in count_terms(texts.elements(), language).items():
            forms = result.setdefault(term, {})
            for form, n in changed.items():
                forms[form] = forms.get(form, 0) + sign * n
    for term in [t for t, forms in result.items() if not all(forms.values())]:
        result[term] = {form: n for form, n in result[term].items() if n}
        if not result[term]:
            del result[term]
    return result


def _sequences(run: str) -> set[str]:
    """A short run whole; pieces of a long one, which nothing separates into words."""
    if _HAS_THAI.match(run):
        lengths, whole = range(4, 9), 12
    elif _HAS_HAN.match(run):
        lengths, whole = range(2, 5), 4
    else:
        return {run}
    pieces = {run[i : i + n] for n in lengths for i in range(len(run) - n + 1)}
    return pieces | {run} if len(run) <= whole else pieces


@dataclass(frozen=True)
class _Term:
    """A term of one theme: as it is shown, the share of texts that have it, its weight."""

    term: str
    shown: str
    share: float
    weight: float


def _candidates(subjects: Sequence[Subject], language: str) -> dict[str, list[_Term]]:
    """The terms with the highest class-based TF-IDF of each theme of one language."""
    shares: dict[str, dict[str, float]] = {}
    shown: dict[str, Counted] = {}
    everywhere: dict[str, float] = defaultdict(float)
    for subject in subjects:
        texts = min(len(subject.texts), MOST_TEXTS)
        forms: Counted = count_terms(subject.texts[:MOST_TEXTS], language) if subject.counted is None else subject.counted
        totals = {term: sum(counted.values()) for term, counted in forms.items()}
        least = max(2 if texts > 2 else 1, LEAST_SHARE * texts)
        shown[subject.theme_id] = forms
        shares[subject.theme_id] = {term: n / texts for term, n in totals.items() if n >= least}
        for term, n in totals.items():
            everywhere[term] += n / texts
    result: dict[str, list[_Term]] = {}
    for subject in subjects:
        weighed = []
        for term, share in shares[subject.theme_id].items():
            rare = math.log(1 + len(subjects) / everywhere[term]) if len(subjects) > 1 else 1.0
            longer = PAIR if " " in term or (len(term) > 2 and not term.isascii()) else 1.0
            counted = shown[subject.theme_id][term]
            form = min(counted, key=lambda f: (-counted[f], len(f), f))
            weighed.append(_Term(term, form, share, round(math.sqrt(share) * rare * longer, 6)))
        weighed.sort(key=lambda t: (-t.weight, t.term))
        whole = [
            t for t in weighed if not any(t.term != o.term and t.term in o.term and o.share >= 0.8 * t.share for o in weighed[:CANDIDATES])
        ]
        result[subject.theme_id] = whole[:CANDIDATES]
    return result


def _near_centre(
    subjects: Sequence[Subject], candidates: Mapping[str, Sequence[_Term]], embedder: "Embedder"
) -> dict[str, list[tuple[str, float]]]:
    """Candidates as shown, by weight and by cosine to the theme's centre; with the score."""
    import numpy as np

    vocabulary = sorted({t.shown for listed in candidates.values() for t in listed})
    vectors = np.nan_to_num(embedder.embed(vocabulary)).astype(np.float64)  # a term that has none now is near to nothing
    row = {term: k for k, term in enumerate(vocabulary)}
    ranked: dict[str, list[tuple[str, float]]] = {}
    for subject in subjects:
        listed = candidates[subject.theme_id]
        cosines = (vectors[[row[t.shown] for t in listed]] @ subject.centroid.astype(np.float64)).tolist() if listed else []
        scored = [(t.shown, round(t.weight * (0.5 + max(0.0, c)), 5)) for t, c in zip(listed, cosines, strict=True)]
        ranked[subject.theme_id] = sorted(scored, key=lambda ts: (-ts[1], ts[0]))
    return ranked


def _overlaps(term: str, chosen: Sequence[str]) -> bool:
    """Says again what a chosen term says: shares a word (or its beginning), or a stretch of characters."""
    for other in chosen:
        if term in other or other in term:
            return True
        if term.isascii() and other.isascii():
            stems = {w[:5] for w in other.split()}
            if any(w[:5] in stems for w in term.split()):
                return True
        elif any(term[i : i + 2] in other for i in range(len(term) - 1) if not term[i : i + 2].isspace()):
            return True
    return False


def _distinct(subjects: Sequence[Subject], ranked: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, Naming]:
    """Names, no two alike: who was founded first has the first choice."""
    named: dict[str, Naming] = {}
    taken: set[str] = set()
    for subject in sorted(subjects, key=lambda s: (s.founded, s.theme_id)):
        terms, strong = _chosen(ranked[subject.theme_id])
        filed = [f for f in (subject.fallback, subject.category) if f]
        base = list(terms[:strong]) or filed[:1] or [subject.language]
        if strong == 1 and base[0].isascii() and " " not in base[0]:
            # One word alone says too little.
            base += [f for f in (*terms[1:], *filed) if not _overlaps(f, base)][:1]
        version = [subject.version] if subject.version and not _BUILD.search(subject.version) else []
        name = next(n for n in _names(base, [*terms[strong:], *filed, subject.language], version) if n not in taken)
        taken.add(name)
        named[subject.theme_id] = Naming(name, tuple(terms))
    return named


def _chosen(ranked: Sequence[tuple[str, float]]) -> tuple[list[str], int]:
    """The best terms that do not say the same, and how many of them are strong enough for a name."""
    chosen: list[str] = []
    scores: list[float] = []
    for term, score in ranked:
        if len(chosen) < TERMS and not _overlaps(term, chosen):
            chosen.append(term)
            scores.append(score)
    return chosen, sum(score >= STRONG * scores[0] for score in scores[:IN_NAME])


def _names(base: Sequence[str], extras: Sequence[str], version: Sequence[str]) -> Iterator[str]:
    """The name, the name with one thing more, the name with a number: without end."""
    for extra in ([], *([e] for e in extras if e and e not in base)):
        yield " · ".join([*base, *extra, *version])
    for n in count(2):
        yield " · ".join([*base, *version]) + f" ({n})"
