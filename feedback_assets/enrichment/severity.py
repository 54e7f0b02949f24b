"""How bad an issue is, by the taxonomy's rubric and the words of the text, and how soon it wants an answer. Not here: what the issue is."""

from collections.abc import Sequence
from functools import lru_cache

from feedback_assets.enrichment.phrases import Phrase, PhraseIndex, fold
from feedback_assets.enrichment.taxonomy import SeverityCue, Taxonomy, Urgency
from feedback_assets.enrichment.tiers.interface import Span

_LEARNT_SHARE = 0.4
_SOONEST: dict[int, Urgency] = {5: "now", 4: "soon", 3: "normal", 2: "normal", 1: "low"}
_ORDER: tuple[Urgency, ...] = ("low", "normal", "soon", "now")


class Rubric:
    """Severity and urgency of issues."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        phrases: list[Phrase] = []
        self._cues: list[SeverityCue] = []
        for cue in taxonomy.head.severity_cues:
            for phrase in taxonomy.phrases(cue.phrases):
                phrases.append(phrase)
                self._cues.append(cue)
        self._index = PhraseIndex(phrases)
        self._cues_in = lru_cache(8192)(self._find)

    def _find(self, text: str) -> tuple[SeverityCue, ...]:
        return tuple(self._cues[i] for i, _, _ in self._index.matches(fold(text)))

    def severity(self, category: str, subcategory: str, text: str, evidence: Sequence[Span], learnt: float | None) -> int:
        """1 to 5: the rubric's default and the model's opinion together, then the words of the evidence."""
        base = float(self._taxonomy.default_severity(category, subcategory)) if category else 3.0
        if learnt is not None:
            base += _LEARNT_SHARE * (learnt - base)
        found = [cue for span in evidence for cue in self._cues_in(text[span.start : span.end])]
        severity = int(base + 0.5)
        if any(cue.add < 0 for cue in found):
            severity += min(cue.add for cue in found)
        at_least = max((cue.at_least or 1 for cue in found), default=1)
        # A wish and a matter of taste do not become an emergency by loud words.
        ceiling = 4 if category in ("feature_request", "display_usability") else 5
        return max(1, min(ceiling, max(severity, at_least)))

    def urgency(self, category: str, severity: int) -> Urgency:
        """By severity; at most one step away from what the category says."""
        said = _ORDER.index(_SOONEST[severity])
        if not category:
            return _SOONEST[severity]
        usual = _ORDER.index(self._taxonomy.by_id[category].urgency)
        return _ORDER[min(max(said, usual - 1), usual + 1)]
