"""Carts, checkouts, payments, cancellations and moderation in any order, compared with a model of the rules."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from marketplace.domain.accounts import Account
from marketplace.domain.errors import (
    CartChanged,
    KeyReused,
    MarketplaceError,
    NotForSale,
    NotSignedIn,
    OpenOrders,
    OrderNotFound,
    OtherCurrency,
    StateConflict,
)
from marketplace.domain.events import BUILT_IN, PaymentRequested, PaymentWithdrawn
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.domain.money import Money
from marketplace.domain.orders import MAX_QUANTITY, NEXT_STATES, Actor, Address, OrderState
from marketplace.store import Store
from marketplace.usecases.activity import forget_reader, merge_readers
from marketplace.usecases.orders import change_state
from tests.drills import is_running
from tests.marketplace.stored import put
from tests.marketplace.usecases.selling.model import SellingModel

pytestmark = pytest.mark.slow

ADDRESSES = [
    Address(name="Ann", street="1 High Street", city=city, postal_code="OX1 1AA", country="GB")
    for city in ("Oxford", "Bath")
]
COPIES = st.integers(1, 4)
BOOKS = st.integers(0, 3)
READERS = st.integers(0, 2)
KEYS = st.sampled_from(["key-a", "key-b", "key-c"])


class Rules(SellingModel, RuleBasedStateMachine):
    """The steps that readers, the provider and moderators can take."""

    def __init__(self, store: Store) -> None:
        RuleBasedStateMachine.__init__(self)
        SellingModel.__init__(self, store)

    @rule(reader=READERS, book=BOOKS, copies=COPIES)
    def add(self, reader: int, book: int, copies: int) -> None:
        book_id = list(self.books)[book]
        offer, lines = self.books[book_id], self.baskets[reader]
        present = [book_id for book_id, _ in self.lines_of(reader)]
        currency = self.currency_of(present if book_id in present else [*present, book_id])
        expected: type[MarketplaceError] | None = None
        if offer.price is None:
            expected = NotForSale
        elif offer.currency != currency:
            expected = OtherCurrency
        with raising(expected):
            self.carts.add(self.readers[reader], book_id, copies, "")
        if expected is None:
            before, since = lines.get(book_id, (0, self.ticks))
            lines[book_id] = (min(before + copies, MAX_QUANTITY), since)

    @rule(reader=READERS, book=BOOKS, copies=st.integers(0, 4))
    def set_quantity(self, reader: int, book: int, copies: int) -> None:
        book_id, lines = list(self.books)[book], self.baskets[reader]
        self.carts.set_quantity(self.readers[reader], book_id, copies)
        if book_id in lines:
            _, since = lines.pop(book_id)
            if copies:
                lines[book_id] = (copies, since)

    @rule(reader=READERS)
    def adjust(self, reader: int) -> None:
        lines = self.baskets[reader]
        currency = self.currency_of([book_id for book_id, _ in self.lines_of(reader)])
        self.carts.adjust(self.readers[reader])
        for book_id, (copies, since) in list(lines.items()):
            offer = self.books[book_id]
            if offer.price is None or offer.currency != currency or offer.stock == 0:
                del lines[book_id]
            elif offer.stock is not None:
                lines[book_id] = (min(copies, offer.stock), since)

    @rule(reader=READERS, key=KEYS, address=st.sampled_from(ADDRESSES), stale=st.booleans())
    def check_out(self, reader: int, key: str, address: Address, stale: bool) -> None:
        shown = self.carts.of(self.readers[reader]).shown
        if stale and shown:
            shown = (replace(shown[0], price=Money(shown[0].price.minor + 1, "EUR")), *shown[1:])
        body = (address, frozenset(shown))
        known = self.keys.get((reader, key))
        expected: type[MarketplaceError] | None = None
        if known is not None:
            expected = None if known[1] == body else KeyReused
        elif not self.is_orderable(reader) or stale:
            expected = CartChanged
        elif reader == 2:
            expected = NotSignedIn
        order_id = ""
        with raising(expected):
            order_id = self.orders.place(self.readers[reader], key, address, shown)
        if known is not None and expected is None:
            assert order_id == known[0]
        elif expected is None:
            self.add_order(reader, key, order_id, body)

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), to=st.sampled_from(OrderState), by=st.sampled_from([Actor.PROVIDER, Actor.MODERATOR]))
    def change_order_state(self, data: st.DataObject, to: OrderState, by: Actor) -> None:
        """The provider or a moderator changes an order's state: early, late, twice or against the rules."""
        order_id = data.draw(st.sampled_from(list(self.placed)))
        order = self.placed[order_id]
        is_allowed = to is order.state or to in NEXT_STATES[order.state]
        with raising(None if is_allowed else StateConflict), self.store.write() as work:
            changed = change_state(work, order_id, to, by=by, moment=self.now())
            assert changed is (to is not order.state)
            work.commit()
        if is_allowed:
            self.change_state(order, to)

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), reader=READERS)
    def cancel(self, data: st.DataObject, reader: int) -> None:
        order_id = data.draw(st.sampled_from(list(self.placed)))
        order = self.placed[order_id]
        expected: type[MarketplaceError] | None = None
        if order.reader != self.readers[reader]:
            expected = OrderNotFound
        elif order.state not in {OrderState.PLACED, OrderState.PAID, OrderState.CANCELLED}:
            expected = StateConflict
        with raising(expected):
            self.orders.cancel(self.readers[reader], order_id)
        if expected is None:
            self.change_state(order, OrderState.CANCELLED)

    @rule(
        book=BOOKS,
        price=st.none() | st.integers(0, 1000),
        currency=st.sampled_from(["EUR", "USD"]),
        stock=st.none() | st.integers(0, 5),
    )
    def change_a_book(self, book: int, price: int | None, currency: str, stock: int | None) -> None:
        book_id = list(self.books)[book]
        offer = self.books[book_id]
        offer.price, offer.currency, offer.stock = price, currency, stock
        put(self.store, self.book(book_id))

    @rule(account=st.integers(0, 1))
    def sign_in(self, account: int) -> None:
        """The guest signs in to an account, and a new guest comes."""
        with self.store.write() as work:
            merge_readers(work, self.readers[2], self.readers[account], self.now())
            self.readers[2] = work.readers.add(self.now())
            work.commit()
        mine = self.baskets[account]
        for book_id, (copies, since) in self.baskets[2].items():
            known, known_since = mine.get(book_id, (0, since))
            mine[book_id] = (max(known, copies), known_since)
        self.baskets[2].clear()
        self.keys = {key: value for key, value in self.keys.items() if key[0] != 2}

    @rule()
    def delete_second_account(self) -> None:
        """The second account is deleted, and another one replaces it."""
        mine = [order for order in self.placed.values() if order.reader == self.readers[1]]
        has_open_order = any(order.state in {OrderState.PLACED, OrderState.PAID} for order in mine)
        with raising(OpenOrders if has_open_order else None), self.store.write() as work:
            forget_reader(work, self.readers[1], self.now())
            self.readers[1] = work.readers.add(self.now())
            account = Account(
                reader_id=self.readers[1], email=f"{self.readers[1]}@b.org", password_hash="", session_key=""
            )
            work.accounts.add(account, self.now())
            work.commit()
        if not has_open_order:
            for order in mine:
                order.reader = None
            self.baskets[1].clear()
            self.keys = {key: value for key, value in self.keys.items() if key[0] != 1}

    @invariant()
    def stocks_and_carts_are_as_the_rules_say(self) -> None:
        with self.store.read() as work:
            stocks = {book_id: book.stock for book_id, book in work.books.offered(self.books).items()}
            carts = [[(line.book_id, line.quantity) for line in work.carts.of(reader)] for reader in self.readers]
        assert stocks == {book_id: offer.stock for book_id, offer in self.books.items()}
        assert all(stock is None or stock >= 0 for stock in stocks.values())
        assert carts == [self.lines_of(reader) for reader in range(3)]

    @invariant()
    def orders_are_as_the_rules_say(self) -> None:
        for order_id, expected in self.placed.items():
            with self.store.read() as work:
                order = work.orders.get(order_id)
            assert (order.state, order.reader_id) == (expected.state, expected.reader)
            assert {line.book_id: (line.quantity, line.price.minor) for line in order.lines} == expected.lines
            assert order.total.minor == sum(copies * price for copies, price in expected.lines.values())

    def teardown(self) -> None:
        with self.store.write() as work:
            waiting = [row for destination in BUILT_IN for row in work.outbox.waiting(100_000, destination)]
            work.outbox.remove([row.event_id for row in waiting])
            work.commit()
        events = [row.event() for row in waiting]
        paying = {order_id for order_id, order in self.placed.items() if any(c * p for c, p in order.lines.values())}
        cancelled = {order_id for order_id in paying if self.placed[order_id].state is OrderState.CANCELLED}
        assert Counter(e.order_id for e in events if isinstance(e, PaymentRequested)) == Counter(paying)
        assert Counter(e.order_id for e in events if isinstance(e, PaymentWithdrawn)) == Counter(cancelled)
        # Purchases of a deleted reader are no longer sent.
        kept = {id_: order for id_, order in self.placed.items() if order.was_paid and order.reader is not None}
        bought = [f"purchase-{order_id}-{book_id}" for order_id, order in kept.items() for book_id in order.lines]
        undone = [
            f"purchase-{order_id}-{book_id}"
            for order_id, order in kept.items()
            if order.state is OrderState.CANCELLED
            for book_id in order.lines
        ]
        sent = [event for event in events if isinstance(event, Interaction)]
        assert Counter(e.id for e in sent if e.kind is InteractionKind.PURCHASE) == Counter(bought)
        assert Counter(e.undoes for e in sent if e.kind is InteractionKind.UNDO) == Counter(undone)


@contextmanager
def raising(expected: type[MarketplaceError] | None) -> Iterator[None]:
    if expected is None:
        yield
    else:
        with pytest.raises(expected):
            yield


def test_selling_follows_the_rules(store: Store) -> None:
    """After any steps stocks, carts, orders, payments and events are as in the model."""
    thorough = settings(
        max_examples=600 if is_running("rules") else 20,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    # Hypothesis accepts any factory of a machine, but its annotation only classes.
    machine: Any = partial(Rules, store)
    run_state_machine_as_test(machine, settings=thorough)
