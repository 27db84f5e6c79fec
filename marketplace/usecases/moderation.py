"""What moderators do: to books, to orders, and to events that were set aside; each with its entry in the log."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from marketplace.domain.books import Book
from marketplace.domain.errors import NotSignedIn
from marketplace.domain.events import BookChanged
from marketplace.domain.moderation import Action, Overview
from marketplace.domain.orders import Actor, OrderState
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.catalogue.forms import FIELDS_BY_ATTRIBUTE, BookForm, attributes_of, merged, texts_of
from marketplace.usecases.orders import change_state
from servicekit.clock import now

MODERATOR_STATES = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CANCELLED})
"""Into these states moderators bring orders."""

_LONGEST_IN_LOG = 200


class Moderation:
    """The use cases of moderators; `by` is always the moderator's reader id.

    `changed` is called with the ids of books that have changed, and `wake`, after each commit. Every method raises
    StoreUnavailable, and those that change anything NotSignedIn for who is forgotten meanwhile.
    """

    def __init__(
        self,
        store: Store,
        *,
        changed: Callable[[Iterable[int]], None] = lambda _: None,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._changed = changed
        self._wake = wake
        self._clock = clock

    def overview(self) -> Overview:
        """How much waits for moderators."""
        with self._store.read() as work:
            return Overview(
                awaiting_payment=work.order_table.count(OrderState.PLACED),
                to_ship=work.order_table.count(OrderState.PAID),
                sold_out=work.all_books.sold_out(),
                hidden=work.all_books.hidden(),
                failed_deliveries=work.outbox.length().failed,
            )

    def add_book(self, by: int, filled: BookForm) -> int:
        """Make a new book; returns its id.

        Raises InvalidBook.
        """
        facts = attributes_of(filled)
        with self._writing(by) as work:
            book = Book(id=work.all_books.new_id(self._clock()), **facts)
            work.books.put([book])
            self._note_book(work, by, Action.BOOK_ADDED, book)
        self._changed([book.id])
        return book.id

    def change_book(self, by: int, book_id: int, filled: BookForm) -> bool:
        """Change of a book what the form means to change, and nothing else; False where that is nothing.

        Raises BookNotFound, InvalidBook, and BookConflict where somebody else changed the same meanwhile.
        """
        with self._writing(by) as work:
            before = work.all_books.lock(book_id).book
            book = merged(before, filled)
            is_new = bool(work.books.put([book]))
            if is_new:
                self._note_book(work, by, Action.BOOK_CHANGED, book, changed=_changes(before, book))
        self._changed([book_id])
        return is_new

    def hide_book(self, by: int, book_id: int) -> bool:
        """Have readers find a book no more; False where they do not anyway.

        Raises BookNotFound.
        """
        with self._writing(by) as work:
            holding = work.all_books.lock(book_id)
            if not holding.is_hidden:
                work.all_books.hide(holding.book)
                self._note_book(work, by, Action.BOOK_HIDDEN, holding.book)
        self._changed([book_id])
        return not holding.is_hidden

    def show_book(self, by: int, book_id: int) -> bool:
        """Have readers find a hidden book again; False where they do anyway.

        Raises BookNotFound.
        """
        with self._writing(by) as work:
            holding = work.all_books.lock(book_id)
            if holding.is_hidden:
                work.all_books.show(holding.book)
                self._note_book(work, by, Action.BOOK_SHOWN, holding.book)
        self._changed([book_id])
        return holding.is_hidden

    def delete_book(self, by: int, book_id: int) -> Book:
        """Take a book out of the catalogue for good; returns what it was.

        Raises BookNotFound.
        """
        with self._writing(by) as work:
            book = work.all_books.lock(book_id).book
            work.all_books.remove(book_id)
            self._note_book(work, by, Action.BOOK_DELETED, book)
        self._changed([book_id])
        return book

    def change_order_state(self, by: int, order_id: str, to: OrderState) -> bool:
        """Bring an order into a state; False where it is in that state already.

        Raises ValueError for a state that is not a moderator's, OrderNotFound, and StateConflict where no way leads
        there from where it is now.
        """
        if to not in MODERATOR_STATES:
            raise ValueError("not a moderator's move")
        with self._store.write() as work:
            # Both readers first, in one order: a moderator may be a buyer too.
            for reader_id in sorted({by, work.orders.reader_of(order_id) or by}):
                if not work.readers.lock(reader_id) and reader_id == by:
                    raise NotSignedIn
            before = work.orders.lock(order_id).state
            moment = self._clock()
            is_new = change_state(work, order_id, to, by=Actor.MODERATOR, moment=moment)
            if is_new:
                states = {"from": before.value, "to": to.value}
                work.audit.add(by, Action.ORDER_STATE_CHANGED, order_id, states, at=moment)
            work.commit()
        self._wake()
        return is_new

    def retry_event(self, by: int, event_id: int) -> None:
        """Have an event that was set aside be told once more.

        Raises EventNotFound.
        """
        with self._writing(by) as work:
            work.outbox.retry(event_id)
            work.audit.add(by, Action.EVENT_RETRIED, str(event_id), {}, at=self._clock())

    def retry_all_events(self, by: int) -> int:
        """Have all events that were set aside be told once more; returns how many there were."""
        with self._writing(by) as work:
            count = work.outbox.length().failed
            if count:
                work.outbox.retry_all(None)
                work.audit.add(by, Action.EVENTS_RETRIED, "", {"count": count}, at=self._clock())
        return count

    @contextmanager
    def _writing(self, by: int) -> Iterator[UnitOfWork]:
        with self._store.write() as work:
            # The reader first, as everywhere, so that nobody waits for each other.
            if not work.readers.lock(by):
                raise NotSignedIn
            yield work
            work.commit()
        self._wake()

    def _note_book(self, work: UnitOfWork, by: int, action: Action, book: Book, **detail: Any) -> None:
        moment = self._clock()
        work.outbox.add(BookChanged(book.id), created_at=moment)
        work.audit.add(by, action, str(book.id), {"title": _short(book.title), **detail}, at=moment)


def _changes(before: Book, after: Book) -> Mapping[str, list[str]]:
    """Of each fact that is another now, what a form said of it before and what it says now."""
    old, new = texts_of(before), texts_of(after)
    return {
        fact: [_short(" ".join(texts[name] for name in names).strip()) for texts in (old, new)]
        for fact, names in FIELDS_BY_ATTRIBUTE.items()
        if any(old[name] != new[name] for name in names)
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_IN_LOG else f"{text[: _LONGEST_IN_LOG - 1]}…"
