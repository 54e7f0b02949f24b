"""The scan of what leaves silver: every planted leak is seen in every column, nothing masked is, and no value is ever told."""

import json
from typing import Any

import pytest

from feedback_assets.contracts.silver import EVENTS
from feedback_assets.lakehouse.local import LocalLakehouse
from feedback_assets.silver.offsets import MappedText
from feedback_assets.silver.personal.detectors import seen_in
from feedback_assets.silver.personal.leaks import TEXTS, leak_verdict, leaks_in_rows
from feedback_assets.silver.personal.rules import PersonalData, SourceRules
from feedback_assets_tests.keys import MASKER
from feedback_assets_tests.silver.deliveries import DAY
from feedback_assets_tests.silver.personal.test_texts import texts

PLANTED = {
    "email": "ann.berg@example.com",
    "card": "4111 1111 1111 1111",
    "iban": "DE50 1000 0000 0000 0000 01",
    "phone": "+1 212 555 0142",
    "national_id": "219-09-9999",
    "secret": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
}


def row(**told: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "")
    return {**empty, "event_id": "0" * 32, "source": "forum", "url": "", "attachments": [], "attributes": "{}", **told}


@pytest.mark.parametrize("column", [c for c in TEXTS if c != "version"])
@pytest.mark.parametrize("kind", PLANTED)
def test_a_leak_is_seen_in_every_text_column(column: str, kind: str) -> None:
    found = list(leaks_in_rows([row(**{column: f"It is {PLANTED[kind]}, thanks"})]))
    assert (column, kind) in {(leak.column, leak.kind) for leak in found}
    assert PLANTED[kind] not in repr(found)


@pytest.mark.parametrize("kind", PLANTED)
def test_the_detectors_see_it_without_the_recognisers(kind: str) -> None:
    text = f"It is {PLANTED[kind]}, thanks"
    assert kind in {k for _, _, k in seen_in(text)}
    assert all(0 <= a < b <= len(text) for a, b, _ in seen_in(text))


def test_leaks_in_addresses_and_attributes_are_seen() -> None:
    assert list(leaks_in_rows([row(url="https://x.example/?token=abc123")]))
    assert list(leaks_in_rows([row(attachments=["https://a:b@x.example/f.png"])]))
    told = {"deep": [{"note": "mail ann@example.com"}], "author_name": "Ann Berg", "n": 4111111111111111}
    assert [leak.kind for leak in leaks_in_rows([row(attributes=json.dumps(told))])].count("name") == 1
    assert {leak.kind for leak in leaks_in_rows([row(attributes=json.dumps(told))])} == {"name", "email", "card"}


@pytest.mark.parametrize("part", ["dev", "test"])
def test_what_the_masker_leaves_is_no_leak(part: str) -> None:
    masked = MASKER.mask_all([MappedText.raw(r["text"]) for r in texts(part)])
    assert list(leaks_in_rows([row(text=text.text, title=text.text) for text, _ in masked])) == []


def test_a_number_that_the_site_keeps_is_no_leak() -> None:
    rules = PersonalData(sources={"every": SourceRules(keep=("+1 212 555 0142",))})
    assert list(leaks_in_rows([row(text="call +1 212 555 0142")], rules)) == []


def test_the_verdict_names_events_and_kinds_and_never_values(lake: LocalLakehouse) -> None:
    from datetime import UTC, datetime

    from feedback_assets.contracts.arrow import to_arrow

    assert leak_verdict(lake, [DAY]).passed
    now = datetime(2024, 5, 1, tzinfo=UTC)
    blank: dict[str, Any] = {}
    for column in EVENTS.columns:
        kinds = {"string": "", "bool": False, "timestamp": now, "date": DAY, "double": 0.0, "int32": 0, "int64": 0}
        blank[column.name] = [] if column.type.startswith("list") else (column.one_of[0] if column.one_of else kinds[column.type])
    blank |= {
        "event_id": "1" * 32,
        "payload_sha256": "2" * 64,
        "batch_id": "3" * 32,
        "text_hash": "4" * 32,
        "attributes": "{}",
        "masked": "{}",
        "rating": None,
    }
    lake.append_new(EVENTS, to_arrow(EVENTS, [{**blank, "source": "forum", "text": "write to ann@example.com"}]))
    verdict = leak_verdict(lake, [DAY])
    assert not verdict.passed
    assert verdict.sample[0]["event_id"] == "1" * 32
    assert (verdict.sample[0]["column"], verdict.sample[0]["kind"]) == ("text", "email")
    assert "ann@" not in repr(verdict)
