"""What readers do in the shop, written down for their own pages and for Recommendations in one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from marketplace.domain.errors import OpenOrders, StillModerator
from marketplace.domain.events import ReaderForgotten, ReadersMerged
from marketplace.domain.ids import NOBODY, SHOP
from marketplace.domain.interactions import MAX_HALF_STARS, Interaction, InteractionKind
from marketplace.store import Store, UnitOfWork
from marketplace.store.interactions import older_preferences
from servicekit.clock import now


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """What a reader did: who they are, a guest perhaps since just now, and the interaction."""

    reader_id: int
    interaction: Interaction


class Activity:
    """Records what readers do; `wake` is called after each commit, so that the relay need not wait its turn.

    Whoever does something and is nobody, or one whom the shop does not know, becomes a guest by it. Every method
    raises StoreUnavailable, and BookNotFound where a book is named that the catalogue does not have.
    """

    def __init__(self, store: Store, *, wake: Callable[[], None], clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._wake = wake
        self._clock = clock

    def record_click(self, reader_id: int, book_id: int, attribution: str) -> int:
        """A reader followed a link in a list, counted once for each list; returns the reader's id."""
        with self.transaction(reader_id) as current:
            click = current.new_interaction(book_id, InteractionKind.CLICK, attribution)
            if not any(_is_same_click(click, each) for each in current.interactions_with(book_id)):
                current.record(click)
            return current.reader_id

    def record_view(self, reader_id: int, book_id: int) -> None:
        """A reader looked at a book's page, counted once a day; nobody leaves no trace."""
        if reader_id == NOBODY:
            return
        with self._store.read() as work:
            if not work.readers.exists(reader_id) or self._is_seen_today(work, reader_id, book_id):
                return
        with self.transaction(reader_id) as current:
            current.record(current.new_interaction(book_id, InteractionKind.VIEW, ""))

    def rate(self, reader_id: int, book_id: int, half_stars: int, attribution: str) -> RecordedAction:
        """A reader gave a book half a star to five stars; what they gave before is taken back.

        Raises ValueError for more or fewer.
        """
        if not 0 < half_stars <= MAX_HALF_STARS:
            raise ValueError("half stars are 1 to 10")
        with self.transaction(reader_id) as current:
            for before in current.preferences(book_id, InteractionKind.RATING):
                if before.half_stars == half_stars:
                    return RecordedAction(current.reader_id, before)
                current.undo(before)
            rating = current.new_interaction(book_id, InteractionKind.RATING, attribution, half_stars=half_stars)
            current.record(rating)
            return RecordedAction(current.reader_id, rating)

    def dismiss(self, reader_id: int, book_id: int, attribution: str) -> RecordedAction:
        """A reader does not want to see a book recommended."""
        with self.transaction(reader_id) as current:
            for before in current.preferences(book_id, InteractionKind.NOT_INTERESTED):
                return RecordedAction(current.reader_id, before)
            waved = current.new_interaction(book_id, InteractionKind.NOT_INTERESTED, attribution)
            current.record(waved)
            return RecordedAction(current.reader_id, waved)

    def undo(self, reader_id: int, interaction_id: str) -> Interaction:
        """A reader takes back what they did; returns what it was.

        Raises InteractionNotFound.
        """
        with self._store.read() as work:
            work.interactions.get(reader_id, interaction_id)
        with self.transaction(reader_id) as current:
            undone = current.work.interactions.get(reader_id, interaction_id)
            current.undo(undone)
            return undone

    def add_to_wishlist(self, reader_id: int, book_id: int) -> int:
        """A reader put a book on their wishlist; returns the reader's id."""
        with self.transaction(reader_id) as current:
            current.work.books.require(book_id)
            current.work.wishes.add(current.reader_id, book_id, current.moment)
            return current.reader_id

    def remove_from_wishlist(self, reader_id: int, book_id: int) -> None:
        """A reader took a book off their wishlist."""
        with self._store.write() as work:
            work.wishes.remove(reader_id, book_id)
            work.commit()

    @contextmanager
    def transaction(self, reader_id: int) -> "Iterator[ReaderTransaction]":
        """One transaction of a reader, committed at its end."""
        moment = self._clock()
        with self._store.write() as work:
            # Two requests of one reader take turns: a double click rates once.
            if reader_id == NOBODY or not work.readers.lock(reader_id):
                reader_id = work.readers.add(moment)
            yield ReaderTransaction(work, reader_id, moment)
            work.commit()
        self._wake()

    def _is_seen_today(self, work: UnitOfWork, reader_id: int, book_id: int) -> bool:
        today = self._clock().date()
        return any(
            each.kind is InteractionKind.VIEW and each.occurred_at.date() == today
            for each in work.interactions.with_book(reader_id, book_id)
        )


