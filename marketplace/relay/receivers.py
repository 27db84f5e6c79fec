"""Whom the relay tells events, and how each of them is told."""

from collections.abc import Sequence
from typing import Protocol

from marketplace.domain.books import Book
from marketplace.domain.errors import Refused
from marketplace.domain.events import (
    BookChanged,
    Destination,
    PaymentRequested,
    PaymentWithdrawn,
    ReaderForgotten,
    ReadersMerged,
    ShopEvent,
)
from marketplace.domain.interactions import Interaction, Outcome, RecordResult
from marketplace.domain.money import Money
from marketplace.store import Store

TOGETHER = (Interaction, BookChanged)
"""Events of these kinds are told many at once, where they follow one another."""


class Recorder(Protocol):
    """What the relay needs of Recommendations; each call takes five seconds at most."""

    def record(self, interactions: Sequence[Interaction]) -> list[RecordResult]:
        """One result for each, in order. Raises RecommenderError."""

    def upsert(self, books: Sequence[Book]) -> list[RecordResult]:
        """Add or replace books; one result for each, in order. Raises RecommenderError."""

    def remove(self, book_ids: Sequence[int]) -> None:
        """Have books be offered no more. Raises RecommenderError."""

    def merge(self, from_reader: int, into_reader: int) -> None:
        """Make one reader's history another's. Raises RecommenderError."""

    def forget(self, reader_id: int) -> None:
        """Have a reader's history gone. Raises RecommenderError."""


class PaymentProvider(Protocol):
    """Who has orders paid; each call takes ten seconds at most, and may be repeated."""

    def request_payment(self, order_id: str, amount: Money) -> None:
        """Have an order paid; asked again it is the same payment. Raises ProviderError."""

    def withdraw_payment(self, order_id: str) -> None:
        """Have an order be paid no more, and give back what was paid. Raises ProviderError."""


class Receiver(Protocol):
    """A destination as the relay sees it."""

    @property
    def destination(self) -> Destination:
        """Whose events it is told."""

    def tell(self, events: Sequence[ShopEvent]) -> list[str | None]:
        """Tell events of one kind, several only of a kind that goes together.

        Returns for each why it was refused, None where it was not. Raises Unavailable, Broken among it, and
        Refused, where it is all of them that were; and StoreUnavailable.
        """


class Recommendations:
    """Tells Recommendations; what has become of a book is read when it is told."""

    destination = Destination.RECOMMENDATIONS

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def tell(self, events: Sequence[ShopEvent]) -> list[str | None]:
        """Tell events of one kind, as Receiver has it."""
        match events[0]:
            case Interaction():
                interactions = [each for each in events if isinstance(each, Interaction)]
                return [_why(result) for result in self._recorder.record(interactions)]
            case BookChanged():
                return self._tell_books([each.book_id for each in events if isinstance(each, BookChanged)])
            case ReadersMerged() as merge:
                self._recorder.merge(merge.from_reader, merge.into_reader)
            case ReaderForgotten(reader_id):
                self._recorder.forget(reader_id)
            case _:
                raise Refused("this is none of Recommendations' concern")
        return [None]

    def _tell_books(self, book_ids: Sequence[int]) -> list[str | None]:
        with self._store.read() as work:
            offered = work.books.offered(set(book_ids))
        refused: dict[int, str | None] = {}
        if offered:
            results = self._recorder.upsert(list(offered.values()))
            refused = dict(zip(offered, map(_why, results), strict=True))
        if gone := sorted(set(book_ids) - set(offered)):
            self._recorder.remove(gone)
        return [refused.get(book_id) for book_id in book_ids]


class Payments:
    """Tells the payment provider, one order at a time."""

    destination = Destination.PAYMENTS

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider

    def tell(self, events: Sequence[ShopEvent]) -> list[str | None]:
        """Tell one event, as Receiver has it."""
        match events[0]:
            case PaymentRequested(order_id, amount):
                self._provider.request_payment(order_id, amount)
            case PaymentWithdrawn(order_id):
                self._provider.withdraw_payment(order_id)
            case _:
                raise Refused("this is no payment's concern")
        return [None]


def _why(result: RecordResult) -> str | None:
    return result.reason if result.outcome is Outcome.REFUSED else None
