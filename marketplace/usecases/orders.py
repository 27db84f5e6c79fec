"""Placing and cancelling orders, and the consequences of each change of state."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from marketplace.domain.errors import (
    CartChanged,
    InteractionNotFound,
    KeyReused,
    NotSignedIn,
    OrderNotFound,
    StateConflict,
)
from marketplace.domain.events import PaymentRequested, PaymentWithdrawn
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.domain.money import Money
from marketplace.domain.orders import (
    NEXT_STATES,
    Actor,
    Address,
    Cart,
    Order,
    OrderLine,
    OrderState,
    ShownLine,
    StateChange,
    new_order_id,
    priced_cart,
)
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.activity import undo
from marketplace.usecases.announcements import announce_low_stock, announce_order
from servicekit.clock import now


class Orders:
    """The use cases of a reader's orders; `wake` is called after each commit that wrote an event.

    Every method raises StoreUnavailable.
    """

    def __init__(
        self, store: Store, *, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = now
    ) -> None:
        self._store = store
        self._wake = wake
        self._clock = clock

    def place(self, reader_id: int, key: str, address: Address, shown: Sequence[ShownLine]) -> str:
        """Order the cart as it was shown to the reader, up to MAX_LINES books of it; returns the order's id.

        `key` is an idempotency key of 1 to 64 characters: a repeated call with it returns the same order. The order,
        its stock, the key and the payment request are written in one transaction. Raises NotSignedIn for a guest,
        KeyReused if the key belongs to a different order, and CartChanged if the cart is not what was shown or cannot
        be ordered.
        """
        digest = _digest(address, shown)
        with self._store.write() as work:
            # A concurrent request of the same reader waits here and then finds the key.
            work.readers.lock(reader_id)
            if placed := work.orders.placed_with(reader_id, key):
                order_id, placed_digest = placed
                if placed_digest != digest:
                    raise KeyReused(order_id)
                return order_id
            lines = work.carts.of(reader_id)
            books = work.books.lock(line.book_id for line in lines)
            cart = priced_cart(lines, books)
            if not cart.is_orderable or set(cart.shown) != set(shown):
                raise CartChanged
            order = self._order_of(work, reader_id, cart)
            work.orders.add(order, address, key=key, digest=digest)
            work.carts.remove(reader_id, [line.book_id for line in order.lines])
            announce_order(work, order, OrderState.PLACED, by=Actor.READER, moment=order.placed_at)
            announce_low_stock(work, order, books)
            if order.total.minor:
                work.outbox.add(PaymentRequested(order.id, order.total), created_at=order.placed_at)
            else:  # providers refuse payments of zero
                change_state(work, order.id, OrderState.PAID, by=Actor.SHOP, moment=order.placed_at)
            work.commit()
        self._wake()
        return order.id

    def cancel(self, reader_id: int, order_id: str) -> bool:
        """Cancel a reader's order; False if it was cancelled before.

        Raises OrderNotFound, also for another reader's order, and StateConflict once it is shipped or rejected.
        """
        with self._store.write() as work:
            if reader_id == NOBODY or work.orders.get(order_id).reader_id != reader_id:
                raise OrderNotFound
            is_changed = change_state(work, order_id, OrderState.CANCELLED, by=Actor.READER, moment=self._clock())
            work.commit()
        self._wake()
        return is_changed

    def last_address(self, reader_id: int) -> Address | None:
        with self._store.read() as work:
            return next((order.address for order in work.orders.of(reader_id, 1)), None)

    def _order_of(self, work: UnitOfWork, reader_id: int, cart: Cart) -> Order:
        moment = self._clock()
        account = work.accounts.by_reader(reader_id)
        if account is None:
            raise NotSignedIn
        lines = tuple(
            OrderLine(
                book_id=line.book_id,
                title=line.book.title,
                price=line.book.price,
                quantity=line.quantity,
                taken=work.books.take(line.book_id, line.quantity),
                recommendation_id=line.recommendation_id,
            )
            for line in cart.next_order
            if line.book and line.book.price
        )
        total = Money(sum(line.amount.minor for line in lines), lines[0].price.currency)
        return Order(
            id=new_order_id(),
            reader_id=reader_id,
            email=account.email,
            address=None,
            lines=lines,
            total=total,
            state=OrderState.PLACED,
            placed_at=moment,
            changes=(StateChange(OrderState.PLACED, moment, Actor.READER),),
        )


def change_state(work: UnitOfWork, order_id: str, to: OrderState, *, by: Actor, moment: datetime) -> bool:
    """Change the state of an order, with all consequences; False if it is in that state already.

    A paid order records purchases. A cancelled or rejected one returns its copies to the stock, and a cancelled one
    undoes its purchases and withdraws its payment. Raises OrderNotFound, and StateConflict if the order cannot change
    to that state.
    """
    # The reader is locked first everywhere, which avoids deadlocks.
    reader_id = work.orders.get(order_id).reader_id
    if reader_id is not None:
        work.readers.lock(reader_id)
    order = work.orders.lock(order_id)
    if order.state is to:
        return False
    if to not in NEXT_STATES[order.state]:
        raise StateConflict(f"{order.state.value} → {to.value}")
    work.orders.set_state(order_id, to, by=by, at=moment)
    if to is OrderState.PAID:
        _record_purchases(work, order, moment)
    if to in {OrderState.CANCELLED, OrderState.REJECTED}:
        _restock(work, order)
    if to is OrderState.CANCELLED:
        _undo_purchases(work, order, moment)
        if order.total.minor:
            work.outbox.add(PaymentWithdrawn(order_id), created_at=moment)
    announce_order(work, order, to, by=by, moment=moment)
    return True


def _restock(work: UnitOfWork, order: Order) -> None:
    for line in sorted(order.lines, key=lambda line: line.book_id):
        if line.taken:
            work.books.restock(line.book_id, line.taken)


def _record_purchases(work: UnitOfWork, order: Order, moment: datetime) -> None:
    if order.reader_id is None:
        return
    for line in order.lines:
        purchase = Interaction(
            id=_purchase_id(order, line),
            reader_id=order.reader_id,
            book_id=line.book_id,
            kind=InteractionKind.PURCHASE,
            occurred_at=moment,
            recommendation_id=line.recommendation_id,
        )
        work.interactions.add(purchase)
        work.outbox.add(purchase, created_at=moment)


def _undo_purchases(work: UnitOfWork, order: Order, moment: datetime) -> None:
    if order.reader_id is None:
        return
    for line in order.lines:
        try:
            purchase = work.interactions.get(order.reader_id, _purchase_id(order, line))
        except InteractionNotFound:
            continue  # the order was never paid, or the reader removed the purchase from their history
        undo(work, purchase, order.reader_id, moment)


def _purchase_id(order: Order, line: OrderLine) -> str:
    return f"purchase-{order.id}-{line.book_id}"


def _digest(address: Address, shown: Sequence[ShownLine]) -> str:
    lines = sorted((line.book_id, line.quantity, line.price.minor, line.price.currency) for line in shown)
    return hashlib.sha256(json.dumps([asdict(address), lines]).encode()).hexdigest()
