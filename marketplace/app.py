"""Composes the shop: its collaborators, its use cases and the Flask application."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from flask import Flask

from bookfiles.ids import IdsFile
from events.tickets import Tickets
from marketplace.domain.callbacks import CallbackTokens
from marketplace.domain.destinations import is_broker
from marketplace.domain.guest_links import GuestLinks
from marketplace.gateways.channel import Credentials, target
from marketplace.gateways.http_receiver import HttpReceiver
from marketplace.gateways.notices import HttpNotices
from marketplace.gateways.payment_provider import HttpPaymentProvider
from marketplace.gateways.previews import GrpcPreviews
from marketplace.gateways.rabbitmq import BrokerReceiver, NoticesBrokerReceiver
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.relay.senders import Receiver
from marketplace.settings import (
    TRANSLATIONS,
    Settings,
    live_address,
    live_secret,
    notices_api,
    notices_secret,
    session_key,
)
from marketplace.store import Store, open_store
from marketplace.usecases.accounts.accounts import Accounts
from marketplace.usecases.accounts.links import AccountLinks
from marketplace.usecases.accounts.passwords import MAX_PLACES, Passwords
from marketplace.usecases.activity import Activity
from marketplace.usecases.api_changes import ApiChanges
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.usecases.carts import Carts
from marketplace.usecases.catalogue.uploads import Uploads
from marketplace.usecases.contact import Contact
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.destinations import Destinations
from marketplace.usecases.links import Links
from marketplace.usecases.live_tickets import LiveTickets
from marketplace.usecases.messages import Messages, Notices
from marketplace.usecases.moderation import Moderation
from marketplace.usecases.orders import Orders
from marketplace.usecases.payments import Payments
from marketplace.usecases.shared_attempts import SharedAttempts
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.page_shelves import Answer
from marketplace.usecases.shelves.shelves import Recommender, Shelves
from marketplace.web import create_web
from marketplace.web.languages import Languages
from marketplace.web.limits import Attempt, Limiter
from marketplace.web.security import count_by_address
from marketplace.web.shop import Shop
from servicekit.grpc.tls import channel_credentials
from servicekit.translations import translations


def create_app(
    settings: Settings,
    recommender: Recommender | None = None,
    *,
    store: Store | None = None,
    wake: Callable[[], None] = lambda: None,
    passwords: Passwords | None = None,
    limiter: Limiter | None = None,
    payments: Payments | None = None,
    notices: Notices | None = None,
    languages: Languages | None = None,
    failed_threads: Callable[[], Sequence[str]] = tuple,
    count_answer: Callable[[Answer], object] | None = None,
) -> Flask:
    """The shop's application; collaborators that are not given are created from the settings.

    `wake` is called after each commit that wrote an event for the relay; `failed_threads` returns the names of
    the threads that must run and do not; `count_answer` is for the metrics.
    """
    timeouts = settings.timeouts(settings.database_timeout_seconds)
    store = store or open_store(settings.database, timeouts=timeouts, has_live=settings.has_live)
    recommender = recommender or connect(settings)
    # At most half the threads hash passwords, or wait for it: the others serve pages.
    passwords = passwords or Passwords(places=max(1, min(MAX_PLACES, settings.threads // 2)))
    cards = CardCache(store)
    limiter = limiter or Limiter(shared=shared_attempts(settings, store))
    activity = Activity(store, wake=wake, admit=partial(count_by_address, limiter, Attempt.GUEST_BY_ADDRESS))
    accounts = Accounts(store, passwords=passwords, wake=wake)
    conversations = Conversations(store, wake=wake)
    moderation = Moderation(store, changed=cards.drop, wake=wake)
    shop = Shop(
        store=store,
        recommender=recommender,
        cards=cards,
        shelves=Shelves(store, recommender, cards, count=count_answer),
        activity=activity,
        accounts=accounts,
        account_links=AccountLinks(store, accounts, passwords=passwords, wake=wake),
        carts=Carts(store, activity),
        orders=Orders(store, wake=wake),
        conversations=conversations,
        contact=Contact(store, conversations, GuestLinks(session_key(settings)), wake=wake),
        links=Links(store, wake=wake),
        payments=payments or payments_of(settings, store, wake=wake),
        destinations=Destinations(store, wake=wake),
        live=live_of(settings, store),
        messages=Messages(store, notices or HttpNotices(notices_api(settings), partial(notices_secret, settings))),
        moderation=moderation,
        api_tokens=ApiTokens(store),
        api_changes=ApiChanges(store, moderation),
        uploads=Uploads(store, IdsFile(settings.ids_dir), changed=cards.drop, wake=wake),
        limiter=limiter,
        failed_threads=failed_threads,
    )
    return create_web(settings, shop, languages or Languages(translations(TRANSLATIONS), settings.language))


def connect(settings: Settings) -> GrpcRecommender:
    """The client of Recommendations; it connects on first use. Raises CertificateUnusable."""
    return GrpcRecommender(
        target(settings.recommendations_host, settings.recommendations_port),
        timeout=settings.recommendations_timeout_ms / 1000,
        credentials=_credentials(
            settings.recommendations_tls_ca,
            settings.recommendations_tls_client_certificate,
            settings.recommendations_tls_client_key,
        ),
        token=settings.recommendations_token.get_secret_value(),
    )


def connect_previews(settings: Settings) -> GrpcPreviews:
    """The client of Previews; it connects on first use. Raises CertificateUnusable."""
    return GrpcPreviews(
        target(settings.previews_host, settings.previews_port),
        credentials=_credentials(
            settings.previews_tls_ca, settings.previews_tls_client_certificate, settings.previews_tls_client_key
        ),
    )


def _credentials(ca: Path | None, certificate: Path | None, key: Path | None) -> Credentials | None:
    return None if ca is None else channel_credentials(ca, certificate, key)


def connect_provider(settings: Settings, port: int | None = None) -> HttpPaymentProvider:
    """The client of the payment provider; it connects on first use.

    `port` is the port that the shop listens on if it differs from the settings.
    """
    callback_url = settings.callback_url or _local_url(settings, port)
    return HttpPaymentProvider(settings.payments_url, callback_url, CallbackTokens(session_key(settings)))


def public_url(settings: Settings, port: int | None = None) -> str:
    """Where readers reach the shop; `port` as for `connect_provider`."""
    return settings.public_url or _local_url(settings, port)


def connect_receiver(url: str, secret: str) -> Receiver:
    """The client of a receiver of public events; it connects on first use."""
    return BrokerReceiver(url) if is_broker(url) else HttpReceiver(url, secret)


def connect_notices(settings: Settings) -> Receiver:
    """The client of notices; it connects on first use.

    Raises OSError and ValueError if its secret cannot be read or created.
    """
    url = settings.notices_url.get_secret_value()
    return NoticesBrokerReceiver(url) if is_broker(url) else HttpReceiver(url, notices_secret(settings))


def connect_live(settings: Settings, url: str) -> Receiver:
    """The client of live at `url`; it connects on first use.

    Raises OSError and ValueError if its secret cannot be read or created.
    """
    return HttpReceiver(url, live_secret(settings))


def live_of(settings: Settings, store: Store) -> LiveTickets | None:
    """The use case of tickets, None without live. Raises OSError and ValueError likewise."""
    address = live_address(settings)
    return LiveTickets(store, Tickets(live_secret(settings)), address) if address else None


def payments_of(settings: Settings, store: Store, *, wake: Callable[[], None] = lambda: None) -> Payments:
    """The use cases of payments; `wake` as for `create_app`."""
    return Payments(store, CallbackTokens(session_key(settings)), wake=wake)


def shared_attempts(settings: Settings, store: Store) -> SharedAttempts:
    """The attempts that are counted over all processes of the shop."""
    return SharedAttempts(store, session_key(settings))


def _local_url(settings: Settings, port: int | None) -> str:
    return f"http://localhost:{port or settings.port}"
