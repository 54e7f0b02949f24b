"""From a span of masked text to the bytes of bronze: the raw slice equals the slice of the fields decoded from the payload."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from feedback_assets.silver.cleaning import storable
from feedback_assets.silver.offsets import raw_span
from feedback_assets.silver.text_stage import TextStage, joined
from feedback_assets.sources.registry import source_named
from feedback_assets_tests.keys import MASKER

ISO = "2024-05-01T09:30:00Z"
FORUM = {
    "id": 3,
    "created_at": ISO,
    "topic_title": "Sync",
    "cooked": "<p>Caf\u00e9 &amp; 同期 <b>\\u00e9</b> fails 👩\u200d💻,\n mail jane@example.com</p>",
}
CHAT = {
    "id": "9", "created_at": 1714555800, "title": "Help",
    "source": {"body": "<p>It “fails” \u00b5</p>", "author": {"type": "user"}},
    "conversation_parts": {"conversation_parts": [
        {"body": "we look", "author": {"type": "admin"}}, {"body": "still\tbroken", "author": {"type": "user"}},
    ]},
}  # fmt: skip
CSV = {"header": ["response_id", "submitted_at", "comment"], "delimiter": ","}
CASES: list[tuple[str, bytes, Mapping[str, Any], str, tuple[str, ...]]] = [
    ("forum", json.dumps(FORUM).encode(), {}, "fails", ("fails",)),
    ("forum", json.dumps(FORUM, ensure_ascii=False).encode(), {}, "同期", ("同期",)),
    ("forum", json.dumps(FORUM).encode(), {}, "[EMAIL", ("jane@example.com",)),
    ("intercom", json.dumps(CHAT).encode(), {}, "still broken", ("still\tbroken",)),
    ("survey", f'r1,{ISO},"He said ""no"",\n twice"'.encode(), CSV, 'said "no"', ('said "no"',)),
]


@pytest.mark.parametrize(("source", "payload", "context", "found", "quoted"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_a_span_of_masked_text_is_quoted_from_the_payload(
    source: str, payload: bytes, context: Mapping[str, Any], found: str, quoted: tuple[str, ...]
) -> None:
    event = source_named(source).parse(payload, context)
    row = {name: values[0] for name, values in TextStage(MASKER).columns([source], [event]).items()}
    text, offsets = row["text"], row["offsets"]
    at = text.index(found)
    low, high = raw_span(offsets, at, at + len(found))
    # The payload alone gives the raw text again, so the slice is read from bronze and needs no copy of the text.
    again = source_named(source).parse(payload, context)
    assert storable(joined(again.title, again.text)) == row["raw_text"]
    assert row["raw_text"][low:high] in quoted
    assert any(row["raw_text"][low:high] in field for field in (again.title, *again.text.split("\n\n")))
