"""What readers and moderators do is published as events that fit the documented schemas."""

import jsonschema

from events.reference import schema
from events.types import TYPES
from marketplace.domain.books import Book
from marketplace.domain.conversations import Draft
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.moderation import Moderation
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import accounts_of, buyer_of, moderator_of, order_of
from tests.marketplace.stored import put


def test_every_emitted_event_fits_its_schema(store: Store) -> None:
    """Of an order's life, of accounts and of books; notices and a destination of all types are sent them."""
    put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=6))
    with store.write() as work:
        destination = work.destinations.add("http://a.example", "whsec_a", at=NOON).destination
        work.commit()
    by, buyer = moderator_of(store), buyer_of(store)
    moderation = Moderation(store)
    order_id = order_of(store, buyer, 7, 2, OrderState.PAID)
    moderation.change_order_state(by, order_id, OrderState.SHIPPED)
    moderation.change_order_state(by, order_id, OrderState.DELIVERED)
    moderation.change_order_state(by, order_of(store, buyer, 7, 1, OrderState.PAID), OrderState.CANCELLED)
    conversations = Conversations(store)
    conversations.write(buyer, order_id, Draft("m-1", "Hello!"))
    conversations.answer(by, order_id, Draft("m-1", "Good day."))
    moderation.hide_book(by, 7)
    accounts_of(store).forget(buyer, "correct horse")
    with store.read() as work:
        payloads = [
            row.payload
            for to in work.outbox.lengths()
            for row in work.outbox.waiting(1000, to)
            if row.kind == "event"
        ]
        public = {row.payload["type"] for row in work.outbox.waiting(1000, destination)}
    for payload in payloads:
        jsonschema.validate(payload["data"], schema(TYPES[payload["type"]]))
    names = {name.removeprefix("marketplace.") for name in public}
    assert {"order.placed", "order.paid", "order.shipped", "order.delivered", "order.cancelled"} & names == set()
    assert {"reader.registered", "reader.deleted", "book.removed", "book.stock_low"} <= names
