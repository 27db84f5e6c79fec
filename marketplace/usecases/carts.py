"""The carts of readers, guests included."""

from marketplace.domain.errors import CartFull, NotForSale, OtherCurrency
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.orders import MAX_LINES, MAX_QUANTITY, Cart, CartLine, LineProblem, priced_cart
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.activity import Activity


class Carts:
    """The use cases of carts; every method raises StoreUnavailable."""

    def __init__(self, store: Store, activity: Activity) -> None:
        self._store = store
        self._activity = activity

    def of(self, reader_id: int) -> Cart:
        """A reader's cart; an anonymous visitor's is empty."""
        if reader_id == NOBODY:
            return Cart()
        with self._store.read() as work:
            return cart_of(work, reader_id)

    def add(self, reader_id: int, book_id: int, quantity: int, attribution: str, *, key: str = "") -> int:
        """Add copies of a book, up to MAX_QUANTITY; returns the reader's id, which is new for a visitor.

        A call with the same `key` as the last one for this book, if not "", is a repetition and changes nothing.

        Raises BookNotFound, NotForSale, OtherCurrency and CartFull.
        """
        if quantity < 1:
            raise ValueError("at least one copy")
        with self._activity.transaction(reader_id) as current:
            work = current.work
            addition = current.new_interaction(book_id, InteractionKind.CART, attribution)
            lines = {line.book_id: line for line in work.carts.of(current.reader_id)}
            known = lines.get(book_id)
            if known and key and known.addition_key == key:
                return current.reader_id
            copies = min((known.quantity if known else 0) + quantity, MAX_QUANTITY)
            lines[book_id] = line = CartLine(
                book_id=book_id,
                quantity=copies,
                added_at=addition.occurred_at,
                recommendation_id=addition.recommendation_id,
                addition_key=key,
            )
            if known is None and len(lines) > MAX_LINES:
                raise CartFull
            _require_buyable(priced_cart(lines.values(), work.books.offered(lines)), book_id)
            work.carts.put(current.reader_id, line)
            if known is None:
                current.record(addition)
            return current.reader_id

    def set_quantity(self, reader_id: int, book_id: int, quantity: int) -> None:
        """Set the number of copies of a book that is in the cart; 0 removes it."""
        if not 0 <= quantity <= MAX_QUANTITY:
            raise ValueError(f"0 to {MAX_QUANTITY} copies")
        with self._store.write() as work:
            if quantity:
                work.carts.set_quantity(reader_id, book_id, quantity)
            else:
                work.carts.remove(reader_id, [book_id])
            work.commit()

    def adjust(self, reader_id: int) -> None:
        """Remove lines of the next order that cannot be ordered, and reduce quantities to what is in stock."""
        with self._store.write() as work:
            work.readers.lock(reader_id)
            for line in cart_of(work, reader_id).next_order:
                if line.problem is LineProblem.INSUFFICIENT_STOCK and line.book and line.book.stock:
                    work.carts.set_quantity(reader_id, line.book_id, line.book.stock)
                elif line.problem is not None:
                    work.carts.remove(reader_id, [line.book_id])
            work.commit()

    def empty(self, reader_id: int) -> None:
        with self._store.write() as work:
            work.carts.empty(reader_id)
            work.commit()


def cart_of(work: UnitOfWork, reader_id: int) -> Cart:
    """A reader's cart, within a transaction."""
    lines = work.carts.of(reader_id)
    return priced_cart(lines, work.books.offered(line.book_id for line in lines))


def _require_buyable(cart: Cart, book_id: int) -> None:
    # Insufficient stock is no error here: the cart shows it, and the reader may want fewer copies.
    match next(line.problem for line in cart.lines if line.book_id == book_id):
        case LineProblem.NOT_FOR_SALE:
            raise NotForSale
        case LineProblem.OTHER_CURRENCY:
            raise OtherCurrency
