"""The shop with the demo provider, which is also killed at any moment."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from flask import Flask
from werkzeug.serving import make_server

from marketplace.app import connect_provider, create_app, payments_of
from marketplace.domain.callbacks import TOKEN_LIFETIME_SECONDS, CallbackTokens
from marketplace.domain.errors import ProviderRefused
from marketplace.domain.events import PAYMENTS, PaymentRequested, PaymentWithdrawn, ShopEvent
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.gateways.payment_provider import HttpPaymentProvider
from marketplace.settings import Settings, session_key
from marketplace.store import Store, open_store
from payments.caller import HttpShop
from payments.service import Provider
from payments.store import State
from payments.store import Store as ProvidersStore
from payments.web import create_app as create_provider
from servicekit.clock import now
from tests.e2e.processes import Process
from tests.http_server import HttpServer
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import change_states, state_of, store_order

pytestmark = pytest.mark.slow

AMOUNT = Money(999, "EUR")
REQUESTED = 12
"""Payments in progress when the provider is killed."""


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an application; yields its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Both:
    """The shop and the demo provider, served over HTTP."""

    def __init__(
        self, provider: Provider, settings: Settings, store: Store, client: HttpPaymentProvider, shops_url: str
    ) -> None:
        self.provider = provider
        self.settings = settings
        self.store = store
        self.client = client
        self.shops_url = shops_url

    def run_provider(self) -> None:
        """Let the provider decide and call back until nothing is due."""
        while self.provider.step():
            pass

    def deliver(self) -> list[ShopEvent]:
        """Deliver the provider's waiting events, as the relay does; returns them."""
        with self.store.write() as work:
            rows = work.outbox.waiting(1000, PAYMENTS)
            events = [row.event() for row in rows]
            for event in events:
                match event:
                    case PaymentRequested():
                        self.client.request_payment(event.order_id, event.amount)
                    case PaymentWithdrawn():
                        self.client.withdraw_payment(event.order_id)
            work.outbox.remove([row.event_id for row in rows])
            work.commit()
        return events


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    """Both, with a provider that decides at once."""
    with (
        closing(ProvidersStore(f"sqlite:///{tmp_path / 'payments.db'}")) as providers_store,
        closing(HttpShop()) as shop,
        closing(open_store(f"sqlite:///{tmp_path / 'shop.db'}")) as store,
    ):
        store.migrate()
        provider = Provider(providers_store, shop)
        with served(create_provider(provider)) as port:
            settings = Settings(data_dir=tmp_path, payments_url=f"http://127.0.0.1:{port}")
            app = create_app(settings, FakeRecommender(), store=store)
            with served(app) as shops_port, closing(connect_provider(settings, shops_port)) as client:
                yield Both(provider, settings, store, client, f"http://localhost:{shops_port}")


def test_an_order_is_paid(both: Both) -> None:
    """After a request and a callback over HTTP, and after a repeated request."""
    order = store_order(both.store)
    for _ in range(2):
        both.client.request_payment(order, AMOUNT)
        both.run_provider()
        assert state_of(both.store, order) is OrderState.PAID


def test_a_cancelled_order_is_refunded(both: Both) -> None:
    """Also if it was paid before the withdrawal, and requested again after it."""
    order = store_order(both.store)
    both.client.request_payment(order, AMOUNT)
    change_states(both.store, order, OrderState.CANCELLED)
    both.run_provider()
    assert both.deliver() == [PaymentWithdrawn(order)]
    both.client.request_payment(order, AMOUNT)
    both.run_provider()
    payment = both.provider.get(order)
    assert payment is not None
    assert payment.state is State.REFUNDED
    assert state_of(both.store, order) is OrderState.CANCELLED


def test_another_amount_is_refused_for_good(both: Both) -> None:
    """The error has the provider's reason."""
    order = store_order(both.store)
    both.client.request_payment(order, AMOUNT)
    with pytest.raises(ProviderRefused, match="another amount"):
        both.client.request_payment(order, Money(998, "EUR"))


