"""Conversations that began by the contact form."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from events.types import ConversationChanged, NoticeRequested
from marketplace.domain.books import Book
from marketplace.domain.conversations import Conversation, Draft, Guest, Side
from marketplace.domain.errors import (
    ContactProblem,
    ConversationNotFound,
    InvalidContact,
    InvalidMessage,
    LinkInvalid,
    MessageConflict,
    NotSignedIn,
)
from marketplace.domain.events import NOTICES
from marketplace.domain.guest_links import GuestLinks
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.contact import Contact
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.export import export
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import accounts_of, buyer_of, log_of, moderator_of, order_of
from tests.marketplace.stored import put

ID = uuid4().hex
HELLO = Draft(ID, "Do you gift-wrap?")
ANSWER = Draft("a-1", "Yes, we do.")
GUEST = Guest(email="Guest@Example.com", name=" Ada \n Lovelace ", language="ru")


class Desk:
    """A moderator's desk; `woken` counts wake-ups."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.woken = 0
        self.links = GuestLinks("a key of the shop")
        self.conversations = Conversations(store, clock=lambda: NOON)
        self.contact = Contact(store, self.conversations, self.links, wake=self._wake, clock=lambda: NOON)
        self.moderator = moderator_of(store)

    def now(self) -> Conversation:
        return self.contact.of_shop(ID)

    def texts(self) -> list[tuple[Side, str]]:
        return [(message.side, message.text) for message in self.now().messages]

    def sent(self, kind: str = NoticeRequested.type) -> list[dict[str, object]]:
        """The data of the events of a type that notices is to receive, but for confirmations of addresses."""
        with self.store.read() as work:
            rows = [row.payload for row in work.outbox.waiting(1000, NOTICES) if row.kind == "event"]
        data = [row["data"] for row in rows if row["type"] == kind]
        return [fields for fields in data if fields.get("kind") != "email_confirmation"]

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def desk(store: Store) -> Desk:
    """A moderator's desk."""
    return Desk(store)


def token_in(path: object) -> str:
    parts = urlsplit(str(path))
    assert parts.path == f"/contact/{ID}"
    return parse_qs(parts.query)["token"][0]


def test_a_guest_is_answered_by_mail_and_writes_on_by_its_link(desk: Desk) -> None:
    """Nothing is sent before a moderator answers; then the text with a link that opens the conversation."""
    desk.contact.begin(GUEST, HELLO)
    assert desk.sent() == []
    assert desk.now().guest == Guest(email="guest@example.com", name="Ada Lovelace", language="ru")
    assert desk.now().reader_id is None
    desk.contact.answer(desk.moderator, ID, ANSWER)
    (notice,) = desk.sent()
    token = token_in(notice.pop("path"))
    assert notice == {
        "kind": "contact_answered",
        "reader_id": None,
        "to": "guest@example.com",
        "language": "ru",
        "shop_name": "Online Books For You",
        "order": None,
        "text": "Yes, we do.",
    }
    assert [message.text for message in desk.contact.of_guest(ID, token).messages] == [HELLO.text, ANSWER.text]
    desk.contact.write_as_guest(ID, token, Draft("m-2", "Thank you!"))
    assert desk.texts() == [(Side.READER, HELLO.text), (Side.SHOP, ANSWER.text), (Side.READER, "Thank you!")]
    assert desk.woken == 3


def test_only_a_new_answer_is_mailed(desk: Desk) -> None:
    """Not one that is sent again, nor an edit; the next answer is."""
    desk.contact.begin(GUEST, HELLO)
    for draft in (ANSWER, ANSWER, Draft("a-1", "Yes, we do!", 2), Draft("a-2", "For free.")):
        desk.contact.answer(desk.moderator, ID, draft)
    assert [notice["text"] for notice in desk.sent()] == ["Yes, we do.", "For free."]
    assert [entry.action for entry in log_of(desk.store)] == [Action.ANSWERED] * 3


