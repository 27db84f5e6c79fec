"""The cart: what a reader means to order, kept for guests too."""

from collections.abc import Callable
from datetime import datetime

from marketplace.domain.errors import CartFull, NotForSale, OtherCurrency
from marketplace.domain.ids import NOBODY, SHOP
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.orders import MOST_COPIES, MOST_LINES, Cart, CartLine, Trouble, filled
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.activity import Activity, now


class Carts:
    """The use cases of carts; every method raises StoreUnavailable."""

    def __init__(self, store: Store, activity: Activity, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._activity = activity
        self._clock = clock

    def of(self, reader_id: int) -> Cart:
        """A reader's cart; nobody's is empty."""
        if reader_id == NOBODY:
            return Cart()
        with self._store.read() as work:
            return cart_of(work, reader_id)

    def add(self, reader_id: int, book_id: int, quantity: int, attribution: str) -> int:
        """Put so many more copies of a book in, up to MOST_COPIES; returns the reader's id, a guest's perhaps.

        Raises BookNotFound, NotForSale, OtherCurrency and CartFull.
        """
        if quantity < 1:
            raise ValueError("at least one copy")
        with self._activity.writing(reader_id) as writing:
            work = writing.work
            in_cart = writing.interaction(book_id, InteractionKind.CART, attribution)
            lines = {line.book_id: line for line in work.carts.of(writing.reader_id)}
            known = lines.get(book_id)
            copies = min((known.quantity if known else 0) + quantity, MOST_COPIES)
            lines[book_id] = line = CartLine(
                book_id=book_id,
                quantity=copies,
                added_at=self._clock(),
                recommendation_id="" if attribution == SHOP else attribution,
            )
            _require_buyable(filled(lines.values(), work.books.offered(lines)), book_id)
            work.carts.put(writing.reader_id, line)
            if known is None:
                writing.keep(in_cart)
            return writing.reader_id

    def set_quantity(self, reader_id: int, book_id: int, quantity: int) -> None:
        """So many copies of a book that is in the cart; none takes it out."""
        if not 0 <= quantity <= MOST_COPIES:
            raise ValueError(f"0 to {MOST_COPIES} copies")
        with self._store.write() as work:
            if quantity:
                work.carts.set_quantity(reader_id, book_id, quantity)
            else:
                work.carts.remove(reader_id, book_id)
            work.commit()

    def adjust(self, reader_id: int) -> None:
        """Take out what cannot be had, and more copies than there are."""
        with self._store.write() as work:
            work.readers.lock(reader_id)
            for line in cart_of(work, reader_id).lines:
                if line.trouble is Trouble.TOO_FEW and line.book and line.book.stock:
                    work.carts.set_quantity(reader_id, line.book_id, line.book.stock)
                elif line.trouble is not None:
                    work.carts.remove(reader_id, line.book_id)
            work.commit()

    def empty(self, reader_id: int) -> None:
        """Take all out."""
        with self._store.write() as work:
            work.carts.empty(reader_id)
            work.commit()


def cart_of(work: UnitOfWork, reader_id: int) -> Cart:
    """A reader's cart, within a transaction."""
    lines = work.carts.of(reader_id)
    return filled(lines, work.books.offered(line.book_id for line in lines))


def _require_buyable(cart: Cart, book_id: int) -> None:
    if len(cart.lines) > MOST_LINES:
        raise CartFull
    # That there are too few of it the cart itself tells: the reader may want fewer.
    match next(line.trouble for line in cart.lines if line.book_id == book_id):
        case Trouble.NOT_FOR_SALE:
            raise NotForSale
        case Trouble.OTHER_CURRENCY:
            raise OtherCurrency
