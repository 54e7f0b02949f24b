"""The second look: what it finds is masked there and then, the way back is kept, and nothing that either sees leaves the stage."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.ground.placeholders import plain
from feedback_assets.silver.offsets import MappedText, raw_span
from feedback_assets.silver.personal.detectors import may_see, seen_in
from feedback_assets.silver.personal.find import found_in
from feedback_assets.silver.personal.leaks import leaks_in_rows
from feedback_assets.silver.personal.masker import Masker, Policy
from feedback_assets.silver.personal.rules import PersonalData, SourceRules
from feedback_assets.silver.personal.second_look import MOST_NOTED, SecondLook
from feedback_assets.silver.text_stage import Columns, TextStage
from feedback_assets.sources.event import CanonicalEvent
from feedback_assets_tests.keys import KEY, MASKER
from feedback_assets_tests.test_one_record import TEXTS, VALUES

AT = datetime(2025, 2, 3, tzinfo=UTC)
IBAN = "DE89370400440532013000"
GLUED = f"{IBAN}please pay it back"
"""The recognisers pass over an account number with a word glued to it; the detectors do not."""


def columns(*events: CanonicalEvent, masker: Masker = MASKER, source: str = "forum") -> Columns:
    return TextStage(masker).columns([source] * len(events), events)


def event(**told: Any) -> CanonicalEvent:
    return CanonicalEvent("1", "forum", AT, AT, **told)


def rows(made: Columns, source: str = "forum") -> list[dict[str, Any]]:
    count = len(made["text"])
    return [{**{name: values[i] for name, values in made.items()}, "event_id": str(i), "source": source} for i in range(count)]


def test_what_masking_leaves_is_masked_counted_and_noted_with_its_place_and_its_way_back() -> None:
    assert list(found_in(GLUED)) == []
    raw = f"Refund! {GLUED}, write to ann@example.com"
    made = columns(event(text=raw))
    assert plain(made["text"][0]) == "Refund! [IBAN]please pay it back, write to [EMAIL]"
    assert json.loads(made["masked"][0]) == {"email": 1, "iban": 1}
    assert json.loads(made["second_look"][0]) == [["text", "iban", 8]]
    text, offsets = made["text"][0], made["offsets"][0]
    start, end = text.index("[IBAN"), text.index("please")
    assert raw[slice(*raw_span(offsets, start, end))] == IBAN
    assert raw[slice(*raw_span(offsets, end, end + 6))] == "please"
    assert raw[slice(*raw_span(offsets, text.index("[EMAIL"), len(text)))] == "ann@example.com"


def test_a_row_that_holds_nothing_has_no_note() -> None:
    assert columns(event(text="The app crashes", title="Crash", attributes={"posted_ms": 1700000000000}))["second_look"] == [""]


@pytest.mark.parametrize("column", ["title", "product", "product_area", "version", "region", "locale", "tier"])
def test_every_text_column_is_looked_at_again(column: str) -> None:
    made = columns(event(text="It fails", **{column: IBAN + "x"}))
    assert plain(made[column][0]).lower() == "[iban]x"
    noted = json.loads(made["second_look"][0])
    assert noted == ([["text", "iban", 0]] if column == "title" else []) + [[column, "iban", 0]]
    assert json.loads(made["masked"][0]) == {"iban": 1}
    assert list(leaks_in_rows(rows(made))) == []


def test_attributes_are_looked_at_by_value_and_by_key() -> None:
    made = columns(event(text="It fails", attributes={GLUED: [{"deep": GLUED}], "kept": 12, "n": 4111111111111111.0}))
    value = json.loads(made["attributes"][0])
    assert IBAN not in made["attributes"][0]
    assert value["kept"] == 12
    assert plain(value["n"]) == "[CARD]"
    assert [(c, k) for c, k, _ in json.loads(made["second_look"][0])] == [("attributes", "iban")] * 2


def test_a_value_that_does_not_come_clean_is_left_out_and_told() -> None:
    never = SecondLook(MASKER, rounds=0)
    text, noted = never.mask(MappedText.raw(GLUED), "forum")
    assert (text.text, text.triples(), noted) == ("", [], [("withheld", 0)])


def test_a_row_of_thousands_of_finds_has_a_short_note() -> None:
    made = columns(event(text=" ".join([GLUED] * 300)))
    assert IBAN not in made["text"][0]
    assert len(json.loads(made["second_look"][0])) == MOST_NOTED
    assert json.loads(made["masked"][0]) == {"iban": 300}


@pytest.mark.parametrize(
    "title",
    ["write to ann at example dot com", "sk-abcdefghijklmnop", "Bearer abcdefghijklmnop"],
)
def test_a_title_of_plain_words_is_masked_as_a_text_is(title: str) -> None:
    made = columns(event(title=title, text="It fails"))
    assert list(leaks_in_rows(rows(made))) == []
    assert made["title"][0] == made["text"][0].split("\n")[0] != title


def test_a_site_s_own_pattern_holds_in_every_column() -> None:
    rules = PersonalData(sources={"forum": SourceRules(order=(r"\bORD[A-Z]{4}\b",))})
    made = columns(event(text="about ORDABCD", title="ORDABCD", product="ORDABCD"), masker=Masker(Policy(KEY, rules)))
    assert list(leaks_in_rows(rows(made), rules)) == []


def test_a_tier_in_lower_case_keeps_its_placeholder() -> None:
    made = columns(event(text="It fails", tier="GOLD for Order No 4711567"))
    assert made["tier"][0].startswith("gold for order no [ORDER:")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Call AIRLINES at +1-888-555-0134typically applies a fee", "Call AIRLINES at [PHONE]typically applies a fee"),
        ("+9-999-999-9999typically", "[PHONE]typically"),
        ("Ring888-555-0134now", "Ring[PHONE]now"),
        ("(888) 555-0134Call", "[PHONE]Call"),
        ("call+18885550134 again", "call[PHONE] again"),
        ("+44 20 7946 0958please", "[PHONE]please"),
    ],
)
def test_a_telephone_number_glued_to_a_word_is_masked_by_masking_itself(text: str, shown: str) -> None:
    masked, _ = MASKER.mask(MappedText.raw(text))
    assert plain(masked.text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "SKU-888-555-0134-AB",
        "part 888-555-0134AB",
        "v1.888.555.0134beta",
        "bp-888-555-0134abc",
        "at 2024-05-06T10:00:00+02:00",
        "a+123456789",
        "error 0x80070057+1",
        "build 20240506123456beta",
        'pinned [{"url":"https://amazon.com","label":"@amazon","searchTopSite":true}]',
        "<a href='https://amazon.com'>@amazon</a>",
    ],
)
def test_codes_versions_and_pasted_data_stay_and_no_look_takes_them_for_personal(text: str) -> None:
    made = columns(event(text="x", attributes={"note": text}))
    assert MASKER.mask(MappedText.raw(text))[0].text == text
    assert list(seen_in(text)) == []
    assert made["second_look"] == [""]


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_the_detectors_may_see_whatever_they_see(texts: list[str]) -> None:
    storable = [t.encode("utf-8", "replace").decode() for t in texts]
    for text, may in zip(storable, may_see(storable), strict=True):
        assert may or not list(seen_in(text))


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3)), min_size=1, max_size=12))
def test_nothing_that_either_look_sees_leaves_the_text_stage(values: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    made = columns(
        *(
            event(
                **dict.fromkeys(("text", "product", "region"), a),
                **dict.fromkeys(("title", "locale", "product_area", "url"), b),
                **dict.fromkeys(("customer_id", "tier", "version"), c),
                attachments=(c,),
                attributes=d,
            )
            for a, b, c, d in values
        )
    )
    assert list(leaks_in_rows(rows(made))) == []
