"""Pages for what went wrong, in the shop's design and without its secrets."""

import structlog
from flask import Flask, g, render_template
from werkzeug.exceptions import HTTPException

from marketplace.domain import StoreUnavailable

log = structlog.get_logger()

Answer = tuple[str, int]

_TEXTS = {
    404: ("We have no such page", "It may have been sold out, renamed, or never written."),
    500: ("Something broke on our side", "It is written down, and we will look into it."),
    503: ("The shop is closed for a moment", "We cannot reach our catalogue. Please try again in a minute."),
}


def register(app: Flask) -> None:
    """Answer every failure of `app` with a page of its own."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(StoreUnavailable, _closed)
    app.register_error_handler(Exception, _broke)


def _refused(error: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
    # Such as Allow, which 405 must have.
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return *_page(error.code or 500, error.name), headers


def _closed(error: StoreUnavailable) -> Answer:
    log.error("the database does not answer", exc_info=error)
    return _page(503)


def _broke(error: Exception) -> Answer:
    log.error("an unexpected exception", exc_info=error)
    return _page(500, error_id=g.trace_id)


def _page(status: int, name: str = "", *, error_id: str | None = None) -> Answer:
    title, advice = _TEXTS.get(status, (name, "That is not something this page can do."))
    return render_template("errors/error.html", title=title, advice=advice, error_id=error_id), status
