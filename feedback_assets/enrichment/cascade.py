"""How tiers are combined into decisions: accepted, for review, or no issue. Rules speak first; the model supports, doubts or speaks alone.

The probability of an issue that rules see moves by the model's log-odds, as by Bayes with a dampened second witness. Not here: what a
tier sees (tiers/), the bars and strengths (taxonomy.yaml).
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from feedback_assets.enrichment.phrases import PhraseIndex, fold
from feedback_assets.enrichment.segments import sentences
from feedback_assets.enrichment.severity import Rubric
from feedback_assets.enrichment.taxonomy import Taxonomy
from feedback_assets.enrichment.tier_bars import TierBars
from feedback_assets.enrichment.tiers.interface import Candidate, EventText, Reading, Span, Tier

Reason = Literal["", "low_confidence", "no_category", "conflict"]
_MODEL_SHARE = 0.35
_PRIOR = 0.12
_MOST_ACCEPTED = 3
_MOST_IN_REVIEW = 2
_CHUNK = 1000
_UNEASY = 0.45
_GLAD = 0.2
_FEWEST_CHARACTERS = 8
_VERY_SHORT = 28
_SURE_ALONE = 0.88
_FEWEST_ALONE = 20


class Issue(NamedTuple):
    """One issue with all that the tables want to know. reason is empty when it is accepted."""

    category: str
    subcategory: str
    confidence: float
    evidence: tuple[Span, ...]
    quote: str
    severity: int
    urgency: str
    sentiment: str
    sentiment_score: float
    owner: str
    tier: str
    tier_version: str
    reason: Reason
    details: str = ""
    """JSON of what the language model says beside the labels; empty from the other tiers."""


class Decision(NamedTuple):
    """What was decided about one text. tier: who decided it."""

    issues: tuple[Issue, ...]
    review: tuple[Issue, ...]
    sentiment: str
    sentiment_score: float
    tier: str

    @property
    def outcome(self) -> str:
        """As contracts/enrichment.py names it."""
        return "issues" if self.issues else "review" if self.review else "no_issue"


class _Seen(NamedTuple):
    candidate: Candidate
    confidence: float
    tier: Tier
    conflict: bool = False


class Cascade:
    """Decides by several tiers, in their order: the first leads, each later one supports, doubts or adds."""

    def __init__(self, taxonomy: Taxonomy, tiers: Sequence[Tier], measured: TierBars | None = None) -> None:
        """measured: bars that an issue must reach beside the taxonomy's; None: there are none."""
        self._taxonomy = taxonomy
        self._measured = measured
        self._tiers = tuple(tiers)
        self._rubric = Rubric(taxonomy)
        self._sarcasm = PhraseIndex(taxonomy.phrases(taxonomy.head.guards.sarcasm))

    def decide(self, events: Sequence[EventText]) -> list[Decision]:
        """One decision an event, in order. Deterministic, and independent of the other events."""
        out: list[Decision] = []
        for start in range(0, len(events), _CHUNK):
            chunk = events[start : start + _CHUNK]
            readings = [tier.read(chunk) for tier in self._tiers]
            out.extend(self._decide(event, [r[i] for r in readings]) for i, event in enumerate(chunk))
        return out

    def _decide(self, event: EventText, readings: Sequence[Reading]) -> Decision:
        sarcastic = self._sarcasm.any(fold(event.text[:400])) and (event.rating is None or event.rating < 4)
        seen = self._combine(event, readings)
        bars = self._taxonomy.bars
        accepted: list[_Seen] = []
        doubtful: list[_Seen] = []
        for s in seen:
            bar = bars.accept if not accepted else bars.further
            if s.confidence >= bar and not s.conflict and len(accepted) < _MOST_ACCEPTED:
                accepted.append(s)
            elif s.confidence >= bars.review or s.conflict:
                doubtful.append(s)
        measured = self._measured
        if measured is not None and any(s.confidence < measured.bar(s.candidate.category, event.language) for s in accepted):
            # A text is answered alone when all that is found in it may be: else the whole of it is left open.
            accepted, doubtful = [], [*accepted, *doubtful]
        if accepted:
            doubtful = [s for s in doubtful if s.conflict or s.confidence >= bars.beside]
        mood, score = _mood(event, readings, sarcastic=sarcastic, troubled=bool(seen))
        issues = tuple(self._issue(event, s, "", sarcastic=sarcastic) for s in accepted)
        review = tuple(
            self._issue(event, s, "conflict" if s.conflict else "low_confidence", sarcastic=sarcastic) for s in doubtful[:_MOST_IN_REVIEW]
        )
        if not issues and not review:
            unknown = self._unknown(event, readings, score)
            review = (unknown,) if unknown else ()
        leader = issues[0].tier if issues else review[0].tier if review else self._tiers[-1].name
        return Decision(issues, review, mood, score, leader)

    def _combine(self, event: EventText, readings: Sequence[Reading]) -> list[_Seen]:
        """Candidates of all tiers by confidence: those of the first tier as the later ones see them, then those that it does not see."""
        out: list[_Seen] = []
        for number, (tier, reading) in enumerate(zip(self._tiers, readings, strict=True)):
            if not reading.candidates:
                continue
            later = [r for r in readings[number + 1 :] if r.likely and not r.error]
            known = {s.candidate.category for s in out}
            least = self._least(event, readings) if number else 0.0
            for candidate in reading.candidates:
                if candidate.category in known:
                    continue
                score = _logit(candidate.confidence) + _by_rating(event.rating, candidate.category)
                conflict = False
                for other in later:
                    likely = other.likely
                    score += _MODEL_SHARE * (_logit(likely.get(candidate.category, 0.02)) - _LOGIT_PRIOR)
                    score -= 0.5 if likely.get("none", 0.0) > 0.8 else 0.0
                    conflict = conflict or _contradicts(candidate, other)
                confidence = 1 / (1 + math.exp(-score))
                if confidence < least:
                    continue
                if number and not self._stands_alone(event, candidate, reading, readings[:number], out):
                    confidence = min(confidence, self._taxonomy.bars.accept - 0.01)
                severity = next((c.severity for r in later for c in r.candidates if c.category == candidate.category), candidate.severity)
                feeling = next(
                    (c.sentiment_score for r in later for c in r.candidates if c.category == candidate.category), candidate.sentiment_score
                )
                merged = Candidate(
                    candidate.category,
                    candidate.subcategory or _sub(candidate.category, later),
                    confidence,
                    candidate.evidence,
                    severity,
                    feeling,
                )
                in_doubt = conflict and confidence < 0.8
                out.append(_Seen(merged, round(confidence, 4), tier, in_doubt))
        if len(out) > 1:
            out.sort(key=lambda s: (-s.confidence, s.candidate.evidence[0], s.candidate.category, s.candidate.subcategory))
        return out

    def _least(self, event: EventText, readings: Sequence[Reading]) -> float:
        """What a later tier alone must reach to be named: a weak likeness says less than "something is wrong"."""
        troubled = any(r.problem for r in readings)
        if troubled and len(event.text) < _VERY_SHORT:
            return self._taxonomy.bars.further
        return 0.5 if troubled or len(sentences(event.text)) > 2 else 0.0

    def _stands_alone(
        self, event: EventText, candidate: Candidate, reading: Reading, earlier: Sequence[Reading], seen: Sequence[_Seen]
    ) -> bool:
        """Whether a later tier's word is enough: it is sure, no earlier tier says something else of the same words,
        and a long text says somewhere that something is wrong."""
        if candidate.confidence < self._taxonomy.bars.model_alone or reading.likely.get("none", 0.0) > 0.5:
            return False
        if len(sentences(event.text)) > 2 and (candidate.confidence < _SURE_ALONE or not any(r.problem for r in earlier)):
            return False
        if max(s.end - s.start for s in candidate.evidence) < min(_FEWEST_ALONE, len(event.text)):
            return False
        if any(_overlap(candidate, s.candidate) for s in seen):
            return candidate.confidence >= 0.9
        return all(r.cannot_say or not r.candidates or candidate.confidence >= 0.8 for r in earlier)

    def _issue(self, event: EventText, seen: _Seen, reason: Reason, *, sarcastic: bool) -> Issue:
        c = seen.candidate
        category = self._taxonomy.by_id[c.category]
        severity = self._rubric.severity(c.category, c.subcategory, event.text, c.evidence, c.severity)
        score = c.sentiment_score if c.sentiment_score is not None else -0.5
        if sarcastic:
            score = min(score, -0.6)
        if c.category != "feature_request":  # a complaint is seldom glad, whatever its words
            score = min(score, 0.0)
        score = with_rating(score, event.rating)
        first = c.evidence[0]
        return Issue(
            c.category,
            c.subcategory,
            seen.confidence,
            c.evidence,
            event.text[first.start : first.end],
            severity,
            self._rubric.urgency(c.category, severity),
            mood_label(score),
            score,
            category.owner,
            seen.tier.name,
            seen.tier.version,
            reason,
        )

    def _uneasy(self, event: EventText, readings: Sequence[Reading], score: float) -> bool:
        """Whether a text without a named problem may tell of one: a bad rating, or no tier holds that there is no issue."""
        if event.rating is not None:
            return event.rating <= 2 and score < 0
        spans = sentences(event.text)
        if not spans or score > _GLAD or spans[-1].end - spans[0].start < _FEWEST_CHARACTERS:
            return False
        none = [r.likely["none"] for r in readings if "none" in r.likely]
        return bool(none) and max(none) < (_UNEASY if len(spans) <= 3 else _UNEASY / 2)

    def _unknown(self, event: EventText, readings: Sequence[Reading], score: float) -> Issue | None:
        """A text that says that something is wrong, and no tier knows what. A very short one is evidence as a whole."""
        spans = next((r.problem for r in readings if r.problem), ())
        if not spans and self._uneasy(event, readings, score):
            spans = sentences(event.text)[:_MOST_IN_REVIEW]
        if not spans:
            return None
        severity = self._rubric.severity("", "", event.text, spans, None)
        first = spans[0]
        tier = self._tiers[0]
        unhappy = min(score, 0.0)
        return Issue(
            "",
            "",
            0.0,
            tuple(spans),
            event.text[first.start : first.end],
            severity,
            self._rubric.urgency("", severity),
            mood_label(unhappy),
            unhappy,
            "product-support",
            tier.name,
            tier.version,
            "no_category",
        )


