"""Authorization: strangers request every route of the shop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.domain.orders import Order
from marketplace.store import Store
from marketplace.web.api import OPERATIONS
from tests.marketplace.browser import Browser, token
from tests.marketplace.ordering import ADDRESS_FIELDS, add_to_cart, check_out
from tests.marketplace.stored import put
from tests.marketplace.web.attacks import path_of

IN_BOBS_CART = 777
CART_TITLE, ORDER_TITLE = "A title in Bob's cart", "A title in Bob's order"
BOBS_MESSAGE = "What only Bob asks"


class Access(Enum):
    """Who may use a route."""

    EVERYONE = "everyone, with public data or their own"
    OWNER = "the reader of the order; others get 404"
    WRITER = "the account that wrote; others get 404, or are asked to sign in"
    LINK = "a guest with a link from a mail; others get 404"
    MODERATOR = "moderators; others are asked to sign in, or get 403"
    TOKEN = "callers with a token"


ACCESS: Mapping[str, Access] = {
    **dict.fromkeys(
        [
            *("static", "health.alive", "health.ready", "health.robots", "home.index", "book.page", "cover.image"),
            *("picture.image", "live.ticket"),
            *("catalogue.author", "catalogue.categories", "catalogue.category", "catalogue.subject"),
            *("search.results", "search.suggest"),
            *("actions.rate", "actions.wish", "actions.unwish", "actions.dismiss", "actions.undo"),
            *("activity.history", "activity.wishlist", "orders.overview", "checkout.form", "checkout.order"),
            *("cart.page", "cart.add", "cart.change", "cart.adjust", "cart.empty"),
            *("account.overview", "account.download", "account.sign_up_form", "account.sign_up"),
            *("account.sign_in_form", "account.sign_in", "account.end_session", "account.password_form"),
            *("account.change_password", "account.delete_form", "account.delete_data", "account.end_all_sessions"),
            *("account_links.forgotten_form", "account_links.request_reset", "account_links.email_form"),
            *("account_links.change_email", "account_links.send_confirmation"),
            # A token from a mail opens the account that it belongs to.
            *("account_links.reset_form", "account_links.reset_password", "account_links.confirm_form"),
            "account_links.confirm_email",
            *("contact.form", "contact.begin", "contact.sent", "contact.messages"),
        ],
        Access.EVERYONE,
    ),
    **dict.fromkeys(
        ["orders.page", "orders.state", "orders.messages", "orders.write", "orders.cancel"], Access.OWNER
    ),
    **dict.fromkeys(
        [
            *("moderator.overview", "moderator.audit", "moderator.orders", "moderator.order", "moderator.move_order"),
            *("moderator.books", "moderator.book", "moderator.change_book"),
            *("moderator.delete_form", "moderator.delete_book", "moderator.hide_book", "moderator.show_book"),
            *("moderator.new_book", "moderator.fill_in", "moderator.add_book"),
            *("moderator.import_form", "moderator.import_books"),
            *("moderator.conversations", "moderator.order_messages"),
            *("moderator.answer", "moderator.close_conversation"),
            *("moderator.conversation", "moderator.answer_contact", "moderator.close_contact"),
            *("moderator.delete_contact_form", "moderator.delete_contact"),
            *("moderator.events", "moderator.retry_event", "moderator.retry_all_events"),
            *("moderator.messages", "moderator.retry_message", "moderator.retry_all_messages"),
            *("moderator.destinations", "moderator.add_destination", "moderator.destination"),
            *("moderator.change_destination", "moderator.enable_destination", "moderator.disable_destination"),
            *("moderator.show_secret", "moderator.delete_destination_form", "moderator.delete_destination"),
            *("moderator.delivery", "moderator.repeat_delivery"),
            *("moderator.api_tokens", "moderator.make_api_token", "moderator.revoke_api_token"),
        ],
        Access.MODERATOR,
    ),
    **dict.fromkeys(["contact.conversation", "contact.write"], Access.WRITER),
    **dict.fromkeys(["contact.guest", "contact.write_as_guest"], Access.LINK),
    "webhooks.settle": Access.TOKEN,
    **dict.fromkeys((f"api.{operation.name}" for operation in OPERATIONS), Access.TOKEN),
    **dict.fromkeys(("api.document", "api.docs"), Access.EVERYONE),
}
LAST = {"account.delete_data", "account.end_session", "account.end_all_sessions"}


@dataclass(frozen=True)
class Bob:
    """The reader whose data nobody else may see or change."""

    reader_id: int
    order_id: str
    conversation_id: str
    browser: Browser

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that are only on his pages."""
        return (self.order_id, "bob@example.com", "Robert the Buyer", self.conversation_id, BOBS_MESSAGE)


