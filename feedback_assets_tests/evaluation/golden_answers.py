"""A labelled stand-in that answers about golden texts, rightly but where it is told otherwise. No expectations here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from feedback_assets.enrichment.golden import GoldenText
from feedback_assets_tests.enrichment.answering import issue, reply, text_in
from feedback_assets_tests.loopback.azure_openai import Question


def golden_answers(
    texts: Sequence[GoldenText], *, wrong: Collection[str] = (), quotes: Mapping[str, str] = {}
) -> Callable[[Question], Any]:
    """The labels of each text. wrong: ids of texts that are read as a wish. quotes: id -> a quote instead of the evidence."""
    by_text = {t.text.strip(): t for t in texts}

    def answer(question: Question) -> Any:
        text = by_text.get(text_in(question.text).strip())
        if text is None:
            return reply()
        if text.id in wrong:
            return reply(issue(text.text[:200], "feature_request"))
        kinds = {f"{label.category}/{label.subcategory}".rstrip("/"): label for label in text.labels}
        return reply(*(issue(quotes.get(text.id, label.evidence), kind, confidence=0.95) for kind, label in kinds.items()))

    return answer