def _logit(p: float) -> float:
    p = min(max(p, 0.01), 0.99)
    return math.log(p / (1 - p))


_LOGIT_PRIOR = _logit(_PRIOR)


def _by_rating(rating: float | None, category: str) -> float:
    """A contented rating makes a complaint less likely, a bad one more; a wish goes with both."""
    if rating is None or category == "feature_request":
        return 0.0
    return -0.7 if rating > 4.5 else -0.3 if rating > 3.5 else 0.3 if rating <= 2 else 0.0


def _contradicts(candidate: Candidate, other: Reading) -> bool:
    """Another tier is sure of another category by the very same words, and holds this one to be unlikely."""
    if other.likely.get(candidate.category, 0.0) > 0.15:
        return False
    return any(c.category != candidate.category and c.confidence >= 0.75 and _overlap(candidate, c) for c in other.candidates)


def _overlap(a: Candidate, b: Candidate) -> bool:
    return any(x.start < y.end and y.start < x.end for x in a.evidence for y in b.evidence)


def _sub(category: str, later: Sequence[Reading]) -> str:
    return next((c.subcategory for r in later for c in r.candidates if c.category == category and c.confidence >= 0.4), "")


def with_rating(score: float, rating: float | None) -> float:
    """A sentiment of -1 to 1, moved towards a rating of 1 to 5 where there is one."""
    if rating is not None:
        score = 0.6 * score + 0.4 * (rating - 3) / 2
    return round(max(-1.0, min(1.0, score)), 4)


def mood_label(score: float) -> str:
    """The sentiment that a score of -1 to 1 stands for."""
    return "negative" if score <= -0.25 else "positive" if score >= 0.25 else "neutral"


def _mood(event: EventText, readings: Sequence[Reading], *, sarcastic: bool, troubled: bool) -> tuple[str, float]:
    """Sentiment of the whole text: the last tier that has one, then the rating, sarcasm turned round."""
    reading = next((r for r in reversed(readings) if r.sentiment_score is not None), None)
    score = reading.sentiment_score if reading and reading.sentiment_score is not None else 0.0
    if sarcastic:
        score = min(score, -0.6)
    score = with_rating(score, event.rating)
    if reading and reading.sentiment == "mixed" and troubled and not sarcastic and abs(score) < 0.5:
        return "mixed", score
    return mood_label(score), score