@pytest.fixture
def bob(app: Flask, store: Store) -> Bob:
    """Bob, with a cart and an order."""
    put(
        store,
        Book(id=IN_BOBS_CART, title=CART_TITLE, price=Money(1, "EUR")),
        Book(id=IN_BOBS_CART + 1, title=ORDER_TITLE, price=Money(2, "EUR")),
    )
    browser = Browser(app)
    browser.sign_up("bob@example.com")
    order_id = check_out(browser, IN_BOBS_CART + 1, address={**ADDRESS_FIELDS, "name": "Robert the Buyer"})
    add_to_cart(browser, IN_BOBS_CART)
    with store.read() as work:
        account = work.accounts.by_email("bob@example.com")
    assert account
    conversation_id = uuid4().hex
    fields = {"id": conversation_id, "version": "1", "text": BOBS_MESSAGE}
    assert browser.send("/contact", **fields).status_code == 303
    return Bob(account.reader_id, order_id, conversation_id, browser)


@pytest.fixture(params=["visitor", "guest", "account"])
def stranger(request: pytest.FixtureRequest, app: Flask) -> Browser:
    """A browser of another reader."""
    browser = Browser(app)
    if request.param == "guest":
        browser.get("/books/20?from=list-1")
    elif request.param == "account":
        browser.sign_up("mallory@example.com")
    return browser


def stored_of(store: Store, bob: Bob) -> tuple[object, list[object], Order, object]:
    """Bob's account, cart, order and conversations."""
    with store.read() as work:
        cart = [(line.book_id, line.quantity) for line in work.carts.of(bob.reader_id)]
        conversations = work.conversations.of(bob.reader_id)
        return work.accounts.by_reader(bob.reader_id), list(cart), work.orders.get(bob.order_id), conversations


def paths(rule: Rule, bob: Bob) -> Iterator[str]:
    """The paths of a route with Bob's ids."""
    order_id = bob.order_id.encode()
    for book_id in (IN_BOBS_CART, IN_BOBS_CART + 1) if "book_id" in rule.arguments else (IN_BOBS_CART,):
        segments = {"order_id": order_id, "conversation_id": bob.conversation_id.encode()}
        yield path_of(rule.rule, {"book_id": str(book_id).encode(), **segments}).decode()


def test_every_route_declares_its_access(app: Flask) -> None:
    """A new route must be added to ACCESS, which the next test uses."""
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ACCESS)


def test_a_stranger_cannot_reach_another_readers_data(app: Flask, store: Store, bob: Bob, stranger: Browser) -> None:
    """Every method of every route, with Bob's ids: no response has his data, and nothing of it is changed."""
    before = stored_of(store, bob)
    faults = []
    form = {"csrf_token": token(stranger.client.get("/books/20").text)}
    is_account = "mallory" in str(stranger.client.get("/account").text)
    # Routes that end the stranger's own session come last.
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint in LAST):
        for path, method in product(paths(rule, bob), sorted((rule.methods or set()) & {"GET", "POST"})):
            data = {**form, "quantity": "0", "key": "k" * 20, "line": f"{IN_BOBS_CART}:1:1:EUR", **ADDRESS_FIELDS}
            answer = stranger.client.open(path, method=method, data=data if method == "POST" else None)
            faults += [
                f"{method} {path}: {fault}" for fault in faults_of(ACCESS[rule.endpoint], answer, bob, is_account)
            ]
    assert faults == []
    assert stored_of(store, bob) == before


def faults_of(access: Access, answer: TestResponse, bob: Bob, is_account: bool) -> list[str]:
    """What is wrong with a response to a stranger."""
    # A stranger may get back what was in the request's path: signing in redirects there.
    faults = [
        f"shows {secret!r}" for secret in bob.secrets if secret in answer.text and secret not in answer.request.path
    ]
    if access in {Access.OWNER, Access.LINK} and answer.status_code != 404:
        faults.append(f"answers {answer.status_code}")
    if access is Access.WRITER and answer.status_code != (404 if is_account else 303):
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
    """The data that strangers cannot reach exists."""
    assert ORDER_TITLE in bob.browser.get(f"/orders/{bob.order_id}")
    assert CART_TITLE in bob.browser.get("/cart")
    assert bob.order_id in bob.browser.get("/orders")
    assert BOBS_MESSAGE in bob.browser.get(f"/messages/{bob.conversation_id}")
    assert BOBS_MESSAGE in bob.browser.get("/messages")
