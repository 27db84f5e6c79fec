"""Records what readers do, for the shop's own pages and for Recommendations in one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from events import types
from marketplace.domain.errors import OpenOrders, StillModerator
from marketplace.domain.events import ReaderForgotten, ReadersMerged
from marketplace.domain.ids import NOBODY, SHOP
from marketplace.domain.interactions import MAX_HALF_STARS, Interaction, InteractionKind
from marketplace.store import Store, UnitOfWork
from servicekit.clock import now


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """An interaction and its reader, who may be a new guest."""

    reader_id: int
    interaction: Interaction


class Activity:
    """Records what readers do; `wake` is called after each commit, so that the relay delivers at once.

    An anonymous visitor, or a reader that the shop does not know, becomes a guest with the first action. `admit` is
    called before a guest is created, and its error is passed on: a client that sends no cookie could otherwise create
    guests without limit. Every method raises StoreUnavailable, and BookNotFound for a book that is not in the
    catalogue.
    """

    def __init__(
        self,
        store: Store,
        *,
        wake: Callable[[], None],
        admit: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._wake = wake
        self._admit = admit
        self._clock = clock

    def record_click(self, reader_id: int, book_id: int, attribution: str) -> int:
        """Record a click in a list, once for each list; returns the reader's id."""
        with self.transaction(reader_id) as current:
            click = current.new_interaction(book_id, InteractionKind.CLICK, attribution)
            if not any(_is_same_click(click, earlier) for earlier in current.interactions_with(book_id)):
                current.record(click)
            return current.reader_id

    def record_view(self, reader_id: int, book_id: int) -> None:
        """Record that a reader opened a book's page, once a day; anonymous visitors are not recorded."""
        if reader_id == NOBODY:
            return
        with self._store.read() as work:
            if not work.readers.exists(reader_id) or self._is_viewed_today(work, reader_id, book_id):
                return
        with self.transaction(reader_id) as current:
            current.record(current.new_interaction(book_id, InteractionKind.VIEW, ""))

    def rate(self, reader_id: int, book_id: int, half_stars: int, attribution: str) -> RecordedAction:
        """Rate a book with 1 to 10 half stars, replacing an earlier rating.

        Raises ValueError for other numbers.
        """
        if not 0 < half_stars <= MAX_HALF_STARS:
            raise ValueError("half stars are 1 to 10")
        with self.transaction(reader_id) as current:
            for earlier in current.interactions_with(book_id, InteractionKind.RATING):
                if earlier.half_stars == half_stars:
                    return RecordedAction(current.reader_id, earlier)
                current.undo(earlier)
            rating = current.new_interaction(book_id, InteractionKind.RATING, attribution, half_stars=half_stars)
            current.record(rating)
            return RecordedAction(current.reader_id, rating)

    def dismiss(self, reader_id: int, book_id: int, attribution: str) -> RecordedAction:
        """Hide a book from a reader's recommendations."""
        with self.transaction(reader_id) as current:
            for earlier in current.interactions_with(book_id, InteractionKind.NOT_INTERESTED):
                return RecordedAction(current.reader_id, earlier)
            dismissal = current.new_interaction(book_id, InteractionKind.NOT_INTERESTED, attribution)
            current.record(dismissal)
            return RecordedAction(current.reader_id, dismissal)

    def undo(self, reader_id: int, interaction_id: str) -> Interaction:
        """Undo an interaction of a reader; returns it.

        Raises InteractionNotFound.
        """
        with self._store.read() as work:
            work.interactions.get(reader_id, interaction_id)
        with self.transaction(reader_id) as current:
            undone = current.work.interactions.get(reader_id, interaction_id)
            current.undo(undone)
            return undone

    def add_to_wishlist(self, reader_id: int, book_id: int) -> int:
        """Add a book to a reader's wishlist; returns the reader's id."""
        with self.transaction(reader_id) as current:
            current.work.books.require(book_id)
            current.work.wishlists.add(current.reader_id, book_id, current.moment)
            return current.reader_id

    def remove_from_wishlist(self, reader_id: int, book_id: int) -> None:
        with self._store.write() as work:
            work.wishlists.remove(reader_id, book_id)
            work.commit()

    @contextmanager
    def transaction(self, reader_id: int) -> "Iterator[ReaderTransaction]":
        """One transaction of a reader, committed at the end of the block."""
        moment = self._clock()
        if reader_id == NOBODY:
            self._admit()  # without taking the database's write lock
        with self._store.write() as work:
            # The lock makes concurrent requests of one reader wait: a double click rates once.
            if reader_id == NOBODY:
                reader_id = work.readers.add(moment)
            elif not work.readers.lock(reader_id):
                self._admit()
                reader_id = work.readers.add(moment)
            yield ReaderTransaction(work, reader_id, moment)
            work.commit()
        self._wake()

    def _is_viewed_today(self, work: UnitOfWork, reader_id: int, book_id: int) -> bool:
        today = self._clock().date()
        return any(
            earlier.kind is InteractionKind.VIEW and earlier.occurred_at.date() == today
            for earlier in work.interactions.with_book(reader_id, book_id)
        )


