"""Tickets for live: who may hear of what."""

from datetime import timedelta

import pytest

from events.signature import new_secret
from events.tickets import MAX_TOPICS, Ticket, Tickets
from marketplace.domain.books import Book
from marketplace.domain.conversations import Guest
from marketplace.domain.errors import ConversationNotFound, OrderNotFound
from marketplace.domain.ids import NOBODY
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.live_tickets import LIFETIME, LiveTickets
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import buyer_of, order_of
from tests.marketplace.stored import put

URL = "https://books.example/live"
TICKETS = Tickets(new_secret(), clock=lambda: NOON)


class Shop:
    """Two buyers with an order each."""

    def __init__(self, store: Store) -> None:
        put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=6))
        self.buyer, self.other = buyer_of(store), buyer_of(store, "bob@example.com")
        self.order, self.others = order_of(store, self.buyer, 7), order_of(store, self.other, 7)
        self.live = LiveTickets(store, TICKETS, URL, clock=lambda: NOON)

    def issue(self, reader_id: int, *topics: str, is_moderator: bool = False) -> Ticket:
        issued = self.live.issue(reader_id, topics, is_moderator=is_moderator)
        assert (issued.url, issued.lifetime) == (URL, LIFETIME)
        return TICKETS.read(issued.ticket)


@pytest.fixture
def shop(store: Store) -> Shop:
    """Two buyers with an order each."""
    return Shop(store)


def test_a_reader_hears_of_their_orders(shop: Shop) -> None:
    """And of the conversations about them, each once, on the reader's side, for some minutes."""
    mine = (f"orders/{shop.order}", f"conversations/{shop.order}")
    ticket = shop.issue(shop.buyer, *mine, mine[0])
    assert ticket == Ticket(topics=mine, side="reader", holder=shop.buyer, until=NOON + timedelta(minutes=5))


def test_nobody_else_hears_of_them(shop: Shop) -> None:
    """Not another reader, a guest or a visitor; and readers hear nothing of the staff's."""
    mine = f"orders/{shop.order}"
    for reader_id, topics in (
        (shop.other, (mine,)),
        (shop.other, (f"conversations/{shop.order}",)),
        (shop.other, (f"orders/{shop.others}", mine)),
        (999, (mine,)),
        (NOBODY, (mine,)),
        (shop.buyer, ("staff/orders",)),
        (shop.buyer, (mine, "staff/conversations")),
    ):
        with pytest.raises(OrderNotFound):
            shop.issue(reader_id, *topics)


def test_a_moderator_hears_of_all(shop: Shop) -> None:
    """On the shop's side; of an own order as a reader."""
    topics = ("staff/orders", "staff/conversations", f"orders/{shop.order}", f"conversations/{shop.others}")
    ticket = shop.issue(shop.other, *topics, is_moderator=True)
    assert (ticket.topics, ticket.side) == (topics, "shop")
    assert shop.issue(shop.other, f"orders/{shop.others}", is_moderator=True).side == "reader"
    assert shop.issue(shop.other, f"orders/{shop.order}", is_moderator=True).side == "shop"


def test_conversations_about_no_order(shop: Shop, store: Store) -> None:
    """A reader hears of their own, moderators of a guest's too."""
    own, guests = "5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f", "0" * 32
    with store.write() as work:
        work.conversations.begin(own, shop.buyer, at=NOON)
        work.conversations.begin(guests, None, guest=Guest(email="eve@example.com", language="en"), at=NOON)
        work.commit()
    assert shop.issue(shop.buyer, f"conversations/{own}").side == "reader"
    for topic in (f"conversations/{own}", f"conversations/{guests}"):
        assert shop.issue(shop.other, topic, is_moderator=True).side == "shop"
        with pytest.raises(OrderNotFound):
            shop.issue(shop.other, topic)
    with pytest.raises(ConversationNotFound):
        shop.issue(shop.other, f"conversations/{'1' * 32}", is_moderator=True)


@pytest.mark.parametrize("topic", ["", "orders", "orders/", "orders/x", "staff", "staff/x", "orders/7K3M-9QXD-2TB4"])
def test_what_does_not_exist_has_no_ticket(shop: Shop, topic: str) -> None:
    """Not even for moderators."""
    with pytest.raises(OrderNotFound):
        shop.issue(shop.other, topic, is_moderator=True)


def test_the_number_of_topics_is_limited(shop: Shop) -> None:
    """None is as wrong as too many."""
    for topics in ((), tuple(f"orders/{n}" for n in range(MAX_TOPICS + 1))):
        with pytest.raises(ValueError, match="topics"):
            shop.issue(shop.buyer, *topics)
