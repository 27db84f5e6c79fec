"""Error pages in the shop's design, without internal details."""

import structlog
from flask import Flask, Response, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from marketplace.domain.errors import (
    ConversationNotFound,
    DestinationNotFound,
    NotInCatalogue,
    OrderNotFound,
    PasswordsBusy,
    StoreUnavailable,
)
from marketplace.web.api.problems import is_api, problem_of_status
from marketplace.web.moderator import UploadTooLarge
from marketplace.web.reader import look_up_no_account
from marketplace.web.security import CrossSite, UntrustedHost

log = structlog.get_logger()

Answer = tuple[str | Response, int]

RETRY_SECONDS = "5"
"""Retry-After when the database does not answer."""

BUSY_SECONDS = "2"
"""Retry-After when too many passwords are being hashed."""

# Errors with a text of their own; others share the text of their status.
_CAUSES: dict[type[HTTPException], str] = {
    CSRFError: "form expired",
    UntrustedHost: "unknown host",
    CrossSite: "cross site",
    UploadTooLarge: "upload",
}
# The same errors, where the API answers.
_DETAILS = {
    "unknown host": "MARKETPLACE_TRUSTED_HOSTS does not name this host.",
    "cross site": "A page of another site has sent this request.",
}


def register(app: Flask) -> None:
    """Answer every failure of `app` with a page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NotInCatalogue, _not_found)
    app.register_error_handler(OrderNotFound, _not_found)
    app.register_error_handler(DestinationNotFound, _not_found)
    app.register_error_handler(ConversationNotFound, _not_found)
    app.register_error_handler(PasswordsBusy, _busy)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> tuple[str | Response, int, list[tuple[str, str]]]:
    # Keep headers such as Allow, which 405 requires.
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return *_page(error.code or 500, cause=_CAUSES.get(type(error), "")), headers


def _not_found(_error: Exception) -> Answer:
    return _page(404)


def _busy(_error: PasswordsBusy) -> tuple[str | Response, int, dict[str, str]]:
    return *_page(429), {"Retry-After": BUSY_SECONDS}


def _unavailable(error: StoreUnavailable) -> tuple[str | Response, int, dict[str, str]]:
    log.error("database_unavailable", exc_info=error)
    return *_page(503), {"Retry-After": RETRY_SECONDS}


def _unexpected(error: Exception) -> Answer:
    log.error("unexpected_exception", exc_info=error)
    look_up_no_account()
    return _page(500, error_id=g.trace_id)


def _page(status: int, *, cause: str = "", error_id: str | None = None) -> Answer:
    if is_api():
        return problem_of_status(status, _DETAILS.get(cause, "")), status
    return render_template("errors/error.html", status=status, cause=cause, error_id=error_id), status
