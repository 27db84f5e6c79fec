"""The trace of each request."""

from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

from marketplace.usecases.payments import Payments
from marketplace.web.pages.webhooks import bearer_token
from marketplace.web.security import is_public
from servicekit.tracing.context import new_trace_id, trace_id_of
from servicekit.tracing.spans import Kind, Scope, is_tracing, span

WITHOUT_SPAN = frozenset({"cover", "picture", "health"})
"""The blueprints of what comes forty times with a page, as static files do, or is asked every few seconds."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def trace_requests(app: Flask, payments: Payments) -> None:
    """Give each request to `app` a trace id, for its log lines and calls, and a span if traces are made.

    The header of a browser is not continued: strangers could have everything recorded, or join a trace of others. The
    callbacks of the payment provider continue the trace that their token names.
    """

    @app.before_request
    def begin() -> None:
        g.span = None
        if is_tracing() and request.endpoint != "static" and request.blueprint not in WITHOUT_SPAN:
            g.scope = _scope(payments)
            g.span = g.scope.__enter__()
            g.trace_id = trace_id_of(g.span.traceparent)
        else:
            g.trace_id = new_trace_id()
            structlog.contextvars.bind_contextvars(trace_id=g.trace_id)

    @app.after_request
    def add_status(response: Response) -> Response:
        # The forty covers of a page need no trace.
        if not is_public(response):
            response.headers["X-Trace-Id"] = g.trace_id
        if g.span is not None:
            g.span.set("http.response.status_code", response.status_code)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                g.span.fail(str(response.status_code))
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if g.get("span") is not None:
            g.scope.__exit__(None, None, None)
        # The thread will handle other requests.
        structlog.contextvars.clear_contextvars()


def _scope(payments: Payments) -> Scope:
    # The route and never the path, which may have an order's id or what was searched.
    route = request.url_rule.rule if request.url_rule else ""
    method = request.method if request.method in _METHODS else "_OTHER"
    attributes = {"http.request.method": method, "url.scheme": request.scheme}
    if route:
        attributes["http.route"] = route
    verb = "HTTP" if method == "_OTHER" else method
    return span(
        f"{verb} {route}".rstrip(),
        Kind.SERVER,
        parent=_parent(payments),
        begins_trace=True,
        attributes=attributes,
    )


def _parent(payments: Payments) -> str | None:
    if request.blueprint != "webhooks" or not request.view_args:
        return None
    return payments.trace_of(request.view_args["order_id"], bearer_token())
