"""Pages for what went wrong, in the shop's design and without its secrets."""

import structlog
from flask import Flask, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from marketplace.domain.errors import NotInCatalogue, OrderNotFound, StoreUnavailable
from marketplace.web.moderator import UploadTooLarge
from marketplace.web.security import CrossSite, UntrustedHost

log = structlog.get_logger()

Answer = tuple[str, int]

# Refusals that have a page of their own among those of their status.
_CAUSES: dict[type[HTTPException], str] = {
    CSRFError: "old form",
    UntrustedHost: "host",
    CrossSite: "other site",
    UploadTooLarge: "upload",
}


def register(app: Flask) -> None:
    """Answer every failure of `app` with a page of its own."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(NotInCatalogue, _missing)
    app.register_error_handler(OrderNotFound, _missing)
    app.register_error_handler(StoreUnavailable, _closed)
    app.register_error_handler(Exception, _broke)


def _refused(error: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
    # Such as Allow, which 405 must have.
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return *_page(error.code or 500, cause=_CAUSES.get(type(error), "")), headers


def _missing(_error: NotInCatalogue | OrderNotFound) -> Answer:
    return _page(404)


def _closed(error: StoreUnavailable) -> Answer:
    log.error("the database does not answer", exc_info=error)
    return _page(503)


def _broke(error: Exception) -> Answer:
    log.error("an unexpected exception", exc_info=error)
    return _page(500, error_id=g.trace_id)


def _page(status: int, *, cause: str = "", error_id: str | None = None) -> Answer:
    return render_template("errors/error.html", status=status, cause=cause, error_id=error_id), status
