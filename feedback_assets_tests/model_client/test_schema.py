"""The schema that is sent: what Azure takes, for any model that can be written in it; the rest is refused with its field."""

import types
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, create_model

from feedback_assets.model_client.outcomes import judge_text
from feedback_assets.model_client.schema import MOST_LEVELS, MOST_PROPERTIES, SchemaError, reduced_schema, response_format
from feedback_assets_tests.loopback.azure_openai_spec import SpecCheck
from feedback_assets_tests.model_client.responses import Reading


class Kind(StrEnum):
    BUG = "bug"
    OTHER = "other"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Leaf(BaseModel):
    when: date
    price: Decimal | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class Whole(BaseModel):
    kind: Kind = Field(description="What it is about.")
    leaves: list[Leaf] = Field(min_length=1, max_length=9, description="All of them.")
    first: Leaf = Field(description="The first of them.")
    code: str = Field(pattern="^[A-Z]+$", default="A")
    flags: set[Kind]


class Tree(BaseModel):
    name: str
    children: list["Tree"]


def body(model: type[BaseModel]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "x"}], "response_format": response_format(model)}


@pytest.mark.parametrize("model", [Reading, Whole, Tree])
def test_what_is_sent_is_taken_by_the_service_and_what_it_cannot_say_is_judged_here(model: type[BaseModel]) -> None:
    check = SpecCheck()
    assert check.chat(body(model)) == ""
    unreduced = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": model.model_json_schema()}}
    assert check.chat({**body(model), "response_format": unreduced})  # the check sees the difference


def test_a_default_is_no_way_out_and_descriptions_reach_the_model() -> None:
    schema = reduced_schema(Whole)
    assert schema["required"] == ["kind", "leaves", "first", "code", "flags"]
    assert schema["properties"]["first"] == {"anyOf": [{"$ref": "#/$defs/Leaf"}], "description": "The first of them."}
    assert schema["properties"]["code"] == {"type": "string"}
    assert schema["$defs"]["Cat"]["properties"]["kind"] == {"type": "string", "enum": ["cat"]}
    assert "discriminator" not in str(schema)


def test_what_was_left_out_is_enforced_here() -> None:
    good = '{"findings": [], "summary": "calm"}'
    assert judge_text(good, Reading).outcome == "ok"
    assert judge_text(good.replace("calm", " "), Reading).outcome == "schema"
    assert judge_text(good.replace("calm", "c" * 301), Reading).outcome == "schema"


class Free(BaseModel):
    names: dict[str, int]


class Anything(BaseModel):
    value: Any


class AnyList(BaseModel):
    values: list[Any]


class Pair(BaseModel):
    pair: tuple[int, str]


class Union(RootModel[Cat | Dog]):
    pass


class Numbers(RootModel[list[int]]):
    pass


class Holder(BaseModel):
    inner: Free


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Free, "field names, is a mapping with free keys"),
        (Holder, "field inner.names, is a mapping with free keys"),
        (Anything, "field value, may be anything"),
        (AnyList, "field values, is a list of anything"),
        (Pair, "field pair, needs prefixItems"),
        (Union, "not an object at its root"),
        (Numbers, "not an object at its root"),
    ],
)
def test_a_model_that_cannot_be_said_is_refused_with_its_field(model: type[BaseModel], said: str) -> None:
    with pytest.raises(SchemaError) as e:
        reduced_schema(model)
    assert said in str(e.value)
    assert model.__name__ in str(e.value)


def nested(levels: int) -> type[BaseModel]:
    model: type[BaseModel] = create_model("Level", x=(int, ...))
    for _ in range(levels - 1):
        model = create_model("Level", inner=(list[model], ...))  # type: ignore[valid-type]
    return model


def test_the_limits_on_fields_and_levels_are_kept() -> None:
    wide: dict[str, Any] = {f"f{i}": (int, ...) for i in range(MOST_PROPERTIES)}
    assert SpecCheck().chat(body(create_model("Wide", **wide))) == ""
    with pytest.raises(SchemaError, match="101 fields"):
        reduced_schema(create_model("Wider", **wide, more=(int, ...)))
    reduced_schema(nested(MOST_LEVELS))
    with pytest.raises(SchemaError, match="6 deep"):
        reduced_schema(nested(MOST_LEVELS + 1))


leaves = st.sampled_from([int, float, str, bool, Kind, date, int | None, Literal["a", "b"]])
shapes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda t: types.GenericAlias(list, (t,))), st.dictionaries(st.sampled_from("abcd"), inner, min_size=1)
    ),
    max_leaves=12,
)


def model_of(shape: Any, depth: int = 0) -> Any:
    if isinstance(shape, dict):
        fields: dict[str, Any] = {k: (model_of(v, depth + 1), ...) for k, v in shape.items()}
        return create_model(f"M{depth}", **fields)
    if getattr(shape, "__origin__", None) is list:
        return types.GenericAlias(list, (model_of(shape.__args__[0], depth + 1),))
    return shape


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from("abcd"), shapes, min_size=1))
def test_any_model_is_taken_by_the_service_or_refused_here(shape: dict[str, Any]) -> None:
    model = model_of(shape)
    if levels(model.model_json_schema(), model.model_json_schema().get("$defs", {})) > MOST_LEVELS:
        with pytest.raises(SchemaError, match="deep"):
            reduced_schema(model)
        return
    form = {"type": "json_schema", "json_schema": {"name": "m", "strict": True, "schema": reduced_schema(model)}}
    assert SpecCheck().chat({**body(Reading), "response_format": form}) == ""


def levels(node: Any, definitions: dict[str, Any]) -> int:
    """Objects within objects, counted another way than the reduction does."""
    if isinstance(node, list):
        return max((levels(n, definitions) for n in node), default=0)
    if not isinstance(node, dict):
        return 0
    if "$ref" in node:
        return levels(definitions[node["$ref"].rsplit("/", 1)[1]], definitions)
    inner = [v for k, v in node.items() if k not in ("$defs", "properties")] + list(node.get("properties", {}).values())
    return ("properties" in node) + levels(inner, definitions)
