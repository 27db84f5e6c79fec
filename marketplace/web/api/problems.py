"""Errors of the API as problem+json (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, g, request

PREFIX = "/api/v1"
MIMETYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name in the URI, its status, and what to do about it."""

    name: str
    status: HTTPStatus
    detail: str

    @property
    def uri(self) -> str:
        return f"{PREFIX}/docs#{self.name}"

    @property
    def title(self) -> str:
        """`Not found`."""
        return self.name.replace("-", " ").capitalize()


KINDS: Mapping[str, Kind] = {
    name: Kind(name, status, detail)
    for name, status, detail in (
        ("malformed-request", HTTPStatus.BAD_REQUEST, "The request cannot be read."),
        (
            "unauthorized",
            HTTPStatus.UNAUTHORIZED,
            "Send a valid token as `Authorization: Bearer TOKEN`. Moderators make tokens.",
        ),
        ("forbidden", HTTPStatus.FORBIDDEN, "The token does not have the scope that this needs."),
        ("not-found", HTTPStatus.NOT_FOUND, "There is no such address, book, order or reader."),
        ("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "Use one of the methods in `Allow`."),
        ("request-in-progress", HTTPStatus.CONFLICT, "A request with this key is being answered. Try again later."),
        ("state-conflict", HTTPStatus.CONFLICT, "The order cannot change from its current state to this one."),
        ("stock-conflict", HTTPStatus.CONFLICT, "The stock cannot be changed by this much, or is not tracked."),
        ("version-conflict", HTTPStatus.PRECONDITION_FAILED, "The book has changed. Read it again, then decide."),
        ("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large."),
        ("unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send `Content-Type: application/json`."),
        ("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "`errors` lists what to correct."),
        ("key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, "This key came with another request before. Use a new one."),
        (
            "precondition-required",
            HTTPStatus.PRECONDITION_REQUIRED,
            "Send `If-Match` with the ETag of the book that you have read, or `*` for any.",
        ),
        ("too-many-requests", HTTPStatus.TOO_MANY_REQUESTS, "Try again after as many seconds as `Retry-After` says."),
        ("internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "The error has been logged, with this `trace_id`."),
        ("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Try again after as many seconds as `Retry-After` says."),
    )
}
_OF_STATUS = {kind.status: kind for kind in reversed(list(KINDS.values()))}


class Problem(Exception):
    """A request of the API cannot be answered, for a reason of this kind; `errors` are as in the answer."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = KINDS[kind]
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def is_api() -> bool:
    """Whether this request is one of the API, also to an address that there is not."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


def problem_of(error: Problem) -> Response:
    response = _response(error.kind, error.detail, error.errors)
    response.headers.update(error.headers)
    return response


def problem_of_status(status: int, detail: str = "") -> Response:
    """The problem of an error that the shop answers with this status."""
    if status not in _OF_STATUS:
        phrase = HTTPStatus(status)
        return _response(Kind("about:blank", phrase, phrase.phrase), detail, ())
    return _response(_OF_STATUS[HTTPStatus(status)], detail, ())


def _response(kind: Kind, detail: str, errors: Sequence[Mapping[str, str]]) -> Response:
    is_known = kind.name in KINDS
    content = {
        "type": kind.uri if is_known else "about:blank",
        "title": kind.title if is_known else kind.detail,
        "status": kind.status.value,
        "detail": detail or kind.detail,
        "trace_id": g.trace_id,
        "errors": list(errors),
    }
    response = Response(json.dumps(content, ensure_ascii=False), kind.status, mimetype=MIMETYPE)
    response.headers["Cache-Control"] = "no-store"
    if kind.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return response
