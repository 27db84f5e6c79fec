"""What moderators do with books, orders and failed events; each action has an entry in the audit log."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from marketplace.domain.books import Book
from marketplace.domain.errors import NotSignedIn
from marketplace.domain.moderation import Action, Overview
from marketplace.domain.orders import Actor, OrderState
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.catalogue.changes import CatalogueChanges, named
from marketplace.usecases.catalogue.forms import BookForm
from marketplace.usecases.orders import change_state
from servicekit.clock import now

MODERATOR_STATES = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CANCELLED})
"""The states that moderators can set."""


class Moderation:
    """The use cases of moderators; `by` is always the moderator's reader id.

    `changed` is called with the ids of changed books, and `wake`, after each commit. Every method raises
    StoreUnavailable, and those that write raise NotSignedIn if the moderator's account has been deleted.
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
        """How many orders, books and events need attention."""
        with self._store.read() as work:
            return Overview(
                awaiting_payment=work.order_table.count(OrderState.PLACED),
                to_ship=work.order_table.count(OrderState.PAID),
                sold_out=work.all_books.sold_out(),
                hidden=work.all_books.hidden(),
                failed_deliveries=work.outbox.length().failed,
            )

    @contextmanager
    def changes(self, by: int, *, token: str = "") -> Iterator[CatalogueChanges]:
        """A transaction that changes books, committed at the end of the block.

        `token` is the name of the API token that acts for the moderator, if one does.
        """
        with moderating(self._store, by) as work:
            changes = CatalogueChanges(work, by, moment=self._clock(), token=token)
            yield changes
        self._changed(changes.book_ids)
        self._wake()

    def add_book(self, by: int, form: BookForm) -> int:
        """Add a new book; returns its id.

        Raises InvalidBook.
        """
        with self.changes(by) as changes:
            return changes.add(form).id

    def change_book(self, by: int, book_id: int, form: BookForm) -> bool:
        """Change the attributes of a book that the moderator edited; False if nothing changes.

        Raises BookNotFound, InvalidBook, and BookConflict if somebody else has changed the same attribute.
        """
        with self.changes(by) as changes:
            return changes.change(book_id, form)

    def hide_book(self, by: int, book_id: int) -> bool:
        """Hide a book from readers; False if it is hidden already.

        Raises BookNotFound.
        """
        with self.changes(by) as changes:
            return changes.set_hidden(book_id, True)

    def show_book(self, by: int, book_id: int) -> bool:
        """Show a hidden book to readers again; False if it is not hidden.

        Raises BookNotFound.
        """
        with self.changes(by) as changes:
            return changes.set_hidden(book_id, False)

    def delete_book(self, by: int, book_id: int) -> Book:
        """Delete a book from the catalogue; returns it.

        Raises BookNotFound.
        """
        with self.changes(by) as changes:
            return changes.delete(book_id)

    def change_order_state(self, by: int, order_id: str, to: OrderState, *, token: str = "") -> bool:
        """Change the state of an order; False if it is in that state already. `token` as for `changes`.

        Raises ValueError for a state that moderators cannot set, OrderNotFound, and StateConflict if the order cannot
        change to it.
        """
        if to not in MODERATOR_STATES:
            raise ValueError("not a state that moderators set")
        with self._store.write() as work:
            # Lock moderator and buyer in the order of their ids, which avoids deadlocks: moderators buy books too.
            for reader_id in sorted({by, work.orders.get(order_id).reader_id or by}):
                if not work.readers.lock(reader_id) and reader_id == by:
                    raise NotSignedIn
            before = work.orders.lock(order_id).state
            moment = self._clock()
            is_changed = change_state(work, order_id, to, by=Actor.MODERATOR, moment=moment)
            if is_changed:
                states = {"from": before.value, "to": to.value}
                detail = states | named(token)
                work.audit.add(by, Action.ORDER_STATE_CHANGED, order_id, detail, at=moment)
            work.commit()
        self._wake()
        return is_changed

    def retry_event(self, by: int, event_id: int) -> None:
        """Deliver a failed event again.

        Raises EventNotFound.
        """
        with self._transaction(by) as work:
            work.outbox.retry(event_id)
            work.audit.add(by, Action.EVENT_RETRIED, str(event_id), {}, at=self._clock())

    def retry_all_events(self, by: int) -> int:
        """Deliver all failed events again; returns how many there were."""
        with self._transaction(by) as work:
            count = work.outbox.length().failed
            if count:
                work.outbox.retry_all(None)
                work.audit.add(by, Action.EVENTS_RETRIED, "", {"count": count}, at=self._clock())
        return count

    @contextmanager
    def _transaction(self, by: int) -> Iterator[UnitOfWork]:
        with moderating(self._store, by) as work:
            yield work
        self._wake()


@contextmanager
def moderating(store: Store, by: int) -> Iterator[UnitOfWork]:
    """A transaction of a moderator, committed at the end of the block.

    Raises NotSignedIn if their account has been deleted.
    """
    with store.write() as work:
        # The reader is locked first everywhere, which avoids deadlocks.
        if not work.readers.lock(by):
            raise NotSignedIn
        yield work
        work.commit()
