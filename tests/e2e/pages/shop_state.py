"""Reading and preparing the state of a running shop."""

import json
import urllib.request
from contextlib import closing
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from events.signature import new_secret
from events.types import StockLow
from marketplace.domain.conversations import Draft, Guest, Side, put_message
from marketplace.domain.events import BookChanged
from marketplace.domain.links import Picture, Preview, link_id
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Address, Order, OrderLine, OrderState, StateChange
from marketplace.settings import Settings
from marketplace.store import open_store
from servicekit.clock import now
from tests.e2e.pages.states import CONVERSATION, LINK, ORDER
from tests.e2e.processes import Pair, await_that, waiting_in
from tests.marketplace.fakes import NOON

DEADLINE_SECONDS = 30.0
_PREVIEW = Preview(title="Emma " * 20, description="A novel about youthful hubris. " * 20, site="Books")
_CHANGES = {"title": "A title", "changed": {"title": ["Another title", "A title"], "stock": ["3", ""]}}


def _jpeg() -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 40), "teal").save(file, "JPEG")
    return file.getvalue()


def await_delivery(pair: Pair) -> None:
    """Wait until all events are delivered; none may have failed."""

    def is_delivered() -> bool:
        with urllib.request.urlopen(f"{pair.shop}readyz", timeout=10) as response:
            outbox = json.load(response)["outbox"]
        assert outbox["refused"] == 0
        return not waiting_in(outbox)

    await_that(is_delivered, seconds=DEADLINE_SECONDS)


def export_of(page: Page, shop: str) -> dict[str, Any]:
    """All that the shop stores about this page's reader."""
    response = page.request.get(f"{shop}account/export")
    assert response.ok
    exported: dict[str, Any] = response.json()
    return exported


def prepare_moderator(pair: Pair, email: str) -> None:
    """Make an account a moderator; store an order, a failed event, a destination, entries in both logs, a message."""
    line = OrderLine(book_id=4, title="A book with a title", price=Money(999, "EUR"), quantity=2)
    address = Address(name="Ann Buyer", street="1 High Street", city="Oxford", country="GB")
    changes = (StateChange(OrderState.PLACED, NOON, Actor.READER), StateChange(OrderState.PAID, NOON, Actor.PROVIDER))
    with closing(open_store(Settings(data_dir=pair.folder / "marketplace").database)) as store, store.write() as work:
        account = work.accounts.by_email(email)
        assert account
        work.accounts.set_moderator(account.reader_id, True)
        order = Order(
            id=ORDER,
            reader_id=account.reader_id,
            email=email,
            address=None,
            lines=(line,),
            total=line.amount,
            state=OrderState.PAID,
            placed_at=NOON,
            changes=changes,
        )
        work.orders.add(order, address, key="key", digest="")
        work.audit.add(account.reader_id, Action.BOOK_CHANGED, "4", _CHANGES, at=NOON)
        work.outbox.add(BookChanged(4), created_at=NOON)
        work.outbox.mark_failed({row.event_id: "a reason" for row in work.outbox.waiting(1000)[-1:]})
        added = work.destinations.add("https://seller.example/events", new_secret(), at=NOON)
        work.outbox.publish(StockLow(book_id=4, title="A book with a title", stock=2), at=NOON)
        (published,) = work.outbox.waiting(1, added.destination)
        work.event_log.add(added.destination, published, "no response", attempts=3, at=NOON)
        work.link_previews.ask(LINK, at=now())
        picture_id = work.pictures.put(Picture(content=_jpeg(), width=30, height=40), at=now())
        work.link_previews.succeed(link_id(LINK), _PREVIEW, picture_id)
        # Nothing is sent to that address.
        work.destinations.set_enabled(added.number, False)
        work.outbox.remove([published.event_id])
        guest = Guest(email="ada@example.com", name="Ada", language="en")
        work.conversations.begin(CONVERSATION, None, guest=guest, at=NOON)
        message = put_message(work.conversations.get(CONVERSATION), Side.READER, Draft("m-1", "Hello!"), NOON)
        assert message
        work.conversations.put(CONVERSATION, message, at=NOON)
        work.commit()
