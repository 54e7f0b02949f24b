"""Answers: only what the taxonomy has, within limits, "cannot tell" everywhere, and a form that a vendor's structured output takes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from feedback_assets.prompting.answers import (
    executive_summary_model,
    interpretation_model,
    kinds,
    response_model,
    theme_summary_model,
    translations_model,
)
from feedback_assets_tests.prompting.values import CATEGORIES, OWNERS, issue, reading

MODEL = response_model(CATEGORIES)
MODELS: list[type[BaseModel]] = [
    MODEL,
    interpretation_model(5, OWNERS),
    theme_summary_model(9),
    translations_model(9),
    executive_summary_model(9),
]


def taken(answer: object) -> bool:
    try:
        MODEL.model_validate_json(json.dumps(answer))
    except ValidationError:
        return False
    return True


def test_cannot_tell_is_an_answer_to_everything() -> None:
    unknown = dict.fromkeys(issue()) | {"quotes": ["it is off"], "entities": []}
    assert taken(reading(unknown, summary=None, sentiment=None, sentiment_score=None))
    assert taken(reading())


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "executive_escalation/now"},
        {"kind": "stability_performance/refund"},
        {"kind": "crash"},
        {"kind": "Stability_Performance/crash"},
        {"kind": ""},
        {"runner_up": "stability_performance/crash"},
        {"runner_up": "weather"},
        {"severity": 6},
        {"severity": 0},
        {"severity": "5"},
        {"severity": True},
        {"severity": 4.5},
        {"urgency": "at once"},
        {"sentiment": "furious"},
        {"sentiment_score": -1.01},
        {"sentiment_score": "low"},
        {"confidence": 1.5},
        {"confidence": 100},
        {"confidence": "0.9"},
        {"symptom": 7},
        {"intent": "sue"},
        {"quotes": []},
        {"quotes": ["x" * 301]},
        {"quotes": ["a b", "c d", "e f", "g h"]},
        {"quotes": "the app crashes"},
        {"quotes": [""]},
        {"symptom": "x" * 301},
        {"component": "x" * 81},
        {"entities": [{"type": "person", "quote": "Anna"}]},
        {"entities": [{"type": "device", "quote": "x", "owner": "y"}]},
        {"entities": [{"type": "device", "quote": "x"}] * 13},
        {"owner": "billing"},
        {"next_action": "refund"},
    ],
)
def test_an_issue_beyond_what_is_asked_is_refused(changes: dict[str, Any]) -> None:
    assert taken(reading(issue()))
    assert not taken(reading(issue(**changes)))


@pytest.mark.parametrize("name", sorted(issue()))
def test_a_field_that_is_left_out_is_refused(name: str) -> None:
    assert not taken(reading({k: v for k, v in issue().items() if k != name}))


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "DONE",
        {},
        reading(*[issue()] * 6),
        reading(issues=None),
        reading(summary="x" * 301),
        reading(owner="billing"),
        {k: v for k, v in reading().items() if k != "summary"},
        reading(sentiment_score=float("inf")),
    ],
)
def test_a_text_beyond_what_is_asked_is_refused(answer: object) -> None:
    assert not taken(answer)


@pytest.mark.parametrize("raw", ["", "PWNED", '{"issues":[]', "```json\n{}\n```", "null", '{"summary":null} and more'])
def test_what_is_no_json_is_refused(raw: str) -> None:
    with pytest.raises(ValidationError):
        MODEL.model_validate_json(raw)


def test_the_choices_are_the_taxonomy_and_the_category_alone() -> None:
    assert kinds({"a": ("x", "y"), "b": ()}) == ("a", "a/x", "a/y", "b")
    small = response_model({"a": ("x", "y"), "b": ()})
    for kind in (*kinds({"a": ("x", "y"), "b": ()}), None):
        small.model_validate(reading(issue(kind=kind, runner_up="b")))
    with pytest.raises(ValidationError):
        small.model_validate(reading(issue(kind="b/x", runner_up="b")))
    for wrong in ({}, {"a/b": ()}, {"a": ("x/y",)}):
        with pytest.raises(ValueError, match="categories"):
            response_model(wrong)


@pytest.mark.parametrize(
    ("claims", "owner"),
    [
        ([], "billing"),
        ([3], "billing"),
        ([0], "billing"),
        (["1"], "billing"),
        ([True], "billing"),
        ([1], "ceo-office"),
        ([1], ""),
        ([1, 2, 2], None),
    ],
)
def test_an_interpretation_cites_claims_that_there_are_and_names_teams_that_there_are(claims: list[Any], owner: str | None) -> None:
    note = {"claims": [1, 2], "cause": None, "cause_confidence": None, "next_action": None, "owner": "logistics"}
    model = interpretation_model(2, OWNERS)
    model.model_validate({"notes": [note, {**note, "owner": None}]})
    with pytest.raises(ValidationError):
        model.model_validate({"notes": [{**note, "claims": claims, "owner": owner}]})


def test_nothing_to_rest_on_makes_no_model() -> None:
    for make in (theme_summary_model, executive_summary_model):
        with pytest.raises(ValueError, match="nothing"):
            make(0)
    with pytest.raises(ValueError, match="needs"):
        interpretation_model(0, OWNERS)


# --- what a vendor's structured output takes ----------------------------------------------------------------------------------------------


def objects(schema: dict[str, Any], defs: dict[str, Any], level: int = 1) -> Iterator[tuple[dict[str, Any], int]]:
    """(object, level) of every object, each definition where it is used, so that the count is the highest there can be."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from objects(choice, defs, level)
    if schema.get("type") == "array":
        yield from objects(schema["items"], defs, level)
    if schema.get("type") == "object":
        yield schema, level
        for value in schema["properties"].values():
            yield from objects(value, defs, level + 1)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_an_answer_keeps_to_the_strict_schema(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    found = list(objects(schema, schema.get("$defs", {})))
    assert schema["type"] == "object"
    assert "anyOf" not in schema
    assert sum(len(o["properties"]) for o, _ in found) <= 100
    assert max(level for _, level in found) <= 5
    for o, _ in found:
        assert sorted(o["required"]) == sorted(o["properties"])
        assert o["additionalProperties"] is False
    text = json.dumps(schema)
    assert not any(
        f'"{word}"' in text for word in ("oneOf", "allOf", "not", "patternProperties", "default", "prefixItems", "discriminator")
    )
    assert sum(text.count(f'"{kind}"') for kind in kinds(CATEGORIES)) < 500


def test_the_model_that_the_sdk_reduces_is_this_one() -> None:
    from openai.lib._pydantic import to_strict_json_schema

    for model in MODELS:
        assert to_strict_json_schema(model)["additionalProperties"] is False
