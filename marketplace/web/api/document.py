"""The OpenAPI 3.1 document of the API, made by SpecTree from the operations and their models."""

import json
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from flask import Flask
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from marketplace.domain.api_tokens import Scope
from marketplace.web.api.models import ProblemAnswer
from marketplace.web.api.operations import Operation
from marketplace.web.api.problems import KINDS, MIMETYPE, PREFIX

INTRODUCTION = """\
For a seller's own systems: stock keeping, accounting, a till.

Moderators make tokens, which have scopes and expire; send one as `Authorization: Bearer TOKEN`. Money is an amount
in minor units and a currency. Times are RFC 3339, in UTC. Errors are problem+json (RFC 9457), each with a `type`.
Unknown fields and parameters are refused.

A POST needs an `Idempotency-Key`: sent again within a day with the same key and body, it is not done again but gets
the same answer. What was refused has changed nothing and may be sent again with the same key.
"""
_SCHEME = "token"
_ETAG = {"description": "The book's version, for `If-Match`.", "schema": {"type": "string"}}
_RETRY = {"description": "Seconds until the request may be sent again.", "schema": {"type": "integer"}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new key for each change, such as a UUID in quotes; the same one when it is sent again.",
    "schema": {"type": "string", "pattern": '^"[A-Za-z0-9._-]{1,64}"$'},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}


@cache
def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document of these operations."""
    spec = SpecTree(
        "flask",
        title="Online Books For You",
        version="1",
        description=INTRODUCTION,
        mode="strict",
        annotations=False,
        security_schemes=[SecurityScheme(name=_SCHEME, data=_security())],
        nested_naming_strategy=lambda _parent, child: child,
        naming_strategy=lambda model: model.__name__,
    )
    # Only described: requests are read by `reading`, because SpecTree takes a body that is no JSON for an empty one.
    described = Flask(__name__)
    for operation in operations:
        described.add_url_rule(
            PREFIX + operation.path,
            endpoint=operation.name,
            view_func=_describe(spec, operation),
            methods=[operation.method],
        )
    spec.register(described)
    with described.app_context():
        made: dict[str, Any] = spec.spec
    for operation in operations:
        _complete(_found(made, operation), operation)
    return made


@cache
def written_document(operations: Sequence[Operation]) -> str:
    """The document as JSON."""
    return json.dumps(document(operations), ensure_ascii=False)


def _security() -> SecuritySchemeData:
    scopes = ", ".join(scope.value for scope in Scope)
    return SecuritySchemeData(
        type=SecureType.HTTP, scheme="bearer", description=f"A token of the shop. Scopes: {scopes}."
    )


def _describe(spec: SpecTree, operation: Operation) -> Any:
    success: dict[str, Any] = {f"HTTP_{operation.status.value}": operation.reply}
    statuses = {KINDS[kind].status for kind in operation.all_problems}
    failures = {f"HTTP_{status.value}": ProblemAnswer for status in sorted(statuses)}

    def described() -> None:
        """Replaced by the docstring of the operation."""

    described.__doc__ = operation.run.__doc__
    return spec.validate(
        query=operation.query,
        json=operation.body,
        resp=Response(**success, **failures),
        tags=(operation.tag,),
        security={_SCHEME: [operation.scope.value]},
        operation_id=operation.name,
        skip_validation=True,
    )(described)


def _found(made: dict[str, Any], operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = next(
        methods[method]
        for methods in made["paths"].values()
        for method in methods
        if methods[method]["operationId"] == operation.name
    )
    return found


def _complete(described: dict[str, Any], operation: Operation) -> None:
    """Add what SpecTree does not write: headers, the type of problems, and which problems there are."""
    described["description"] = f"{described['description']}\n\nScope: `{operation.scope.value}`.".strip()
    for status, answer in described["responses"].items():
        kinds = [KINDS[kind] for kind in operation.all_problems if str(KINDS[kind].status.value) == status]
        if kinds:
            answer["content"] = {MIMETYPE: answer["content"]["application/json"]}
            answer["description"] = " ".join(f"`{kind.name}`: {kind.detail}" for kind in kinds)
        if status in {str(HTTPStatus.TOO_MANY_REQUESTS.value), str(HTTPStatus.SERVICE_UNAVAILABLE.value)}:
            answer["headers"] = {"Retry-After": _RETRY}
    success = described["responses"][str(operation.status.value)]
    if operation.has_etag:
        success["headers"] = {"ETag": _ETAG}
    if operation.needs_key:
        described["parameters"].append(_KEY)
    if operation.takes_versions:
        described["parameters"].append(
            {
                "name": "If-Match",
                "in": "header",
                "required": operation.needs_versions,
                "description": "The ETag of the book that you have read, or `*` for any.",
                "schema": {"type": "string"},
                "example": "*",
            }
        )
