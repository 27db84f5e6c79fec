"""The queue on both databases: who sends what, and what becomes of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest

from notices.domain import Channel, Draft, Message, State
from notices.store import Store, UnitOfWork
from tests.notices.samples import ADDRESS, NOON, READER

LEASE = timedelta(minutes=2)
NUMBER = 40


@contextmanager
def written(store: Store) -> Iterator[UnitOfWork]:
    """A transaction that is committed."""
    with store.write() as work:
        yield work
        work.commit()


def add(store: Store, *event_ids: str, channel: Channel = Channel.EMAIL) -> None:
    with written(store) as work:
        for event_id in event_ids:
            draft = Draft(
                event_id=event_id,
                channel=channel,
                recipient=ADDRESS,
                kind="order_paid",
                language="en",
                data={"link": "https://a/?token=1", "text": "An answer", "shop_name": "S"},
            )
            work.messages.add(draft, reader_id=READER, at=NOON, give_up_at=NOON + timedelta(days=2))


def claim(store: Store, holder: str = "a", *, seconds: float = 0, channel: Channel = Channel.EMAIL) -> Message | None:
    now = NOON + timedelta(seconds=seconds)
    with written(store) as work:
        return work.messages.claim(channel, holder, now=now, until=now + LEASE)


def require(message: Message | None) -> Message:
    assert message is not None
    return message


def test_the_longest_due_is_claimed_first_and_by_one(store: Store) -> None:
    """What is being sent is due for others only when its lease has ended; each claim counts an attempt."""
    add(store, "1", "2")
    first, second = require(claim(store)), require(claim(store, "b"))
    assert (first.event_id, second.event_id, first.attempts) == ("1", "2", 1)
    assert claim(store) is None
    assert claim(store, seconds=119.9) is None
    again = require(claim(store, "b", seconds=120))
    assert (again.event_id, again.attempts) == ("1", 2)


def test_a_process_that_is_alone_takes_over_at_once(store: Store) -> None:
    """What was claimed is due again; what waits for its next attempt, or is sent, stays as it is."""
    add(store, "1", "2", "3")
    sent, postponed, claimed = require(claim(store)), require(claim(store)), require(claim(store))
    with written(store) as work:
        work.messages.mark_sent(sent, "a", at=NOON)
        work.messages.postpone(postponed, "a", until=NOON + timedelta(hours=1), error="busy")
        work.messages.release_all(at=NOON)
    again = require(claim(store, "b"))
    assert (again.event_id, again.attempts) == (claimed.event_id, 2)
    assert claim(store, "b") is None


def test_channels_are_apart(store: Store) -> None:
    """What waits for one is not seen by the other."""
    add(store, "1", channel=Channel.TELEGRAM)
    assert claim(store) is None
    with store.read() as work:
        assert not work.messages.is_due(Channel.EMAIL, NOON)
        assert work.messages.is_due(Channel.TELEGRAM, NOON)
    assert require(claim(store, channel=Channel.TELEGRAM)).event_id == "1"


def test_only_the_holder_settles(store: Store) -> None:
    """After its lease was taken over, a frozen process changes nothing; what is settled stays."""
    add(store, "1")
    late = require(claim(store, "late"))
    current = require(claim(store, "current", seconds=300))
    with written(store) as work:
        assert not work.messages.mark_sent(late, "late", at=NOON)
        assert not work.messages.mark_failed(late, "late", at=NOON, error="x")
        assert not work.messages.postpone(late, "late", until=NOON, error="x")
        assert work.messages.mark_sent(current, "current", at=NOON)
        assert not work.messages.mark_failed(current, "current", at=NOON, error="x")
        assert work.messages.of_reader(READER)[0].state is State.SENT


def test_a_sent_message_keeps_neither_link_nor_answer(store: Store) -> None:
    """The link may hold a token, the answer is a guest's; a failed one keeps both, since it may be sent again."""
    add(store, "1", "2")
    sent, failed = require(claim(store)), require(claim(store))
    with written(store) as work:
        work.messages.mark_sent(sent, "a", at=NOON)
        work.messages.mark_failed(failed, "a", at=NOON, error="SMTP 550")
    with store.read() as work:
        stored = work.messages.of_reader(READER)
    assert [message.data for message in stored] == [
        {"shop_name": "S"},
        {"shop_name": "S", "text": "An answer", "link": "https://a/?token=1"},
    ]


def test_a_postponed_message_waits_for_its_time(store: Store) -> None:
    """And others go first meanwhile."""
    add(store, "1")
    message = require(claim(store))
    with written(store) as work:
        work.messages.postpone(message, "a", until=NOON + timedelta(seconds=10), error="SMTP 451")
    assert claim(store, seconds=9.9) is None
    assert require(claim(store, seconds=10)).last_error == "SMTP 451"


@pytest.mark.slow
def test_many_claim_at_once_and_each_message_is_one_s(store: Store) -> None:
    """Two processes on PostgreSQL, as here two threads, never send the same."""
    add(store, *map(str, range(NUMBER)))
    together = Barrier(4)

    def claim_all(holder: str) -> list[int]:
        together.wait()
        claimed = []
        while message := claim(store, holder):
            claimed.append(message.id)
        return claimed

    with ThreadPoolExecutor(4) as threads:
        claimed = [id_ for ids in threads.map(claim_all, "abcd") for id_ in ids]
    assert len(claimed) == len(set(claimed)) == NUMBER


def test_an_event_has_one_message_a_channel(store: Store) -> None:
    """A second one cannot be stored, whatever the inbox says."""
    add(store, "1")
    add(store, "1", channel=Channel.TELEGRAM)
    with pytest.raises(Exception, match=r"(?i)unique"):
        add(store, "1")


def test_an_event_is_new_once(store: Store) -> None:
    """Also when two processes store it at the same time: the second one waits for the first."""
    with written(store) as work:
        assert work.inbox.add("1", at=NOON)
        assert not work.inbox.add("1", at=NOON)
    together = Barrier(2)

    def accept(_number: int) -> bool:
        together.wait()
        with written(store) as work:
            return work.inbox.add("2", at=NOON)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(accept, range(2))) == [False, True]


def test_a_store_that_is_not_migrated_says_so(database_url: str) -> None:
    """Migrating twice changes nothing."""
    from notices.store import open_store  # noqa: PLC0415

    opened = open_store(database_url)
    assert not opened.is_migrated()
    opened.migrate()
    opened.migrate()
    assert opened.is_migrated()
    opened.require_intact()
    opened.close()