class ReaderTransaction:
    """One transaction of one reader, who is a guest since just now where `reader_id` is not whom it was begun for."""

    def __init__(self, work: UnitOfWork, reader_id: int, moment: datetime) -> None:
        self.work = work
        self.reader_id = reader_id
        self.moment = moment

    def new_interaction(
        self, book_id: int, kind: InteractionKind, attribution: str, *, half_stars: int | None = None
    ) -> Interaction:
        """What the reader does just now.

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

    def interactions_with(self, book_id: int) -> list[Interaction]:
        """All that they did with a book."""
        return self.work.interactions.with_book(self.reader_id, book_id)

    def preferences(self, book_id: int, kind: InteractionKind) -> list[Interaction]:
        """What they did with a book, of one kind."""
        return [each for each in self.interactions_with(book_id) if each.kind is kind]

    def record(self, interaction: Interaction) -> None:
        """Write it down, here and for Recommendations."""
        self.work.interactions.add(interaction)
        self.work.outbox.add(interaction, created_at=self.moment)

    def undo(self, interaction: Interaction) -> None:
        """Have it never have happened."""
        undo(self.work, interaction, self.reader_id, self.moment)


def undo(work: UnitOfWork, interaction: Interaction, reader_id: int, moment: datetime) -> None:
    """Have it count, here and in Recommendations, as if it had never happened."""
    work.interactions.remove(interaction.id)
    undo = Interaction(
        id=_new_id(InteractionKind.UNDO),
        reader_id=reader_id,
        book_id=interaction.book_id,
        kind=InteractionKind.UNDO,
        occurred_at=moment,
        undoes=interaction.id,
    )
    work.outbox.add(undo, created_at=moment)


def merge_readers(work: UnitOfWork, guest: int, account: int, moment: datetime) -> None:
    """Make all that a guest did and wishes for an account's, and the guest be no more.

    Of two opinions of one kind about one book the later one stays.
    """
    for reader_id in (guest, account):
        work.readers.lock(reader_id)
    work.outbox.move(guest, account)
    work.outbox.add(ReadersMerged(guest, account), created_at=moment)
    for older in older_preferences(work.interactions.preferences(account), work.interactions.preferences(guest)):
        undo(work, older, account, moment)
    work.interactions.move(guest, account)
    work.wishes.copy(guest, account)
    work.carts.copy(guest, account)
    work.readers.remove(guest)


def forget_reader(work: UnitOfWork, reader_id: int, moment: datetime) -> None:
    """Keep nothing of a reader but what was sold, and have Recommendations forget them.

    Raises OpenOrders while the shop needs to know where something goes, and StillModerator: whoever may change
    the shop is not to be gone from its log by their own hand.
    """
    work.readers.lock(reader_id)
    account = work.accounts.by_reader(reader_id)
    if account is not None and account.is_moderator:
        raise StillModerator
    if work.orders.has_open(reader_id):
        raise OpenOrders
    work.orders.forget(reader_id)
    work.outbox.drop_interactions(reader_id)
    work.readers.remove(reader_id)
    work.outbox.add(ReaderForgotten(reader_id), created_at=moment)


def _is_same_click(click: Interaction, other: Interaction) -> bool:
    return other.kind is InteractionKind.CLICK and other.recommendation_id == click.recommendation_id


def _new_id(kind: InteractionKind) -> str:
    return f"{kind.name.lower().replace('_', '-')}-{uuid4().hex}"
