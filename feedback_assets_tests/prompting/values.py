"""Values that tests of prompting share: the taxonomy's categories as plain values, texts with marks of many kinds, a full answer."""

from typing import Any

from hypothesis import strategies as st

from feedback_assets.enrichment.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.ground.settings import project_root
from feedback_assets.prompting.guide import CategoryGuide

PROMPTS = project_root() / "prompts"


def taxonomy() -> Taxonomy:
    return load_taxonomy(project_root() / "taxonomy")


def categories_of(found: Taxonomy) -> dict[str, tuple[str, ...]]:
    return {c.id: tuple(s.id for s in c.subcategories) for c in found.categories}


def guides_of(found: Taxonomy) -> list[CategoryGuide]:
    return [
        CategoryGuide(c.id, c.description, {s.id: s.description for s in c.subcategories}, c.excluded, c.severity) for c in found.categories
    ]


CATEGORIES = categories_of(taxonomy())
OWNERS = ("billing", "client-platform", "logistics")

ALPHABET = "ab cd E9.,\n\t\u00a0\u3000'\"\u2019\u201c\u201d\u00ab-\u2013\u2014[]<>|éß名前ไอ한กि\u200b\u202e\U000e0041"
texts = st.text(st.sampled_from(ALPHABET), max_size=60) | st.text(max_size=60)


def issue(**values: Any) -> dict[str, Any]:
    """An issue as an answer has it, with these values instead of its own."""
    whole: dict[str, Any] = {
        "quotes": ["the app crashes"],
        "kind": "stability_performance/crash",
        "runner_up": "install_update",
        "confidence": 0.9,
        "component": None,
        "entities": [],
        "symptom": "The app ends by itself.",
        "severity": 4,
        "urgency": "soon",
        "sentiment": "negative",
        "sentiment_score": -0.7,
        "intent": "report_fault",
    }
    return {**whole, **values}


def reading(*issues: dict[str, Any], **values: Any) -> dict[str, Any]:
    """An answer with these issues."""
    return {"summary": "The app ends.", "sentiment": "negative", "sentiment_score": -0.5, "issues": list(issues), **values}
