"""Ten thousand hostile texts through the whole text stage: spans, masks, and nothing planted left."""

import json
import re
import unicodedata
from datetime import UTC, datetime

import pytest

from feedback_assets.silver.cleaning import clean, storable
from feedback_assets.silver.offsets import MappedText, raw_span
from feedback_assets.silver.text_stage import Columns, TextStage
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets_tests.keys import MASKER
from feedback_assets_tests.silver.fuzzed import Fuzzed, fuzzed

COUNT = 10_000
_RESTRICTED = ("raw_text", "offsets")
_SEPARATORS = re.compile(r"[\s().\-]+")


@pytest.fixture(scope="module")
def texts() -> list[Fuzzed]:
    return list(fuzzed(1, COUNT))


@pytest.fixture(scope="module")
def columns(texts: list[Fuzzed]) -> Columns:
    at = datetime(2025, 2, 3, tzinfo=UTC)
    events = [
        CanonicalEvent(
            str(i), "forum", at, at, title=t.text if i % 3 == 0 else "", text=t.text if i % 3 else "", attributes={"note": t.text}
        )
        for i, t in enumerate(texts)
    ]
    return TextStage(MASKER).columns(["forum"] * len(events), events)


def test_every_span_of_every_text_maps_back_to_the_raw_text(columns: Columns) -> None:
    for text, raw, offsets in zip(columns["text"], columns["raw_text"], columns["offsets"], strict=True):
        if not text:
            assert offsets == []
            continue
        assert offsets[0] == 0
        assert offsets[-3] == len(text)
        before = 0
        for i in range(0, len(offsets) - 3, 3):
            start, raw_start, raw_end, end = offsets[i : i + 4]
            assert start < end
            assert 0 <= raw_start <= raw_end <= len(raw)
            # Runs follow each other in the raw text; both halves of a replacement have the same span.
            assert raw_start >= before or (raw_start, raw_end) == tuple(offsets[i - 2 : i])
            before = max(before, raw_end)
            if end - start == raw_end - raw_start and end - start > 1:
                assert text[start:end] == raw[raw_start:raw_end]
        for start, end in ((0, len(text)), (len(text) // 3, len(text) // 2 + 1), (len(text) - 1, len(text))):
            low, high = raw_span(offsets, start, end)
            assert 0 <= low <= high <= len(raw)


def test_raw_text_is_what_the_source_gave(texts: list[Fuzzed], columns: Columns) -> None:
    for fuzz, raw in zip(texts, columns["raw_text"], strict=True):
        assert raw == storable(fuzz.text) or not fuzz.text.strip()


def test_masking_a_masked_text_changes_nothing(columns: Columns) -> None:
    for text in columns["text"]:
        again, counts = MASKER.mask(MappedText.raw(text), source="forum")
        assert (again.text, counts) == (text, {})


def test_nothing_planted_survives_in_any_column_but_the_restricted_ones(texts: list[Fuzzed], columns: Columns) -> None:
    open_columns = {name: values for name, values in columns.items() if name not in _RESTRICTED}
    found = []
    for i, fuzz in enumerate(texts):
        if fuzz.planted:
            shown = json.dumps([values[i] for values in open_columns.values()], ensure_ascii=False, default=str)
            joined = _SEPARATORS.sub("", unicodedata.normalize("NFKC", shown))
            found += [(value, fuzz.text, columns["text"][i]) for value in fuzz.planted if value in shown or value in joined]
    assert not found, f"{len(found)} planted values survive, first: {found[:3]}"


def test_clean_text_has_no_unseen_characters_and_even_white_space(columns: Columns) -> None:
    for text in columns["text"]:
        assert unicodedata.is_normalized("NFC", text)
        assert text == text.strip()
        assert not re.search(r"[^\S \n]|  | \n|\n |\n{3}|[\x00-\x08\u200b\u202a-\u202e\u2066-\u2069\ufeff\u00ad]", text)


def test_cleaning_a_clean_text_again_leaves_no_map_behind_it(columns: Columns) -> None:
    """A text without markup, quotes or uneven space is passed through: one run."""
    for text in columns["text"]:
        if text.isalnum():
            assert clean(text)[0].text == text
