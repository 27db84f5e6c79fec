"""What the shop publishes about orders, readers and books, written in the transaction in which it happens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from events import types
from marketplace.domain.accounts import language_of
from marketplace.domain.books import LOW_STOCK, Book
from marketplace.domain.events import SHOP_NAME, BookChanged
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Order, OrderState
from marketplace.store import UnitOfWork

_Notice = Literal[
    "order_placed", "order_paid", "order_declined", "order_shipped", "order_delivered", "order_cancelled"
]
_ORDER_EVENTS: Mapping[OrderState, tuple[type[types.OrderData], _Notice]] = {
    OrderState.PLACED: (types.OrderPlaced, "order_placed"),
    OrderState.PAID: (types.OrderPaid, "order_paid"),
    OrderState.REJECTED: (types.OrderDeclined, "order_declined"),
    OrderState.SHIPPED: (types.OrderShipped, "order_shipped"),
    OrderState.DELIVERED: (types.OrderDelivered, "order_delivered"),
    OrderState.CANCELLED: (types.OrderCancelled, "order_cancelled"),
}


def announce_order(work: UnitOfWork, order: Order, state: OrderState, *, by: Actor, moment: datetime) -> None:
    """Publish that an order has entered a state, and ask for a mail to its reader if they have an address."""
    event, notice = _ORDER_EVENTS[state]
    lines = tuple(
        types.Line(book_id=line.book_id, title=_short(line.title), quantity=line.quantity, price=_amount(line.price))
        for line in order.lines
    )
    total = _amount(order.total)
    published = event(order_id=order.id, total=total, lines=lines, reader_id=order.reader_id, by=by.value)
    work.outbox.publish(published, at=moment)
    account = work.accounts.by_reader(order.reader_id) if order.reader_id is not None else None
    if account is not None:
        work.outbox.publish(
            types.NoticeRequested(
                kind=notice,
                reader_id=account.reader_id,
                to=account.email,
                language=language_of(account),
                shop_name=SHOP_NAME,
                path=f"/orders/{order.id}",
                order=types.Order(order_id=order.id, total=total, lines=lines),
            ),
            at=moment,
        )


def announce_low_stock(work: UnitOfWork, order: Order, books: Mapping[int, Book]) -> None:
    """Publish of which books an order has left few copies; `books` are as they were before it."""
    for line in order.lines:
        before = books[line.book_id].stock or 0
        if line.taken and before > LOW_STOCK >= before - line.taken:
            low = types.StockLow(book_id=line.book_id, title=_short(line.title), stock=before - line.taken)
            work.outbox.publish(low, at=order.placed_at)


def announce_books(work: UnitOfWork, book_ids: Sequence[int], *, moment: datetime) -> None:
    """Publish that books were added, changed or removed, and let Recommendations know."""
    for book_id in book_ids:
        work.outbox.add(BookChanged(book_id), created_at=moment)
    if work.outbox.has_receivers(types.BookChanged, types.BookRemoved):
        offered = work.books.offered(set(book_ids))
        events = [
            _changed(offered[book_id]) if book_id in offered else types.BookRemoved(book_id=book_id)
            for book_id in book_ids
        ]
        work.outbox.publish(*events, at=moment)


def _changed(book: Book) -> types.BookChanged:
    return types.BookChanged(
        book_id=book.id,
        title=_short(book.title),
        authors=tuple(map(_short, book.authors[: types.MAX_AUTHORS])),
        price=_amount(book.price) if book.price else None,
        stock=book.stock,
    )


def _amount(money: Money) -> types.Amount:
    return types.Amount(minor=money.minor, currency=money.currency)


def _short(text: str) -> str:
    return text[: types.MAX_TEXT]
