"""Previews of links: asked for with a message or by a moderator, fetched, shown, and deleted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from events import types
from marketplace.domain.books import Book
from marketplace.domain.conversations import Conversation, Draft, Message
from marketplace.domain.errors import (
    InvalidLink,
    MessageConflict,
    NotSignedIn,
    PreviewsError,
    PreviewsRefused,
    PreviewsUnavailable,
    StoreUnavailable,
)
from marketplace.domain.events import PREVIEWS, PreviewRequested
from marketplace.domain.links import (
    KEEP,
    KEEP_FAILURES,
    WAITS,
    Card,
    Link,
    LinkState,
    Picture,
    Preview,
    link_id,
    picture_path,
)
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.store.schema import link_previews, pictures
from marketplace.usecases.activity import forget_reader
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.export import export
from marketplace.usecases.links import Links
from marketplace.usecases.previews import LinkFetcher
from tests.marketplace.fakes import NOON, Clock, FakePreviews
from tests.marketplace.ordering import buyer_of, moderator_of, order_of
from tests.marketplace.stored import execute, put

URL = "https://books.example/dune"
DUNE = Preview(
    title="Dune",
    description="Spice.",
    site="Books",
    authors=("Frank Herbert",),
    isbn="9780441013593",
    image="https://books.example/dune.png",
)
PICTURE = Picture(content=b"jpeg", width=30, height=40)
CARD = Card(url=URL, title="Dune", description="Spice.", site="Books", picture_id=PICTURE.id, width=30, height=40)
SECOND = timedelta(seconds=1)


class Desk:
    """A buyer with a shipped order, a moderator, and Previews; `clock` is set by tests."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.previews = FakePreviews(DUNE, PICTURE)
        self.conversations = Conversations(store, clock=self.clock.now)
        self.links = Links(store, clock=self.clock.now)
        self.fetcher = LinkFetcher(store, self.previews, clock=self.clock.now)
        put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=6))
        self.buyer, self.moderator = buyer_of(store), moderator_of(store)
        self.order = order_of(store, self.buyer, 7, 1, OrderState.PAID, OrderState.SHIPPED)

    def write(self, text: str, version: int = 1, name: str = "m-1") -> None:
        self.conversations.write(self.buyer, self.order, Draft(name, text, version))

    def deliver(self) -> int:
        """Fetch what is asked for in the outbox; returns how much that was."""
        with self.store.write() as work:
            rows = work.outbox.waiting(100, PREVIEWS)
            work.outbox.remove([row.event_id for row in rows])
            work.commit()
        for row in rows:
            event = row.event()
            assert isinstance(event, PreviewRequested)
            self.fetcher.fetch(event.link_id)
        return len(rows)

    def later(self, by: timedelta) -> None:
        self.clock.seconds += by.total_seconds()

    def link(self, url: str = URL) -> Link:
        link = self.links.get(link_id(url))
        assert link
        return link

    def conversation(self) -> Conversation:
        conversation = self.conversations.about(self.order)
        assert conversation
        return conversation

    def messages(self) -> list[Message]:
        return list(self.conversation().messages)

    def counts(self) -> tuple[int, int]:
        """How many links and pictures are stored."""
        with self.store.engine.connect() as connection:
            links, kept = (
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (link_previews, pictures)
            )
        return links, kept


@pytest.fixture
def desk(store: Store) -> Desk:
    """A buyer with a shipped order, a moderator, and Previews."""
    return Desk(store)


def test_a_message_gets_the_card_of_its_first_link(desk: Desk) -> None:
    """Asked for when it is written, and shown once it has come, with the picture."""
    desk.write(f"Have you got {URL}, or https://other.example?")
    assert [message.card for message in desk.messages()] == [None]
    assert desk.deliver() == 1
    assert desk.previews.asked == [URL, DUNE.image]
    assert [message.card for message in desk.messages()] == [CARD]
    with desk.store.read() as work:
        assert work.pictures.get(PICTURE.id) == PICTURE


