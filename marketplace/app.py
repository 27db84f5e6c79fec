"""The Flask application, composed."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from gettext import NullTranslations
from pathlib import Path

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace.domain.callbacks import CallbackTokens
from marketplace.domain.ids import SHOP
from marketplace.domain.money import format_price
from marketplace.domain.text import slug
from marketplace.gateways.payment_provider import HttpProvider
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.settings import Settings, session_key
from marketplace.store import Store, open_store
from marketplace.usecases.accounts import Accounts
from marketplace.usecases.activity import Activity, forget, merge_into
from marketplace.usecases.cards import FreshCards
from marketplace.usecases.carts import Carts
from marketplace.usecases.catalogue.uploads import Uploads
from marketplace.usecases.export import export
from marketplace.usecases.moderation import Moderation
from marketplace.usecases.orders import Orders
from marketplace.usecases.passwords import Passwords
from marketplace.usecases.payments import Payments
from marketplace.usecases.shelves import Recommender, Shelves
from marketplace.web import errors, fragments, moderator, reader
from marketplace.web.compression import compress
from marketplace.web.days import format_day, format_moment
from marketplace.web.limits import Limiter
from marketplace.web.pages import (
    account,
    book,
    cart,
    catalogue,
    checkout,
    cover,
    health,
    home,
    mine,
    orders,
    search,
    webhooks,
)
from marketplace.web.pages import (
    actions as deeds,
)
from marketplace.web.security import guard, is_public
from servicekit.tracing import HEADER, trace_id_of


def create_app(
    settings: Settings,
    recommender: Recommender | None = None,
    *,
    store: Store | None = None,
    wake: Callable[[], None] = lambda: None,
    passwords: Passwords | None = None,
    limiter: Limiter | None = None,
    payments: Payments | None = None,
    translations: NullTranslations | None = None,
) -> Flask:
    """The shop over its collaborators; those that are not given are made as the settings say.

    `wake` is called whenever an event was written for the relay.
    """
    store = store or open_store(settings.database, timeouts=settings.timeouts(settings.database_timeout_seconds))
    recommender = recommender or connect(settings)
    app = Flask("marketplace.web")
    app.config.update(
        SECRET_KEY=session_key(settings),
        # Browsers take a cookie of this prefix from no other host of the domain, and over TLS only.
        SESSION_COOKIE_NAME="__Host-reader" if settings.secure_cookies else "reader",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Without this every page would set the cookie anew.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=100,
    )
    # Every sentence stands in its page's template, marked for translation; English is what they are written in.
    app.jinja_env.add_extension("jinja2.ext.i18n")
    translations = translations or NullTranslations()
    app.jinja_env.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters["price"] = format_price
    app.jinja_env.filters["day"] = format_day
    app.jinja_env.filters["moment"] = format_moment
    app.jinja_env.filters["slug"] = slug
    app.jinja_env.globals["SHOP"] = SHOP
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["cover_url"] = cover.cover_url
    fragments.register(app, translations)
    _version_static_files(app)
    _trace_requests(app)
    compress(app)
    moderator.admit_uploads(app)
    csrf = guard(app, hosts=settings.hosts, secure=settings.secure_cookies)
    errors.register(app)
    cards = FreshCards(store)
    shelves = Shelves(store, recommender, cards)
    activity = Activity(store, wake=wake)
    limiter = limiter or Limiter()
    accounts = Accounts(store, passwords=passwords or Passwords(), merge=merge_into, forget=forget, wake=wake)
    reader.register(app, accounts.signed_in)
    app.register_blueprint(home.blueprint(shelves))
    app.register_blueprint(book.blueprint(store, shelves, activity))
    app.register_blueprint(cover.blueprint(cards))
    app.register_blueprint(catalogue.blueprint(store, shelves))
    app.register_blueprint(search.blueprint(store, shelves, limiter))
    app.register_blueprint(deeds.blueprint(activity, cards))
    app.register_blueprint(mine.blueprint(store, cards))
    carts, ordering = Carts(store, activity), Orders(store, wake=wake)
    app.register_blueprint(cart.blueprint(carts, cards))
    app.register_blueprint(checkout.blueprint(carts, ordering))
    app.register_blueprint(orders.blueprint(store, ordering, cards))
    app.register_blueprint(account.blueprint(accounts, limiter, export=partial(export, store)))
    app.register_blueprint(csrf.exempt(webhooks.blueprint(payments or payments_of(settings, store, wake=wake))))
    moderation = Moderation(store, changed=cards.drop, wake=wake)
    app.register_blueprint(moderator.blueprint(store, moderation, Uploads(store, changed=cards.drop, wake=wake)))
    app.register_blueprint(health.blueprint(store, lambda: recommender.state))
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def connect(settings: Settings) -> GrpcRecommender:
    """The client of the Recommendations that the settings name; connects when it is first used."""
    return GrpcRecommender(
        settings.recommendations_host,
        settings.recommendations_port,
        timeout=settings.recommendations_timeout_ms / 1000,
    )


def connect_provider(settings: Settings, port: int | None = None) -> HttpProvider:
    """The client of the payment provider that the settings name; connects when it is first used.

    `port` is the one that the shop listens on, where that is not the one of the settings.
    """
    callback_url = settings.callback_url or f"http://localhost:{port or settings.port}"
    return HttpProvider(settings.payments_url, callback_url, CallbackTokens(session_key(settings)))


def payments_of(settings: Settings, store: Store, *, wake: Callable[[], None] = lambda: None) -> Payments:
    """The use cases of payments; `wake` is called whenever an event was written for the relay."""
    return Payments(store, CallbackTokens(session_key(settings)), wake=wake)


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

    @app.after_request
    def name(response: Response) -> Response:
        # Of forty covers on a page none needs a trace.
        if not is_public(response):
            response.headers["X-Trace-Id"] = g.trace_id
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        # The thread goes on to other work, which is not this request's.
        structlog.contextvars.clear_contextvars()
