"""The rule tier: the taxonomy's phrases, with guards for what is over, denied, only feared or asked.

Not here: the phrases themselves (taxonomy/), nor how sure is sure enough (cascade.py).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from feedback_assets.enrichment.phrases import WORD, Phrase, PhraseIndex, fold
from feedback_assets.enrichment.segments import clauses, sentences
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.tiers.interface import Candidate, EventText, Reading, Span

CODE_VERSION = "1"
_ATTEMPT = 0.6
_DOUBT = 0.55
_BEATEN = 0.75
_ASKED = {"sure": 0.9, "likely": 0.75}
"""A question may hide a complaint (how do I stop the crashes?), so only what is less sure loses much."""
_MOST_SPANS = 3
_SHORT = 40
_STOPS_NEGATION = frozenset(["stop", "stops", "but", "only", "just", "until", "unless", "without"])
_GUARDS = ("resolved", "hypothetical", "attempt", "negators", "question")
_REMEMBERED = 16_384
"""Sentences whose matches are remembered: people and forms say the same again and again."""


@dataclass(frozen=True)
class _Meaning:
    kind: str
    category: str = ""
    subcategory: str = ""
    strength: float = 0.0
    grade: str = ""


class _Hit(NamedTuple):
    meaning: _Meaning
    start: int
    end: int
    sentence: Span
    weight: float


class _Found(NamedTuple):
    """What the phrases say of one sentence, places counted from its beginning.

    hits: (meaning, start, end, how much it loses because the sentence asks). attempt: it tells what the customer tried.
    """

    hits: tuple[tuple[_Meaning, int, int, float], ...]
    attempt: bool
    troubled: bool
    doubts: frozenset[str]


_NOTHING = _Found((), attempt=False, troubled=False, doubts=frozenset())


class RuleTier:
    """Reads texts by the taxonomy's phrases."""

    name = "rules"

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._meanings: list[_Meaning] = []
        phrases: list[Phrase] = []

        def add(language: str, lines: Sequence[str], meaning: _Meaning) -> None:
            phrases.extend(taxonomy.phrases({language: lines}))
            self._meanings.extend([meaning] * len(lines))

        for category in taxonomy.categories:
            for language, lines in category.doubt.items():
                add(language, lines, _Meaning("doubt", category.id))
            for sub, rules in category.rules():
                for language, by_strength in rules.include.items():
                    for grade, strength in taxonomy.head.strengths.items():
                        add(language, getattr(by_strength, grade), _Meaning("include", category.id, sub, strength, grade))
                for language, lines in rules.exclude.items():
                    add(language, lines, _Meaning("exclude", category.id, sub))
        for guard in _GUARDS:
            for language, lines in getattr(taxonomy.head.guards, guard).items():
                add(language, lines, _Meaning(guard))
        for language, lines in taxonomy.head.problem.items():
            add(language, lines, _Meaning("problem"))
        self._phrases = tuple(phrases)
        self._known = taxonomy.languages
        self.version = "rules-" + hashlib.sha256(f"{CODE_VERSION} {taxonomy.digest}".encode()).hexdigest()[:12]
        self._remember()

    def _remember(self) -> None:
        self._indexes: dict[frozenset[str] | None, PhraseIndex] = {}
        self._sentence = lru_cache(_REMEMBERED)(self._read_sentence)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is remembered of texts."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_indexes", "_sentence")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._remember()

    def read(self, texts: Sequence[EventText]) -> list[Reading]:
        return [self._read(t) for t in texts]

    def _read(self, event: EventText) -> Reading:
        text = event.text
        folded = fold(text)
        languages = self._languages(event)
        hits: list[_Hit] = []
        problem: list[Span] = []
        doubted: set[str] = set()
        for number, sentence in enumerate(sentences(text)):
            first, last = sentence
            found = self._sentence(text[first:last], folded[first:last], languages)
            if found is _NOTHING:
                continue
            if found.hits:
                position = _position(number) * (_ATTEMPT if found.attempt else 1.0)
                hits.extend(_Hit(m, first + s, first + e, sentence, m.strength * position * asked) for m, s, e, asked in found.hits)
            doubted |= found.doubts
            if found.troubled:
                problem.append(sentence)
        if not hits:
            return Reading(cannot_say=True, problem=tuple(problem[:_MOST_SPANS]))
        hits = _settled(hits)
        if doubted:
            hits = [h._replace(weight=h.weight * _DOUBT) if h.meaning.category in doubted else h for h in hits]
        return Reading(candidates=_candidates(text, hits), problem=tuple(problem[:_MOST_SPANS]))

    def _languages(self, event: EventText) -> frozenset[str] | None:
        """English words stand in texts of every language. A short text's language is a guess, so all phrases are tried on it."""
        return frozenset({"en", event.language}) if event.language in self._known and len(event.text) >= _SHORT else None

    def _read_sentence(self, text: str, folded: str, languages: frozenset[str] | None) -> _Found:
        """What is found in one sentence, given as it is and folded."""
        index = self._indexes.get(languages)
        if index is None:
            index = self._indexes[languages] = PhraseIndex(self._phrases, languages)
        matches = index.matches(folded)
        if not matches:
            return _NOTHING
        by_kind: dict[str, list[tuple[_Meaning, int, int]]] = {}
        for i, start, end in matches:
            meaning = self._meanings[i]
            by_kind.setdefault(meaning.kind, []).append((meaning, start, end))
        denials = [*by_kind.get("negators", ()), *by_kind.get("hypothetical", ())]
        over = self._over(text, by_kind)
        asked = "question" in by_kind
        hits = []
        for meaning, start, end in by_kind.get("include", ()):
            if any(_excludes(e, meaning) and s < end and start < e_end for e, s, e_end in by_kind.get("exclude", ())):
                continue
            if any(s <= start < e for s, e in over) or any(_denies(folded, e, start) for _, s, e in denials if s < start):
                continue
            if asked and (meaning.grade == "hint" or meaning.category == "feature_request"):
                continue
            hits.append((meaning, start, end, _ASKED.get(meaning.grade, 1.0) if asked else 1.0))
        troubled = any(
            not any(s <= start < e for s, e in over) and not any(_denies(folded, e, start) for _, s, e in denials if s < start)
            for _, start, _ in by_kind.get("problem", ())
        )
        return _Found(tuple(hits), "attempt" in by_kind, troubled, frozenset(m.category for m, _, _ in by_kind.get("doubt", ())))

    @staticmethod
    def _over(text: str, by_kind: dict[str, list[tuple[_Meaning, int, int]]]) -> list[tuple[int, int]]:
        """The parts of a sentence that tell of something that is over: the clause that says so, or all that stands before it."""
        out: list[tuple[int, int]] = []
        for _, start, end in by_kind.get("resolved", ()):
            for clause in clauses(text, Span(0, len(text))):
                if clause.start <= start < clause.end:
                    inside = any(clause.start <= s < max(clause.end, end) for _, s, _ in by_kind.get("include", ()))
                    out.append((clause.start if inside else 0, max(clause.end, end)))
        return out


