"""Texts must read as if different people wrote them, in every language."""

import itertools
from collections import defaultdict
from datetime import date

import pytest

from feedback_assets.demo import causes
from feedback_assets.demo.author import Author
from feedback_assets.demo.compose import LANGUAGES, load_voices
from feedback_assets.demo.draft import Draft
from feedback_assets.demo.schedule import plan


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    author = Author(plan(date(2025, 6, 2), 14, 5000), 5, "abc123")
    return [d for day in range(14) for s in ("zendesk", "google_play", "shop_reviews") for d in author.drafts(day, s, 150, 0, last=True)]


def _grams(text: str) -> set[str]:
    text = text.lower()
    return {text[i : i + 3] for i in range(len(text) - 2)}


def test_texts_with_one_cause_are_mostly_unlike(drafts: list[Draft]) -> None:
    by_cause: dict[str, list[set[str]]] = defaultdict(list)
    for d in drafts:
        if d.language == "en" and d.labels and d.revision == 1 and not d.duplicate_of and d.cause not in {"sarcasm", causes.MACRO.id}:
            by_cause[d.cause].append(_grams(d.body))
    checked = 0
    for cause, texts in by_cause.items():
        pairs = [len(a & b) / len(a | b) for a, b in itertools.combinations(texts[:50], 2)]
        if len(pairs) < 100:
            continue
        checked += 1
        assert sum(pairs) / len(pairs) < 0.3, cause
        assert sum(p > 0.7 for p in pairs) / len(pairs) < 0.06, cause
    assert checked > 20


def test_the_campaign_is_one_wording_from_many_senders(drafts: list[Draft]) -> None:
    sent = [d for d in drafts if "macro" in d.kinds]
    assert len(sent) > 30
    assert len({d.person for d in sent}) > 30
    pairs = [len(a & b) / len(a | b) for a, b in itertools.combinations([_grams(d.body) for d in sent[:30]], 2)]
    assert min(pairs) > 0.6


def test_near_duplicates_are_close_to_their_originals(drafts: list[Draft]) -> None:
    bodies = {f"{d.source}:{d.record_id}": d.body for d in drafts if d.revision == 1}
    close = [
        len(_grams(d.body) & _grams(bodies[d.duplicate_of])) / len(_grams(d.body) | _grams(bodies[d.duplicate_of]))
        for d in drafts
        if d.duplicate_of and d.revision == 1
    ]
    assert len(close) > 40
    assert sum(x > 0.6 for x in close) / len(close) > 0.8


def test_no_placeholder_is_left_in_a_text(drafts: list[Draft]) -> None:
    for d in drafts:
        for text in (d.title, d.body):
            assert not any(mark in text for mark in ("\x00", "\x01", "\x02", "{", "}"))


def test_every_language_can_say_the_incidents_praise_and_questions() -> None:
    voices = load_voices()
    assert set(voices) == set(LANGUAGES)
    needed = {
        "regression_export_pdf",
        "regression_login_loop",
        "outage",
        "praise_app",
        "praise_shop",
        "question_app",
        "question_shop",
        "neutral",
    }
    known = {c.id for c in causes.ISSUES}
    for voice in voices.values():
        assert needed <= set(voice.problems)
        assert set(voice.problems) - needed <= known
    assert known <= set(voices["en"].problems)
