"""The pages of orders."""

import pytest
from flask import Flask

from marketplace.domain.orders import OrderState
from marketplace.store import Store
from tests.marketplace.browser import Browser
from tests.marketplace.ordering import change_states, check_out


@pytest.fixture
def buyer(browser: Browser) -> Browser:
    """Ann, signed in."""
    browser.sign_up()
    return browser


def test_the_page_polls_until_the_state_is_final(buyer: Browser, store: Store) -> None:
    """Every 2 s while payment is awaited, every 20 s afterwards, and never once the state is final."""
    order_id = check_out(buyer)
    page = f"/orders/{order_id}"
    assert 'http-equiv="refresh"' in buyer.get(page)
    assert 'data-wait="2"' in buyer.get(f"{page}/state")
    change_states(store, order_id, OrderState.PAID)
    assert 'data-wait="20"' in buyer.get(f"{page}/state")
    assert 'http-equiv="refresh"' not in buyer.get(page)
    change_states(store, order_id, OrderState.SHIPPED, OrderState.DELIVERED)
    html = buyer.get(page)
    assert "Delivered" in html
    assert "data-wait" not in html


def test_an_order_can_be_cancelled_until_it_ships(buyer: Browser, store: Store) -> None:
    """Only once; a shipped order has no button, and posting the form anyway shows a message."""
    first, second = check_out(buyer), check_out(buyer)
    page = f"/orders/{first}"
    for words in ("Your order has been cancelled.", "Your order was already cancelled."):
        assert buyer.send(f"{page}/cancel", form_at=f"/orders/{second}").location == page
        assert words in buyer.get(page)
    change_states(store, second, OrderState.PAID, OrderState.SHIPPED)
    page = f"/orders/{second}"
    assert "Cancel order" not in buyer.get(page)
    buyer.send(f"{page}/cancel", form_at="/books/20")
    assert "This order can no longer be cancelled." in buyer.get(page)


def test_orders_are_listed(buyer: Browser, store: Store) -> None:
    """Latest first, each with its state."""
    assert "You have no orders yet." in buyer.get("/orders")
    first, second = check_out(buyer), check_out(buyer)
    change_states(store, first, OrderState.PAID)
    html = buyer.get("/orders")
    assert html.index(second) < html.index(first)
    assert "Awaiting payment" in html
    assert "Paid" in html
    assert buyer.client.get("/orders?page=2").status_code == 404


def test_orders_are_private(buyer: Browser, app: Flask, store: Store) -> None:
    """A visitor, a guest and another account get 404, and cannot cancel it."""
    order_id = check_out(buyer)
    visitor, guest, bob = Browser(app), Browser(app), Browser(app)
    guest.get("/books/20?from=list-1")
    bob.sign_up("bob@example.com")
    for stranger in (visitor, guest, bob):
        for path in (f"/orders/{order_id}", f"/orders/{order_id}/state"):
            stranger.get(path, status=404)
        assert stranger.send(f"/orders/{order_id}/cancel", form_at="/books/20").status_code == 404
        assert order_id not in stranger.get("/orders")
    with store.read() as work:
        assert work.orders.get(order_id).state is OrderState.PLACED


def test_purchases_are_in_the_history(buyer: Browser, store: Store) -> None:
    """So are books added to the cart."""
    change_states(store, check_out(buyer), OrderState.PAID)
    html = buyer.get("/history")
    assert "You bought it" in html
    assert "You added it to your cart" in html


def test_data_is_not_deleted_while_orders_are_open(buyer: Browser) -> None:
    """The page says to cancel them first."""
    order_id = check_out(buyer)
    answer = buyer.send("/account/forget", password="correct horse")
    assert answer.status_code == 409
    assert "You have open orders" in answer.text
    buyer.send(f"/orders/{order_id}/cancel", form_at=f"/orders/{order_id}")
    assert buyer.send("/account/forget", password="correct horse").status_code == 303
