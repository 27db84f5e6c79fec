"""Orders: from the cart to the door, nothing lost and nothing double."""

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
        """Order what is in the cart, as it was shown; returns the order's id.

        With the same `key` (1 to 64 characters, the reader's own) it is the same order, however often and from
        wherever it is placed. The order, its stock, its key and the question for its payment are written in one
        transaction. Raises NotSignedIn for a guest, KeyReused where the key was used for something else, and
        CartChanged where what is in the cart is not what was shown, or cannot be had.
        """
        digest = _digest(address, shown)
        with self._store.write() as work:
            # Of two requests of one reader the second waits here, and then finds the key.
            work.readers.lock(reader_id)
            if placed := work.orders.placed_with(reader_id, key):
                order_id, known_digest = placed
                if known_digest != digest:
                    raise KeyReused(order_id)
                return order_id
            lines = work.carts.of(reader_id)
            cart = priced_cart(lines, work.books.lock(line.book_id for line in lines))
            if not cart.is_orderable or set(cart.shown) != set(shown):
                raise CartChanged
            order = self._form(work, reader_id, cart)
            work.orders.add(order, address, key=key, digest=digest)
            work.carts.empty(reader_id)
            if order.total.minor:
                work.outbox.add(PaymentRequested(order.id, order.total), created_at=order.placed_at)
            else:  # what is free needs no payment, and no provider takes one of nothing
                change_state(work, order.id, OrderState.PAID, by=Actor.SHOP, moment=order.placed_at)
            work.commit()
        self._wake()
        return order.id

    def cancel(self, reader_id: int, order_id: str) -> bool:
        """A reader wants an order no more; False where it was cancelled before.

        Raises OrderNotFound, also where it is another reader's, and StateConflict once it is shipped or over.
        """
        with self._store.write() as work:
            if reader_id == NOBODY or work.orders.reader_of(order_id) != reader_id:
                raise OrderNotFound
            is_new = change_state(work, order_id, OrderState.CANCELLED, by=Actor.READER, moment=self._clock())
            work.commit()
        self._wake()
        return is_new

    def last_address(self, reader_id: int) -> Address | None:
        """Where a reader's last order went."""
        with self._store.read() as work:
            return next((order.address for order in work.orders.of(reader_id, 1)), None)

    def _form(self, work: UnitOfWork, reader_id: int, cart: Cart) -> Order:
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
            for line in cart.lines
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
    """Bring an order into a state, with all that follows from it; False where it is in that state already.

    What is paid counts as bought; what is cancelled or rejected goes back into the stock, and the money back to the
    reader. Raises OrderNotFound, and StateConflict where no way leads from its state into that one.
    """
    # The reader first, as everywhere, so that nobody waits for each other.
    reader_id = work.orders.reader_of(order_id)
    if reader_id is not None:
        work.readers.lock(reader_id)
    order = work.orders.lock(order_id)
    if order.state is to:
        return False
    if to not in NEXT_STATES[order.state]:
        raise StateConflict(f"{order.state.value} → {to.value}")
    work.orders.enter(order_id, to, by=by, at=moment)
    if to is OrderState.PAID:
        _buy(work, order, moment)
    if to in {OrderState.CANCELLED, OrderState.REJECTED}:
        _restock(work, order)
    if to is OrderState.CANCELLED:
        _unbuy(work, order, moment)
        if order.total.minor:
            work.outbox.add(PaymentWithdrawn(order_id), created_at=moment)
    return True


def _restock(work: UnitOfWork, order: Order) -> None:
    for line in sorted(order.lines, key=lambda line: line.book_id):
        if line.taken:
            work.books.give_back(line.book_id, line.taken)


def _buy(work: UnitOfWork, order: Order, moment: datetime) -> None:
    if order.reader_id is None:
        return
    for line in order.lines:
        bought = Interaction(
            id=_purchase_id(order, line),
            reader_id=order.reader_id,
            book_id=line.book_id,
            kind=InteractionKind.PURCHASE,
            occurred_at=moment,
            recommendation_id=line.recommendation_id,
        )
        work.interactions.add(bought)
        work.outbox.add(bought, created_at=moment)


def _unbuy(work: UnitOfWork, order: Order, moment: datetime) -> None:
    if order.reader_id is None:
        return
    for line in order.lines:
        try:
            bought = work.interactions.get(order.reader_id, _purchase_id(order, line))
        except InteractionNotFound:
            continue  # it was never paid, or the reader took it back in their history
        undo(work, bought, order.reader_id, moment)


def _purchase_id(order: Order, line: OrderLine) -> str:
    return f"purchase-{order.id}-{line.book_id}"


def _digest(address: Address, shown: Sequence[ShownLine]) -> str:
    lines = sorted((each.book_id, each.quantity, each.price.minor, each.price.currency) for each in shown)
    return hashlib.sha256(json.dumps([asdict(address), lines]).encode()).hexdigest()
