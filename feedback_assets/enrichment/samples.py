"""What the local model is trained on: texts with what they show, from the taxonomy's examples and the golden set.

Not here: what people decided in review (decisions.py), the fit (training.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback_assets.enrichment.golden import GoldenText
from feedback_assets.enrichment.segments import sentences
from feedback_assets.enrichment.taxonomy import Taxonomy

NONE = "none"


@dataclass(frozen=True)
class Sample:
    """One text to learn from. categories: what it shows, or none. Unknown sentiment and severity are None."""

    text: str
    categories: frozenset[str]
    subcategories: frozenset[str]
    weight: float = 1.0
    sentiment: str | None = None
    severity: int | None = None


def samples(taxonomy: Taxonomy, golden: Sequence[GoldenText]) -> list[Sample]:
    """Samples in a fixed order: examples, counter-examples, texts without an issue, then golden texts and their sentences."""
    out: list[Sample] = []
    for category in taxonomy.categories:
        for example in category.examples:
            subs = {f"{category.id}/{example.subcategory}"} if example.subcategory else set()
            out.append(Sample(example.text, frozenset({category.id}), frozenset(subs)))
        out.extend(Sample(c.text, frozenset({c.category or NONE}), frozenset()) for c in category.counter_examples)
    out.extend(Sample(t.text, frozenset({NONE}), frozenset()) for t in taxonomy.head.no_issue)
    for text in golden:
        out.extend(golden_samples(text))
    return out


def golden_samples(golden: GoldenText) -> list[Sample]:
    """The whole text, each piece of evidence, and the sentences beside the evidence, which show nothing."""
    if not golden.labels:
        sentiment = "positive" if golden.kind == "praise" else "neutral" if golden.kind in ("question", "spam", "off_topic") else None
        return [Sample(golden.text, frozenset({NONE}), frozenset(), sentiment=sentiment)]
    categories = frozenset(label.category for label in golden.labels)
    subs = frozenset(f"{label.category}/{label.subcategory}" for label in golden.labels if label.subcategory)
    feelings = {label.sentiment for label in golden.labels}
    worst = max(label.severity for label in golden.labels)
    out = [Sample(golden.text, categories, subs, 1.0, feelings.pop() if len(feelings) == 1 else "mixed", worst)]
    taken = []
    for label in golden.labels:
        start = golden.text.find(label.evidence)
        taken.append((start, start + len(label.evidence)))
        if label.evidence != golden.text:
            sub = frozenset({f"{label.category}/{label.subcategory}"} if label.subcategory else ())
            out.append(Sample(label.evidence, frozenset({label.category}), sub, 1.0, label.sentiment, label.severity))
    beside = [s for s in sentences(golden.text) if not any(a < s.end and s.start < b for a, b in taken)]
    out.extend(Sample(golden.text[s.start : s.end], frozenset({NONE}), frozenset(), 0.5) for s in beside)
    return out