def test_sent_twice_it_is_there_once(desk: Desk) -> None:
    """Also from many threads at once; another text, or another sender, with its id is refused."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: desk.contact.begin(GUEST, HELLO), range(16)))
    for sender, text in (
        (GUEST, "Another text"),
        (Guest(email="mallory@example.com", language="en"), HELLO.text),
        (buyer_of(desk.store), HELLO.text),
    ):
        with pytest.raises(MessageConflict):
            desk.contact.begin(sender, Draft(ID, text))
    assert desk.texts() == [(Side.READER, HELLO.text)]


def test_a_readers_conversation_is_theirs(desk: Desk) -> None:
    """Nobody else reads or writes it, nor can anybody by a link; they are sent no mail at once."""
    ann, eve = buyer_of(desk.store), buyer_of(desk.store, "eve@example.com")
    desk.contact.begin(ann, HELLO)
    desk.contact.answer(desk.moderator, ID, ANSWER)
    desk.contact.write(ann, ID, Draft("m-2", "Thank you!"))
    assert desk.sent() == []
    assert len(desk.contact.of_reader(ann, ID).messages) == 3
    with pytest.raises(ConversationNotFound):
        desk.contact.of_reader(eve, ID)
    with pytest.raises(ConversationNotFound):
        desk.contact.write(eve, ID, Draft("m-3", "Hi!"))
    token = token_in(desk.links.path(ID))
    with pytest.raises(LinkInvalid):
        desk.contact.of_guest(ID, token)
    with pytest.raises(LinkInvalid):
        desk.contact.write_as_guest(ID, token, Draft("m-3", "Hi!"))


def test_a_wrong_token_neither_reads_nor_writes(desk: Desk) -> None:
    """None, a changed one, and that of another conversation."""
    desk.contact.begin(GUEST, HELLO)
    token, other = token_in(desk.links.path(ID)), urlsplit(desk.links.path(uuid4().hex)).query.removeprefix("token=")
    for wrong in ("", f"{token}x", other):
        with pytest.raises(LinkInvalid):
            desk.contact.of_guest(ID, wrong)
        with pytest.raises(LinkInvalid):
            desk.contact.write_as_guest(ID, wrong, Draft("m-2", "Hi!"))
    assert desk.texts() == [(Side.READER, HELLO.text)]


def test_a_conversation_about_an_order_is_none_of_these(desk: Desk) -> None:
    """Here it can neither be read, written to nor deleted, also by its reader and by moderators."""
    put(desk.store, Book(id=7, title="Dune", price=Money(999, "EUR")))
    ann = buyer_of(desk.store)
    order = order_of(desk.store, ann, 7)
    desk.conversations.write(ann, order, Draft("m-1", "Hello!"))
    for call in (
        lambda: desk.contact.of_shop(order),
        lambda: desk.contact.of_reader(ann, order),
        lambda: desk.contact.write(ann, order, Draft("m-2", "Hi!")),
        lambda: desk.contact.answer(desk.moderator, order, ANSWER),
        lambda: desk.contact.delete(desk.moderator, order),
    ):
        with pytest.raises(ConversationNotFound):
            call()
    conversation = desk.conversations.about(order)
    assert conversation
    assert len(conversation.messages) == 1


def test_changes_are_published_under_the_conversations_id(desk: Desk) -> None:
    """Without an order, and for a guest without a reader."""
    with desk.store.write() as work:
        destination = work.destinations.add("http://a.example", "whsec_a", at=NOON).destination
        work.commit()
    desk.contact.begin(GUEST, HELLO)
    with desk.store.read() as work:
        payloads = [row.payload for row in work.outbox.waiting(100, destination)]
    assert [payload["data"] for payload in payloads if payload["type"] == ConversationChanged.type] == [
        {"conversation_id": ID, "order_id": "", "reader_id": None, "change": 1, "by": "reader"}
    ]
    assert ConversationChanged(**payloads[-1]["data"]).subject == f"conversations/{ID}"


def test_a_moderator_deletes_a_conversation_for_good(desk: Desk) -> None:
    """With an entry in the log, which names nobody; its link opens nothing any more."""
    desk.contact.begin(GUEST, HELLO)
    token = token_in(desk.links.path(ID))
    with pytest.raises(NotSignedIn):
        desk.contact.delete(987_654, ID)
    desk.contact.delete(desk.moderator, ID)
    with pytest.raises(ConversationNotFound):
        desk.now()
    for call in (lambda: desk.contact.of_guest(ID, token), lambda: desk.contact.write_as_guest(ID, token, HELLO)):
        with pytest.raises(LinkInvalid):
            call()
    with pytest.raises(ConversationNotFound):
        desk.contact.delete(desk.moderator, ID)
    assert [(entry.action, entry.subject, entry.detail) for entry in log_of(desk.store)] == [
        (Action.CONVERSATION_DELETED, ID, {})
    ]


def test_closed_until_somebody_writes(desk: Desk) -> None:
    """As a conversation about an order."""
    desk.contact.begin(GUEST, HELLO)
    desk.conversations.close(desk.moderator, ID)
    assert not desk.now().is_open
    desk.contact.write_as_guest(ID, token_in(desk.links.path(ID)), Draft("m-2", "Hello?"))
    assert desk.now().is_open


def test_deleting_a_reader_deletes_what_they_wrote(desk: Desk) -> None:
    """The export has it; a guest's conversation with the same address is not theirs, and stays."""
    ann, by_guest = buyer_of(desk.store), Draft(uuid4().hex, "Hello from a guest")
    desk.contact.begin(ann, HELLO)
    desk.contact.begin(Guest(email="ann@example.com", language="en"), by_guest)
    exported = export(desk.store, ann, lambda _reader: [])["conversations"]
    assert [(each["id"], each["order_id"], each["messages"][0]["text"]) for each in exported] == [
        (ID, None, HELLO.text)
    ]
    accounts_of(desk.store).forget(ann, "correct horse")
    with pytest.raises(ConversationNotFound):
        desk.now()
    assert desk.contact.of_shop(by_guest.id).guest
    with pytest.raises(NotSignedIn):
        desk.contact.begin(ann, Draft(uuid4().hex, "Hello again"))


