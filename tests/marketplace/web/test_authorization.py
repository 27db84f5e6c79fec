"""Authorization: strangers ask for every route of the shop."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.domain.orders import Order
from marketplace.store import Store
from tests.marketplace.browser import Browser, token
from tests.marketplace.ordering import ADDRESS_FIELDS, add_to_cart, check_out
from tests.marketplace.stored import put

IN_BOBS_CART = 777
WANTED, ORDERED = "What only Bob puts into his cart", "What only Bob ordered"


class Access(Enum):
    """Whom a route answers."""

    EVERYONE = "everyone, with what is theirs or everybody's"
    OWNER = "the reader whose order it names; to others there is no such order"
    MODERATOR = "moderators; others may sign in as one, or are refused"
    TOKEN = "the holder of a token"


ACCESS: Mapping[str, Access] = {
    **dict.fromkeys(
        [
            *("static", "health.alive", "health.ready", "health.robots", "home.index", "book.page", "cover.image"),
            *("catalogue.author", "catalogue.categories", "catalogue.category", "search.results", "search.suggest"),
            *("actions.rate", "actions.wish", "actions.unwish", "actions.dismiss", "actions.undo"),
            *("activity.history", "activity.wishlist", "orders.overview", "checkout.form", "checkout.order"),
            *("cart.page", "cart.add", "cart.change", "cart.adjust", "cart.empty"),
            *("account.overview", "account.download", "account.sign_up_form", "account.sign_up"),
            *("account.sign_in_form", "account.sign_in", "account.end_session", "account.password_form"),
            *("account.change_password", "account.delete_form", "account.delete_data"),
        ],
        Access.EVERYONE,
    ),
    **dict.fromkeys(["orders.page", "orders.state", "orders.cancel"], Access.OWNER),
    **dict.fromkeys(
        [
            *("moderator.overview", "moderator.audit", "moderator.orders", "moderator.order", "moderator.move_order"),
            *("moderator.books", "moderator.book", "moderator.change_book"),
            *("moderator.delete_form", "moderator.delete_book", "moderator.hide_book", "moderator.show_book"),
            *("moderator.new_book", "moderator.add_book", "moderator.import_form", "moderator.import_books"),
            *("moderator.events", "moderator.retry_event", "moderator.retry_all_events"),
        ],
        Access.MODERATOR,
    ),
    "webhooks.settle": Access.TOKEN,
}


SEGMENT = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
LAST = {"account.delete_data", "account.end_session"}


@dataclass(frozen=True)
class Bob:
    """The reader whose data nobody else may see or change."""

    reader_id: int
    order_id: str
    browser: Browser

    @property
    def secrets(self) -> tuple[str, ...]:
        """What stands only on his pages."""
        return (self.order_id, "bob@example.com", "Robert the Buyer")


@pytest.fixture
def bob(app: Flask, store: Store) -> Bob:
    """Bob, with a cart and an order."""
    put(
        store,
        Book(id=IN_BOBS_CART, title=WANTED, price=Money(1, "EUR")),
        Book(id=IN_BOBS_CART + 1, title=ORDERED, price=Money(2, "EUR")),
    )
    browser = Browser(app)
    browser.sign_up("bob@example.com")
    order_id = check_out(browser, IN_BOBS_CART + 1, address={**ADDRESS_FIELDS, "name": "Robert the Buyer"})
    add_to_cart(browser, IN_BOBS_CART)
    with store.read() as work:
        account = work.accounts.by_email("bob@example.com")
    assert account
    return Bob(account.reader_id, order_id, browser)


@pytest.fixture(params=["visitor", "guest", "account"])
def stranger(request: pytest.FixtureRequest, app: Flask) -> Browser:
    """Somebody else."""
    browser = Browser(app)
    if request.param == "guest":
        browser.get("/books/20?from=list-1")
    elif request.param == "account":
        browser.sign_up("mallory@example.com")
    return browser


def kept_of(store: Store, bob: Bob) -> tuple[object, list[object], Order]:
    """What is Bob's."""
    with store.read() as work:
        cart = [(line.book_id, line.quantity) for line in work.carts.of(bob.reader_id)]
        return work.accounts.by_reader(bob.reader_id), list(cart), work.orders.get(bob.order_id)


def addresses(rule: Rule, bob: Bob) -> Iterator[str]:
    """The addresses of a route that name what is Bob's, wherever it names anything."""
    values = {
        "book_id": (str(IN_BOBS_CART), str(IN_BOBS_CART + 1)),
        "order_id": (bob.order_id,),
        "event_id": ("1",),
        "slug": ("mystery",),
        "version": ("0",),
        "filename": ("shop.css",),
    }
    names = sorted(rule.arguments)
    for chosen in product(*(values[name] for name in names)):
        named = dict(zip(names, chosen, strict=True))
        # Every second piece is a name.
        pieces = SEGMENT.split(rule.rule)
        yield "".join(named[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def test_every_route_declares_its_access(app: Flask) -> None:
    """A new route has to be added to the table above, which the next test uses."""
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ACCESS)


def test_a_stranger_cannot_reach_another_readers_data(app: Flask, store: Store, bob: Bob, stranger: Browser) -> None:
    """Every address and method of every route, with the ids of Bob's things: refused, or answered without a word of
    his, and afterwards all that is his is as it was."""
    before = kept_of(store, bob)
    faults = []
    form = {"csrf_token": token(stranger.client.get("/books/20").text)}
    is_account = "mallory" in str(stranger.client.get("/account").text)
    # What ends the stranger's own session comes last.
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint in LAST):
        for path, method in product(addresses(rule, bob), sorted((rule.methods or set()) & {"GET", "POST"})):
            data = {**form, "quantity": "0", "key": "k" * 20, "line": f"{IN_BOBS_CART}:1:1:EUR", **ADDRESS_FIELDS}
            answer = stranger.client.open(path, method=method, data=data if method == "POST" else None)
            faults += [f"{method} {path}: {why}" for why in faults_of(ACCESS[rule.endpoint], answer, bob, is_account)]
    assert faults == []
    assert kept_of(store, bob) == before


def faults_of(access: Access, answer: TestResponse, bob: Bob, is_account: bool) -> list[str]:
    """What is wrong with an answer to a stranger."""
    # Which books there are everybody may know; that they are in his cart and his order stands only on his pages. What
    # stood in the address the stranger knows: signing in leads back there.
    faults = [
        f"tells {secret!r}" for secret in bob.secrets if secret in answer.text and secret not in answer.request.path
    ]
    if access is Access.OWNER and answer.status_code != 404:
        faults.append(f"answers {answer.status_code}")
    if access is Access.TOKEN and answer.status_code not in {401, 400, 405, 415}:
        faults.append(f"answers {answer.status_code}")
    if access is Access.MODERATOR:
        refused = answer.status_code == 403
        asked_to_sign_in = answer.status_code == 303 and urlsplit(answer.location).path == "/account/sign-in"
        if not (refused if is_account else asked_to_sign_in):
            faults.append(f"answers {answer.status_code}")
    return faults


def test_bob_can_reach_his_own_data(bob: Bob) -> None:
    """What strangers are refused is there."""
    assert ORDERED in bob.browser.get(f"/orders/{bob.order_id}")
    assert WANTED in bob.browser.get("/cart")
    assert bob.order_id in bob.browser.get("/orders")
