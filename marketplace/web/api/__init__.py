"""The HTTP API for a seller's own systems: `/api/v1`. A new operation is a line in OPERATIONS of its module."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template
from pydantic import BaseModel

from marketplace.domain.errors import (
    BookNotFound,
    OrderNotFound,
    RequestDiffers,
    RequestInProgress,
    StateConflict,
    StockConflict,
    TokenInvalid,
    VersionConflict,
)
from marketplace.web.api import books, orders, readers, stock
from marketplace.web.api.operations import Operation
from marketplace.web.api.problems import KINDS, PREFIX, Problem, problem_of
from marketplace.web.api.reading import read_call
from marketplace.web.security import no_store
from marketplace.web.shop import Shop

OPERATIONS = (*books.OPERATIONS, *stock.OPERATIONS, *orders.OPERATIONS, *readers.OPERATIONS)

_KINDS: dict[type[Exception], str] = {
    BookNotFound: "not-found",
    OrderNotFound: "not-found",
    RequestDiffers: "key-reused",
    RequestInProgress: "request-in-progress",
    StateConflict: "state-conflict",
    StockConflict: "stock-conflict",
    TokenInvalid: "unauthorized",
    VersionConflict: "version-conflict",
}


def blueprint(shop: Shop) -> Blueprint:
    """`/api/v1` and everything under it."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    api.after_request(no_store)
    for operation in OPERATIONS:
        api.add_url_rule(
            operation.path,
            endpoint=operation.name,
            view_func=partial(_answer, shop, operation),
            methods=[operation.method],
        )
    _add_document(api)
    api.register_error_handler(Problem, problem_of)
    for error, kind in _KINDS.items():
        api.register_error_handler(error, _answer_with(kind))
    return api


def _answer(shop: Shop, operation: Operation, **path: Any) -> Response:
    reply = operation.run(shop, read_call(shop, operation, path))
    body = reply.body.model_dump_json() if isinstance(reply.body, BaseModel) else reply.body
    response = Response(body, reply.status, mimetype="application/json")
    if not body:
        del response.headers["Content-Type"]
    response.headers.update(reply.headers)
    return response


def _answer_with(kind: str) -> Callable[[Exception], Response]:
    return lambda error: problem_of(Problem(kind, _detail(kind, error)))


def _detail(kind: str, error: Exception) -> str:
    # These say what the state, or the stock, is.
    return f"{KINDS[kind].detail} ({error})" if kind in {"state-conflict", "stock-conflict"} else ""


def _add_document(api: Blueprint) -> None:
    # SpecTree is imported, and the document made, when somebody first asks for it.
    @api.get("/openapi.json")
    def document() -> Response:
        from marketplace.web.api.document import written_document  # noqa: PLC0415

        return Response(written_document(OPERATIONS), mimetype="application/json")

    @api.get("/docs")
    def docs() -> str:
        from marketplace.web.api.docs import page  # noqa: PLC0415

        return render_template("api/docs.html", **page(OPERATIONS))
