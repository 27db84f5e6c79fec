"""Tests of notices.sender: each message is sent once, or twice if the process dies at the wrong moment."""

import itertools
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
import structlog
from sqlalchemy import select

from notices.channels import NotSetUp
from notices.channels.folder import Folder
from notices.domain import Channel, Message, PermanentFailure, State, StoreUnavailable, TemporaryFailure
from notices.sender import LEASE, Sender
from notices.service import TRY_FOR, Notices
from notices.store import Store
from notices.store.schema import messages
from tests.notices.fakes import FakeTransport, failing
from tests.notices.samples import ADDRESS, DELIVERY_FAILED, LOW, READER, Clock, Killed, event, notice

MOMENT = timedelta(microseconds=1)
TEMPORARY = TemporaryFailure("SMTP 451", f"try later {ADDRESS}")


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def sender(store: Store, transport: FakeTransport, folder: Folder, clock: Clock) -> Sender:
    return Sender(store, Channel.EMAIL, transport, folder, clock=clock)


def only(notices: Notices) -> Message:
    (message,) = notices.about(READER)
    return message


def test_a_message_is_sent_once(notices: Notices, sender: Sender, transport: FakeTransport) -> None:
    """And marked with the time; there is nothing to do then."""
    notices.accept(event(notice()))
    assert sender.step()
    assert not sender.step()
    assert len(transport.sent) == 1
    assert (only(notices).state, only(notices).attempts) == (State.SENT, 1)


