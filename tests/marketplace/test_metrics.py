"""The metrics of the shop."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client import generate_latest

from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.events import PAYMENTS, Destination, PaymentRequested
from marketplace.domain.money import Money
from marketplace.metrics import ShopMetrics
from marketplace.store import Store
from marketplace.usecases.shelves.page_shelves import Answer
from servicekit.clock import now
from tests.marketplace.relay.relaying import add_clicks

ADDED = Destination("events-7")


def value(metrics: ShopMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_the_outbox_is_read_by_destination(store: Store) -> None:
    """How many wait, since when the oldest does, and how many were refused."""
    metrics = ShopMetrics()
    metrics.add_store(store)
    assert value(metrics, "shop_outbox_oldest_age_seconds", destination="payments") == 0
    moment = now()
    with store.write() as work:
        for order, age in (("7K3M", 90), ("7K3N", 30), ("7K3P", 900)):
            work.outbox.add(PaymentRequested(order, Money(1, "EUR")), created_at=moment - timedelta(seconds=age))
        oldest = work.outbox.waiting(9, PAYMENTS)[2].event_id
        work.outbox.mark_failed({oldest: "unknown order"})
        work.commit()
    assert value(metrics, "database_up") == 1
    assert value(metrics, "shop_outbox_waiting", destination="payments") == 2
    assert value(metrics, "shop_failed_deliveries", destination="payments") == 1
    oldest_age = value(metrics, "shop_outbox_oldest_age_seconds", destination="payments")
    assert oldest_age is not None
    assert 90 <= oldest_age < 120
    assert value(metrics, "shop_outbox_waiting", destination="recommendations") == 0


def test_added_destinations_are_counted_together(store: Store) -> None:
    """Their numbers are no labels: moderators add and delete them."""
    add_clicks(store, "a", "b")
    with store.write() as work:
        work._connection.exec_driver_sql(f"UPDATE outbox SET destination = '{ADDED.value}'")
        work.commit()
    metrics = ShopMetrics()
    metrics.add_store(store)
    assert value(metrics, "shop_outbox_waiting", destination="events") == 2
    assert value(metrics, "shop_outbox_waiting", destination=ADDED.value) is None


class _Away:
    """A store whose database does not answer."""

    def read(self) -> Any:
        raise StoreUnavailable


def test_without_the_database_the_rest_is_there() -> None:
    """There is no age of an outbox that nobody can read."""
    metrics = ShopMetrics()
    metrics.add_store(_Away())  # type: ignore[arg-type]
    metrics.add_breaker(lambda: "open")
    assert value(metrics, "database_up") == 0
    assert value(metrics, "shop_outbox_waiting", destination="payments") is None
    assert value(metrics, "shop_recommendations_breaker_open") == 1


@pytest.mark.parametrize(("state", "expected"), [("closed", 0), ("open", 1), ("half-open", 1)])
def test_the_breaker_is_open_until_calls_succeed(state: str, expected: float) -> None:
    """A single call that is let through does not end the outage."""
    metrics = ShopMetrics()
    metrics.add_breaker(lambda: state)
    assert value(metrics, "shop_recommendations_breaker_open") == expected


def test_answers_are_counted_by_their_source() -> None:
    """Each kind is there from the beginning: the first fallback is an increase."""
    metrics = ShopMetrics()
    count = metrics.add_answers()
    assert {value(metrics, "shop_recommendation_answers_total", answer=kind.value) for kind in Answer} == {0}
    count(Answer.BEST_SELLERS)
    assert value(metrics, "shop_recommendation_answers_total", answer="best_sellers") == 1


def test_labels_name_routes_and_never_what_was_asked(app: Flask, tmp_path: Path) -> None:
    """Ids, titles and what somebody searched for are in no line."""
    metrics = ShopMetrics()
    app.wsgi_app = metrics.add_pages().measured(app.wsgi_app)  # type: ignore[assignment, method-assign]
    visitor = app.test_client()
    for path in ("/", "/books/20-dune", "/books/20", "/search?q=verysecret", "/covers/20.svg", "/nowhere/20"):
        visitor.get(path)
    visitor.post("/books/20/click")
    text = generate_latest(metrics.registry).decode()
    pages = set(re.findall(r'page="([^"]*)"', text))
    assert "/" in pages
    assert "unknown" in pages
    assert len(pages) >= 4
    assert not re.search(r"verysecret|dune|[/=]20", "".join(pages))