@pytest.mark.parametrize(
    ("email", "name", "problems"),
    [
        ("", "", {ContactProblem.EMAIL_MALFORMED}),
        ("a@b\0.com", "", {ContactProblem.EMAIL_MALFORMED}),
        ("a@example.com\nBcc: b@example.com", "", {ContactProblem.EMAIL_MALFORMED}),
        ("a@example.com, b@example.com", "", {ContactProblem.EMAIL_MALFORMED}),
        ("a@example.com", "x" * 201, {ContactProblem.NAME_LONG}),
        ("\ud800", "x" * 1_000_000, {ContactProblem.EMAIL_MALFORMED, ContactProblem.NAME_LONG}),
    ],
)
def test_a_wrong_sender_is_refused(desk: Desk, email: str, name: str, problems: set[ContactProblem]) -> None:
    """With all that is wrong; nothing is stored."""
    with pytest.raises(InvalidContact) as refused:
        desk.contact.begin(Guest(email=email, name=name, language="en"), HELLO)
    assert refused.value.problems == problems
    with pytest.raises(ConversationNotFound):
        desk.now()


@pytest.mark.parametrize(
    "draft",
    [Draft("", "Hi"), Draft("7K3M-9QXD-2TB4", "Hi"), Draft(ID, "Hi", 2), Draft(ID, "\0 "), Draft(ID, "x" * 4001)],
)
def test_invalid_messages_begin_nothing(desk: Desk, draft: Draft) -> None:
    """An order's number as id, an edit, empty and long texts."""
    with pytest.raises(InvalidMessage):
        desk.contact.begin(GUEST, draft)
    with desk.store.read() as work:
        assert work.conversations.count_open() == 0


@pytest.mark.parametrize("text", ["👩\u200d👧 שלום", "\u202eevil\u202c", "<script>alert(1)</script>"])
def test_any_script_is_kept(desk: Desk, text: str) -> None:
    """Emoji, texts from right to left and markup; pages escape and isolate them."""
    desk.contact.begin(Guest(email="a@example.com", name=text, language="en"), Draft(ID, text))
    assert desk.texts() == [(Side.READER, text)]
    assert desk.now().guest == Guest(email="a@example.com", name=text, language="en")
