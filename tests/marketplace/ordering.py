"""Accounts, orders and moderators for tests, made by use cases or in a browser."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from marketplace.domain.moderation import AuditEntry
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Address, Order, OrderLine, OrderState, StateChange, new_order_id
from marketplace.store import Store
from marketplace.usecases.accounts.accounts import Accounts
from marketplace.usecases.accounts.passwords import Passwords
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders, change_state
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import NOON

ADDRESS = Address(name="Ann Reader", street="1 High Street", city="Oxford", postal_code="OX1 1AA", country="GB")
ADDRESS_FIELDS = asdict(ADDRESS)
MODERATOR = "mod@example.com"


def accounts_of(store: Store, passwords: Passwords | None = None) -> Accounts:
    """The use cases of accounts, with fast password hashes unless others are given."""
    return Accounts(store, passwords=passwords or quick_passwords())


def buyer_of(store: Store, email: str = "ann@example.com") -> int:
    return accounts_of(store).sign_up(0, email, "correct horse").reader_id


def moderator_of(store: Store, email: str = MODERATOR) -> int:
    """A new moderator's account; returns its reader id."""
    reader_id = buyer_of(store, email)
    promote(store, reader_id)
    return reader_id


def promote(store: Store, reader_id: int) -> None:
    with store.write() as work:
        work.accounts.set_moderator(reader_id, True)
        work.commit()


def moderators_browser(app: Flask, store: Store, email: str = MODERATOR) -> Browser:
    """A browser in which a new moderator is signed in."""
    moderator_of(store, email)
    browser = Browser(app)
    assert browser.sign_in(email).status_code == 303
    return browser


def log_of(store: Store) -> list[AuditEntry]:
    with store.read() as work:
        return list(work.audit.page(limit=100).rows)


def store_order(store: Store, at: datetime = NOON) -> str:
    """Store an order without a reader that awaits a payment of 9.99 euros; returns its id."""
    line = OrderLine(book_id=20, title="Dune", price=Money(999, "EUR"), quantity=1)
    order = Order(
        id=new_order_id(),
        reader_id=None,
        email="ann@example.com",
        address=ADDRESS,
        lines=(line,),
        total=line.amount,
        state=OrderState.PLACED,
        placed_at=at,
        changes=(StateChange(OrderState.PLACED, at, Actor.READER),),
    )
    with store.write() as work:
        work.orders.add(order, ADDRESS, key=order.id, digest="")
        work.commit()
    return order.id


def order_of(
    store: Store, reader_id: int, book_id: int, copies: int = 1, *states: OrderState, address: Address = ADDRESS
) -> str:
    """Order copies of a book for a reader and change the order to these states; returns its id."""
    carts = Carts(store, Activity(store, wake=lambda: None))
    carts.add(reader_id, book_id, copies, "")
    with store.read() as work:
        key = f"key-{work.orders.count(reader_id)}"
    order_id = Orders(store).place(reader_id, key, address, carts.of(reader_id).shown)
    change_states(store, order_id, *states)
    return order_id


def change_states(store: Store, order_id: str, *states: OrderState) -> None:
    """Change an order to these states, one after the other."""
    with store.write() as work:
        for state in states:
            change_state(work, order_id, state, by=Actor.SHOP, moment=NOON)
        work.commit()


def state_of(store: Store, order_id: str) -> OrderState:
    with store.read() as work:
        return work.orders.get(order_id).state


def add_to_cart(browser: Browser, book_id: int = 20, quantity: int = 1, **fields: str) -> TestResponse:
    """Add copies of a book to the cart from its page."""
    page = f"/books/{book_id}"
    return browser.send(f"{page}/cart", form_at=page, quantity=str(quantity), **fields)


def checkout_fields(browser: Browser) -> dict[str, str | list[str]]:
    """The fields of the checkout form, with the page's hidden ones."""
    html = browser.client.get("/checkout").text
    fields = re.findall(r'<input type="hidden" name="(csrf_token|key|line)" value="([^"]+)"', html)
    lines = [value for name, value in fields if name == "line"]
    return {**dict(fields), "line": lines, **ADDRESS_FIELDS}


def check_out(
    browser: Browser, book_id: int = 20, quantity: int = 1, address: Mapping[str, str] = ADDRESS_FIELDS
) -> str:
    """Order a book through the pages in a signed-in browser; returns the order's number."""
    add_to_cart(browser, book_id, quantity)
    response = browser.client.post("/checkout", data={**checkout_fields(browser), **address})
    assert response.status_code == 303, response.text
    return urlsplit(response.location).path.removeprefix("/orders/")
