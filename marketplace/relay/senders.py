"""Sends events to their destinations: which call delivers which kind of event."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Protocol

from events.envelope import Event
from marketplace.domain.books import Book
from marketplace.domain.errors import Refused
from marketplace.domain.events import (
    NOTICES,
    PAYMENTS,
    PREVIEWS,
    RECOMMENDATIONS,
    BookChanged,
    Destination,
    PaymentRequested,
    PaymentWithdrawn,
    PreviewRequested,
    PublishedEvent,
    ReaderForgotten,
    ReadersMerged,
    ShopEvent,
)
from marketplace.domain.interactions import Interaction, Outcome, RecordResult
from marketplace.domain.money import Money
from marketplace.store import Store
from servicekit.clock import now
from servicekit.tracing.spans import recorded

BATCHED = (Interaction, BookChanged, PreviewRequested)
"""Consecutive events of these kinds are sent together."""

MAX_BATCH = 500
AT_ONCE = 8
"""How many links are fetched at the same time, half of what Previews does by default.

The next ones wait for the slowest of them, eleven seconds at most.
"""


class Recorder(Protocol):
    """What the relay needs of Recommendations; each call takes five seconds at most."""

    def record(self, interactions: Sequence[Interaction]) -> list[RecordResult]:
        """One result for each, in order. Raises RecommenderError."""

    def upsert(self, books: Sequence[Book]) -> list[RecordResult]:
        """Add or replace books; one result for each, in order. Raises RecommenderError."""

    def remove(self, book_ids: Sequence[int]) -> None:
        """Remove books. Raises RecommenderError."""

    def merge(self, from_reader: int, into_reader: int) -> None:
        """Merge one reader's history into another's. Raises RecommenderError."""

    def forget(self, reader_id: int) -> None:
        """Delete a reader's history. Raises RecommenderError."""


class PaymentProvider(Protocol):
    """What the relay needs of the payment provider; each call is idempotent and takes ten seconds at most."""

    def request_payment(self, order_id: str, amount: Money) -> None:
        """Request the payment of an order. Raises ProviderError."""

    def withdraw_payment(self, order_id: str) -> None:
        """Withdraw the payment request of an order and refund what was paid. Raises ProviderError."""


class Fetcher(Protocol):
    """What the relay needs to have links fetched; each takes eleven seconds at most."""

    def fetch(self, link_id: str) -> None:
        """Fetch what a link leads to, and store it or the failure. Raises StoreUnavailable."""


class Receiver(Protocol):
    """What the relay needs of a receiver of published events; each call takes ten seconds at most."""

    def publish(self, event: Event) -> None:
        """Have it accept an event. Raises ReceiverUnavailable (ReceiverBroken included) and ReceiverRefused."""

    def close(self) -> None:
        """Close its connections; the next call opens them again."""


class Sender(Protocol):
    """Sends events to one destination."""

    @property
    def destination(self) -> Destination:
        """The destination of its events."""

    @property
    def max_batch(self) -> int:
        """How many events it is given at once."""

    def send(self, events: Sequence[ShopEvent]) -> list[str | None]:
        """Send events of one kind; if that is not BATCHED, one event only.

        Returns for each the reason of its refusal, or None if it was accepted. Raises StoreUnavailable, and
        Unavailable (or Broken) or Refused if the whole call failed.
        """


class RecommendationsSender:
    """Sends to Recommendations; changed books are read from the catalogue at that time."""

    destination = RECOMMENDATIONS
    max_batch = MAX_BATCH

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def send(self, events: Sequence[ShopEvent]) -> list[str | None]:
        match events[0]:
            case Interaction():
                interactions = [event for event in events if isinstance(event, Interaction)]
                return [_refusal(result) for result in self._recorder.record(interactions)]
            case BookChanged():
                return self._send_books([event.book_id for event in events if isinstance(event, BookChanged)])
            case ReadersMerged() as merge:
                self._recorder.merge(merge.from_reader, merge.into_reader)
            case ReaderForgotten(reader_id):
                self._recorder.forget(reader_id)
            case _:
                raise Refused("not an event for Recommendations")
        return [None]

    def _send_books(self, book_ids: Sequence[int]) -> list[str | None]:
        with self._store.read() as work:
            offered = work.books.offered(set(book_ids))
        refusals: dict[int, str | None] = {}
        if offered:
            results = self._recorder.upsert(list(offered.values()))
            refusals = dict(zip(offered, map(_refusal, results), strict=True))
        if removed := sorted(set(book_ids) - set(offered)):
            self._recorder.remove(removed)
        return [refusals.get(book_id) for book_id in book_ids]


class PaymentsSender:
    """Sends to the payment provider, one order at a time."""

    destination = PAYMENTS
    max_batch = MAX_BATCH

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider

    def send(self, events: Sequence[ShopEvent]) -> list[str | None]:
        match events[0]:
            case PaymentRequested(order_id, amount):
                self._provider.request_payment(order_id, amount)
            case PaymentWithdrawn(order_id):
                self._provider.withdraw_payment(order_id)
            case _:
                raise Refused("not an event for the payment provider")
        return [None]


class PreviewsSender:
    """Has links fetched, several at a time; their failures are stored with them, and refuse no event."""

    destination = PREVIEWS
    max_batch = AT_ONCE

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def send(self, events: Sequence[ShopEvent]) -> list[str | None]:
        links = [event.link_id for event in events if isinstance(event, PreviewRequested)]
        if len(links) < len(events):
            raise Refused("not an event for Previews")
        with ThreadPoolExecutor(len(links)) as pool:
            # In the context of this thread, which has the trace.
            fetched = [pool.submit(copy_context().run, self._fetcher.fetch, link) for link in links]
        for result in fetched:
            result.result()
        return [None] * len(links)


class EventsSender:
    """Sends published events to one receiver, one at a time; private ones to notices alone."""

    max_batch = MAX_BATCH

    def __init__(
        self,
        destination: Destination,
        receiver: Receiver,
        *,
        source: str,
        max_age: timedelta | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`source` is the public URL of the shop; events older than `max_age` are not sent, and count as accepted."""
        self.destination = destination
        self._receiver = receiver
        self._source = source
        self._max_age = max_age
        self._clock = clock

    def send(self, events: Sequence[ShopEvent]) -> list[str | None]:
        match events[0]:
            case PublishedEvent(id=event_id, happened_at=happened_at, data=data, sequence=sequence):
                if data.is_private and self.destination != NOTICES:
                    raise Refused("a private event is for notices alone")
                if self._max_age is None or self._clock() - happened_at <= self._max_age:
                    self._receiver.publish(
                        Event(event_id, self._source, happened_at, data, sequence or None, recorded())
                    )
            case _:
                raise Refused("not a published event")
        return [None]

    def close(self) -> None:
        """Close the receiver's connections."""
        self._receiver.close()


def _refusal(result: RecordResult) -> str | None:
    return result.reason if result.outcome is Outcome.REFUSED else None
