"""The Flask application, composed."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, request
from markupsafe import Markup

from marketplace.activity import Activity
from marketplace.domain import SHOP, Card
from marketplace.pages import book, errors, health, home
from marketplace.prices import format_price
from marketplace.recommender import GrpcRecommender
from marketplace.settings import Settings, session_key
from marketplace.shelves import Recommender, Shelves
from marketplace.store import Store, open_store
from servicekit.tracing import HEADER, trace_id_of

SECURITY_HEADERS = {
    # Pictures of books come from anywhere; everything else is the shop's own, and nothing is inline.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https: http: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(
    settings: Settings,
    recommender: Recommender | None = None,
    *,
    store: Store | None = None,
    wake: Callable[[], None] = lambda: None,
) -> Flask:
    """The shop over its collaborators; those that are not given are made as the settings say.

    `wake` is called whenever an event was written for the relay.
    """
    store = store or open_store(settings.database)
    recommender = recommender or connect(settings)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=session_key(settings),
        SESSION_COOKIE_NAME="reader",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Without this every page would set the cookie anew.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    # Every sentence stands in its page's template, marked for translation; there is one language so far.
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters["price"] = format_price
    app.jinja_env.globals["SHOP"] = SHOP
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["rendered_item"] = _remembering_items(app)
    _version_static_files(app)
    _trace_requests(app)
    app.after_request(_set_headers)
    errors.register(app)
    app.register_blueprint(home.blueprint(Shelves(store, recommender)))
    app.register_blueprint(book.blueprint(store, Activity(store, wake=wake)))
    app.register_blueprint(health.blueprint(store, lambda: recommender.state))
    return app


def connect(settings: Settings) -> GrpcRecommender:
    """The client of the Recommendations that the settings name; connects when it is first used."""
    return GrpcRecommender(
        settings.recommendations_host,
        settings.recommendations_port,
        timeout=settings.recommendations_timeout_ms / 1000,
    )


def _remembering_items(app: Flask) -> Callable[[Card, str], Markup]:
    """Renders a card of a shelf, once for as long as it stays the same: half of a page's work is its cards."""

    @lru_cache(maxsize=20_000)
    def rendered_item(card: Card, attribution: str) -> Markup:
        cards: Any = app.jinja_env.get_template("cards.html").module
        rendered: Markup = cards.item(card, attribution)
        return rendered

    return rendered_item


def _version_static_files(app: Flask) -> None:
    """Give each static file's address a version, so that browsers may keep the file for a year."""
    folder = Path(app.static_folder or "")
    versions = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        for file in folder.rglob("*")
        if file.is_file()
    }

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, str]) -> None:
        if endpoint == "static" and values.get("filename") in versions:
            values["v"] = versions[values["filename"]]


def _trace_requests(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.trace_id = trace_id_of(request.headers.get(HEADER))
        structlog.contextvars.bind_contextvars(trace_id=g.trace_id)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        # The thread goes on to other work, which is not this request's.
        structlog.contextvars.clear_contextvars()


def _set_headers(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    response.headers["X-Trace-Id"] = g.trace_id
    if request.endpoint != "static":
        # A page is its reader's own, and the next one may differ.
        response.headers["Cache-Control"] = "private, no-cache"
    return response