def test_a_card_is_a_change_for_open_pages_alone(desk: Desk) -> None:
    """All messages with the link get a new number of change; version, edited_at, state and order of waiting stay."""
    with desk.store.write() as work:
        destination = work.destinations.add("http://a.example", "whsec_a", at=NOON).destination
        work.commit()
    desk.write(URL)
    desk.conversations.answer(desk.moderator, desk.order, Draft("m-1", f"Yes: {URL}."))
    desk.write("Thanks!", name="m-2")
    desk.conversations.close(desk.moderator, desk.order)
    desk.deliver()
    conversation = desk.conversation()
    assert (conversation.changes, conversation.is_open) == (4, False)
    assert [message.change for message in conversation.messages] == [4, 4, 3]
    assert {(message.version, message.edited_at) for message in conversation.messages} == {(1, None)}
    with desk.store.read() as work:
        payloads = [row.payload for row in work.outbox.waiting(100, destination)]
    changes = [payload["data"] for payload in payloads if payload["type"] == types.ConversationChanged.type]
    assert changes[-1] == {
        "conversation_id": desk.order,
        "order_id": desk.order,
        "reader_id": desk.buyer,
        "change": 4,
        "by": "shop",
    }
    assert len(changes) == 4


def test_all_conversations_with_the_link_change(desk: Desk) -> None:
    """Of every reader who wrote it; others do not."""
    eve = buyer_of(desk.store, "eve@example.com")
    hers, other = (order_of(desk.store, eve, 7, 1, OrderState.PAID) for _ in range(2))
    desk.write(URL)
    desk.conversations.write(eve, hers, Draft("m-1", URL))
    desk.conversations.write(eve, other, Draft("m-1", "No link."))
    assert desk.deliver() == 1
    changes = [desk.conversations.about(order) for order in (desk.order, hers, other)]
    assert [conversation and conversation.changes for conversation in changes] == [2, 2, 1]


def test_a_link_is_asked_for_once_a_day(desk: Desk) -> None:
    """Then again; meanwhile the card stays, and if nothing has changed pages are not told."""
    for number in range(3):
        desk.write(URL, name=f"m-{number}")
    assert desk.deliver() == 1
    desk.later(KEEP - SECOND)
    desk.write(URL, name="m-3")
    assert desk.deliver() == 0
    desk.later(SECOND)
    desk.write(URL, name="m-4")
    assert {message.card for message in desk.messages()} == {CARD}
    assert desk.deliver() == 1
    assert desk.conversation().changes == 6
    desk.later(KEEP)
    desk.previews.answer = replace(DUNE, title="Dune, second edition")
    desk.write("Again", name="m-5")
    desk.links.ask(desk.moderator, URL)
    desk.deliver()
    assert desk.conversation().changes == 8
    assert {message.card and message.card.title for message in desk.messages()} == {None, "Dune, second edition"}


def test_an_edit_asks_for_the_new_link(desk: Desk) -> None:
    """The card of the old one is gone at once."""
    desk.write(URL)
    desk.deliver()
    desk.write("https://other.example/", 2)
    assert [message.card for message in desk.messages()] == [None]
    desk.deliver()
    assert [message.card and message.card.url for message in desk.messages()] == ["https://other.example/"]
    desk.write("Never mind.", 3)
    assert [message.card for message in desk.messages()] == [None]


def test_a_refused_message_asks_for_nothing(desk: Desk) -> None:
    """The link and the event are in the transaction of the message."""
    desk.write("Hello")
    with pytest.raises(MessageConflict):
        desk.write(URL)  # another text in the same version
    assert desk.counts() == (0, 0)
    assert desk.deliver() == 0


@pytest.mark.parametrize("error", [PreviewsRefused("no picture"), PreviewsUnavailable("slow")])
def test_a_failed_picture_is_no_failed_preview(desk: Desk, error: PreviewsError) -> None:
    """The card is shown without it."""
    desk.previews.answered_picture = error
    desk.write(URL)
    with capture_logs() as logs:
        desk.deliver()
    assert [message.card for message in desk.messages()] == [replace(CARD, picture_id=None, width=0, height=0)]
    assert [line["event"] for line in logs] == ["link_picture_not_fetched"]


