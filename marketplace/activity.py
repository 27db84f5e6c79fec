"""What readers do in the shop, written down for Recommendations in the transaction that it happens in."""

from collections.abc import Callable
from datetime import UTC, datetime

from marketplace.domain import NOBODY, SHOP, Interaction, InteractionKind
from marketplace.store import Store


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Activity:
    """Records clicks and views; `wake` is called after each commit, so that the relay need not wait its turn."""

    def __init__(self, store: Store, *, wake: Callable[[], None], clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._wake = wake
        self._clock = clock

    def clicked(self, reader_id: int, book_id: int, attribution: str) -> int:
        """A reader followed a link in a list; nobody, or one whom the shop does not know, becomes a guest by it.

        Returns the reader's id. Raises StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            if reader_id == NOBODY or not work.readers.exists(reader_id):
                reader_id = work.readers.add(moment)
            click = Interaction(
                # A reload of the same link is the same click.
                id=f"click-{reader_id}-{book_id}-{attribution}",
                reader_id=reader_id,
                book_id=book_id,
                kind=InteractionKind.CLICK,
                occurred_at=moment,
                recommendation_id="" if attribution == SHOP else attribution,
            )
            work.outbox.add(click, created_at=moment)
            work.commit()
        self._wake()
        return reader_id

    def viewed(self, reader_id: int, book_id: int) -> None:
        """A reader looked at a book's page, counted once a day; nobody leaves no trace.

        Raises StoreUnavailable.
        """
        if reader_id == NOBODY:
            return
        moment = self._clock()
        with self._store.write() as work:
            if not work.readers.exists(reader_id):
                return
            view = Interaction(
                id=f"view-{reader_id}-{book_id}-{moment.date().isoformat()}",
                reader_id=reader_id,
                book_id=book_id,
                kind=InteractionKind.VIEW,
                occurred_at=moment,
            )
            work.outbox.add(view, created_at=moment)
            work.commit()
        self._wake()