def _position(number: int) -> float:
    """What is said first counts most: long posts end in side remarks."""
    return 1.0 if number < 3 else 0.95 if number < 8 else 0.86


def _excludes(rule: _Meaning, meaning: _Meaning) -> bool:
    return rule.category == meaning.category and rule.subcategory in ("", meaning.subcategory)


def _denies(folded: str, end: int, start: int) -> bool:
    """Whether a negator that ends at `end` denies what begins at `start`: at most two words and no punctuation lie between."""
    if start < end:
        return False
    between = folded[end:start]
    if len(between) > 24 or any(c in between for c in ",.;:!?()"):
        return False
    words = WORD.findall(between)
    return len(words) <= 2 and not _STOPS_NEGATION.intersection(words)


def _settled(hits: list[_Hit]) -> list[_Hit]:
    """Where phrases of two categories meet on the same words, the stronger and longer one is probably meant."""
    if len({h.meaning.category for h in hits}) < 2:
        return hits
    out = []
    for hit in hits:
        rank = (round(hit.weight, 4), hit.end - hit.start)
        beaten = any(
            o.sentence == hit.sentence
            and o.meaning.category != hit.meaning.category
            and o.start < hit.end
            and hit.start < o.end
            and (round(o.weight, 4), o.end - o.start) > rank
            for o in hits
        )
        out.append(hit._replace(weight=hit.weight * _BEATEN) if beaten else hit)
    return out


def _candidates(text: str, hits: list[_Hit]) -> tuple[Candidate, ...]:
    several = {h.sentence for h in hits if any(o.sentence == h.sentence and o.meaning.category != h.meaning.category for o in hits)}
    groups: dict[tuple[str, str], list[tuple[_Hit, Span]]] = {}
    for hit in hits:
        span = _clause(text, hit) if hit.sentence in several else hit.sentence
        groups.setdefault((hit.meaning.category, hit.meaning.subcategory), []).append((hit, span))
    found = [_candidate(key, group) for key, group in groups.items()]
    found.sort(key=lambda c: (-c.confidence, c.evidence[0], c.category, c.subcategory == "", c.subcategory))
    out: list[Candidate] = []
    for candidate in found:
        same = [i for i, c in enumerate(out) if c.category == candidate.category]
        if not same:
            out.append(candidate)
            continue
        first = out[same[0]]
        elsewhere = not any(a.start < b.end and b.start < a.end for i in same for a in out[i].evidence for b in candidate.evidence)
        if candidate.subcategory and first.subcategory and elsewhere and candidate.confidence >= 0.85:
            out.append(candidate)
        else:  # one more sign of the same category
            sub = first.subcategory or candidate.subcategory
            confidence = min(0.97, 1 - (1 - first.confidence) * (1 - 0.5 * candidate.confidence))
            out[same[0]] = Candidate(first.category, sub, confidence, first.evidence)
    out.sort(key=lambda c: (-c.confidence, c.evidence[0], c.category, c.subcategory))
    return tuple(out)


def _candidate(key: tuple[str, str], group: list[tuple[_Hit, Span]]) -> Candidate:
    best: dict[Span, float] = {}
    for hit, span in group:
        best[span] = max(best.get(span, 0.0), hit.weight)
    doubt = 1.0
    for weight in best.values():
        doubt *= 1 - weight
    spans = sorted(sorted(best, key=lambda s: (-best[s], s))[:_MOST_SPANS])
    return Candidate(key[0], key[1], min(0.97, 1 - doubt), tuple(spans))


def _clause(text: str, hit: _Hit) -> Span:
    parts = [c for c in clauses(text, hit.sentence) if c.start < hit.end and hit.start < c.end]
    return Span(parts[0].start, parts[-1].end) if parts else hit.sentence