def test_a_page_without_a_title_has_no_card(desk: Desk) -> None:
    """There would be nothing to show but the link."""
    desk.previews.answer = Preview(site="books.example")
    desk.write(URL)
    desk.deliver()
    assert [message.card for message in desk.messages()] == [None]
    assert desk.link().state is LinkState.READY


def failing(code: str, kind: type[PreviewsError] = PreviewsUnavailable) -> PreviewsError:
    error = kind(code)
    error.code = code
    return error


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"])
def test_a_final_failure_is_stored(desk: Desk, code: str) -> None:
    """With its code; the log has no link. After five minutes the link may be asked for again."""
    desk.previews.errors = [failing(code, PreviewsRefused)]
    desk.write(URL)
    with capture_logs() as logs:
        assert desk.deliver() == 1
    assert (desk.link().state, desk.link().error) == (LinkState.FAILED, code)
    assert [(line["event"], line["code"], line["attempts"]) for line in logs] == [("link_not_previewed", code, 1)]
    assert "books.example" not in str(logs)
    assert desk.conversation().changes == 1
    desk.later(KEEP)
    desk.links.retry_due()
    desk.write("Nothing", name="m-2")
    assert desk.deliver() == 0
    desk.links.ask(desk.moderator, URL)
    desk.deliver()
    assert desk.link().state is LinkState.READY


def test_a_failure_that_may_pass_is_tried_again_over_minutes(desk: Desk) -> None:
    """Not in place, so that other links are fetched meanwhile; then it has failed."""
    desk.previews.errors = [failing("DEADLINE_EXCEEDED") for _ in range(3)]
    desk.write(URL)
    desk.deliver()
    with capture_logs() as logs:
        for number, wait in enumerate(WAITS, start=1):
            link = desk.link()
            assert (link.state, link.error, link.attempts) == (LinkState.ASKED, "DEADLINE_EXCEEDED", number)
            desk.later(wait - SECOND)
            desk.links.retry_due()
            assert desk.deliver() == 0
            desk.later(SECOND)
            for _ in range(2):  # every minute, whether or not the last one is delivered
                desk.links.retry_due()
            assert desk.deliver() == 1
    assert (desk.link().state, desk.link().attempts) == (LinkState.FAILED, 3)
    assert [line["event"] for line in logs] == ["link_not_previewed"]
    desk.later(KEEP_FAILURES)
    desk.write(URL, name="m-2")
    desk.deliver()
    assert {message.card for message in desk.messages()} == {CARD}


def test_a_failed_refresh_keeps_the_card(desk: Desk) -> None:
    """An old card is better than none; who fills in a form learns of the failure."""
    desk.write(URL)
    desk.deliver()
    desk.later(KEEP)
    desk.previews.errors = [failing("NOT_FOUND", PreviewsRefused)]
    desk.links.ask(desk.moderator, URL)
    desk.deliver()
    assert desk.link().error == "NOT_FOUND"
    assert {message.card for message in desk.messages()} == {CARD}


def test_a_repeated_or_late_delivery_changes_nothing(desk: Desk) -> None:
    """The outbox delivers at least once, and a link may be deleted before."""
    desk.write(URL)
    desk.deliver()
    asked = len(desk.previews.asked)
    desk.fetcher.fetch(link_id(URL))
    desk.fetcher.fetch(link_id("https://unknown.example"))
    assert (len(desk.previews.asked), desk.conversation().changes) == (asked, 2)


def test_moderators_ask_for_links(desk: Desk) -> None:
    """Only what is a link, and only with an account."""
    assert desk.links.ask(desk.moderator, f" {URL} ") == link_id(URL)
    desk.deliver()
    assert (desk.link().preview, desk.link().picture_id) == (replace(DUNE, image=""), PICTURE.id)
    with pytest.raises(InvalidLink):
        desk.links.ask(desk.moderator, "dune")
    with pytest.raises(NotSignedIn):
        desk.links.ask(987_654, "https://other.example")
    for of in (link_id("https://other.example"), "", "\0", "\ud800"):
        assert desk.links.get(of) is None


