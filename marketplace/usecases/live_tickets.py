"""Tickets by which a reader's pages, and moderators', hear of changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.tickets import MAX_TOPICS, Side, Ticket, Tickets
from marketplace.domain.conversations import is_contact_id
from marketplace.domain.errors import OrderNotFound
from marketplace.domain.ids import NOBODY
from marketplace.domain.orders import is_order_id
from marketplace.store import Store
from servicekit.clock import now

LIFETIME = timedelta(minutes=5)

_OF_ORDERS = ("orders", "conversations")
_OF_STAFF = ("staff/orders", "staff/conversations")


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A signed ticket, the URL of live as browsers reach it, and how long the ticket is valid."""

    url: str
    ticket: str
    lifetime: timedelta


class LiveTickets:
    """Issues tickets for live at `url`."""

    def __init__(self, store: Store, tickets: Tickets, url: str, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._tickets = tickets
        self._url = url
        self._clock = clock

    def issue(self, reader_id: int, topics: Sequence[str], *, is_moderator: bool) -> IssuedTicket:
        """A ticket for topics: `orders/<id>` and `conversations/<id>` that are the reader's own; for moderators all.

        One's own make the holder a reader, any other the shop. Raises ValueError for none or too many topics,
        OrderNotFound or ConversationNotFound if one does not exist or is not for this reader, and StoreUnavailable.
        """
        topics = tuple(dict.fromkeys(topics))
        if not 0 < len(topics) <= MAX_TOPICS:
            raise ValueError(f"name 1 to {MAX_TOPICS} topics")
        owners = self._owners(topics)
        is_own = reader_id != NOBODY and all(owner == reader_id for owner in owners)
        if not (is_own or is_moderator):
            raise OrderNotFound
        side: Side = "reader" if is_own else "shop"
        until = self._clock() + LIFETIME
        ticket = Ticket(topics=topics, side=side, holder=reader_id, until=until)
        return IssuedTicket(self._url, self._tickets.write(ticket), LIFETIME)

    def _owners(self, topics: Sequence[str]) -> set[int | None]:
        """The readers whom the topics are about; None among them for one that is no single reader's."""
        owners: set[int | None] = set()
        with self._store.read() as work:
            for topic in topics:
                kind, _, own_id = topic.partition("/")
                if topic in _OF_STAFF:
                    owners.add(None)
                elif kind in _OF_ORDERS and is_order_id(own_id):
                    # Nobody has written about most orders.
                    owners.add(work.orders.get(own_id).reader_id)
                elif kind == "conversations" and is_contact_id(own_id):
                    owners.add(work.conversations.get(own_id).reader_id)
                else:
                    raise OrderNotFound
        return owners
