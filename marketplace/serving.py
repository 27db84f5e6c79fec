"""Runs the shop: waitress, the relays beside it, and a clean shutdown."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from marketplace.app import (
    connect,
    connect_live,
    connect_notices,
    connect_previews,
    connect_provider,
    connect_receiver,
    create_app,
    payments_of,
    public_url,
    shared_attempts,
)
from marketplace.domain.destinations import EventDestination
from marketplace.domain.events import LIVE, NOTICES
from marketplace.gateways.payment_provider import HttpPaymentProvider
from marketplace.gateways.previews import GrpcPreviews
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.metrics import ShopMetrics
from marketplace.relay import Relays
from marketplace.relay.senders import EventsSender, PaymentsSender, PreviewsSender, RecommendationsSender, Sender
from marketplace.settings import Settings, live_secret
from marketplace.store import Store, open_store
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES
from marketplace.usecases.destinations import Destinations
from marketplace.usecases.links import Links
from marketplace.usecases.previews import LinkFetcher
from marketplace.usecases.waiting_messages import WaitingMessages
from marketplace.web import MAX_FORM_BYTES, UPLOAD_PATH
from servicekit.listening import cannot_listen, host_port, local_host
from servicekit.metrics.serving import serving_metrics
from servicekit.serving.http_server import HttpServer
from servicekit.serving.limits import DRAIN_SECONDS, Limits
from servicekit.serving.memory import freeze_objects
from servicekit.serving.shutdown import WATCHDOG_SECONDS, stop_on_signal
from servicekit.tracing.export import exporting_traces

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SHUTDOWN_SECONDS = DRAIN_SECONDS + WATCHDOG_SECONDS

_BODY_MARGIN = 1.25
"""The server itself refuses larger bodies than the shop does, whose page explains the limit."""
SIGNAL_AGE = timedelta(minutes=1)
"""An older signal is worth nothing: pages ask the shop meanwhile."""
CONNECTION_WAIT_SECONDS = 0.25
"""How long a page waits for a free connection of the database pool."""


class CannotServe(Exception):
    """The shop cannot start; the message says why and what to do."""


def serve_shop(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then answer the requests that have been sent.

    Raises CannotServe if the address cannot be bound, and AddressInUse for that of the metrics.
    """
    # waitress logs each request that waits for a thread, which would fill the log of a busy shop.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    timeouts = settings.timeouts(settings.database_timeout_seconds)
    with ExitStack() as stack:
        stack.enter_context(exporting_traces("marketplace"))
        stack.callback(store.close)
        # Half the threads: if the database hangs, the others still serve what does not need it.
        pages = open_store(
            settings.database,
            timeouts=timeouts,
            pool_size=max(1, settings.threads // 2),
            pool_timeout=CONNECTION_WAIT_SECONDS,
            waiting_writers=1,
            has_live=settings.has_live,
        )
        stack.callback(pages.close)
        relaying = open_store(settings.database, timeouts=timeouts, has_live=settings.has_live)
        stack.callback(relaying.close)
        recommender = connect(settings)
        stack.callback(recommender.close)

        def wake() -> None:
            # The relays are made after the app: they need its port for the payment provider's callbacks.
            relays.wake()

        def failed_threads() -> list[str]:
            return relays.failed()

        _require_live_secret(settings)
        metrics = ShopMetrics()
        is_measured = settings.metrics_port is not None
        app = create_app(
            settings,
            recommender,
            store=pages,
            wake=wake,
            failed_threads=failed_threads,
            count_answer=metrics.add_answers() if is_measured else None,
        )
        server = listen(metrics.add_pages().measured(app) if is_measured else app, settings)
        stack.callback(server.close)
        metrics.add_server(server)
        metrics.add_breaker(lambda: recommender.state)
        stack.enter_context(serving_shop_metrics(settings, metrics, relaying))
        provider = connect_provider(settings, server.port)
        stack.callback(provider.close)
        Destinations(store).follow_settings(settings.events_urls, has_live=settings.has_live)
        previews = connect_previews(settings)
        stack.callback(previews.close)
        relays = create_relays(settings, relaying, recommender, provider, previews, port=server.port)
        if settings.relay:
            stack.enter_context(relays)
        stop_on_signal(server.stop, seconds=SHUTDOWN_SECONDS)
        freeze_objects()
        click.echo(f"Marketplace is open at http://{host_port(local_host(settings.bind), server.port)}")
        server.run()


@contextmanager
def serving_shop_metrics(settings: Settings, metrics: ShopMetrics, store: Store) -> Iterator[int | None]:
    """Serve the metrics, with the outbox of this store; yields their port. Raises AddressInUse."""
    metrics.add_store(store)
    with serving_metrics(metrics.registry, [settings.bind], settings.metrics_port, prefix="MARKETPLACE") as port:
        yield port


def create_relays(
    settings: Settings,
    store: Store,
    recommender: GrpcRecommender,
    provider: HttpPaymentProvider,
    previews: GrpcPreviews,
    *,
    port: int | None = None,
) -> Relays:
    """The relays, which deliver the shop's events, and every minute do what is due.

    `port` is the port that the shop listens on if it differs from the settings. Raises CannotServe.
    """
    # It logs each step of a failed connection; the relay logs an outage once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    source = public_url(settings, port)
    try:
        notices = connect_notices(settings)
    except ValueError as error:
        raise CannotServe(f"{settings.secrets_dir / 'notices'} is not the secret of notices: {error}") from None
    senders: list[Sender] = [
        RecommendationsSender(store, recommender),
        PaymentsSender(provider),
        EventsSender(NOTICES, notices, source=source),
        PreviewsSender(LinkFetcher(store, previews)),
    ]
    if settings.live_url is not None:
        _require_live_secret(settings)
        live = connect_live(settings, settings.live_url)
        senders.append(EventsSender(LIVE, live, source=source, max_age=SIGNAL_AGE))

    def connect_other(stored: EventDestination) -> EventsSender:
        return EventsSender(stored.destination, connect_receiver(stored.url, stored.secret), source=source)

    payments, destinations, links = payments_of(settings, store), Destinations(store), Links(store)
    messages = WaitingMessages(store, keep_days=settings.conversation_days)
    jobs = (
        payments.request_overdue,
        destinations.prune,
        links.retry_due,
        links.prune,
        messages.send_notices,
        messages.remove_old,
        shared_attempts(settings, store).prune,
    )
    return Relays(store, senders, connect=connect_other, every_minute=jobs)


def _require_live_secret(settings: Settings) -> None:
    try:
        if settings.has_live:
            live_secret(settings)
    except ValueError as error:
        raise CannotServe(f"{settings.secrets_dir / 'live'} is not the secret of live: {error}") from None


def listen(app: "WSGIApplication", settings: Settings) -> HttpServer:
    """A server for `app`, bound to its address but not yet running.

    Raises CannotServe if the address cannot be bound.
    """

    def body_bytes(path: str) -> int:
        return round((MAX_UPLOAD_BYTES if path == UPLOAD_PATH else MAX_FORM_BYTES) * _BODY_MARGIN)

    limits = Limits(body_bytes=body_bytes)
    if settings.proxies:
        # All readers' connections come from the proxy.
        limits = replace(limits, waiting_of_address=None)
    try:
        return HttpServer(
            app,
            host=settings.bind,
            port=settings.port,
            threads=settings.threads,
            limits=limits,
            has_proxies=settings.proxies > 0,
        )
    except (OSError, ValueError):
        raise CannotServe(cannot_listen(host_port(settings.bind, settings.port), "MARKETPLACE")) from None
