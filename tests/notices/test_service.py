"""Tests of notices.service on both databases: what events become, and what readers leave behind."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from events.envelope import InvalidEvent, UnknownType
from events.types import BookRemoved, EventData
from notices.channels.folder import Folder
from notices.domain import Channel, Message, MessageNotFound, PermanentFailure, State
from notices.drafts import Staff
from notices.rendering import render
from notices.sender import Sender
from notices.service import KEEP_EVENTS, TRY_FOR, Notices
from notices.store import Store
from tests.notices.fakes import FakeTransport, failing
from tests.notices.samples import (
    ADDRESS,
    CHAT,
    DELETED,
    DELIVERY_FAILED,
    LOW,
    NOON,
    READER,
    SHOP,
    STAFF,
    WAITING,
    Clock,
    event,
    merged,
    notice,
    placed,
)

GUEST = 1_000_000_007


@pytest.fixture
def mail(store: Store, folder: Folder, clock: Clock) -> Sender:
    """Sends mails to the folder."""
    return Sender(store, Channel.EMAIL, folder, folder, clock=clock)


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "mail").glob("*"))


def test_a_request_becomes_one_mail(notices: Notices) -> None:
    """To the reader, in their language, with the link to the shop."""
    assert notices.accept(event(notice("password_reset", language="ru")))
    (message,) = notices.about(READER)
    assert (message.channel, message.recipient, message.kind) == (Channel.EMAIL, ADDRESS, "password_reset")
    assert (message.language, message.state, message.attempts) == ("ru", State.WAITING, 0)
    assert message.data == {"shop_name": "Online Books For You", "link": f"{SHOP}/page?token=s3cret"}
    assert (message.created_at, message.give_up_at) == (NOON, NOON + TRY_FOR)
    assert message.masked_recipient == "s…@example.org"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (placed(None), "order_placed"),
        (LOW, "stock_low"),
        (WAITING, "conversation_waiting"),
        (DELIVERY_FAILED, "delivery_failed"),
    ],
    ids=["order", "stock", "conversation", "delivery"],
)
@pytest.mark.parametrize(
    ("staff", "expected"),
    [
        (STAFF, {Channel.EMAIL: "staff@books.example", Channel.TELEGRAM: CHAT}),
        (Staff(telegram_chat=CHAT), {Channel.TELEGRAM: CHAT}),
        (Staff(), {}),
    ],
    ids=["both", "Telegram", "none"],
)
def test_the_staff_is_reached_by_each_channel_that_is_set(  # noqa: PLR0917
    store: Store, folder: Folder, data: EventData, kind: str, staff: Staff, expected: dict[Channel, str]
) -> None:
    """By both, one or none; without any, the event is accepted too."""
    assert Notices(store, folder, staff=staff, clock=Clock()).accept(event(data))
    with store.write() as work:
        claimed = [work.messages.claim(channel, "x", now=NOON, until=NOON) for channel in Channel]
    stored = [message for message in claimed if message is not None]
    assert {message.channel: message.recipient for message in stored} == expected
    assert {message.kind for message in stored} <= {f"staff_{kind}"}


def test_a_repeated_event_is_accepted_once(notices: Notices) -> None:
    """Also after its mails were deleted by time; the first one stays as it is."""
    assert notices.accept(event(notice()))
    assert not notices.accept(event(notice()))
    assert not notices.accept(event(notice(to="somebody@else.org")))
    assert [message.recipient for message in notices.about(READER)] == [ADDRESS]


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (event(BookRemoved(book_id=1)), UnknownType),
        (event(notice(), "x" * 201), InvalidEvent),
        (event(notice(), "a\0b"), InvalidEvent),
        (event(notice(), source="urn:shop"), InvalidEvent),
        (event(notice(), source="javascript:alert(1)//"), InvalidEvent),
    ],
    ids=["type", "long id", "NUL", "no address", "script"],
)
def test_what_is_refused_is_not_stored(
    notices: Notices, store: Store, refused: object, error: type[Exception]
) -> None:
    """Neither event nor message: the same id is new afterwards."""
    with pytest.raises(error):
        notices.accept(refused)  # type: ignore[arg-type]
    with store.read() as work:
        assert work.messages.length().waiting == 0
    assert notices.accept(event(notice()))


def test_a_deleted_reader_leaves_nothing(notices: Notices, mail: Sender, tmp_path: Path) -> None:
    """Sent and waiting mails, files, and what the staff was told of their orders; others keep theirs."""
    notices.accept(event(notice(), "1"))
    notices.accept(event(notice(reader_id=7), "2"))
    while mail.step():
        pass
    notices.accept(event(placed(), "3"))
    notices.accept(event(notice("order_shipped"), "4"))
    assert len(files(tmp_path)) == 2
    assert notices.accept(event(DELETED, "5"))
    assert notices.about(READER) == []
    assert [name[-6:] for name in files(tmp_path)] == ["-2.eml"]
    assert len(notices.about(7)) == 1
    assert not mail.step()


def test_a_guest_gets_an_answer_by_mail(store: Store, notices: Notices) -> None:
    """With its text and a link; a guest is no reader, so no deletion of one reaches it."""
    answer = notice("contact_answered", reader_id=None, text="Yes, we do.")
    assert notices.accept(event(answer, "1"))
    assert notices.accept(event(DELETED, "2"))
    with store.write() as work:
        message = work.messages.claim(Channel.EMAIL, "x", now=NOON, until=NOON)
    assert message
    assert (message.recipient, message.kind, message.reader_id) == (ADDRESS, "contact_answered", None)
    assert message.data["text"] == "Yes, we do."
    assert message.data["link"] == f"{SHOP}/page?token=s3cret"


def test_what_the_staff_is_told_of_a_readers_message_is_deleted_with_them(notices: Notices) -> None:
    """As of their orders."""
    assert notices.accept(event(WAITING.model_copy(update={"reader_id": READER}), "1"))
    assert {message.kind for message in notices.about(READER)} == {"staff_conversation_waiting"}
    notices.accept(event(DELETED, "2"))
    assert notices.about(READER) == []


def test_a_late_event_brings_nothing_back(notices: Notices, store: Store) -> None:
    """A mail that was asked for before the deletion, and came after it, is not sent; nor for a merged guest."""
    notices.accept(event(merged(GUEST), "1"))
    notices.accept(event(DELETED, "2"))
    assert notices.accept(event(notice(), "3"))
    assert notices.accept(event(placed(), "4"))
    assert notices.accept(event(notice(reader_id=GUEST), "5"))
    assert notices.accept(event(merged(GUEST + 1), "6"))
    assert notices.accept(event(notice(reader_id=GUEST + 1), "7"))
    with store.read() as work:
        assert work.messages.length().waiting == 0


def test_merged_readers_are_one(notices: Notices) -> None:
    """What was kept about the guest is exported and deleted with the account, also what comes late."""
    notices.accept(event(notice(reader_id=GUEST), "1"))
    notices.accept(event(merged(GUEST), "2"))
    notices.accept(event(notice(reader_id=GUEST), "3"))
    notices.accept(event(merged(READER, READER), "4"))
    assert len(notices.about(READER)) == 2
    assert notices.about(GUEST) == []
    notices.accept(event(DELETED, "5"))
    assert notices.about(READER) == []


def test_a_reader_deleted_while_their_mail_is_sent_leaves_no_file(
    notices: Notices, store: Store, folder: Folder, clock: Clock, tmp_path: Path
) -> None:
    """The file that was written last is deleted as well."""

    slow = FakeTransport()

    def delete_and_write(message: Message) -> None:
        notices.accept(event(DELETED, "2"))
        folder.send(message, render(message))

    slow.after = delete_and_write
    notices.accept(event(notice(), "1"))
    assert Sender(store, Channel.EMAIL, slow, folder, clock=clock).step()
    assert slow.ids
    assert files(tmp_path) == []


def test_files_of_nobody_are_tidied_away(notices: Notices, mail: Sender, tmp_path: Path) -> None:
    """What a killed process left; other files in the folder stay."""
    notices.accept(event(notice()))
    mail.step()
    (kept,) = files(tmp_path)
    for name in ("20260301T120000Z-order_paid-99.eml", "20260301T120000Z-order_paid-99.eml.draft", "notes.txt"):
        (tmp_path / "mail" / name).write_text("x", encoding="utf-8")
    notices.tidy()
    assert files(tmp_path) == [kept, "notes.txt"]


def test_messages_and_events_are_kept_for_their_time(
    notices: Notices, mail: Sender, clock: Clock, tmp_path: Path
) -> None:
    """Sent and failed messages for 30 days, with their files; waiting ones stay; events as long as their messages."""
    notices.accept(event(notice(), "1"))
    mail.step()
    clock.forward(days=29)
    notices.tidy()
    assert timedelta(days=29) > KEEP_EVENTS
    assert len(notices.about(READER)) == len(files(tmp_path)) == 1
    assert not notices.accept(event(notice(), "1"))
    notices.accept(event(notice("order_shipped"), "2"))
    clock.forward(days=2)
    notices.tidy()
    assert [message.kind for message in notices.about(READER)] == ["order_shipped"]
    assert files(tmp_path) == []
    # The event is forgotten too.
    assert notices.accept(event(notice(), "1"))


def test_a_failed_message_is_listed_and_retried(notices: Notices, store: Store, folder: Folder, clock: Clock) -> None:
    """Alone or with all others; it gets another two days, and what is not failed cannot be retried."""
    transport = FakeTransport()
    transport.before = failing(PermanentFailure("SMTP 550", f"unknown {ADDRESS}"))
    sender = Sender(store, Channel.EMAIL, transport, folder, clock=clock)
    for number in "123":
        notices.accept(event(notice(), number))
        sender.step()
        clock.forward(seconds=1)
    assert [message.event_id for message in notices.failed(limit=2)] == ["3", "2"]
    (oldest,) = notices.failed(limit=2, offset=2)
    assert (oldest.last_error, oldest.settled_at) == ("SMTP 550: unknown s…@example.org", NOON)
    assert (notices.length().failed, notices.length().waiting, notices.length().oldest) == (3, 0, None)
    clock.forward(days=3)
    notices.retry(oldest.id)
    (waiting,) = [message for message in notices.about(READER) if message.state is State.WAITING]
    assert waiting == replace(
        oldest, state=State.WAITING, attempts=0, last_error="", settled_at=None, give_up_at=clock.moment + TRY_FOR
    )
    assert (notices.length().failed, notices.length().waiting, notices.length().oldest) == (2, 1, NOON)
    for unknown in (oldest.id, 99):
        with pytest.raises(MessageNotFound):
            notices.retry(unknown)
    assert (notices.retry_all(), notices.retry_all()) == (2, 0)
    transport.before = lambda _message: None
    while sender.step():
        pass
    assert len(transport.sent) == 3