def test_a_temporary_failure_is_retried_for_two_days(
    notices: Notices, store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """After one second, two, four and so on up to an hour; then the message has failed."""
    transport.before = failing(TEMPORARY)
    notices.accept(event(notice()))
    began, attempts = clock.moment, []
    while only(notices).state is State.WAITING:
        with store.engine.connect() as connection:
            clock.moment = connection.execute(select(messages.c.next_at)).scalar_one() - MOMENT
        assert not sender.step()
        clock.moment += MOMENT
        assert sender.step()
        attempts.append(clock.moment)
    waits = [(after - before).total_seconds() for before, after in itertools.pairwise(attempts)]
    expected = [min(2.0**number, 3600) for number in range(len(waits))]
    assert all(exact <= wait <= exact + 1 for wait, exact in zip(waits, expected, strict=True)), waits
    assert timedelta(hours=46) < attempts[-1] - began <= TRY_FOR
    message = only(notices)
    assert (message.state, message.last_error) == (State.FAILED, "SMTP 451: try later s…@example.org")
    assert not sender.step()


def test_a_permanent_failure_is_final(
    notices: Notices, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """It is not tried again, and delays nobody."""
    transport.before = failing(PermanentFailure("SMTP 550"))
    notices.accept(event(notice(), "1"))
    assert sender.step()
    transport.before = lambda _message: None
    notices.accept(event(notice(reader_id=7), "2"))
    clock.forward(days=3)
    while sender.step():
        pass
    assert only(notices).state is State.FAILED
    assert [message.reader_id for message in transport.sent] == [7]


def test_one_dead_recipient_delays_no_other(
    notices: Notices, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """Each message has a backoff of its own."""

    def only_seven(message: Message) -> None:
        if message.reader_id != 7:
            raise TEMPORARY

    transport.before = only_seven
    for number, reader in enumerate([READER, READER, 7, READER, 7]):
        notices.accept(event(notice(reader_id=reader), str(number)))
    while sender.step():
        pass
    assert [message.event_id for message in transport.sent] == ["2", "4"]
    transport.before = lambda _message: None
    clock.forward(seconds=2)
    while sender.step():
        pass
    assert len(transport.sent) == 5


def test_a_failure_for_the_staff_causes_no_other_event(
    notices: Notices, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """A message that says that deliveries failed, and fails itself, stays one message."""
    transport.before = failing(PermanentFailure("SMTP 550"))
    notices.accept(event(DELIVERY_FAILED))
    sender.step()
    clock.forward(hours=1)
    assert not sender.step()
    assert (notices.length().failed, notices.length().waiting) == (1, 1)  # that one is for Telegram


def test_a_channel_pauses_when_it_is_told_to(
    notices: Notices, store: Store, transport: FakeTransport, folder: Folder, clock: Clock
) -> None:
    """Telegram's retry_after is for the bot, not for the message: nothing is sent until then."""
    sender = Sender(store, Channel.TELEGRAM, transport, folder, clock=clock)
    transport.before = failing(TemporaryFailure("Telegram 429", pause_seconds=30))
    notices.accept(event(LOW, "1"))
    notices.accept(event(LOW, "2"))
    assert sender.step()
    transport.before = lambda _message: None
    clock.forward(seconds=29)
    assert not sender.step()
    assert transport.sent == []
    clock.forward(seconds=2)
    assert (sender.step(), sender.step(), sender.step()) == (True, True, False)


def test_a_bug_is_logged_and_delays_no_other(notices: Notices, sender: Sender, transport: FakeTransport) -> None:
    """Neither its text nor the recipient is in the log; the message is tried again."""
    transport.before = failing(RuntimeError(f"cannot write to {ADDRESS}"))
    notices.accept(event(notice(), "1"))
    with structlog.testing.capture_logs() as logs:
        assert sender.step()
    assert [log["event"] for log in logs] == ["message_broken", "message_postponed"]
    assert (logs[0]["cause"], logs[0]["place"].partition(":")[0]) == ("RuntimeError", "fail")
    assert ADDRESS not in str(logs)
    assert only(notices).last_error == "unexpected RuntimeError"


def test_no_recipient_and_no_link_is_logged(notices: Notices, sender: Sender, transport: FakeTransport) -> None:
    """Whatever happens to a message."""
    with structlog.testing.capture_logs() as logs:
        for number, error in enumerate([None, TEMPORARY, PermanentFailure("SMTP 550", ADDRESS)]):
            notices.accept(event(notice(), str(number)))
            transport.before = failing(error) if error else lambda _message: None
            sender.step()
    assert [log["event"] for log in logs if log["event"].startswith("message")] == [
        "message_sent",
        "message_postponed",
        "message_failed",
    ]
    assert ADDRESS not in str(logs)
    assert "s3cret" not in str(logs)


def test_killed_before_it_is_sent_it_is_sent_once(  # noqa: PLR0917
    notices: Notices, store: Store, sender: Sender, transport: FakeTransport, folder: Folder, clock: Clock
) -> None:
    """By the next process, when the lease has ended."""
    transport.before = failing(Killed())
    notices.accept(event(notice()))
    with pytest.raises(Killed):
        sender.step()
    transport.before = lambda _message: None
    restarted = Sender(store, Channel.EMAIL, transport, folder, clock=clock)
    assert not restarted.step()
    clock.moment += LEASE
    assert restarted.step()
    assert len(transport.sent) == 1


def test_killed_between_sending_and_the_mark_it_is_sent_again(  # noqa: PLR0917
    notices: Notices, store: Store, sender: Sender, transport: FakeTransport, folder: Folder, clock: Clock
) -> None:
    """Twice, and not a third time."""
    transport.after = failing(Killed())
    notices.accept(event(notice()))
    with pytest.raises(Killed):
        sender.step()
    transport.after = lambda _message: None
    clock.moment += LEASE
    restarted = Sender(store, Channel.EMAIL, transport, folder, clock=clock)
    assert (restarted.step(), restarted.step()) == (True, False)
    assert len(transport.sent) == 2


def test_what_another_process_has_taken_over_keeps_its_file(
    notices: Notices, store: Store, folder: Folder, clock: Clock, tmp_path: Path
) -> None:
    """Frozen for longer than its lease, a process finds the mail sent by another one, and deletes nothing."""
    frozen = FakeTransport()
    other = Sender(store, Channel.EMAIL, folder, folder, clock=clock)

    def take_over(_message: Message) -> None:
        clock.moment += LEASE
        assert other.step()

    frozen.after = take_over
    notices.accept(event(notice()))
    assert Sender(store, Channel.EMAIL, frozen, folder, clock=clock).step()
    assert only(notices).state is State.SENT
    assert len(list(tmp_path.rglob("*.eml"))) == 1


class _BrokenStore:
    """A store whose next writes fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failures = 0

    def read(self) -> object:
        return self._store.read()

    def write(self) -> object:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("gone")
        return self._store.write()


def test_an_outage_of_the_database_after_sending_sends_nothing_twice(
    notices: Notices, store: Store, transport: FakeTransport, folder: Folder, clock: Clock
) -> None:
    """The mark is made as soon as the database answers, before anything else is sent."""
    broken = _BrokenStore(store)
    sender = Sender(broken, Channel.EMAIL, transport, folder, clock=clock)  # type: ignore[arg-type]
    transport.after = lambda _message: setattr(broken, "failures", 2)
    notices.accept(event(notice()))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            sender.step()
    assert sender.step()
    clock.moment += LEASE
    assert not sender.step()
    assert len(transport.sent) == 1
    assert only(notices).state is State.SENT


def test_the_loop_survives_outages_and_ends(
    notices: Notices, store: Store, transport: FakeTransport, folder: Folder, clock: Clock
) -> None:
    """It sends when the database is back, closes what is open when idle, and ends when it is stopped."""
    broken = _BrokenStore(store)
    broken.failures = 1
    notices.accept(event(notice()))
    stop, sent = Flag(), Flag()
    transport.after = lambda _message: sent.set()
    sender = Sender(broken, Channel.EMAIL, transport, folder, clock=clock)  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as logs:
        thread = Thread(target=sender.run, args=(stop,))
        thread.start()
        assert sent.wait(30)
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert "sender_failed" in [log["event"] for log in logs]
    assert transport.rested


def test_a_channel_that_is_not_set_up_any_more_fails_what_waits(
    notices: Notices, store: Store, folder: Folder, clock: Clock
) -> None:
    """So that it is listed, and can be sent again once it is."""
    notices.accept(event(LOW))
    Sender(store, Channel.TELEGRAM, NotSetUp("no token"), folder, clock=clock).step()
    assert [message.last_error for message in notices.failed(limit=9)] == ["no token"]
