"""Each source's reading of one record: the customer's words, times, deletions, and that nothing but RecordError escapes."""

import ast
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import feedback_assets.sources
from feedback_assets.contracts.bronze import SOURCES as NAMES
from feedback_assets.contracts.silver import CHANNELS
from feedback_assets.ground.errors import SettingError
from feedback_assets.sources.event import CanonicalEvent, RecordError
from feedback_assets.sources.reasons import REASONS
from feedback_assets.sources.registry import SOURCES, source_named
from feedback_assets_tests import hostile

T = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
ISO = "2024-05-01T09:30:00Z"


def _parse(source: str, record: dict[str, Any]) -> CanonicalEvent:
    return source_named(source).parse(json.dumps(record).encode(), {})


def _row(source: str, **cells: str) -> CanonicalEvent:
    context = {"format": "csv", "delimiter": ",", "header": list(cells)}
    return source_named(source).parse(",".join(cells.values()).encode(), context)


def test_the_registry_is_the_contract_s_list_and_knows_friendly_names() -> None:
    assert tuple(s.name for s in SOURCES) == NAMES
    assert all(s.channel in CHANNELS or s.needs_mapping for s in SOURCES)
    for alias, name in {
        "Zendesk-Tickets": "zendesk",
        "nps": "survey",
        "appstore": "app_store",
        "play store": "google_play",
        "reviews": "shop_reviews",
    }.items():
        assert source_named(alias).name == name
    aliases = [a for s in SOURCES for a in (s.name, *s.aliases)]
    assert len(aliases) == len(set(aliases))
    with pytest.raises(SettingError, match="google_play"):
        source_named("fax")


def test_zendesk_reads_subject_description_labels_and_deletion() -> None:
    ticket = {"id": 7, "created_at": ISO, "updated_at": "2024-05-02T00:00:00+02:00", "subject": "S", "description": "D", "requester_id": 9}
    event = _parse(
        "zendesk", {**ticket, "tags": ["area:sync", "plan__PRO", "version:2.1", "vip"], "custom_fields": [{"id": 5, "value": "v"}]}
    )
    assert (event.record_id, event.title, event.text, event.customer_id) == ("7", "S", "D", "9")
    assert (event.event_time, event.revised_at) == (T, datetime(2024, 5, 1, 22, tzinfo=UTC))
    assert (event.product_area, event.tier, event.version) == ("sync", "pro", "2.1")
    assert event.attributes["custom_fields"] == {"5": "v"}
    assert not event.is_deletion
    assert _parse("zendesk", {**ticket, "status": "deleted"}).is_deletion


def test_intercom_keeps_contacts_words_and_leaves_out_what_others_wrote() -> None:
    def part(kind: str, body: str, **author: Any) -> dict[str, Any]:
        return {"type": "conversation_part", "body": body, "author": {"type": kind, "id": "1", **author}}

    record = {
        "id": "c1",
        "created_at": int(T.timestamp()),
        "updated_at": int(T.timestamp()) + 60,
        "source": {
            "body": "<p>first</p>",
            "subject": "Sub",
            "author": {"type": "lead", "id": "L"},
            "attachments": [{"url": "https://x.example/a.png"}],
        },
        "conversation_parts": {
            "conversation_parts": [
                part("admin", "agent"),
                part("user", "second"),
                part("bot", "robot"),
                part("user", "ai", from_ai_agent=True),
            ]
        },
        "custom_attributes": {"plan": "Team", "locale": "pt_BR", "order_value": 12, "other": True},
    }
    event = _parse("intercom", record)
    assert event.text == "<p>first</p>\n\nsecond"
    assert (event.title, event.customer_id, event.tier, event.locale, event.order_value) == ("Sub", "L", "team", "pt-BR", 12.0)
    assert event.attachments == ("https://x.example/a.png",)
    assert event.attributes["turns_left_out"] == 3
    opened_by_agent = {**record, "source": {"body": "hello, we have news", "author": {"type": "admin", "id": "a"}}}
    assert _parse("intercom", opened_by_agent).text == "second"
    gone = _parse("intercom", {"id": "c1", "deleted": True, "deleted_at": int(T.timestamp())})
    assert (gone.is_deletion, gone.revised_at, gone.text) == (True, T, "")