def test_an_order_with_an_expired_token_is_requested_again_and_paid(both: Both) -> None:
    """The shop sends a new token by itself."""
    old = CallbackTokens(session_key(both.settings), clock=lambda: time.time() - 2 * TOKEN_LIFETIME_SECONDS)
    order = store_order(both.store, at=now() - timedelta(hours=1))
    with closing(HttpPaymentProvider(both.settings.payments_url, both.shops_url, old)) as client:
        client.request_payment(order, AMOUNT)
    both.run_provider()
    assert state_of(both.store, order) is OrderState.PLACED
    assert payments_of(both.settings, both.store).request_overdue() == 1
    assert both.deliver() == [PaymentRequested(order, AMOUNT)]
    both.run_provider()
    assert state_of(both.store, order) is OrderState.PAID


class Killable:
    """The provider as a process, and a shop that records its calls."""

    def __init__(self, folder: Path, shop: HttpServer) -> None:
        self._folder = folder
        self._shop = shop
        self._pool = urllib3.PoolManager(retries=False)
        self.log: list[str] = []
        self.start()

    def start(self) -> None:
        settings = {"PAYMENTS_DATA_DIR": str(self._folder), "MARKETPLACE_CALLBACK_URL": self._shop.url}
        decisions = {"PAYMENTS_SECONDS": "0.2", "PAYMENTS_DECLINES": "0.5"}
        self._process = Process("payments", {**settings, **decisions, "PAYMENTS_PORT": "0"})

    def kill(self) -> None:
        self._process.kill()
        self.log += self._process.log

    def request(self, name: str) -> None:
        callback = {"url": f"{self._shop.url}/{name}", "token": "token"}
        self._request("PUT", name, json={"amount_minor": 999, "currency": "EUR", "callback": callback})

    def get(self, name: str) -> dict[str, Any]:
        return self._request("GET", name)

    def _request(self, method: str, name: str, **body: Any) -> dict[str, Any]:
        response = self._pool.request(method, f"http://127.0.0.1:{self._process.port}/payments/{name}", **body)
        assert response.status == 200
        payment: dict[str, Any] = json.loads(response.data)
        return payment


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[tuple[Killable, HttpServer]]:
    """A provider to kill, and its shop."""
    with HttpServer() as shop:
        provider = Killable(tmp_path, shop)
        yield provider, shop
        provider.kill()


@pytest.mark.parametrize("calls", [0, 1, REQUESTED // 2, REQUESTED])
def test_a_killed_provider_decides_each_payment_once(killable: tuple[Killable, HttpServer], calls: int) -> None:
    """Killed after some callbacks, it sends all outcomes, and never two for a payment."""
    provider, shop = killable
    names = [f"order-{number}" for number in range(REQUESTED)]
    for name in names:
        provider.request(name)
    shop.await_requests(calls)
    provider.kill()
    provider.start()
    before = {name: provider.get(name)["decided_at"] for name in names}
    while len({request.path for request in shop.requests}) < REQUESTED:
        shop.await_requests(len(shop.requests) + 1)
    outcomes = {(request.path, request.json["outcome"]) for request in shop.requests}
    assert {path for path, _ in outcomes} == {f"/{name}" for name in names}
    assert len(outcomes) == REQUESTED
    assert {outcome for _, outcome in outcomes} == {"paid", "declined"}
    for name in names:
        payment = provider.get(name)
        assert (f"/{name}", payment["state"]) in outcomes
        assert before[name] in {None, payment["decided_at"]}


def test_a_provider_killed_during_a_callback_repeats_it(killable: tuple[Killable, HttpServer]) -> None:
    """Once, because the shop received it but did not answer."""
    provider, shop = killable
    answers, shop.answer = shop.answer, shop.hang
    provider.request("order")
    shop.await_requests(1)
    decided = provider.get("order")
    provider.kill()
    shop.answer = answers
    provider.start()
    first, second = shop.await_requests(2)
    assert first.json == second.json
    while provider.get("order")["callback_pending"]:
        pass
    assert provider.get("order") == {**decided, "callback_pending": False}
    assert len(shop.requests) == 2
