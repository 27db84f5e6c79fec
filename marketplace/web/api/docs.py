"""The page that explains the API, from its OpenAPI document."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.web.api.document import INTRODUCTION, document
from marketplace.web.api.operations import Operation
from marketplace.web.api.problems import KINDS

_REF = "#/components/schemas/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An operation as the page shows it; `body` and `reply` are names of schemas."""

    method: str
    path: str
    text: dict[str, Any]
    body: str
    reply: str


def page(operations: Sequence[Operation]) -> dict[str, Any]:
    """What the template shows."""
    made = document(operations)
    described = [
        Described(method=method.upper(), path=path, text=text, body=_body(text), reply=_reply(text))
        for path, methods in made["paths"].items()
        for method, text in methods.items()
    ]
    by_tag = {tag["name"]: [one for one in described if tag["name"] in one.text["tags"]] for tag in made["tags"]}
    schemas = {name: _fields(schema) for name, schema in made["components"]["schemas"].items() if _fields(schema)}
    return {
        "introduction": INTRODUCTION.strip().split("\n\n"),
        "by_tag": by_tag,
        "schemas": schemas,
        "descriptions": {name: made["components"]["schemas"][name].get("description", "") for name in schemas},
        "kinds": list(KINDS.values()),
    }


def _body(text: dict[str, Any]) -> str:
    content = text.get("requestBody", {}).get("content", {})
    return next((_named(kind["schema"]) for kind in content.values()), "")


def _reply(text: dict[str, Any]) -> str:
    content = next(iter(text["responses"].values())).get("content", {})
    return next((_named(kind["schema"]) for kind in content.values()), "")


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an object, each with its type, its description and an example."""
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(field),
            "text": field.get("description", ""),
            "is_required": name in required,
            "example": json.dumps(field["examples"][0], ensure_ascii=False) if field.get("examples") else "",
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    """A short name of what a field may be: `integer or null`, `array of string`."""
    if "$ref" in schema:
        return _named(schema)
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type", "any"))


def _named(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(_REF)
