"""Judging a reply never fails, whatever the service sends, and says nothing of the feedback."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.model_client.asks import OUTCOMES
from feedback_assets.model_client.outcomes import judge, judge_text
from feedback_assets_tests.model_client.responses import Reading

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "innererror", "message", "choices", "content", "finish_reason", "refusal", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(status=st.sampled_from([200, 201, 400, 401, 413, 422]), body=st.dictionaries(st.sampled_from(["error", "choices"]), anything))
def test_any_reply_has_a_class(status: int, body: dict[str, object]) -> None:
    assert judge(status, body, Reading).outcome in OUTCOMES
    assert judge(status, body, None, ["text"]).outcome in OUTCOMES


@given(st.text(max_size=60) | st.builds(json.dumps, anything))
def test_any_text_is_ok_malformed_or_does_not_fit(text: str) -> None:
    assert judge_text(text, Reading).outcome in ("ok", "malformed_json", "schema")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", "malformed_json"),
        ("no", "malformed_json"),
        ("```json\n{}\n```", "malformed_json"),
        ('{"findings": [], "summary": "a"} and more', "malformed_json"),
        ('{"findings": [], "summary": "\\ud800"}', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ("{}", "schema"),
        ("[]", "schema"),
        ('{"findings": [], "summary": "a", "extra": 1}', "schema"),
        ('{"findings": [], "summary": 3}', "schema"),
        ('{"findings": [], "summary": "a"}', "ok"),
    ],
)
def test_broken_json_and_json_that_does_not_fit_are_told_apart(text: str, outcome: str) -> None:
    assert judge_text(text, Reading).outcome == outcome


def test_a_detail_names_places_and_kinds_but_no_key_that_the_model_made_up() -> None:
    verdict = judge_text('{"findings": [{"category": "Jane Doe"}], "summary": "a", "Jane Doe lives here": 1}', Reading)
    assert verdict.outcome == "schema"
    assert "findings.0.category: literal_error" in verdict.detail
    assert "Jane" not in verdict.detail


def test_the_services_message_is_shown_unless_it_repeats_the_question_or_a_key() -> None:
    said = {
        "error": {"code": "unsupported_value", "param": "temperature", "message": "Unsupported value: 'temperature' does not support 0"}
    }
    assert (
        judge(400, said, None, ["hello"]).detail
        == "HTTP 400 unsupported_value temperature Unsupported value: 'temperature' does not support 0"
    )
    assert "message" not in judge(400, said, None, ["hello"]).detail
    echo = {"error": {"code": "bad", "message": "cannot read 'my name is Jane Doe' as a message"}}
    assert judge(400, echo, None, ["I say my name is Jane Doe and I am angry"]).detail == "HTTP 400 bad"
    assert judge(400, echo, None).detail == "HTTP 400 bad"
    assert judge(401, {"error": {"code": "401", "message": "Incorrect API key provided: abc"}}, None, []).detail == "HTTP 401 401"


@pytest.mark.parametrize("inner", ["innererror", "inner_error"])
def test_a_blocked_prompt_is_known_under_both_spellings(inner: str) -> None:
    error = {"code": None, inner: {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}}
    verdict = judge(400, {"error": error}, None)
    assert (verdict.outcome, verdict.detail) == ("content_filter_prompt", "filtered: hate")
