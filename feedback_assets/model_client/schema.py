"""From a pydantic model to the JSON schema that Azure OpenAI takes as a strict response format.

Azure supports a part of JSON Schema: every field required, `additionalProperties: false`, at most 100 properties and 5 levels of objects,
a root that is an object, no pattern, format, bounds or lengths (Azure OpenAI, structured outputs). What it does not support is left
out of what is sent; the full model judges the answer here (outcomes.py). What cannot be left out without changing the meaning is an error
of the model's author.
"""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from feedback_assets.ground.errors import FeedbackError

MOST_PROPERTIES = 100
MOST_LEVELS = 5
_LONGEST_NAME = 64
_KEPT = frozenset({"type", "enum", "description"})
_DROPPED = frozenset(
    {
        *("title", "default", "examples", "deprecated", "readOnly", "writeOnly", "discriminator"),
        *("pattern", "format", "minLength", "maxLength", "contentEncoding", "contentMediaType"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
    }
)
_BUILT = frozenset({"properties", "required", "additionalProperties", "items", "anyOf", "oneOf", "allOf", "const", "$ref", "$defs"})


class SchemaError(FeedbackError):
    """A response model that Azure's structured output cannot express."""


@cache
def response_format(model: type[BaseModel]) -> dict[str, Any]:
    """The `response_format` of a request for answers of the model. Shared: do not change it. Raises SchemaError, naming model and field."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", model.__name__)[:_LONGEST_NAME]
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": reduced_schema(model)}}


def reduced_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The part of the model's schema that is sent. Raises SchemaError, naming model and field."""
    full = model.model_json_schema()
    schema = _Reduction(model.__name__, full.get("$defs", {})).root(full)
    properties, levels = _size(schema, schema.get("$defs", {}))
    if properties > MOST_PROPERTIES:
        raise _error(model.__name__, "", f"has {properties} fields", f"at most {MOST_PROPERTIES}", "split the question in two")
    if levels > MOST_LEVELS:
        raise _error(model.__name__, "", f"nests objects {levels} deep", f"at most {MOST_LEVELS}", "flatten it")
    return schema


class _Reduction:
    """One model on its way. Definitions that nothing refers to any more are not sent."""

    def __init__(self, name: str, definitions: dict[str, Any]) -> None:
        self.name = name
        self.definitions = definitions
        self.reduced: dict[str, Any] = {}

    def root(self, full: dict[str, Any]) -> dict[str, Any]:
        body = {k: v for k, v in full.items() if k != "$defs"}
        if "$ref" in body:  # a model that holds itself
            body = self.definitions[_target(body["$ref"])]
        if body.get("type") != "object":
            raise self.error("", "is not an object at its root", "an object", "wrap it in a model with one field")
        schema = self.node(body, "")
        return {**schema, "$defs": self.reduced} if self.reduced else schema

    def node(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        unknown = set(node) - _KEPT - _DROPPED - _BUILT
        if unknown:
            raise self.error(path, f"needs {', '.join(sorted(unknown))}", "what Azure's structured output can say", "use simpler types")
        if "$ref" in node:
            return self.reference(node, path)
        kept = {k: v for k, v in node.items() if k in _KEPT}
        if "const" in node:
            kept["enum"] = [node["const"]]
        if len(node.get("allOf", ())) == 1:
            return {**self.node(node["allOf"][0], path), **kept}
        if "allOf" in node:
            raise self.error(path, "must fit several schemas at once", "one type", "write the fields into one model")
        branches = node.get("anyOf") or node.get("oneOf")
        if branches:
            kept["anyOf"] = [self.node(b, path) for b in branches]
            return kept
        if node.get("type") == "object":
            kept.update(self.fields(node, path))
        elif node.get("type") == "array":
            if not node.get("items"):
                raise self.error(path, "is a list of anything", "a list of one type", "name the type of its items")
            kept["items"] = self.node(node["items"], f"{path}[]")
        elif "type" not in node and "enum" not in kept:
            raise self.error(path, "may be anything", "a type", "name a type")
        return kept

    def reference(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        name = _target(node["$ref"])
        if name not in self.reduced:
            self.reduced[name] = {}  # it may hold itself
            self.reduced[name] = self.node(self.definitions[name], path)
        reference = {"$ref": node["$ref"]}
        # A reference stands alone: what is said of the field goes around it.
        return {"anyOf": [reference], "description": node["description"]} if "description" in node else reference

    def fields(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        if node.get("additionalProperties"):
            raise self.error(path, "is a mapping with free keys", "an object with named fields", "use a list of objects with key and value")
        properties = node.get("properties", {})
        return {
            "properties": {key: self.node(value, f"{path}.{key}" if path else key) for key, value in properties.items()},
            "required": list(properties),
            "additionalProperties": False,
        }

    def error(self, path: str, what: str, expected: str, mend: str) -> SchemaError:
        return _error(self.name, path, what, expected, mend)


def _error(model: str, path: str, what: str, expected: str, mend: str) -> SchemaError:
    return SchemaError(f"the response model {model}{f', field {path},' if path else ''} {what}", expected=expected, mend=mend)


def _target(reference: str) -> str:
    return reference.removeprefix("#/$defs/")


def _size(schema: dict[str, Any], definitions: dict[str, Any]) -> tuple[int, int]:
    """Properties in all, each definition once, and levels of objects. A model that holds itself counts once on each way down."""
    bodies = [schema, *definitions.values()]
    return sum(_properties(b) for b in bodies), _levels(schema, definitions, frozenset())


def _properties(node: dict[str, Any]) -> int:
    own = node.get("properties", {})
    inner = [*own.values(), *node.get("anyOf", ()), *([node["items"]] if "items" in node else ())]
    return len(own) + sum(_properties(n) for n in inner)


def _levels(node: dict[str, Any], definitions: dict[str, Any], above: frozenset[str]) -> int:
    if "$ref" in node:
        name = _target(node["$ref"])
        return 0 if name in above else _levels(definitions[name], definitions, above | {name})
    inner = [*node.get("properties", {}).values(), *node.get("anyOf", ()), *([node["items"]] if "items" in node else ())]
    return (node.get("type") == "object") + max((_levels(n, definitions, above) for n in inner), default=0)