class ReaderTransaction:
    """One transaction of one reader, who is a new guest if the shop did not know the reader."""

    def __init__(self, work: UnitOfWork, reader_id: int, moment: datetime) -> None:
        self.work = work
        self.reader_id = reader_id
        self.moment = moment

    def new_interaction(
        self, book_id: int, kind: InteractionKind, attribution: str, *, half_stars: int | None = None
    ) -> Interaction:
        """A new interaction, not yet recorded.

        Raises BookNotFound.
        """
        self.work.books.require(book_id)
        return Interaction(
            id=_new_id(kind),
            reader_id=self.reader_id,
            book_id=book_id,
            kind=kind,
            occurred_at=self.moment,
            recommendation_id="" if attribution == SHOP else attribution,
            half_stars=half_stars,
        )

    def interactions_with(self, book_id: int, kind: InteractionKind | None = None) -> list[Interaction]:
        """The reader's interactions with a book, of one kind or of all."""
        interactions = self.work.interactions.with_book(self.reader_id, book_id)
        return [interaction for interaction in interactions if kind in {None, interaction.kind}]

    def record(self, interaction: Interaction) -> None:
        """Store an interaction in the shop, and in the outbox for Recommendations."""
        self.work.interactions.add(interaction)
        self.work.outbox.add(interaction, created_at=self.moment)

    def undo(self, interaction: Interaction) -> None:
        undo(self.work, interaction, self.reader_id, self.moment)


def undo(work: UnitOfWork, interaction: Interaction, reader_id: int, moment: datetime) -> None:
    """Delete an interaction, in Recommendations too."""
    work.interactions.remove(interaction.id)
    event = Interaction(
        id=_new_id(InteractionKind.UNDO),
        reader_id=reader_id,
        book_id=interaction.book_id,
        kind=InteractionKind.UNDO,
        occurred_at=moment,
        undoes=interaction.id,
    )
    work.outbox.add(event, created_at=moment)


def merge_readers(work: UnitOfWork, guest: int, account: int, moment: datetime) -> None:
    """Move a guest's interactions, wishlist and cart to an account, and delete the guest.

    If both rated or both dismissed a book, the later interaction stays.
    """
    for reader_id in (guest, account):
        work.readers.lock(reader_id)
    work.outbox.move(guest, account)
    work.event_log.move(guest, account)
    work.outbox.add(ReadersMerged(guest, account), created_at=moment)
    work.outbox.publish(types.ReadersMerged(reader_id=account, from_reader=guest), at=moment)
    known = {(own.book_id, own.kind): own for own in work.interactions.preferences(account)}
    for added in work.interactions.preferences(guest):
        if other := known.get((added.book_id, added.kind)):
            undo(work, min(added, other, key=lambda preference: preference.occurred_at), account, moment)
    work.interactions.move(guest, account)
    work.wishlists.copy(guest, account)
    work.carts.copy(guest, account)
    work.readers.remove(guest)


def forget_reader(work: UnitOfWork, reader_id: int, moment: datetime) -> None:
    """Delete a reader's data, in Recommendations too; their orders stay without name and address.

    Raises OpenOrders while the shop still needs an address, and StillModerator: moderators must not be able to
    remove their own names from the audit log.
    """
    work.readers.lock(reader_id)
    account = work.accounts.by_reader(reader_id)
    if account is not None and account.is_moderator:
        raise StillModerator
    if work.orders.has_open(reader_id):
        raise OpenOrders
    work.orders.anonymize(reader_id)
    # In this order: a relay that delivers one of them writes the log after it has locked the row of the outbox.
    work.outbox.drop_of(reader_id)
    work.event_log.remove_of(reader_id)
    # Locked before the reader's conversations are deleted: a preview that comes locks both in this order.
    links = work.link_previews.lock_of(reader_id)
    work.readers.remove(reader_id)
    work.pictures.remove_unused(work.link_previews.remove_unused(links))
    work.outbox.add(ReaderForgotten(reader_id), created_at=moment)
    work.outbox.publish(types.ReaderDeleted(reader_id=reader_id), at=moment)


def _is_same_click(click: Interaction, other: Interaction) -> bool:
    return other.kind is InteractionKind.CLICK and other.recommendation_id == click.recommendation_id


def _new_id(kind: InteractionKind) -> str:
    return f"{kind.name.lower().replace('_', '-')}-{uuid4().hex}"
