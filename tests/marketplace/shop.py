"""A shop with moderators and orders, for tests of what they do."""

from flask import Flask

from marketplace.domain.moderation import AuditEntry
from marketplace.domain.orders import Actor, Address, OrderState
from marketplace.store import Store
from marketplace.usecases.accounts import Accounts
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders, change_state
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import NOON

ADDRESS = Address(name="Ann Buyer", street="1 High Street", city="Oxford", postal_code="OX1 1AA", country="GB")
MODERATOR = "mod@example.com"


def accounts_of(store: Store) -> Accounts:
    """The use cases of accounts, with passwords that take no time."""
    return Accounts(store, passwords=quick_passwords())


def moderator_of(store: Store, email: str = MODERATOR) -> int:
    """A new account with a moderator's rights."""
    reader_id = accounts_of(store).sign_up(0, email, "correct horse").reader_id
    promote(store, reader_id)
    return reader_id


def promote(store: Store, reader_id: int) -> None:
    """Give an account a moderator's rights."""
    with store.write() as work:
        work.accounts.set_moderator(reader_id, True)
        work.commit()


def buyer_of(store: Store, email: str = "ann@example.com") -> int:
    """A new account."""
    return accounts_of(store).sign_up(0, email, "correct horse").reader_id


def order_of(
    store: Store, reader_id: int, book_id: int, copies: int = 1, *states: OrderState, address: Address = ADDRESS
) -> str:
    """An order of a reader for copies of a book, moved through these states by the shop itself."""
    carts = Carts(store, Activity(store, wake=lambda: None))
    carts.add(reader_id, book_id, copies, "")
    with store.read() as work:
        key = f"key-{work.orders.count(reader_id)}"
    order_id = Orders(store).place(reader_id, key, address, carts.of(reader_id).shown)
    for state in states:
        with store.write() as work:
            change_state(work, order_id, state, by=Actor.SHOP, moment=NOON)
            work.commit()
    return order_id


def log_of(store: Store) -> list[AuditEntry]:
    """What moderators did, the latest first."""
    with store.read() as work:
        return list(work.audit.page(limit=100).rows)


def moderators_browser(app: Flask, store: Store, email: str = MODERATOR) -> Browser:
    """A browser in which a moderator is signed in."""
    moderator_of(store, email)
    browser = Browser(app)
    assert browser.sign_in(email).status_code == 303
    return browser