def test_what_was_not_saved_is_pruned_after_a_day(desk: Desk) -> None:
    """With its picture, unless a message has the link or a book the picture."""
    desk.links.ask(desk.moderator, "https://other.example")
    desk.deliver()
    desk.later(KEEP - SECOND)
    desk.links.ask(desk.moderator, "https://other.example")  # it is in use, although it is not fetched again
    assert desk.deliver() == 0
    desk.later(KEEP)
    desk.links.prune()
    assert desk.counts() == (1, 1)
    desk.later(SECOND)
    desk.links.prune()
    assert desk.counts() == (0, 0)

    desk.write(URL)
    desk.deliver()
    desk.later(KEEP + SECOND)
    desk.links.prune()
    assert desk.counts() == (1, 1)
    put(desk.store, Book(id=8, title="Dune", picture=picture_path(PICTURE.id)))
    desk.write("Never mind.", 2)
    desk.links.prune()
    assert desk.counts() == (0, 1)
    execute(desk.store, "UPDATE books SET picture = ''")
    desk.links.prune()
    assert desk.counts() == (0, 0)


def test_a_reader_takes_links_and_pictures_along(desk: Desk) -> None:
    """What another reader's message has too stays; what is on its way finds nothing to do."""
    eve = buyer_of(desk.store, "eve@example.com")
    hers = order_of(desk.store, eve, 7, 1, OrderState.PAID, OrderState.SHIPPED)
    desk.conversations.write(eve, hers, Draft("m-1", URL))
    desk.write(URL)
    desk.write("https://mine.example", name="m-2")
    desk.deliver()
    desk.write("https://waiting.example", name="m-3")
    for reader_id, left in ((desk.buyer, (1, 1)), (eve, (0, 0))):
        with desk.store.write() as work:
            forget_reader(work, reader_id, NOON)
            work.commit()
        assert desk.counts() == left
    asked = len(desk.previews.asked)
    assert desk.deliver() == 1
    assert len(desk.previews.asked) == asked
    with desk.store.read() as work:
        assert "example" not in str([row.payload for row in work.outbox.waiting(100, PREVIEWS)])


def test_the_export_has_the_cards_of_messages(desk: Desk) -> None:
    """As they are shown."""
    desk.write(URL)
    desk.write("Hello", name="m-2")
    desk.deliver()
    (conversation,) = export(desk.store, desk.buyer, lambda _reader: [])["conversations"]
    assert [message["link"] for message in conversation["messages"]] == [
        {
            "url": URL,
            "title": "Dune",
            "description": "Spice.",
            "site": "Books",
            "picture": picture_path(PICTURE.id),
        },
        None,
    ]


def test_writing_fetching_and_pruning_at_once(desk: Desk) -> None:
    """From eight threads, over the same link: nobody waits in a circle, and every message has the card."""
    eve = buyer_of(desk.store, "eve@example.com")
    hers = order_of(desk.store, eve, 7, 1, OrderState.PAID, OrderState.SHIPPED)

    def act(number: int) -> None:
        while True:
            try:
                return act_once(number)
            except StoreUnavailable:
                # On SQLite, when the disk is slow, the store refuses some of many writers.
                continue

    def act_once(number: int) -> None:
        match number % 4:
            case 0:
                desk.write(URL, name=f"m-{number}")
            case 1:
                desk.conversations.write(eve, hers, Draft(f"m-{number}", URL))
            case 2:
                desk.previews.answer = replace(DUNE, title=f"Dune {number}")
                execute(desk.store, "UPDATE link_previews SET state = 'asked'")
                desk.fetcher.fetch(link_id(URL))
            case _:
                desk.links.prune()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(48)))
    desk.previews.answer = DUNE
    execute(desk.store, "UPDATE link_previews SET state = 'asked'")
    desk.fetcher.fetch(link_id(URL))
    for order in (desk.order, hers):
        conversation = desk.conversations.about(order)
        assert conversation
        assert [message.card for message in conversation.messages] == [CARD] * 12
        assert {message.change for message in conversation.messages} == {conversation.changes}
