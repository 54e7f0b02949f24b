"""Judges request bodies as the service does: against its published description where that is present, and what that leaves open.

The description (azure_openai_2024-10-21.json) lies beside the project and is not part of it. Without it the hand-written rules here still
apply, and `SpecCheck.has_spec` is False.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parents[3] / "shared" / "specs" / "azure_openai_2024-10-21.json"
_CHAT = "/openai/deployments/{deployment-id}/chat/completions"
_EMBEDDINGS = "/openai/deployments/{deployment-id}/embeddings"
_STRICT = frozenset({"type", "enum", "description", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs"})


class SpecCheck:
    """Says what is wrong with a body; "" when nothing is."""

    def __init__(self, path: Path = SPEC) -> None:
        self.has_spec = path.is_file()
        self._chat: Any = None
        self._embeddings: Any = None
        if self.has_spec:
            self._chat, self._embeddings = _validators(path)

    def chat(self, body: dict[str, Any]) -> str:
        return self._against(self._chat, body) or _chat_rules(body)

    def embeddings(self, body: dict[str, Any]) -> str:
        return self._against(self._embeddings, body) or _embedding_rules(body)

    @staticmethod
    def _against(validator: Any, body: dict[str, Any]) -> str:
        if validator is None:
            return ""
        error = next(validator.iter_errors(body), None)
        return "" if error is None else f"{'.'.join(map(str, error.absolute_path)) or 'body'}: {error.validator}"


@cache
def _validators(path: Path) -> tuple[Any, Any]:
    from jsonschema import Draft202012Validator

    spec = with_null_types(json.loads(path.read_text("utf-8")))
    # The description demands a `type` inside json_schema, which the service and its own SDK do not know; what it must have is the schema.
    spec["components"]["schemas"]["ResponseFormatJsonSchema"]["properties"]["json_schema"]["required"] = ["name", "schema"]
    chat = spec["paths"][_CHAT]["post"]["requestBody"]["content"]["application/json"]["schema"]
    known = {*_properties(spec, chat), "model"}
    chat = {"allOf": [chat], "propertyNames": {"enum": sorted(known)}}  # the service refuses arguments that it does not know
    embeddings = spec["paths"][_EMBEDDINGS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    components = {"components": spec["components"]}
    return Draft202012Validator({**chat, **components}), Draft202012Validator({**embeddings, **components})


def _properties(spec: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _properties(spec, spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    found = set(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= _properties(spec, part)
    return found


def with_null_types(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable: true` where JSON Schema has a second type."""
    if isinstance(node, list):
        return [with_null_types(n) for n in node]
    if not isinstance(node, dict):
        return node
    node = {k: with_null_types(v) for k, v in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
        if "enum" in node:
            node["enum"] = [*node["enum"], None]
    return node


def _chat_rules(body: dict[str, Any]) -> str:
    """What the service demands and its description does not say."""
    messages = body.get("messages")
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(m, dict) and isinstance(m.get("content"), str) for m in messages)
    ):
        return "messages: needed, each with content"
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "max_tokens and max_completion_tokens exclude each other"
    form = body.get("response_format")
    if isinstance(form, dict) and form.get("type") == "json_schema":
        inner = form["json_schema"]
        if not inner.get("strict"):
            return "response_format: strict is expected here"
        return _strict(inner["schema"], "response_format") or _sizes(inner["schema"])
    return ""


def _strict(node: Any, path: str) -> str:
    """Whether a schema is of the supported part (Azure OpenAI, structured outputs)."""
    if not isinstance(node, dict):
        return f"{path}: no schema"
    unknown = set(node) - _STRICT
    if unknown:
        return f"{path}: {sorted(unknown)[0]} is not permitted"
    if node.get("type") == "object" and (
        node.get("additionalProperties") is not False or node.get("required") != list(node.get("properties", {}))
    ):
        return f"{path}: additionalProperties must be false and every property required"
    children = [(f"{path}.{k}", v) for part in ("properties", "$defs") for k, v in node.get(part, {}).items()]
    children += [(f"{path}[]", node["items"])] if "items" in node else []
    children += [(f"{path}|{i}", v) for i, v in enumerate(node.get("anyOf", ()))]
    return next((fault for where, child in children if (fault := _strict(child, where))), "")


def _sizes(schema: dict[str, Any]) -> str:
    if schema.get("type") != "object" or "anyOf" in schema:
        return "response_format: the root must be an object"
    text = json.dumps(schema)
    found = sum(len(n.get("properties", {})) for n in _nodes(json.loads(text)))
    return "response_format: more than 100 properties" if found > 100 else ""


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in _nodes(item)]
    if not isinstance(node, dict):
        return []
    inner = [found for value in node.values() for found in _nodes(value)]
    return [node, *inner] if node.get("type") == "object" and isinstance(node.get("properties"), dict) else inner


def _embedding_rules(body: dict[str, Any]) -> str:
    inputs = body.get("input")
    inputs = [inputs] if isinstance(inputs, str) else inputs
    if not isinstance(inputs, list) or not 0 < len(inputs) <= 2048 or not all(isinstance(i, str) and i for i in inputs):
        return "input: 1 to 2048 texts, none of them empty"
    sizes = [len(i) / 4 for i in inputs]
    if max(sizes) > 8_192:
        return "input: a text has more than 8192 tokens"
    return "input: more than 300000 tokens" if sum(sizes) > 300_000 else ""
