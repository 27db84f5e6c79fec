"""Reads requests of the API: the token, the query, the body, the idempotency key and the preconditions."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError

from marketplace.domain.api_tokens import ApiToken
from marketplace.domain.errors import TokenInvalid
from marketplace.usecases.api_changes import Key, Versions
from marketplace.web.api.operations import Call, Operation
from marketplace.web.api.problems import Problem
from marketplace.web.limits import Attempt
from marketplace.web.security import address
from marketplace.web.shop import Shop

_KEY = re.compile(r'"([!#-\[\]-~]{1,64})"|([!#-+\--:<-\[\]-~]{1,64})')
"""A string of structured fields (RFC 9651), or the same without quotes, as many clients send it."""
_ETAGS = re.compile(r'\s*"([!#-~]{1,64})"\s*')
_NO_KEY = Key("", "")


def read_call(shop: Shop, operation: Operation, path: dict[str, Any]) -> Call:
    """The request, checked in the order of the statuses of its problems. Raises Problem."""
    token = _token(shop)
    if operation.scope not in token.scopes:
        raise Problem("forbidden", f"This needs a token with the scope {operation.scope.value}.")
    if seconds := shop.limiter.wait(Attempt.API_BY_TOKEN, str(token.id)):
        raise Problem("too-many-requests", headers={"Retry-After": str(seconds)})
    return Call(
        token=token,
        path=path,
        query=_validated(operation.query, "query"),
        body=_body(operation.body) if operation.body else None,
        key=_key() if operation.needs_key else _NO_KEY,
        versions=_versions(is_needed=operation.needs_versions) if operation.takes_versions else None,
    )


def _token(shop: Shop) -> ApiToken:
    sent = request.authorization
    text = (sent.token or "") if sent is not None and sent.type == "bearer" else ""
    try:
        return shop.api_tokens.authenticated(text)
    except TokenInvalid:
        # A valid token is never refused because of wrong ones: they may come from a forgotten system beside it.
        if seconds := shop.limiter.wait(Attempt.API_WRONG_BY_ADDRESS, address()):
            raise Problem("too-many-requests", headers={"Retry-After": str(seconds)}) from None
        raise Problem("unauthorized") from None


def _validated(model: type[BaseModel], where: str) -> BaseModel:
    try:
        if where == "query":
            return model.model_validate(request.args.to_dict())
        return model.model_validate_json(request.get_data(cache=True))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise Problem("malformed-request", "The body is not JSON in UTF-8.") from None
        errors = [
            {"where": where, "name": _name(fault["loc"]), "detail": f"{fault['msg'][:200]}."} for fault in faults[:20]
        ]
        raise Problem("invalid-request", errors=errors) from None


def _body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise Problem("unsupported-media-type")
    return _validated(model, "body")


def _key() -> Key:
    match = _KEY.fullmatch(request.headers.get("Idempotency-Key", ""))
    if match is None:
        fault = {
            "where": "header",
            "name": "Idempotency-Key",
            "detail": "Send a new key of 1 to 64 characters, such as a UUID in quotes, with each change.",
        }
        raise Problem("malformed-request", "This change needs an idempotency key.", errors=[fault])
    sent = (request.method, request.full_path, request.get_data(cache=True))
    digest = hashlib.sha256(repr(sent).encode()).hexdigest()
    return Key(match[1] or match[2], digest)


def _versions(*, is_needed: bool) -> Versions:
    sent = request.headers.get("If-Match")
    if sent is None:
        if is_needed:
            raise Problem("precondition-required")
        return None
    if sent.strip() == "*":
        return None
    # Weak ones never match (RFC 9110, 13.1.1), and neither does what is no tag.
    found: Sequence[re.Match[str] | None] = [_ETAGS.fullmatch(tag) for tag in sent.split(",")]
    return frozenset(match[1] for match in found if match)


def _name(location: Sequence[int | str]) -> str:
    return ".".join(str(part)[:100] for part in location)