def test_zendesk_takes_the_requesters_comments_and_counts_the_others() -> None:
    def comment(author: int, body: str, **more: Any) -> dict[str, Any]:
        return {"id": 1, "type": "Comment", "author_id": author, "body": body, "public": True, **more}

    ticket = {"id": 7, "created_at": ISO, "subject": "S", "description": "It fails.", "requester_id": 5, "submitter_id": 5}
    told = [
        comment(5, "It fails."),
        comment(9, "Have you tried again?"),
        comment(-1, "We received your request"),
        comment(5, "Yes, still broken."),
        comment(9, "internal note", public=False),
        comment(5, ""),
    ]
    event = _parse("zendesk", {**ticket, "comments": told})
    assert (event.text, event.attributes["turns_left_out"]) == ("It fails.\n\nYes, still broken.", 3)
    opened_by_agent = {**ticket, "submitter_id": 9, "comments": [comment(9, "It fails."), comment(5, "I still wait")]}
    assert (_parse("zendesk", opened_by_agent).text, _parse("zendesk", opened_by_agent).attributes["turns_left_out"]) == ("I still wait", 1)
    by_phone = _parse("zendesk", {**ticket, "submitter_id": 9})
    assert (by_phone.text, by_phone.attributes["submitted_for_requester"]) == ("It fails.", True)
    assert "turns_left_out" not in _parse("zendesk", ticket).attributes
    assert _parse("zendesk", {**ticket, "comment_count": 3, "comments": None}).text == "It fails."


def test_app_store_and_google_play_read_stars_words_and_deletion() -> None:
    review = {
        "type": "customerReviews",
        "id": "a",
        "attributes": {"rating": 2, "title": "T", "body": "B", "createdDate": "2024-05-01T02:30:00-07:00", "territory": "DEU"},
    }
    apple = _parse("app_store", review)
    assert (apple.rating, apple.title, apple.text, apple.region, apple.event_time) == (2, "T", "B", "DEU", T)
    assert _parse("app_store", {"id": "a", "deleted": True, "deleted_at": ISO}).is_deletion
    comment = {
        "text": "Title\tBody",
        "starRating": 1,
        "lastModified": {"seconds": str(int(T.timestamp()))},
        "reviewerLanguage": "en_GB",
        "appVersionName": "3.1",
    }
    google = _parse("google_play", {"reviewId": "g", "comments": [{"userComment": comment}, {"developerComment": {"text": "sorry"}}]})
    assert (google.title, google.text, google.rating, google.locale, google.version, google.event_time) == (
        "Title",
        "Body",
        1,
        "en-GB",
        "3.1",
        T,
    )
    assert google.attributes["answered"] is True
    translated = {**comment, "text": "translated", "originalText": "Original"}
    assert _parse("google_play", {"reviewId": "g", "comments": [{"userComment": translated}]}).text == "Original"
    assert _parse("google_play", {"reviewId": "g", "deleted": True, "deleted_at": ISO}).is_deletion


def test_csv_sources_read_their_columns_scale_scores_and_see_edits_and_deletions() -> None:
    shop = _row(
        "shop_reviews",
        review_id="r",
        created_at=ISO,
        review="Rip",
        rating="4",
        order_value="9.5",
        department="Bags",
        sku="k",
        deleted_at="",
    )
    assert (shop.text, shop.rating, shop.order_value, shop.product_area, shop.attributes, shop.is_deletion) == (
        "Rip",
        4,
        9.5,
        "Bags",
        {"sku": "k"},
        False,
    )
    back = _row("returns", return_id="r", created_at=ISO, comment="", reason_code="NOT_AS_DESCRIBED", deleted_at="2024-05-03T00:00:00Z")
    assert (back.title, back.is_deletion, back.revised_at.day) == ("Not as described", True, 3)
    nps = [
        _row("survey", response_id="r", submitted_at=ISO, comment="c", nps_score=s, updated_at="2024-05-02").rating
        for s in ("0", "5", "10", "")
    ]
    assert nps == [1, 3, 5, None]
    with pytest.raises(RecordError, match="out_of_range"):
        _row("survey", response_id="r", submitted_at=ISO, comment="c", nps_score="11")
    with pytest.raises(RecordError, match="wrong_fields"):
        source_named("survey").parse(b"a,b", {"header": ["response_id"], "delimiter": ","})


def test_forum_reads_html_and_deletion() -> None:
    post = {
        "id": 3,
        "created_at": ISO,
        "updated_at": ISO,
        "cooked": "<p>x</p>",
        "raw": "x",
        "topic_title": "T",
        "username": "u",
        "deleted_at": None,
        "user_deleted": False,
    }
    assert (_parse("forum", post).text, _parse("forum", post).is_deletion) == ("<p>x</p>", False)
    assert _parse("forum", {**post, "user_deleted": True}).is_deletion
    assert _parse("forum", {**post, "deleted_at": ISO}).is_deletion


