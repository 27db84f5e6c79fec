"""The shop over HTTP. A new page is a module of `pages` and a line in PAGES."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace.domain.accounts import SESSION_LIFETIME
from marketplace.domain.books import LOW_STOCK
from marketplace.domain.ids import SHOP
from marketplace.domain.links import text_parts
from marketplace.domain.orders import is_order_id
from marketplace.domain.text import slug
from marketplace.settings import Settings, live_address, session_key
from marketplace.web import api, errors, moderator, reader
from marketplace.web.compression import compress
from marketplace.web.languages import Languages, begin_page, current_language, use_languages
from marketplace.web.pages import (
    account,
    account_links,
    actions,
    activity,
    book,
    cart,
    catalogue,
    checkout,
    contact,
    cover,
    health,
    home,
    live,
    orders,
    picture,
    search,
    webhooks,
)
from marketplace.web.security import REVALIDATED, guard, is_public
from marketplace.web.shop import Shop
from marketplace.web.tracing import trace_requests

PAGES: tuple[Callable[[Shop], Blueprint], ...] = (
    home.blueprint,
    book.blueprint,
    cover.blueprint,
    picture.blueprint,
    catalogue.blueprint,
    search.blueprint,
    actions.blueprint,
    activity.blueprint,
    cart.blueprint,
    checkout.blueprint,
    orders.blueprint,
    contact.blueprint,
    live.blueprint,
    account.blueprint,
    account_links.blueprint,
    moderator.blueprint,
    health.blueprint,
)
CALLBACKS: tuple[Callable[[Shop], Blueprint], ...] = (webhooks.blueprint, api.blueprint)
"""Other systems call these; their own tokens replace the CSRF token, and cookies count for nothing."""

MAX_FORM_BYTES = 64 * 1024
UPLOAD_PATH = "/moderator/books/import"
"""The only page that accepts more than MAX_FORM_BYTES."""

MAX_FRAGMENTS = 1_000
"""Each has about 10 kB."""


class _Web(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none is a coroutine, and to ask for each of the sixteen of a page takes time."""
        return func


def create_web(settings: Settings, shop: Shop, languages: Languages) -> Flask:
    """The Flask application that serves `shop`."""
    app = _Web("marketplace.web")
    app.config.update(
        SECRET_KEY=session_key(settings),
        # Browsers accept a cookie with this prefix only over TLS and from the host itself.
        SESSION_COOKIE_NAME="__Host-reader" if settings.secure_cookies else "reader",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Otherwise every page would set the cookie again.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=100,
    )
    _set_up_templates(app, has_live=shop.live is not None)
    _version_static_files(app)
    app.before_request(begin_page)
    trace_requests(app, shop.payments)
    compress(app)
    moderator.allow_uploads(app)
    csrf = guard(app, hosts=settings.hosts, secure=settings.secure_cookies, live_url=live_address(settings))
    errors.register(app)
    reader.register(app, shop.accounts.signed_in)
    use_languages(app, languages, shop.accounts.choose_language)
    for blueprint in PAGES:
        app.register_blueprint(blueprint(shop))
    for blueprint in CALLBACKS:
        app.register_blueprint(csrf.exempt(blueprint(shop)))
    if count := settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _set_up_templates(app: Flask, *, has_live: bool) -> None:
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(slug=slug, text_parts=text_parts)

    @lru_cache(maxsize=MAX_FRAGMENTS)
    def cached(_language: str, template: str, macro: str, *arguments: Any) -> Markup:
        markup: Markup = getattr(environment.get_template(template).module, macro)(*arguments)
        return markup

    def fragment(*macro: Any) -> Markup:
        """The markup of a template's macro, cached by language and arguments, which are all that it may depend on.

        Rendering the cards takes most of the time of a page, and most visitors see the same ones.
        """
        return cached(current_language(), *macro)

    environment.tests["order_id"] = is_order_id
    environment.globals.update(
        has_live=has_live, SHOP=SHOP, LOW_STOCK=LOW_STOCK, cover_url=cover.cover_url, fragment=fragment
    )


def _version_static_files(app: Flask) -> None:
    """Add a version to the URL of each static file, so that browsers may cache it for a year."""
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

    @app.after_request
    def keep_own_version(response: Response) -> Response:
        # While the shop is upgraded, the page of a new process may ask an old one for its files.
        if request.endpoint == "static" and is_public(response):
            file = (request.view_args or {})["filename"]
            if request.args.get("v") != versions.get(file):
                response.headers["Cache-Control"] = REVALIDATED
        return response