def test_answers_of_staff_and_notes_of_the_forum_itself_are_left_out_and_counted() -> None:
    post = {"id": 3, "created_at": ISO, "cooked": "<p>x</p>", "topic_title": "T", "username": "u"}
    answer = _parse("forum", {**post, "staff": True, "post_number": 2})
    assert (answer.text, answer.title, answer.attributes["turns_left_out"]) == ("", "", 1)
    assert _parse("forum", {**post, "moderator": True, "post_number": 1}).text == "<p>x</p>"
    assert _parse("forum", {**post, "post_type": 3, "post_number": 4}).text == ""
    assert _parse("forum", {**post, "user_id": -1}).text == ""
    assert "turns_left_out" not in _parse("forum", {**post, "post_number": 2}).attributes


def test_nul_and_lone_surrogates_never_reach_a_string() -> None:
    event = source_named("zendesk").parse(
        b'{"id":"a\\u0000b","created_at":"2024-05-01","description":"x\\ud800y\\u0000","tags":["\\udfff"]}', {}
    )
    assert (event.record_id, event.text, event.attributes["tags"]) == ("a\ufffdb", "x\ufffdy\ufffd", ["\ufffd"])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "not_json"),
        (b"[1]", "wrong_type"),
        (b"\xff", "not_utf8"),
        (b'{"id":' + b"9" * 5000 + b"}", "bad_number"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "too_deep"),
        (b'{"a":' * 9000 + b"1" + b"}" * 9000, "too_deep"),
        (b'{"created_at":"2024-05-01"}', "missing_id"),
        (b'{"id":true,"created_at":"2024-05-01"}', "wrong_type"),
        (b'{"id":1}', "missing_time"),
        (b'{"id":1,"created_at":"yesterday"}', "bad_time"),
        (b'{"id":1,"created_at":1e300}', "bad_time"),
        (b'{"id":1,"created_at":NaN}', "missing_time"),
        (b'{"id":1,"created_at":"0001-01-01T00:00:00+14:00"}', "bad_time"),
        (b'{"id":1,"created_at":"2024-05-01","description":7}', "wrong_type"),
    ],
)
def test_what_is_wrong_with_a_record_is_told_apart(payload: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as e:
        source_named("zendesk").parse(payload, {})
    assert e.value.reason == reason
    assert e.value.detail


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**400, ISO, "9" * 30, 1e308, -(2**70)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 10**6), _json, st.binary(max_size=6))
def test_nothing_but_a_record_error_escapes(source: str, seed: int, value: Any, noise: bytes) -> None:
    rng = random.Random(seed)
    refused: list[RecordError] = []
    reader = source_named(source)
    context: dict[str, Any] = {"format": "json"}
    if hostile.is_csv(source):
        separator = hostile.delimiter(source)
        context = {"format": "csv", "delimiter": separator, "header": hostile.HEADER[source].split(separator)}
    if source == "generic":
        context["mapping"] = _hostile_mapping()
    raw = hostile.broken_record(source, 5, rng)
    at = rng.randrange(len(raw))
    made = hostile.record(source, 5, rng)
    made[rng.choice(sorted(made))] = value
    for payload in (raw, raw[:at] + noise + raw[at:], raw[:at], json.dumps(made).encode(), json.dumps(value).encode(), noise):
        for beside in (
            context,
            {},
            {"format": "json", "mapping": context.get("mapping", 3)},
            {**context, "header": value, "delimiter": value},
        ):
            try:
                _can_be_stored(reader.parse(payload, beside))
            except RecordError as e:
                refused.append(e)
    assert all(e.reason in REASONS and hostile.MARK not in e.detail for e in refused)


def _hostile_mapping() -> str:
    import yaml

    return json.dumps(yaml.safe_load(hostile.MAPPING))


def _can_be_stored(event: CanonicalEvent) -> None:
    texts = [event.record_id, event.title, event.text, event.customer_id, event.tier, event.locale, event.product, event.product_area]
    texts += [event.version, event.region, event.url, *event.attachments, json.dumps(event.attributes, allow_nan=False, ensure_ascii=False)]
    assert not [t for t in texts if "\x00" in t]
    assert "".join(texts).encode()
    assert event.record_id
    assert event.rating is None or 1 <= event.rating <= 5
    assert event.event_time.tzinfo is UTC
    assert event.revised_at.tzinfo is UTC


def test_every_reason_in_the_code_is_listed_and_every_listed_one_is_used() -> None:
    root = Path(feedback_assets.sources.__file__).parent
    found: set[str] = set()
    for path in [*root.rglob("*.py"), *(root.parent / "bronze").glob("*.py")]:
        if path.name != "reasons.py":
            found |= {n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert not set(REASONS) - found
    with pytest.raises(KeyError):
        RecordError("not_listed")
